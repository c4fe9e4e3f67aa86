import { MINUTE, put } from '@freshet/domain';
import type { ConnectionId, Effect, PullPlan, TenantId } from '@freshet/domain';
import { decideOwnPull, nothingKnown, OWN_PULL, ownPullFacts, ratesId, recordRefresh } from '@freshet/policy';
import { read } from '@freshet/ports';
import { catchUpMissed } from './catch-up.js';
import type { Engine } from './engine.js';
import { loadKeptInForce } from './load-kept-sweep.js';
import { loadLastRead } from './load-last-read.js';
import { loadRefresh } from './load-refresh.js';
import { warnOfBudgets } from './request-refresh.js';

function* loadDue(engine: Engine, tenantId: TenantId, id: ConnectionId) {
  const plan = yield* read('pullPlan', { tenantId, id });
  // Another worker was here before.
  if (plan === null || plan.nextPullAt > engine.clock.now()) return null;
  const refresh = (yield* loadRefresh(engine, tenantId, id, OWN_PULL)) ?? null;
  if (refresh === null) return { plan, refresh, known: nothingKnown };
  const { asked, policy } = refresh;
  const rates = yield* read('connectionRates', { id: ratesId(tenantId, asked.groupKey) });
  const lastReadAt = yield* loadLastRead(asked, policy, rates, engine.clock.now());
  const known = { ...ownPullFacts(asked, rates, yield* loadKeptInForce(engine, tenantId)), lastReadAt };
  return { plan, refresh, known };
}

const pullOne = async (engine: Engine, tenantId: TenantId, id: ConnectionId): Promise<void> => {
  const uuid = engine.ids.next();
  const decided = await engine.store.turn(
    () => loadDue(engine, tenantId, id),
    (load): { readonly effects: readonly Effect[] } => {
      if (load === null) return { effects: [] };
      const { plan, refresh, known } = load;
      const { decision, effects } = decideOwnPull(
        plan,
        refresh?.facts ?? null,
        refresh?.policy ?? null,
        known,
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

/** One at which the engine itself fails holds up nobody else: it comes again later, and is told. */
const FAILED_PAUSE_MS = 15 * MINUTE;

const pullOrPostpone = async (engine: Engine, { tenantId, id }: PullPlan): Promise<void> => {
  try {
    await pullOne(engine, tenantId, id);
  } catch (error) {
    engine.log.warn('a due pull could not be decided', { connectionId: id, error: String(error) });
    await engine.store.turn(
      () => read('pullPlan', { tenantId, id }),
      (plan) => ({
        effects:
          plan === null
            ? []
            : [put('pullPlan', { ...plan, nextPullAt: engine.clock.now() + FAILED_PAUSE_MS, held: 'failed' })],
      }),
    );
  }
};

/** Where the walk over tenants went on to: it is only kept while more is due than is taken up at once. */
const TURN = 'sweep-turn';
/** So many tenants are looked into for one batch, each for this part of its room at most. */
const TENANTS_A_BATCH = 64;
const PARTS_OF_ROOM = 8;

/** The first due ones of tenants in turn, from where the last batch ended. */
const byTenants = async ({ store, clock }: Engine, room: number): Promise<readonly PullPlan[]> => {
  const found: PullPlan[] = [];
  const now = clock.now();
  const seen = new Set<string>();
  let from = (await store.read('setting', { id: TURN }))?.value ?? '';
  while (found.length < room && seen.size < TENANTS_A_BATCH) {
    const tenantId =
      (await store.read('pullPlanTenantAfter', { after: from })) ??
      (await store.read('pullPlanTenantAfter', { after: '' }));
    if (tenantId === null || seen.has(tenantId)) break;
    seen.add(tenantId);
    from = tenantId;
    found.push(
      ...(await store.read('duePullPlansOfTenant', { tenantId, now, limit: Math.ceil(room / PARTS_OF_ROOM) })),
    );
  }
  await store.turn(
    () => read('setting', { id: TURN }),
    () => ({ effects: [put('setting', { id: TURN, value: from })] }),
  );
  return found;
};

/** One of each tenant, then the next of each. */
const inTurns = (plans: readonly PullPlan[]): readonly PullPlan[] => {
  const before = new Map<string, number>();
  const turnOf = new Map(
    plans.map((plan) => {
      const turn = before.get(plan.tenantId) ?? 0;
      before.set(plan.tenantId, turn + 1);
      return [plan, turn];
    }),
  );
  return plans.toSorted((a, b) => (turnOf.get(a) as number) - (turnOf.get(b) as number));
};

/**
 * Pulls what has fallen due, at most so many connections: by a task of the engine's, or a permit where their team reads.
 * Half of a batch is what is longest due, whosever it is; the other half goes round the tenants. Its work is what is due,
 * however many connections there are; whoever else does it at the same time, none is pulled twice. How many it looked
 * at: 0 where nothing is due any more.
 */
export const sweepDue = async (engine: Engine, limit: number): Promise<number> => {
  await catchUpMissed(engine);
  const due = await engine.store.read('duePullPlans', { now: engine.clock.now(), limit });
  const half = Math.ceil(limit / 2);
  const batch = due.length < limit ? due : [...due.slice(0, half), ...(await byTenants(engine, limit - half))];
  const once = [...new Map(batch.map((plan) => [plan.id, plan])).values()];
  for (const plan of inTurns(once)) await pullOrPostpone(engine, plan);
  return once.length;
};
