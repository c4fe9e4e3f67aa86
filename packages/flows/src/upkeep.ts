import { isTerminal, remove, standingOf } from '@freshet/domain';
import type { ConnectionId, Effect, StatusTold, TenantId } from '@freshet/domain';
import { CONNECT_ABANDONED_MS, decideAbandoned } from '@freshet/policy';
import { read } from '@freshet/ports';
import { turnInputs, type Engine } from './engine.js';
import { statusShown, takeShown } from './status-looks.js';

const CAUSE = 'schedule expire-connects';

/** Complete, though nobody told of it: the webhooks were lost. */
const isComplete = ({ status, reason }: StatusTold): boolean => {
  const standing = standingOf({ status, reason });
  return standing !== 'UNKNOWN' && standing !== 'IN_PROGRESS' && !isTerminal(status);
};

const expireOne = async (engine: Engine, tenantId: TenantId, id: ConnectionId): Promise<void> => {
  const connection = await engine.store.read('connection', { tenantId, id });
  if (connection === null) return;
  const told = await statusShown(engine, connection);
  if (told !== null && isComplete(told)) {
    await takeShown(engine, connection, told, CAUSE);
  }
  await engine.store.turn(
    () => read('group', { tenantId, id }),
    (group): { readonly effects: readonly Effect[] } => {
      const now = group.find((member) => member.id === id);
      return now === undefined ? { effects: [] } : decideAbandoned(now, group, turnInputs(engine, CAUSE));
    },
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
