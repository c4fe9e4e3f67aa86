import type { BudgetAlert, BudgetCounter, BudgetFacts, Instant, TenantId } from '@freshet/domain';
import { allowedMicros, budgetPeriod, forecastMicros, keptMicros, usedMicros, type Budget } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadBudget } from './load-refresh.js';
import { moneySince } from './pruned-marks.js';

/** A budget in its present period. */
export interface BudgetOverview {
  readonly budget: Budget;
  readonly facts: BudgetFacts;
  /** Never below nothing: what is beyond the amount is overrun. */
  readonly remainingMicros: number;
  /** Of a soft budget, or of one that was lowered. */
  readonly overrunMicros: number;
  /** Of the amount: for attended requests alone. */
  readonly keptMicros: number;
  /** What an attended request may bring the use up to by now; null: the budget is not paced. */
  readonly pacedMicros: number | null;
  /** What the period will have cost at its end if it goes on; null where nothing can be said of that. */
  readonly forecastMicros: number | null;
  /** The thresholds reached in this period, the lowest first. */
  readonly alerts: readonly BudgetAlert[];
}

interface Loaded {
  readonly budget: Budget;
  readonly facts: BudgetFacts;
  readonly earlier: BudgetCounter | null;
  readonly alerts: readonly BudgetAlert[];
}

const overviewOf = (
  { budget, facts, earlier, alerts }: Loaded,
  since: Instant | null,
  now: Instant,
): BudgetOverview => {
  const left = facts.amountMicros - usedMicros(facts);
  return {
    budget,
    facts,
    remainingMicros: Math.max(0, left),
    overrunMicros: Math.max(0, -left),
    keptMicros: keptMicros(facts),
    pacedMicros: facts.headStart === null ? null : allowedMicros(facts, true, now),
    forecastMicros: forecastMicros(facts, earlier, since, now),
    alerts,
  };
};

/** The counter of the period before: none where nothing was held in it. */
function* loadEarlier(budget: Budget, tenantId: TenantId, periodStart: Instant): Loader<BudgetCounter | null> {
  const earlier = budgetPeriod(budget, tenantId, periodStart - 1);
  const counters = yield* read('budgetCounters', { tenantId, at: earlier.start });
  return counters.find(({ id }) => id === earlier.counterId) ?? null;
}

/** Every one of these as it stands then. */
export function* loadBudgets(
  budgets: readonly Budget[],
  tenantId: TenantId,
  now: Instant,
): Loader<readonly BudgetOverview[]> {
  const pruned = yield* read('setting', { id: moneySince(tenantId) });
  const oldest = pruned === null ? yield* read('oldestMoney', { tenantId }) : Number(pruned.value);
  const counters = yield* read('budgetCounters', { tenantId, at: now });
  const alerts = yield* read('budgetAlerts', { tenantId, at: now });
  const overviews: BudgetOverview[] = [];
  for (const budget of budgets) {
    const facts = yield* loadBudget(budget, tenantId, counters, now);
    const earlier = yield* loadEarlier(budget, tenantId, facts.periodStart);
    const own = alerts.filter(({ id }) => id.startsWith(`${facts.counterId}#`));
    const loaded = { budget, facts, earlier, alerts: own.toSorted((a, b) => a.threshold - b.threshold) };
    overviews.push(overviewOf(loaded, oldest, now));
  }
  return overviews;
}

/** Every budget that holds the tenant; none unless one is configured. */
export const budgetOverviews = async (engine: Engine, tenantId: TenantId): Promise<readonly BudgetOverview[]> => {
  const now = engine.clock.now();
  const budgets = engine.policies.budgetsFor(tenantId);
  const { overviews } = await engine.store.turn(
    () => loadBudgets(budgets, tenantId, now),
    (loaded) => ({ overviews: loaded, effects: [] }),
  );
  return overviews;
};
