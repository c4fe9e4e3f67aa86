import { calendarPeriod } from '@freshet/domain';
import type {
  BudgetCounter,
  BudgetCounterId,
  BudgetFacts,
  Instant,
  LedgerEntry,
  Money,
  ShadowPrice,
  TenantId,
} from '@freshet/domain';
import { afterSpending, unspentPrice, worthPerMicro, type MoneyLeft } from '../freshness/shadow-price.js';
import type { Budget, RefreshPolicy } from '../policy.js';

/** A budget in the period that `now` lies in, and the counter that keeps its use. */
export interface BudgetPeriod {
  readonly budget: Budget;
  readonly counterId: BudgetCounterId;
  readonly start: Instant;
  readonly end: Instant;
}

/** The amount is not part of the counter's name: raising a budget keeps what was spent. */
export const budgetPeriod = (budget: Budget, tenantId: TenantId, now: Instant): BudgetPeriod => {
  const period = calendarPeriod(now, budget.period, budget.timeZone);
  const name = JSON.stringify([
    tenantId,
    budget.name,
    budget.provider,
    budget.currency,
    budget.period,
    budget.timeZone,
  ]);
  return { budget, counterId: `${name}@${period.start}`, start: period.start, end: period.end };
};

type Spent = Pick<BudgetCounter, 'shadow' | 'alerted' | 'reservedMicros' | 'chargedMicros' | 'uncertainMicros'>;

export const budgetFacts = (period: BudgetPeriod, counter: Spent): BudgetFacts => ({
  name: period.budget.name,
  provider: period.budget.provider,
  currency: period.budget.currency,
  amountMicros: period.budget.amountMicros,
  period: period.budget.period,
  timeZone: period.budget.timeZone,
  enforcement: period.budget.enforcement,
  headStart: period.budget.headStart,
  reserveForAttended: period.budget.reserveForAttended,
  alertAt: period.budget.alertAt,
  alerted: counter.alerted,
  periodStart: period.start,
  periodEnd: period.end,
  counterId: period.counterId,
  reservedMicros: counter.reservedMicros,
  chargedMicros: counter.chargedMicros,
  uncertainMicros: counter.uncertainMicros,
  shadow: counter.shadow,
});

/** What is spoken for: money whose fate nobody knows counts as spent. */
export const usedMicros = (budget: Pick<BudgetFacts, 'reservedMicros' | 'chargedMicros' | 'uncertainMicros'>): number =>
  budget.reservedMicros + budget.chargedMicros + budget.uncertainMicros;

/** Whether a budget has anything to say of that cost. Budgets in another currency do not cover it. */
export const covers = (budget: BudgetFacts, cost: Money | null): cost is Money =>
  cost !== null && budget.currency === cost.currency;

/** What is left, and for how long it has to last. */
const leftOf = (budget: BudgetFacts, now: Instant): MoneyLeft => ({
  micros: budget.amountMicros - usedMicros(budget),
  forMs: budget.periodEnd - now,
});

/** The counter that keeps what the facts show of the budget. */
export const counterOf = (budget: BudgetFacts, tenantId: TenantId): BudgetCounter => ({
  id: budget.counterId,
  tenantId,
  provider: budget.provider,
  currency: budget.currency,
  periodStart: budget.periodStart,
  periodEnd: budget.periodEnd,
  reservedMicros: budget.reservedMicros,
  chargedMicros: budget.chargedMicros,
  uncertainMicros: budget.uncertainMicros,
  shadow: budget.shadow,
  alerted: budget.alerted,
});

/**
 * What a micro of it has to buy. Budgets that have spent nothing share the catalogue's worth among those that pay: a second
 * one does not make a refresh dearer.
 */
export const shadowOf = (budget: BudgetFacts, worth: number, paying: number, now: Instant): ShadowPrice =>
  budget.shadow ?? unspentPrice(worth / paying, budget.periodStart, now);

/**
 * The counter after holding `micros` more, of a cost that so many budgets pay: its shadow price rises by as much as that is
 * of what is left.
 */
export const holdInBudget = (
  budget: BudgetFacts,
  tenantId: TenantId,
  micros: number,
  policy: RefreshPolicy,
  now: Instant,
  paying: number,
): BudgetCounter => {
  const worth = worthPerMicro(policy);
  const before = shadowOf(budget, worth, paying, now);
  return {
    ...counterOf(budget, tenantId),
    reservedMicros: budget.reservedMicros + micros,
    shadow: micros === 0 ? budget.shadow : afterSpending(before, worth, micros, leftOf(budget, now), now),
  };
};

/** Whether a counter counts that money: of its provider and currency, and first held in its period. */
export const countsIn = (
  counter: Pick<BudgetCounter, 'provider' | 'currency' | 'periodStart' | 'periodEnd'>,
  held: Pick<LedgerEntry, 'provider' | 'currency' | 'at'>,
): boolean =>
  counter.currency === held.currency &&
  (counter.provider ?? held.provider) === held.provider &&
  counter.periodStart <= held.at &&
  held.at < counter.periodEnd;
