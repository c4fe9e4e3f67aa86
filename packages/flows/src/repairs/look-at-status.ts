import { isTerminal } from '@freshet/domain';
import type { Connection, ConnectionId, Effect, Instant } from '@freshet/domain';
import { decideEvent, decideStaleAt } from '@freshet/policy';
import { unheardData, type ShownWithData } from '../audit/drift.js';
import { closes } from '../audit/stuck-tasks.js';
import { turnInputs, type Engine } from '../engine.js';
import { policyOf } from '../load-refresh.js';
import { statusShown } from '../status-looks.js';
import { loadEvent, type Handled } from '../webhooks.js';
import { ALREADY_RIGHT, causeOf, notRepairable, recordedTurn, type Attempt, type Repairing } from './recorded.js';

/** Why its status is not read at its provider; undefined: it is. */
const whyNot = async (engine: Engine, connection: Connection): Promise<string | undefined> => {
  const { tenantId, connector } = connection;
  if (!engine.connectorsOf(tenantId).has(connector)) return `its connector ${connector} is switched off here`;
  const closures = await engine.store.read('closuresOfTenant', { tenantId, scope: 'provider' });
  const now = engine.clock.now();
  return closures.some((closure) => closes(closure, connection, now)) ? 'its provider is closed for now' : undefined;
};

/** What was shown, as if the provider had told it: its status, and data that nobody here has heard of. */
const eventsOf = (connection: Connection, shown: ShownWithData, now: Instant): readonly Handled[] => {
  const { externalId, products } = connection;
  const { status, reason, at } = shown;
  const dataAt = unheardData({ connection, shown }, now);
  return [
    { kind: 'status-told', externalId, status, reason, at: at ?? now },
    ...(dataAt === null ? [] : [{ kind: 'aggregated', externalId, at: dataAt, products, newData: null } as const]),
  ];
};

/** That a status was told once more is no change: only one that moves is. */
const changes = (event: Handled, effects: readonly Effect[]): readonly Effect[] =>
  event.kind !== 'status-told' || effects.some(({ record }) => record === 'statusChange') ? effects : [];

const words = {
  'status-told': 'Its status was read at its provider and taken in.',
  aggregated: 'Data that its provider shows was taken in.',
} as const;

const takeIn = (repairing: Repairing, { tenantId, connector }: Connection, event: Handled): Promise<Attempt> => {
  const { engine } = repairing;
  return recordedTurn(
    repairing,
    () => loadEvent(engine, tenantId, connector, event),
    (load) => {
      if (load === undefined) return ALREADY_RIGHT;
      const inputs = turnInputs(engine, causeOf(repairing));
      const { waits, effects } = decideEvent(load.facts, event, load.policy, inputs);
      if (waits) return notRepairable('a refresh is under way in its group: ask again when it has ended');
      const { connection, group } = load.facts;
      const isStatus = event.kind === 'status-told';
      const stale = isStatus ? decideStaleAt(connection, group, policyOf(engine, connection), inputs).effects : [];
      return {
        what: isStatus ? words['status-told'] : words.aggregated,
        rows: [...group, connection],
        effects: [...changes(event, effects), ...stale],
      };
    },
  );
};

/** Reads the status at the provider, free of charge, and takes it in by the transition table; and when its data is stale. */
export const lookAtStatus = async (repairing: Repairing, id: ConnectionId): Promise<readonly Attempt[]> => {
  const { engine, finding } = repairing;
  const { tenantId } = finding;
  const connection = await engine.store.read('connection', { tenantId, id });
  if (connection === null || isTerminal(connection.status)) return [ALREADY_RIGHT];
  const why = await whyNot(engine, connection);
  if (why !== undefined) return [notRepairable(why)];
  const shown = await statusShown(engine, connection);
  if (shown === null) return [notRepairable('its provider shows no status, or did not answer')];
  if (shown.status === 'DELETED') return [notRepairable('its provider does not know it any more: delete it here')];
  const attempts: Attempt[] = [];
  for (const event of eventsOf(connection, shown, engine.clock.now())) {
    attempts.push(await takeIn(repairing, connection, event));
  }
  return attempts;
};
