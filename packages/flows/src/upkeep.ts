import { remove } from '@freshet/domain';
import type { Effect } from '@freshet/domain';
import { CONNECT_ABANDONED_MS, decideAbandoned } from '@freshet/policy';
import { read } from '@freshet/ports';
import { turnInputs, type Engine } from './engine.js';

/** Connects that nobody completed within four hours end EXPIRED. */
export const expireAbandonedConnects = async (engine: Engine, limit: number): Promise<number> => {
  const connectedBefore = engine.clock.now() - CONNECT_ABANDONED_MS;
  const abandoned = await engine.store.read('abandonedConnects', { connectedBefore, limit });
  for (const { tenantId, id } of abandoned) {
    await engine.store.turn(
      () => read('connection', { tenantId, id }),
      (connection): { readonly effects: readonly Effect[] } =>
        connection === null
          ? { effects: [] }
          : decideAbandoned(connection, turnInputs(engine, 'schedule expire-connects')),
    );
  }
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
