import type { Allocation, AllocationProblem } from './problem.js';
import { allocate } from './shadow-prices.js';

/** The chance of at least two changes where `expected` are: what makes the next refresh worth more than none. */
export const chanceOfTwo = (expected: number): number => {
  // Below this the two terms cancel; the series is exact to the last digit there.
  if (expected < 1e-3) return expected ** 2 * (1 / 2 - expected / 3 + expected ** 2 / 8);
  return expected > 100 ? 1 : 1 - Math.exp(-expected) * (1 + expected);
};

/** How many changes have to be expected for that chance; Infinity from 1 on. */
export const expectedForChanceOfTwo = (chance: number): number => {
  if (chance <= 0) return 0;
  if (chance >= 1) return Number.POSITIVE_INFINITY;
  // x - ln(1 + x) = level: by its series near 0, else by Newton's method from a guess that is already close.
  const level = -Math.log1p(-chance);
  const root = Math.sqrt(2 * level);
  const series = root * (1 + root * (1 / 3 + root * (1 / 36 - root * (1 / 270 - root / 4320))));
  if (root < 1e-2) return series;
  // Far enough from 0 for the plain logarithm, which is several times as fast.
  let expected = root < 2 ? series : level + Math.log(1 + level + Math.log(1 + level + root));
  for (let step = 0; step < 2; step += 1)
    expected -= ((expected - Math.log(1 + expected) - level) * (1 + expected)) / expected;
  return expected;
};

/** Mean share of the time that a copy is fresh when it is refreshed every `intervalDays`. */
export const evenSpacingFreshness = (changes: number, intervalDays: number): number => {
  const expected = changes * intervalDays;
  if (expected === Number.POSITIVE_INFINITY) return 0;
  if (expected < 1e-3) return 1 - expected * (1 / 2 - expected * (1 / 6 - expected / 24));
  return (1 - Math.exp(-expected)) / expected;
};

/**
 * What forcing now is worth to a timetable: force when this reaches the shadow price. It rises with the age towards
 * weight / changes, so what never reaches its price is never forced.
 */
export const evenSpacingIndex = (changes: number, weight: number, ageDays: number): number =>
  changes === 0 ? 0 : (weight / changes) * chanceOfTwo(changes * ageDays);

/**
 * So close to 1 every further refresh is worth the same to eight digits, and the rate would jump to nothing between two
 * neighbouring numbers. It falls in a straight line there, so that money and caps can still be met.
 */
const LEVEL = 1e-8;
const LEVEL_EXPECTED = expectedForChanceOfTwo(1 - LEVEL);

/**
 * Refreshes at even distances: the freshest timetable there is (Cho and Garcia-Molina). Free refreshes at random moments
 * act as if the copy changed b more often and had the weight w D / (D + b).
 */
export const allocateEvenSpacing = (problem: AllocationProblem): Allocation => {
  const { changes, weights, background } = problem;
  return allocate(problem, (item, shadowPrice) => {
    const change = changes[item] as number;
    const free = background[item] as number;
    const turns = change + free;
    const worth = (weights[item] as number) * change;
    if (worth === 0) return 0;
    const chance = (shadowPrice * turns * turns) / worth;
    if (chance <= 1 - LEVEL) return turns / expectedForChanceOfTwo(chance) + free;
    return ((turns / LEVEL_EXPECTED) * Math.max(0, 1 - chance)) / LEVEL + free;
  });
};

/** Share of the time fresh at even distances of 1 / rate days, with free refreshes at random moments beside them. */
export const evenSpacingFreshnessBeside = (changes: number, background: number, rate: number): number => {
  const turns = changes + background;
  if (turns === 0) return 1;
  const free = background / turns;
  return free + (1 - free) * evenSpacingFreshness(turns, 1 / rate);
};

/** Fresh days in a period between two free refreshes with `forced` ones at even distances between them. */
const freshDays = (changes: number, periodDays: number, forced: number): number =>
  periodDays * evenSpacingFreshness(changes, periodDays / (forced + 1));

/** What the `forced`-th forced refresh between two free ones is worth. */
export const forcedWorthInPeriod = (changes: number, weight: number, periodDays: number, forced: number): number =>
  weight * (freshDays(changes, periodDays, forced) - freshDays(changes, periodDays, forced - 1));

/**
 * How many forced refreshes between two free ones are worth more than their shadow price. With whole numbers left out
 * this is even spacing at one more refresh a period, so the answer is one of two and needs no search.
 */
export const forcedPerPeriod = (changes: number, weight: number, periodDays: number, shadowPrice: number): number => {
  if (changes === 0 || weight === 0) return 0;
  const expected = expectedForChanceOfTwo((shadowPrice * changes) / weight);
  const below = Math.max(0, Math.floor((changes * periodDays) / expected - 1));
  return forcedWorthInPeriod(changes, weight, periodDays, below + 1) > shadowPrice ? below + 1 : below;
};
