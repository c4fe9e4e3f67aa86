import type { AllocationProblem } from '../src/allocation/index.js';

/** Chance from a seed (mulberry32): the same workload at each run. */
export const chance = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const lognormal = (random: () => number, median: number, sigma: number, least: number, most: number): number =>
  Math.min(Math.max(median * Math.exp(sigma * normal(random)), least), most);

/** The reference workload of the benchmarks: changes and reads per day, and a price per forced refresh. */
export const referenceWorkload = (
  seed: number,
  count: number,
): { changes: Float64Array; reads: Float64Array; prices: Float64Array } => {
  const random = chance(seed);
  const workload = {
    changes: new Float64Array(count),
    reads: new Float64Array(count),
    prices: new Float64Array(count),
  };
  for (let item = 0; item < count; item += 1) {
    workload.changes[item] = lognormal(random, 1.2, 0.9, 0.05, 20);
    workload.reads[item] = lognormal(random, 0.6, 1, 0.03, 20);
    workload.prices[item] = [0.05, 0.1, 0.3][Math.floor(random() * 3)] as number;
  }
  return workload;
};

/** A problem over these columns: no background, gaps or caps, and one unit of money a refresh, unless it says so. */
export const problem = (
  changes: readonly number[] | Float64Array,
  budget: number,
  rest: Partial<AllocationProblem> = {},
): AllocationProblem => ({
  changes: Float64Array.from(changes),
  weights: new Float64Array(changes.length).fill(1),
  prices: new Float64Array(changes.length).fill(1),
  background: new Float64Array(changes.length),
  minRates: null,
  maxRates: new Float64Array(changes.length).fill(Number.POSITIVE_INFINITY),
  providers: new Int32Array(changes.length).fill(-1),
  caps: new Float64Array(0),
  budget,
  ...rest,
});
