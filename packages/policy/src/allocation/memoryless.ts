import type { Allocation, AllocationProblem } from './problem.js';
import { allocate } from './shadow-prices.js';

/** Share of the time that a copy is fresh when refreshes come at random, `rate` a day in all. */
export const memorylessFreshness = (changes: number, rate: number): number =>
  changes === 0 || rate === Number.POSITIVE_INFINITY ? 1 : rate / (rate + changes);

/**
 * Refreshes at random moments, beside free ones that also come at random: sqrt(w D / C) - D - b a day, and none where
 * w D / (D + b)^2 <= C. Without background and with one price this is the optimum of Azar et al. (PNAS 2018).
 */
export const allocateMemoryless = (problem: AllocationProblem): Allocation => {
  const { changes, weights } = problem;
  return allocate(problem, (item, shadowPrice) => {
    const change = changes[item] as number;
    const worth = (weights[item] as number) * change;
    return worth === 0 ? 0 : Math.sqrt(worth / shadowPrice) - change;
  });
};

/**
 * No timetable at random moments leaves less weighted staleness per day than this (Cauchy-Schwarz); what
 * `allocateMemoryless` leaves is equal to it where no rate is held at zero, a gap or a cap.
 */
export const memorylessStalenessBound = ({
  changes,
  weights,
  prices,
  background,
  budget,
}: Pick<AllocationProblem, 'changes' | 'weights' | 'prices' | 'background' | 'budget'>): number => {
  let roots = 0;
  let idle = 0;
  for (let item = 0; item < changes.length; item += 1) {
    const change = changes[item] as number;
    const price = prices[item] as number;
    roots += Math.sqrt(price * (weights[item] as number) * change);
    idle += price * (change + (background[item] as number));
  }
  return roots === 0 ? 0 : roots ** 2 / (budget + idle);
};
