import { put } from '@freshet/domain';
import type { Connection, Effect, KeptSweep, PullPlan, TenantId } from '@freshet/domain';
import {
  isEngineManaged,
  ownSweepRules,
  planOwnPull,
  plannedTimes,
  planSweep,
  type OwnPullTime,
  type SweepPlan,
} from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import { catchUpMissed } from './catch-up.js';
import type { Engine } from './engine.js';
import { policyOf } from './load-refresh.js';
import { gatherSweep, SWEEP_HORIZON_MS, type SweepInputs } from './sweep-inputs.js';

const ROWS_A_TURN = 200;

const planOf = (engine: Engine, { columns, budgets, caps }: SweepInputs): SweepPlan =>
  planSweep({
    now: engine.clock.now(),
    horizonMs: SWEEP_HORIZON_MS,
    candidates: columns,
    budgets,
    caps,
    rules: ownSweepRules,
  });

const keptOf = (engine: Engine, tenantId: TenantId, plan: SweepPlan): KeptSweep => ({
  id: tenantId,
  tenantId,
  plannedAt: plan.from,
  until: plan.until,
  policyVersion: engine.policies.version,
  connections: plan.columns.ids.length,
  prices: plan.prices,
  rules: plan.rules,
  forecast: plan.forecast,
});

/** One row of the plan as it is kept; what has no time of its own is looked at again after a period. */
const rowOf = (
  { columns, from }: SweepPlan,
  row: number,
  before: PullPlan,
  { at, held, mayAge }: OwnPullTime,
): PullPlan => {
  const everyMs = columns.minGapMs[row] as number;
  return {
    ...before,
    nextPullAt: at ?? (before.nextPullAt > from ? before.nextPullAt : from + everyMs),
    everyMs,
    lastPullAt: mayAge ? null : (columns.lastPullAt[row] as number),
    held,
  };
};

const differs = (a: PullPlan, b: PullPlan): boolean =>
  a.nextPullAt !== b.nextPullAt || a.everyMs !== b.everyMs || a.lastPullAt !== b.lastPullAt || a.held !== b.held;

function* loadRows(tenantId: TenantId, { columns }: SweepInputs, from: number): Loader<readonly (PullPlan | null)[]> {
  const found: (PullPlan | null)[] = [];
  for (const id of columns.ids.slice(from, from + ROWS_A_TURN))
    found.push(yield* read('pullPlan', { tenantId, id: id as PullPlan['id'] }));
  return found;
}

/** Writes the times that have changed, but not over one that somebody has planned meanwhile. */
const writeTimes = async (engine: Engine, tenantId: TenantId, inputs: SweepInputs, plan: SweepPlan): Promise<void> => {
  const timeOf = plannedTimes(plan, inputs.anchors);
  for (let from = 0; from < plan.columns.ids.length; from += ROWS_A_TURN) {
    await engine.store.turn(
      () => loadRows(tenantId, inputs, from),
      (rows): { readonly effects: readonly Effect[] } => ({
        effects: rows.flatMap((before, index) => {
          const row = from + index;
          if (before === null || before.nextPullAt !== inputs.plannedAt[row]) return [];
          // It is about to be decided: moved each time that a plan is made, it would never be.
          if (before.nextPullAt <= plan.from) return [];
          const after = rowOf(plan, row, before, timeOf(row));
          return differs(before, after) ? [put('pullPlan', after)] : [];
        }),
      }),
    );
  }
};

const keep = async (engine: Engine, kept: KeptSweep): Promise<void> => {
  await engine.store.turn(
    () => read('keptSweep', { tenantId: kept.tenantId }),
    (before) => ({ effects: before === null && kept.connections === 0 ? [] : [put('keptSweep', kept)] }),
  );
};

