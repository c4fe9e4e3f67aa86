import { calendarPeriod } from '@freshet/domain';
import type { BudgetFacts, DurationMs, Instant, Period } from '@freshet/domain';
import { latestOf } from '../limits/evaluate.js';
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

/** The budget as it stands at an instant if nothing more of it is used: a later period begins with all of it. */
const standingAt = (budget: BudgetFacts, at: Instant): BudgetFacts => {
  if (at < budget.periodEnd) return budget;
  const { start, end } = calendarPeriod(at, budget.period, budget.timeZone);
  return {
    ...budget,
    ...{ periodStart: start, periodEnd: end },
    ...{ reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 },
  };
};

/** From when on so much more first fits, if nothing else is spent: as paced, else when the period turns. Null: never. */
export const fitsFrom = (budget: BudgetFacts, micros: number, attended: boolean, from: Instant): Instant | null => {
  const here = standingAt(budget, from);
  if (!holdsBack(shortfallOf(here, micros, attended, from))) return from;
  const most = mayUse(budget, attended);
  const wanted = usedMicros(here) + micros;
  const { headStart, period, timeZone, periodEnd } = here;
  if (micros > most) return null;
  if (headStart === null) return periodEnd;
  const at = wanted <= most ? pacedAt(wanted, most, headStart, periodOf(here)) : periodEnd;
  if (at < periodEnd) return at;
  const next = calendarPeriod(periodEnd, period, timeZone);
  const then = pacedAt(micros, most, headStart, next);
  // All of it, without a head start, is free only as a period ends: then another has begun.
  return then < next.end ? then : null;
};

/** Budgets that let it pass at different times may take a few turns to let it pass at once. */
const MOST_TURNS = 100;

/** The same of several budgets at once: a pace that starts anew may hold back what another has just let pass. */
export const allFitFrom = (
  budgets: readonly BudgetFacts[],
  micros: number,
  attended: boolean,
  from: Instant,
): Instant | null => {
  let at = from;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const next = latestOf([at, ...budgets.map((budget) => fitsFrom(budget, micros, attended, at))]);
    if (next === null || next === at) return next;
    at = next;
  }
  return null;
};
