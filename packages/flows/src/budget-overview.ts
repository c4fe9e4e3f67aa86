import type { BudgetFacts, Instant, TenantId } from '@freshet/domain';
import { usedMicros, type Budget } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadBudget } from './load-refresh.js';

/** A budget in its present period. */
export interface BudgetOverview {
  readonly budget: Budget;
  readonly facts: BudgetFacts;
  /** Never below nothing, though a budget that was lowered may be overdrawn. */
  readonly remainingMicros: number;
  /** What the period will have cost at its end if it goes on as it went so far. */
  readonly forecastMicros: number;
}

const forecast = (facts: BudgetFacts, now: Instant): number => {
  const elapsedMs = Math.max(1, now - facts.periodStart);
  const grown = Math.round(usedMicros(facts) * ((facts.periodEnd - facts.periodStart) / elapsedMs));
  return Math.min(Number.MAX_SAFE_INTEGER, grown);
};

const overviewOf = (budget: Budget, facts: BudgetFacts, now: Instant): BudgetOverview => ({
  budget,
  facts,
  remainingMicros: Math.max(0, facts.amountMicros - usedMicros(facts)),
  forecastMicros: forecast(facts, now),
});

/** Every budget that holds the tenant; none unless one is configured. */
export const budgetOverviews = async (engine: Engine, tenantId: TenantId): Promise<readonly BudgetOverview[]> => {
  const now = engine.clock.now();
  function* loadAll(): Loader<readonly BudgetOverview[]> {
    const counters = yield* read('budgetCounters', { tenantId, at: now });
    const overviews: BudgetOverview[] = [];
    for (const budget of engine.policies.budgetsFor(tenantId)) {
      overviews.push(overviewOf(budget, yield* loadBudget(budget, tenantId, counters, now), now));
    }
    return overviews;
  }
  const { overviews } = await engine.store.turn(loadAll, (loaded) => ({ overviews: loaded, effects: [] }));
  return overviews;
};
