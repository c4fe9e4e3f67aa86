import { covers, usedMicros } from '../cost/budget.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, heldBack, passed } from './gate.js';

/** Gate 8: the cost fits what is left of every budget that covers it. There is no budget unless one is configured. */
export const budgetGate = (considered: Considered): GateAnswer => {
  const { facts } = considered;
  const cost = considered.cost();
  if (facts.budgets.length === 0) return passed('budget', 'NO_BUDGET', { costMicros: cost?.micros ?? null });
  if (cost === null) return passed('budget', 'PRICE_UNKNOWN');
  const covering = facts.budgets.filter((budget) => covers(budget, cost));
  const exhausted = covering.filter((budget) => usedMicros(budget) + cost.micros > budget.amountMicros);
  if (exhausted.length === 0) {
    return passed('budget', 'BUDGETS_ALLOW', {
      costMicros: cost.micros,
      currency: cost.currency,
      budgets: covering.map((budget) => budget.name),
    });
  }
  const reasons = exhausted.map((budget) =>
    because('budget', 'BUDGET_EXHAUSTED', {
      budget: budget.name,
      amountMicros: budget.amountMicros,
      usedMicros: usedMicros(budget),
      costMicros: cost.micros,
      currency: budget.currency,
      periodEnd: budget.periodEnd,
    }),
  );
  const retryAt = Math.max(...exhausted.map((budget) => budget.periodEnd));
  const last = exhausted.find((budget) => budget.periodEnd === retryAt);
  return heldBack(reasons, {
    verdict: 'refuse',
    refusal: 'budget-exhausted',
    budget: last?.name ?? null,
    retryAt,
  });
};
