import { put } from '@freshet/domain';
import type { Connection, Effect, TenantId } from '@freshet/domain';
import { planWatch } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { policyOf } from './load-refresh.js';

/** The policy by which all connections were last gone through. */
const WATCHED_BY = 'background-watches-policy';
const CONNECTIONS_A_TURN = 200;

interface UnwatchedPage {
  readonly unwatched: readonly Connection[];
  /** The id of the last connection of the page; null: it was the last page. */
  readonly last: string | null;
}

function* loadUnwatched(engine: Engine, tenantId: TenantId, before: string | null): Loader<UnwatchedPage> {
  const page = yield* read('connectionsPage', { tenantId, limit: CONNECTIONS_A_TURN, before });
  const unwatched: Connection[] = [];
  for (const connection of page) {
    if (planWatch(connection, policyOf(engine, connection), engine.clock.now()).length === 0) continue;
    if ((yield* read('backgroundWatch', { tenantId, id: connection.id })) === null) unwatched.push(connection);
  }
  return { unwatched, last: page.length < CONNECTIONS_A_TURN ? null : (page.at(-1)?.id ?? null) };
}

const planPage = async (engine: Engine, tenantId: TenantId, before: string | null): Promise<string | null> => {
  const { last } = await engine.store.turn(
    () => loadUnwatched(engine, tenantId, before),
    (page): { readonly last: string | null; readonly effects: readonly Effect[] } => ({
      last: page.last,
      effects: page.unwatched.flatMap((each) => planWatch(each, policyOf(engine, each), engine.clock.now())),
    }),
  );
  return last;
};

/**
 * Watches connections that came under another policy, by which nobody but us pulled them: once for each policy, for an
 * import plans its own. One that is no longer its provider's to pull is dropped when it falls due.
 */
export const planWatches = async (engine: Engine): Promise<void> => {
  const { version } = engine.policies;
  if ((await engine.store.read('setting', { id: WATCHED_BY }))?.value === version) return;
  let tenantId = await engine.store.read('tenantAfter', { after: '' });
  while (tenantId !== null) {
    let last = await planPage(engine, tenantId, null);
    while (last !== null) last = await planPage(engine, tenantId, last);
    tenantId = await engine.store.read('tenantAfter', { after: tenantId });
  }
  await engine.store.turn(
    () => read('setting', { id: WATCHED_BY }),
    () => ({ effects: [put('setting', { id: WATCHED_BY, value: version })] }),
  );
};
