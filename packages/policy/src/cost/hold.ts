import { insert, put } from '@freshet/domain';
import type { BudgetAlert, BudgetCounter, BudgetFacts, Effect, Instant, LedgerEntry, TenantId } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';
import { counterOf, countsIn, covers, holdInBudget, usedMicros } from './budget.js';

/** The budgets as the facts showed them, every counter of the tenant whose period it is, and the time. */
export interface Purse {
  readonly tenantId: TenantId;
  readonly budgets: readonly BudgetFacts[];
  readonly counters: readonly BudgetCounter[];
  readonly policy: RefreshPolicy;
  readonly now: Instant;
}

/** The thresholds that so much use reaches and that were not told of in this period. */
export const thresholdsReached = (budget: BudgetFacts, used: number): readonly number[] =>
  used === 0
    ? []
    : budget.alertAt.filter(
        (threshold) => used >= Math.round(threshold * budget.amountMicros) && !budget.alerted.includes(threshold),
      );

const alertOf = (budget: BudgetFacts, threshold: number, used: number, { tenantId, now }: Purse): BudgetAlert => ({
  id: `${budget.counterId}#${threshold}`,
  tenantId,
  budget: budget.name,
  provider: budget.provider,
  currency: budget.currency,
  periodStart: budget.periodStart,
  periodEnd: budget.periodEnd,
  threshold,
  amountMicros: budget.amountMicros,
  usedMicros: used,
  at: now,
});

/**
 * One budget after the turn, where something of it changes, or where it is seen for the first time in its period: what was
 * counted from the ledger is kept, so that it is not counted again for each request. Thresholds are asked for in every turn,
 * not only in one that holds money: a budget that was lowered, or laid over what was spent before, is told of by the first
 * that sees it.
 */
const kept = (budget: BudgetFacts, held: LedgerEntry | null, purse: Purse): readonly Effect[] => {
  const { tenantId, policy, now } = purse;
  const holds = held !== null && covers(budget, held);
  const used = usedMicros(budget) + (holds ? held.micros : 0);
  const reached = thresholdsReached(budget, used);
  const isKept = purse.counters.some(({ id }) => id === budget.counterId);
  if (!holds && reached.length === 0 && isKept) return [];
  const paying = purse.budgets.filter((each) => held !== null && covers(each, held)).length;
  const counter = holds
    ? holdInBudget(budget, tenantId, held.micros, policy, now, paying)
    : counterOf(budget, tenantId);
  return [
    put('budgetCounter', { ...counter, alerted: [...budget.alerted, ...reached] }),
    ...reached.map((threshold) => put('budgetAlert', alertOf(budget, threshold, used, purse))),
  ];
};

/**
 * The entry that holds money (null: none is held), the counters that count it, also those whose budget is not configured
 * now, and the thresholds that are reached by it.
 */
export const holdMoney = (held: LedgerEntry | null, purse: Purse): readonly Effect[] => {
  const { budgets, counters } = purse;
  const configured = (counter: BudgetCounter): boolean => budgets.some(({ counterId }) => counterId === counter.id);
  const others = held === null ? [] : counters.filter((counter) => countsIn(counter, held) && !configured(counter));
  return [
    ...(held === null ? [] : [insert('ledgerEntry', held)]),
    ...budgets.flatMap((budget) => kept(budget, held, purse)),
    ...others.map((counter) =>
      put('budgetCounter', { ...counter, reservedMicros: counter.reservedMicros + (held?.micros ?? 0) }),
    ),
  ];
};
