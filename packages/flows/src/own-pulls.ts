import { put } from '@freshet/domain';
import type { Connection, ConnectionId, Effect, TenantId } from '@freshet/domain';
import { decideOwnPull, OWN_PULL, planOwnPull, pullsByPermit, recordRefresh } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadRefresh, policyOf } from './load-refresh.js';
import { warnOfBudgets } from './request-refresh.js';

/** The policy by which all connections were last gone through. */
const PLANNED_BY = 'pull-plans-policy';
const CONNECTIONS_A_TURN = 200;

function* loadDue(engine: Engine, tenantId: TenantId, id: ConnectionId) {
  const plan = yield* read('pullPlan', { tenantId, id });
  // Another worker was here before.
  if (plan === null || plan.nextPullAt > engine.clock.now()) return null;
  return { plan, refresh: (yield* loadRefresh(engine, tenantId, id, OWN_PULL)) ?? null };
}

const openOne = async (engine: Engine, tenantId: TenantId, id: ConnectionId): Promise<void> => {
  const uuid = engine.ids.next();
  const decided = await engine.store.turn(
    () => loadDue(engine, tenantId, id),
    (load): { readonly effects: readonly Effect[] } => {
      if (load === null) return { effects: [] };
      const { plan, refresh } = load;
      const { decision, effects } = decideOwnPull(
        plan,
        refresh?.facts ?? null,
        refresh?.policy ?? null,
        engine.clock.now(),
      );
      if (decision === null || refresh === null) return { effects };
      const { facts, policy, openTask, counters } = refresh;
      const asked = { tenantId, uuid, facts, counters, request: OWN_PULL, policy, decision, openTask };
      const recorded = recordRefresh({ ...asked, presence: null, origin: 'background' });
      return { effects: [...recorded.effects, ...effects] };
    },
  );
  warnOfBudgets(engine, decided.effects);
};

/**
 * Opens the permits that have fallen due, of connections that nobody else refreshes and whose team reads. Its work is what
 * is due, however many connections there are; whoever else does it at the same time, none is opened twice.
 */
export const openDuePermits = async (engine: Engine, limit: number): Promise<number> => {
  const due = await engine.store.read('duePullPlans', { now: engine.clock.now(), limit });
  for (const { tenantId, id } of due) await openOne(engine, tenantId, id);
  return due.length;
};

interface PlanPage {
  readonly page: readonly Connection[];
  readonly unplanned: readonly Connection[];
}

function* loadUnplanned(engine: Engine, tenantId: TenantId, before: string | null): Loader<PlanPage> {
  const page = yield* read('connectionsPage', { tenantId, limit: CONNECTIONS_A_TURN, before });
  const unplanned: Connection[] = [];
  for (const connection of page) {
    if (!pullsByPermit(policyOf(engine, connection))) continue;
    if ((yield* read('pullPlan', { tenantId, id: connection.id })) === null) unplanned.push(connection);
  }
  return { page, unplanned };
}

/** The id of the last connection of the page; null: it was the last page. */
const planPage = async (engine: Engine, tenantId: TenantId, before: string | null): Promise<string | null> => {
  const { last } = await engine.store.turn(
    () => loadUnplanned(engine, tenantId, before),
    ({ page, unplanned }): { readonly last: string | null; readonly effects: readonly Effect[] } => ({
      last: page.length < CONNECTIONS_A_TURN ? null : (page.at(-1)?.id ?? null),
      effects: unplanned.flatMap((each) => planOwnPull(each, policyOf(engine, each), engine.clock.now())),
    }),
  );
  return last;
};

/**
 * Plans the own pulls of connections that came under another policy: once for each policy, for an import plans its own.
 * One that is not ours to pull any more is dropped when it falls due.
 */
export const planOwnPulls = async (engine: Engine): Promise<void> => {
  const { version } = engine.policies;
  if ((await engine.store.read('setting', { id: PLANNED_BY }))?.value === version) return;
  let tenantId = await engine.store.read('tenantAfter', { after: '' });
  while (tenantId !== null) {
    let last = await planPage(engine, tenantId, null);
    while (last !== null) last = await planPage(engine, tenantId, last);
    tenantId = await engine.store.read('tenantAfter', { after: tenantId });
  }
  await engine.store.turn(
    () => read('setting', { id: PLANNED_BY }),
    () => ({ effects: [put('setting', { id: PLANNED_BY, value: version })] }),
  );
};
