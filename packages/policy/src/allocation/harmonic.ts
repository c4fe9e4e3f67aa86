import type { Allocation, AllocationProblem } from './problem.js';
import { allocate } from './shadow-prices.js';

/** The same, with those marked 1 whose sources announce every change. */
export interface AnnouncedProblem extends AllocationProblem {
  readonly announced: Uint8Array;
}

/**
 * Refreshes at random moments where each further missed change costs more, so that nothing is starved (Kolobov et al.,
 * LambdaCrawl, NeurIPS 2019). Sources that announce their changes are refreshed after a share of these,
 * min(1, w / (C D)); both kinds meet at one shadow price.
 */
export const allocateHarmonic = (problem: AllocationProblem | AnnouncedProblem): Allocation => {
  const { changes, weights, background } = problem;
  const announced = 'announced' in problem ? problem.announced : null;
  return allocate(problem, (item, shadowPrice) => {
    const change = changes[item] as number;
    const weight = weights[item] as number;
    if (change === 0 || weight === 0) return 0;
    if (announced !== null && announced[item] === 1)
      return Math.min(change, weight / shadowPrice) + (background[item] as number);
    return (Math.sqrt(change * change + (4 * weight * change) / shadowPrice) - change) / 2;
  });
};

/** The penalty per day that is made least: 0 where every copy is always fresh, Infinity where one is never refreshed. */
export const harmonicPenalty = (problem: AllocationProblem | AnnouncedProblem, rates: Float64Array): number => {
  const { changes, weights, background } = problem;
  const announced = 'announced' in problem ? problem.announced : null;
  let penalty = 0;
  for (let item = 0; item < rates.length; item += 1) {
    const change = changes[item] as number;
    const weight = weights[item] as number;
    if (change === 0 || weight === 0) continue;
    const rate = rates[item] as number;
    const total = rate + (background[item] as number);
    const share = announced?.[item] === 1 ? Math.min(1, rate / change) : total / (total + change);
    penalty -= weight * Math.log(share);
  }
  return penalty;
};
