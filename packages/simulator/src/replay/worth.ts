import { DAY } from '@freshet/domain';
import type { DurationMs } from '@freshet/domain';
import type { TracedConnection } from '../workload/trace.js';

type Rates = Pick<TracedConnection, 'changesPerDay' | 'readsPerDay'>;

/** The chance that at least one change came in so long. */
export const chanceOfChange = ({ changesPerDay }: Rates, ms: DurationMs): number =>
  -Math.expm1((-changesPerDay * ms) / DAY);

/**
 * The reads that a forced refresh makes fresh if the copy is stale: the one at hand, and those that come before the next
 * change and the next free refresh.
 */
export const readsRescued = (rates: Rates, untilBackgroundMs: DurationMs): number =>
  1 + (rates.readsPerDay * chanceOfChange(rates, untilBackgroundMs)) / rates.changesPerDay;

const STEPS = 48;

/**
 * When forcing at a read is best between two free refreshes, looking ahead to the reads still to come: optimal stopping,
 * solved backwards on a grid. By the step in which the read comes: the least age in steps at which to force; one past
 * the grid where none is worth it. `cost` is the price in fresh reads.
 */
const leastAges = (rates: Rates, cost: number, periodMs: DurationMs): Uint8Array => {
  const readInStep = -Math.expm1((-rates.readsPerDay * periodMs) / DAY / STEPS);
  const isFresh = Float64Array.from(
    { length: STEPS + 1 },
    (_, age) => 1 - chanceOfChange(rates, (age * periodMs) / STEPS),
  );
  const ages = new Uint8Array(STEPS).fill(STEPS + 1);
  // What is still to come at a step, by the step of the newest pull.
  const ahead = new Float64Array(STEPS + 1);
  for (let step = STEPS - 1; step >= 0; step -= 1) {
    const forced = 1 - cost + (ahead[step] as number);
    for (let pulled = step; pulled >= 0; pulled -= 1) {
      const left = ahead[pulled] as number;
      const kept = (isFresh[step - pulled] as number) + left;
      if (forced >= kept && ages[step] === STEPS + 1) ages[step] = step - pulled;
      ahead[pulled] = left + readInStep * (Math.max(forced, kept) - left);
    }
  }
  return ages;
};

/** Whether to force at a read of that age, so long before the next free refresh. */
export const lookAhead = (rates: Rates, cost: number, periodMs: DurationMs) => {
  const ages = leastAges(rates, cost, periodMs);
  return (ageMs: DurationMs, untilBackgroundMs: DurationMs): boolean => {
    const step = Math.min(STEPS - 1, Math.max(0, Math.floor((1 - untilBackgroundMs / periodMs) * STEPS)));
    return (ageMs / periodMs) * STEPS >= (ages[step] as number);
  };
};
