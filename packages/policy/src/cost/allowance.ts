import { calendarPeriod } from '@freshet/domain';
import type { BudgetFacts, DurationMs, Instant, Period } from '@freshet/domain';
import { usedMicros } from './budget.js';

/** Why a cost does not fit a budget, as the reason that says so. */
export type Shortfall = 'BUDGET_EXHAUSTED' | 'BUDGET_KEPT_FOR_ATTENDED' | 'BUDGET_PACED' | 'BUDGET_OVERRUN';

/** Of the amount: what only attended requests may use. */
export const keptMicros = (budget: BudgetFacts): number => Math.round(budget.amountMicros * budget.reserveForAttended);

/** What such a request may bring the use up to in a whole period. */
const mayUse = (budget: BudgetFacts, attended: boolean): number =>
  budget.amountMicros - (attended ? 0 : keptMicros(budget));

const lengthOf = ({ start, end }: Period): DurationMs => end - start;

const headStartMs = (share: number, period: Period): DurationMs => Math.round(share * lengthOf(period));

const periodOf = ({ periodStart, periodEnd }: BudgetFacts): Period => ({ start: periodStart, end: periodEnd });

/**
 * What may be used by now of what such a request may use: all of it without pacing, else as much of it as has passed of
 * the period, and the head start. In whole numbers, so that the time announced is exactly the first at which it fits.
 */
export const allowedMicros = (budget: BudgetFacts, attended: boolean, now: Instant): number => {
  const most = mayUse(budget, attended);
  if (budget.headStart === null) return most;
  const period = periodOf(budget);
  const passed = Math.min(lengthOf(period), Math.max(0, now - period.start + headStartMs(budget.headStart, period)));
  return Number((BigInt(most) * BigInt(passed)) / BigInt(lengthOf(period)));
};

/** The first instant of the period at which the pace lets the use be so much; `micros` is at most `most`. */
const pacedAt = (micros: number, most: number, headStart: number, period: Period): Instant => {
  const passed = (BigInt(micros) * BigInt(lengthOf(period)) + BigInt(most) - 1n) / BigInt(most);
  return period.start + Math.max(0, Number(passed) - headStartMs(headStart, period));
};

/** What stands against so much more; null: it fits. What costs nothing fits everywhere. */
export const shortfallOf = (budget: BudgetFacts, micros: number, attended: boolean, now: Instant): Shortfall | null => {
  const wanted = usedMicros(budget) + micros;
  if (micros === 0) return null;
  if (budget.enforcement === 'soft') return wanted > budget.amountMicros ? 'BUDGET_OVERRUN' : null;
  if (wanted > budget.amountMicros) return 'BUDGET_EXHAUSTED';
  if (wanted > mayUse(budget, attended)) return 'BUDGET_KEPT_FOR_ATTENDED';
  return wanted > allowedMicros(budget, attended, now) ? 'BUDGET_PACED' : null;
};

/** A soft budget lets everything pass. */
export const holdsBack = (short: Shortfall | null): boolean => short !== null && short !== 'BUDGET_OVERRUN';

/** When what does not fit now first will, if nothing else is spent: as paced, else when the period turns. */
export const fitsAt = (budget: BudgetFacts, micros: number, attended: boolean): Instant => {
  const most = mayUse(budget, attended);
  const wanted = usedMicros(budget) + micros;
  const { headStart, period, timeZone, periodEnd } = budget;
  if (headStart === null || micros > most) return periodEnd;
  const at = wanted <= most ? pacedAt(wanted, most, headStart, periodOf(budget)) : periodEnd;
  // The last of it, without a head start, is free when the period is over: then another has begun.
  return at < periodEnd ? at : pacedAt(micros, most, headStart, calendarPeriod(periodEnd, period, timeZone));
};
