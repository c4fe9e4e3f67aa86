import type { Connection, ConnectionId, Effect, StatusLook, StatusShown, StatusTold, TenantId } from '@freshet/domain';
import { decideLook } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import { call, callContext, connectionCall } from './connection-call.js';
import type { Engine } from './engine.js';
import { takeEvent } from './webhooks.js';

/** What the connector shows of a connection now, as of when it was asked; null where it shows nothing. */
export const statusShown = async (engine: Engine, connection: Connection): Promise<StatusShown | null> => {
  const connector = engine.connectorsOf(connection.tenantId).get(connection.connector);
  if (connector === undefined) return null;
  const askedAt = engine.clock.now();
  const told = await call(engine, connector, 'status', (to) =>
    to.status(connectionCall(engine, connection), callContext(engine, to.name)),
  );
  return told === null || 'kind' in told ? null : { ...told, at: told.at ?? askedAt };
};

/**
 * The same of several connections of one customer at one provider: in one reading where the connector can, and one by one
 * what that does not show.
 */
export const statusesShown = async (
  engine: Engine,
  connections: readonly Connection[],
): Promise<readonly (StatusShown | null)[]> => {
  const [first] = connections;
  const connector = first && engine.connectorsOf(first.tenantId).get(first.connector);
  const askedAt = engine.clock.now();
  const calls = connections.map((connection) => connectionCall(engine, connection));
  const listed =
    connector?.statuses === undefined || calls.length < 2
      ? []
      : await call(
          engine,
          connector,
          'statuses',
          async (to) => (await to.statuses?.(calls, callContext(engine, to.name))) ?? [],
        );
  const shown: (StatusShown | null)[] = [];
  for (const [place, connection] of connections.entries()) {
    const told = 'kind' in listed ? null : (listed[place] ?? null);
    shown.push(told === null ? await statusShown(engine, connection) : { ...told, at: told.at ?? askedAt });
  }
  return shown;
};

/** Takes in what was shown, as if the provider had told it. */
export const takeShown = async (
  engine: Engine,
  { tenantId, connector, externalId }: Connection,
  { status, reason, at }: StatusTold,
  cause: string,
): Promise<void> => {
  const event = { kind: 'status-told', externalId, status, reason, at: at ?? engine.clock.now() } as const;
  await takeEvent(engine, { tenantId, connector, cause }, event);
};

interface LookLoad {
  readonly look: StatusLook | null;
  readonly found: Connection | null;
}

function* loadLook(tenantId: TenantId, id: ConnectionId): Loader<LookLoad> {
  return {
    look: yield* read('statusLook', { tenantId, id }),
    found: yield* read('connection', { tenantId, id }),
  };
}

const lookAt = async (engine: Engine, tenantId: TenantId, id: ConnectionId): Promise<void> => {
  const { connection } = await engine.store.turn(
    () => loadLook(tenantId, id),
    ({ look, found }): { readonly connection: Connection | null; readonly effects: readonly Effect[] } => {
      const decided = decideLook(look, found, engine.clock.now());
      return { connection: decided.look ? found : null, effects: decided.effects };
    },
  );
  if (connection === null) return;
  const told = await statusShown(engine, connection);
  if (told !== null) await takeShown(engine, connection, told, 'schedule look-at-repairs');
};

/**
 * Reads the status of connections whose customer was sent to repair them: a provider may tell nobody that they have (Plaid
 * names no Item when its own page is done), and a webhook may be lost. How many were due.
 */
export const lookAtRepairs = async (engine: Engine, limit: number): Promise<number> => {
  const due = await engine.store.read('dueStatusLooks', { now: engine.clock.now(), limit });
  for (const { tenantId, id } of due) await lookAt(engine, tenantId, id);
  return due.length;
};
