import { isTerminal } from '@freshet/domain';
import type { Connection, ConnectionId, Effect, StatusTold } from '@freshet/domain';
import { decideEvent, decideStaleAt } from '@freshet/policy';
import type { Loader } from '@freshet/ports';
import { closes } from '../audit/stuck-tasks.js';
import { turnInputs, type Engine } from '../engine.js';
import { policyOf } from '../load-refresh.js';
import { statusShown } from '../status-looks.js';
import { loadEvent, type EventLoad, type Handled } from '../webhooks.js';
import { ALREADY_RIGHT, causeOf, notRepairable, recordedTurn, type Attempt, type Repairing } from './recorded.js';

/** Why its status is not read at its provider; undefined: it is. */
const whyNot = async (engine: Engine, connection: Connection): Promise<string | undefined> => {
  const { tenantId, connector } = connection;
  if (!engine.connectorsOf(tenantId).has(connector)) return `its connector ${connector} is switched off here`;
  const closures = await engine.store.read('closuresOfTenant', { tenantId, scope: 'provider' });
  const now = engine.clock.now();
  return closures.some((closure) => closes(closure, connection, now)) ? 'its provider is closed for now' : undefined;
};

const toldOf = ({ externalId }: Connection, { status, reason, at }: StatusTold, now: number): Handled => ({
  kind: 'status-told',
  externalId,
  status,
  reason,
  at: at ?? now,
});

/** That it was told once more is no change: only a status that moves is. */
const moves = (effects: readonly Effect[]): readonly Effect[] =>
  effects.some(({ record }) => record === 'statusChange') ? effects : [];

function* loadTold(engine: Engine, connection: Connection, event: Handled): Loader<EventLoad | undefined> {
  return yield* loadEvent(engine, connection.tenantId, connection.connector, event);
}

/** Reads the status at the provider, free of charge, and takes it in by the transition table. Then when its data is stale. */
export const lookAtStatus = async (repairing: Repairing, id: ConnectionId): Promise<Attempt> => {
  const { engine, finding } = repairing;
  const { tenantId } = finding;
  const connection = await engine.store.read('connection', { tenantId, id });
  if (connection === null || isTerminal(connection.status)) return ALREADY_RIGHT;
  const why = await whyNot(engine, connection);
  if (why !== undefined) return notRepairable(why);
  const shown = await statusShown(engine, connection);
  if (shown === null) return notRepairable('its provider shows no status, or did not answer');
  if (shown.status === 'DELETED') return notRepairable('its provider does not know it any more: delete it here');
  const event = toldOf(connection, shown, engine.clock.now());
  return recordedTurn(
    repairing,
    () => loadTold(engine, connection, event),
    (load) => {
      if (load === undefined) return ALREADY_RIGHT;
      const inputs = turnInputs(engine, causeOf(repairing));
      const { waits, effects } = decideEvent(load.facts, event, load.policy, inputs);
      if (waits) return notRepairable('a refresh is under way in its group: ask again when it has ended');
      const { connection: now, group } = load.facts;
      const stale = decideStaleAt(now, group, policyOf(engine, now), inputs).effects;
      return {
        what: 'Its status was read at its provider and taken in.',
        rows: [...group, now],
        effects: [...moves(effects), ...stale],
      };
    },
  );
};
