import { DAY } from '@freshet/domain';
import type { ChangeHistory, DurationMs, Instant } from '@freshet/domain';

/** Old observations lose half of their weight in so long: people change banks and habits. */
export const HALF_LIFE_MS: DurationMs = 45 * DAY;

/** Lengths of intervals are kept by bins that grow by half: the estimate moves by less than a percent. */
const BIN_GROWTH = 1.5;
const SHORTEST_DAYS = 5 / (24 * 60);

/** What is left of a weight after some time. */
export const fading = (elapsedMs: DurationMs): number => 2 ** (-Math.max(0, elapsedMs) / HALF_LIFE_MS);

const binOf = (days: number): number =>
  Math.max(0, Math.round(Math.log(Math.max(days, SHORTEST_DAYS) / SHORTEST_DAYS) / Math.log(BIN_GROWTH)));

export const noChangesSeen = (at: Instant): ChangeHistory => ({ unchangedDays: 0, changed: [], at });

const faded = (history: ChangeHistory, now: Instant): ChangeHistory => {
  const share = fading(now - history.at);
  if (share === 1) return history;
  const changed = history.changed.map(([bin, weight, days]) => [bin, weight * share, days * share] as const);
  return {
    unchangedDays: history.unchangedDays * share,
    changed: changed.filter(([, weight]) => weight > 1e-3),
    at: now,
  };
};

/**
 * One more look at the bank: `days` after the one before (in days of average business, see posting-hours), it found
 * something new or did not. That is all that a refresh tells: not how many changes, nor when.
 */
export const observeChange = (history: ChangeHistory, days: number, found: boolean, now: Instant): ChangeHistory => {
  if (!(days > 0)) return history;
  const before = faded(history, now);
  if (!found) return { ...before, unchangedDays: before.unchangedDays + days };
  const bin = binOf(days);
  const known = before.changed.find(([each]) => each === bin);
  const grown = [bin, (known?.[1] ?? 0) + 1, (known?.[2] ?? 0) + days] as const;
  const changed = [...before.changed.filter(([each]) => each !== bin), grown].sort(([a], [b]) => a - b);
  return { ...before, changed };
};

/** The slope of the log-likelihood at a rate: what speaks for more changes, less what speaks for fewer. */
const slope = (history: ChangeHistory, rate: number, priorDays: number, priorWeight: number): number => {
  let sum = (priorWeight * priorDays) / Math.expm1(rate * priorDays) - priorWeight * priorDays - history.unchangedDays;
  for (const [, weight, total] of history.changed) {
    const days = total / weight;
    sum += (weight * days) / Math.expm1(rate * days);
  }
  return sum;
};

const SLOWEST = 1e-4;
const FASTEST = 1e3;

/**
 * The likeliest number of changes per day: at it, the sum over changed intervals of t / (e^(rate t) - 1) is the sum of
 * the unchanged ones. Smoothed by one interval of each kind, as long as makes the prior the likeliest where nothing was
 * seen. (Cho and Garcia-Molina 2003; Kolobov and others 2019.)
 */
export const changesPerDay = (history: ChangeHistory, priorPerDay: number, priorWeight = 1): number => {
  const priorDays = Math.LN2 / Math.max(priorPerDay, SLOWEST);
  let low = Math.log(SLOWEST);
  let high = Math.log(FASTEST);
  // The slope falls with the rate, so halving is certain; forty halvings are exact to nine digits.
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (slope(history, Math.exp(middle), priorDays, priorWeight) > 0) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
};
