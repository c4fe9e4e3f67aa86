import { isTerminal, remove, standingOf } from '@freshet/domain';
import type { Connection, ConnectionId, Effect, StatusTold, TenantId } from '@freshet/domain';
import { CONNECT_ABANDONED_MS, decideAbandoned } from '@freshet/policy';
import { read } from '@freshet/ports';
import { call, callContext, connectionCall } from './connection-call.js';
import { turnInputs, type Engine } from './engine.js';
import { takeEvent } from './webhooks.js';

const CAUSE = 'schedule expire-connects';

/** What the connector shows of it now; null where it shows nothing. */
const lookAt = async (engine: Engine, connection: Connection): Promise<StatusTold | null> => {
  const connector = engine.connectorsOf(connection.tenantId).get(connection.connector);
  if (connector === undefined) return null;
  const told = await call(engine, connector, 'status', (to) =>
    to.status(connectionCall(engine, connection), callContext(engine, to.name)),
  );
  return told === null || 'kind' in told ? null : told;
};

/** Complete, though nobody told of it: the webhooks were lost. */
const isComplete = ({ status, reason }: StatusTold): boolean => {
  const standing = standingOf({ status, reason });
  return standing !== 'UNKNOWN' && standing !== 'IN_PROGRESS' && !isTerminal(status);
};

const expireOne = async (engine: Engine, tenantId: TenantId, id: ConnectionId): Promise<void> => {
  const connection = await engine.store.read('connection', { tenantId, id });
  if (connection === null) return;
  const told = await lookAt(engine, connection);
  if (told !== null && isComplete(told)) {
    const { connector, externalId } = connection;
    const { status, reason, at } = told;
    const event = { kind: 'status-told', externalId, status, reason, at: at ?? engine.clock.now() } as const;
    await takeEvent(engine, { tenantId, connector, cause: CAUSE }, event);
  }
  await engine.store.turn(
    () => read('connection', { tenantId, id }),
    (now): { readonly effects: readonly Effect[] } =>
      now === null ? { effects: [] } : decideAbandoned(now, turnInputs(engine, CAUSE)),
  );
};

/** Connects that nobody completed within four hours end EXPIRED, unless their connector shows that they are complete. */
export const expireAbandonedConnects = async (engine: Engine, limit: number): Promise<number> => {
  const connectedBefore = engine.clock.now() - CONNECT_ABANDONED_MS;
  const abandoned = await engine.store.read('abandonedConnects', { connectedBefore, limit });
  for (const { tenantId, id } of abandoned) await expireOne(engine, tenantId, id);
  return abandoned.length;
};

/** Answers kept for an Idempotency-Key whose time is over. */
export const forgetIdempotency = async (engine: Engine, limit: number): Promise<number> => {
  const decided = await engine.store.turn(
    () => read('expiredIdempotency', { now: engine.clock.now(), limit }),
    (expired) => ({ count: expired.length, effects: expired.map(({ id }) => remove('idempotency', id)) }),
  );
  return decided.count;
};