/** Plans the next day of one tenant's own pulls: the prices first, so that whoever is pulled meanwhile goes by them. */
const planTenant = async (engine: Engine, tenantId: TenantId): Promise<number> => {
  const inputs = await gatherSweep(engine, tenantId, Number.POSITIVE_INFINITY);
  const plan = planOf(engine, inputs);
  await keep(engine, keptOf(engine, tenantId, plan));
  await writeTimes(engine, tenantId, inputs, plan);
  return inputs.columns.ids.length;
};

/**
 * Plans the pulls of every connection that nobody else refreshes, tenant by tenant: when each is next due, and the prices
 * at which one is planned again without the others. How many connections were planned.
 */
export const planSweeps = async (engine: Engine): Promise<number> => {
  await catchUpMissed(engine);
  const nextAfter = (after: string): Promise<TenantId | null> => engine.store.read('pullPlanTenantAfter', { after });
  let planned = 0;
  for (let tenantId = await nextAfter(''); tenantId !== null; tenantId = await nextAfter(tenantId))
    planned += await planTenant(engine, tenantId);
  return planned;
};

/** The policy by which all connections were last gone through. */
const PLANNED_BY = 'pull-plans-policy';

interface PlanPage {
  readonly page: readonly Connection[];
  readonly unplanned: readonly Connection[];
}

function* loadUnplanned(engine: Engine, tenantId: TenantId, after: string): Loader<PlanPage> {
  const page = yield* read('connectionsScan', { tenantId, after, limit: ROWS_A_TURN });
  const unplanned: Connection[] = [];
  for (const connection of page) {
    if (!isEngineManaged(policyOf(engine, connection))) continue;
    if ((yield* read('pullPlan', { tenantId, id: connection.id })) === null) unplanned.push(connection);
  }
  return { page, unplanned };
}

/** The id of the last connection of the page; null: it was the last page. */
const planPage = async (engine: Engine, tenantId: TenantId, after: string): Promise<string | null> => {
  const { last } = await engine.store.turn(
    () => loadUnplanned(engine, tenantId, after),
    ({ page, unplanned }): { readonly last: string | null; readonly effects: readonly Effect[] } => ({
      last: page.length < ROWS_A_TURN ? null : (page.at(-1)?.id ?? null),
      effects: unplanned.flatMap((each) => planOwnPull(each, policyOf(engine, each), engine.clock.now())),
    }),
  );
  return last;
};

/**
 * Plans anew where another policy is in force: once for each, for an import plans its own. Connections that have become
 * ours to pull get their rows; one that is not ours any more is dropped when it falls due.
 */
export const planAfterPolicyChange = async (engine: Engine): Promise<void> => {
  const { version } = engine.policies;
  if ((await engine.store.read('setting', { id: PLANNED_BY }))?.value === version) return;
  let tenantId = await engine.store.read('tenantAfter', { after: '' });
  while (tenantId !== null) {
    for (let after: string | null = ''; after !== null;) after = await planPage(engine, tenantId, after);
    tenantId = await engine.store.read('tenantAfter', { after: tenantId });
  }
  await planSweeps(engine);
  await engine.store.turn(
    () => read('setting', { id: PLANNED_BY }),
    () => ({ effects: [put('setting', { id: PLANNED_BY, value: version })] }),
  );
};

/** A preview looks at so many connections of a tenant: it is asked for by a person who waits. */
const MOST_PREVIEWED = 20_000;

export interface SweepPreview {
  readonly plan: SweepPlan;
  readonly budgets: SweepInputs['budgets'];
  /** False: the tenant has more connections, of which it says nothing. */
  readonly isComplete: boolean;
}

/** What a plan that was made now would come to. Nothing is written, and nobody is called. */
export const previewSweep = async (engine: Engine, tenantId: TenantId): Promise<SweepPreview> => {
  const inputs = await gatherSweep(engine, tenantId, MOST_PREVIEWED);
  return { plan: planOf(engine, inputs), budgets: inputs.budgets, isComplete: inputs.isComplete };
};
