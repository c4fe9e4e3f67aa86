import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { DurationMs } from '@freshet/domain';

const steps = (from: DurationMs, until: DurationMs, by: DurationMs): readonly DurationMs[] =>
  Array.from({ length: Math.round((until - from) / by) }, (_, index) => from + (index + 1) * by);

/** Ages are counted up to each of these: to the hour within two days, to the day within a month. */
export const AGE_EDGES_MS: readonly DurationMs[] = [
  ...steps(0, HOUR, 15 * MINUTE),
  ...steps(HOUR, 2 * DAY, HOUR),
  ...steps(2 * DAY, 7 * DAY, 6 * HOUR),
  ...steps(7 * DAY, 30 * DAY, DAY),
  ...[45, 60, 90, 180, 365, 3650].map((days) => days * DAY),
];

/** Those that a person reads; each is one of the above. */
export const SHOWN_EDGES_MS: readonly DurationMs[] = [
  HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  3 * DAY,
  7 * DAY,
  30 * DAY,
];

/** The first edge that the age does not pass; the last one for what passes all. */
export const edgeOf = (ageMs: DurationMs): DurationMs => {
  let [low, high] = [0, AGE_EDGES_MS.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ageMs <= (AGE_EDGES_MS[middle] as DurationMs)) high = middle;
    else low = middle + 1;
  }
  return AGE_EDGES_MS[low] as DurationMs;
};

/** How many are at most so old. */
export interface AgeCount {
  readonly upToMs: DurationMs;
  readonly count: number;
}

/** What that share is at most: the edge of its bucket. Null: there are none. */
export const ageQuantile = (counts: readonly AgeCount[], share: number): DurationMs | null => {
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  let left = Math.ceil(all * share);
  for (const { upToMs, count } of counts) {
    left -= count;
    if (left <= 0 && all > 0) return upToMs;
  }
  return null;
};
