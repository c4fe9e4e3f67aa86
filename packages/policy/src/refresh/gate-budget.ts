import type { BudgetFacts, DecisionReason, Gate, Instant, Money } from '@freshet/domain';
import {
  allFitFrom,
  allowedMicros,
  fitsFrom,
  holdsBack,
  keptMicros,
  shortfallOf,
  type Shortfall,
} from '../cost/allowance.js';
import { covers, usedMicros } from '../cost/budget.js';
import { latestOf } from '../limits/evaluate.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, heldBack, passed } from './gate.js';

/** A budget that a cost does not fit. */
export interface BudgetShort {
  readonly budget: BudgetFacts;
  readonly cost: Money;
  readonly short: Shortfall;
}

/** The budgets that cover a cost and that it does not fit. */
export const shortIn = ({ facts, request }: Considered, cost: Money | null): readonly BudgetShort[] =>
  facts.budgets.flatMap((budget) => {
    if (!covers(budget, cost)) return [];
    const short = shortfallOf(budget, cost.micros, request.attended, facts.now);
    return short === null ? [] : [{ budget, cost, short }];
  });

const numbersOf = ({ budget, cost }: BudgetShort) => ({
  budget: budget.name,
  amountMicros: budget.amountMicros,
  usedMicros: usedMicros(budget),
  costMicros: cost.micros,
  currency: cost.currency,
  periodEnd: budget.periodEnd,
});

/** A soft budget is passed, and by how much it is exceeded then. */
export const overrunReason = (gate: Gate, one: BudgetShort): DecisionReason => {
  const overrunMicros = usedMicros(one.budget) + one.cost.micros - one.budget.amountMicros;
  return because(gate, 'BUDGET_OVERRUN', { ...numbersOf(one), overrunMicros });
};

/** What each shortfall hangs on, beside the numbers of the budget. */
const told: Readonly<
  Record<Shortfall, (considered: Considered, budget: BudgetFacts) => Readonly<Record<string, number>>>
> = {
  BUDGET_EXHAUSTED: () => ({}),
  BUDGET_KEPT_FOR_ATTENDED: (_considered, budget) => ({ keptMicros: keptMicros(budget) }),
  BUDGET_PACED: ({ facts, request }, budget) => ({
    allowedMicros: allowedMicros(budget, request.attended, facts.now),
  }),
  BUDGET_OVERRUN: () => ({}),
};

/** From when on all budgets that cover it have room for it; null: never. */
export const roomFrom = ({ facts, request, cost }: Considered, from: Instant): Instant | null => {
  const paid = cost();
  const paying = facts.budgets.filter((budget) => covers(budget, paid));
  return paid === null ? from : allFitFrom(paying, paid.micros, request.attended, from);
};

/** Gate 8, held back by one budget or more: the last of them to have room is named. */
const refused = (considered: Considered, short: readonly BudgetShort[]): GateAnswer => {
  const { facts, request } = considered;
  const found = short.map((one) => ({
    one,
    allowedAt: fitsFrom(one.budget, one.cost.micros, request.attended, facts.now),
  }));
  const reasons = found.map(({ one, allowedAt }) =>
    because('budget', one.short, { ...numbersOf(one), ...told[one.short](considered, one.budget), allowedAt }),
  );
  const slowest = latestOf(found.map(({ allowedAt }) => allowedAt));
  const last = found.find(({ allowedAt }) => allowedAt === slowest);
  return heldBack(reasons, {
    verdict: 'refuse',
    refusal: 'budget-exhausted',
    budget: last?.one.budget.name ?? null,
    retryAt: roomFrom(considered, facts.now),
  });
};

/**
 * Gate 8: the cost fits every budget that covers it: what is left of it, what is not kept for others, and its pace. A
 * soft one is told of and passed. There is no budget unless one is configured.
 */
export const budgetGate = (considered: Considered): GateAnswer => {
  const { facts } = considered;
  const cost = considered.cost();
  if (facts.budgets.length === 0) return passed('budget', 'NO_BUDGET', { costMicros: cost?.micros ?? null });
  if (cost === null) return passed('budget', 'PRICE_UNKNOWN');
  const short = shortIn(considered, cost);
  const holding = short.filter((one) => holdsBack(one.short));
  if (holding.length > 0) return refused(considered, holding);
  const fits = facts.budgets.filter((budget) => covers(budget, cost) && !short.some((one) => one.budget === budget));
  const budgets = fits.map(({ name }) => name);
  const allow = because('budget', 'BUDGETS_ALLOW', { costMicros: cost.micros, currency: cost.currency, budgets });
  const overrun = short.map((one) => overrunReason('budget', one));
  return { reasons: fits.length > 0 || overrun.length === 0 ? [allow, ...overrun] : overrun };
};
