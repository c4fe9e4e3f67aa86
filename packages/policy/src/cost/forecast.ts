import type { BudgetFacts, DurationMs, Instant } from '@freshet/domain';
import { usedMicros } from './budget.js';

/** What the last period cost weighs as much as so much of this one: a week of a month. */
const EARLIER_WEIGHS = 1 / 4;
/** Less than this share of a period says nothing of the rest: an hour of a day, a day and a quarter of a month. */
const LEAST_SEEN = 1 / 24;

/** The budget's period before this one; null where nothing is known of it. */
export type EarlierPeriod = Pick<BudgetFacts, 'periodStart' | 'reservedMicros' | 'chargedMicros' | 'uncertainMicros'>;

const NOTHING = { micros: 0, ms: 0 };

/** Money over the time in which it was counted. */
interface Seen {
  readonly micros: number;
  readonly ms: DurationMs;
}

/** The last period's rate, as if it had been seen for a part of this one: never for longer than it was. */
const seenBefore = (earlier: EarlierPeriod | null, { periodStart, periodEnd }: BudgetFacts, since: Instant): Seen => {
  if (earlier === null) return NOTHING;
  const whole = periodStart - Math.max(earlier.periodStart, since);
  if (whole <= 0) return NOTHING;
  const ms = Math.min(whole, (periodEnd - periodStart) * EARLIER_WEIGHS);
  return { micros: usedMicros(earlier) * (ms / whole), ms };
};

/**
 * What the period will have cost at its end, if it goes on: what is used (reserved counts), and for the rest of the time
 * the rate of this period blended with that of the last one, which fades as this one is lived. Three days of a month may
 * be a weekend; at its end its own days say nearly all. `since`: the first money ever held; null: there was none. Null
 * where too little was seen to say anything.
 */
export const forecastMicros = (
  budget: BudgetFacts,
  earlier: EarlierPeriod | null,
  since: Instant | null,
  now: Instant,
): number | null => {
  if (since === null) return null;
  const { periodStart, periodEnd } = budget;
  const before = seenBefore(earlier, budget, since);
  const seenMs = before.ms + Math.max(0, now - Math.max(periodStart, since));
  if (seenMs < (periodEnd - periodStart) * LEAST_SEEN) return null;
  const used = usedMicros(budget);
  const rate = (used + before.micros) / seenMs;
  const forecast = used + rate * Math.max(0, periodEnd - now);
  return Math.min(Number.MAX_SAFE_INTEGER, Math.round(forecast));
};
