import type { Allocation, AllocationProblem, RateAt } from './problem.js';

/** A limit counts as met this close below it; the search aims at the middle, so that either side may hit. */
const SLACK = 1e-12;
/** Relative width of a bracket that is closed. */
const PRECISION = 1e-14;
const HIGHEST = 1e280;
const LOWEST = 1e-280;
const STEPS = 200;

/**
 * The lowest price at which what is demanded fits: 0 where it fits for nothing, Infinity where it never does.
 * `demanded` falls as the price rises. The answer is the end of the bracket that fits.
 */
export const lowestPrice = (demanded: (price: number) => number, limit: number, guess: number): number => {
  if (demanded(0) <= limit) return 0;
  const known = guess > LOWEST && guess < HIGHEST;
  let high = known ? guess : 1;
  let factor = known ? 1.1 : 4;
  let atHigh = demanded(high);
  if (atHigh > limit) {
    for (;;) {
      if (high > HIGHEST) return Number.POSITIVE_INFINITY;
      const low = high;
      const atLow = atHigh;
      high *= factor;
      factor *= factor;
      atHigh = demanded(high);
      if (atHigh <= limit) return refine(demanded, limit, { low, atLow, high, atHigh });
    }
  }
  for (;;) {
    const low = high / factor;
    if (low < LOWEST) return high;
    factor *= factor;
    const atLow = demanded(low);
    if (atLow > limit) return refine(demanded, limit, { low, atLow, high, atHigh });
    [high, atHigh] = [low, atLow];
  }
};

interface Bracket {
  low: number;
  atLow: number;
  high: number;
  atHigh: number;
}

/**
 * Bisection of the price's logarithm, hurried by false position (Illinois): demand is close to a power of the price.
 * Where three steps have not halved the bracket, the next one does.
 */
const refine = (demanded: (price: number) => number, limit: number, bracket: Bracket): number => {
  let { low, high } = bracket;
  const aim = limit * (1 - SLACK / 2);
  let over = Math.log(bracket.atLow / aim);
  let under = Math.log(bracket.atHigh / aim);
  let last: 'low' | 'high' | null = null;
  let wide = Number.POSITIVE_INFINITY;
  for (let step = 0; step < STEPS && high > low * (1 + PRECISION); step += 1) {
    const span = Math.log(high / low);
    const slow = step % 3 === 2 && span > wide / 2;
    if (step % 3 === 2) wide = span;
    const share = over / (over - under);
    const hurried = low * Math.exp(span * share);
    const price = !slow && hurried > low && hurried < high ? hurried : Math.sqrt(low) * Math.sqrt(high);
    if (price <= low || price >= high) return high;
    const at = demanded(price);
    if (at <= limit && at >= limit * (1 - SLACK)) return price;
    const beyond = Math.log(at / aim);
    if (at > limit) {
      [low, over] = [price, beyond];
      if (last === 'low') under /= 2;
      last = 'low';
    } else {
      [high, under] = [price, beyond];
      if (last === 'high') over /= 2;
      last = 'high';
    }
  }
  return high;
};

/** The items of each capped provider, one provider after the other; those without a cap come last. */
const byProvider = ({ providers, caps }: AllocationProblem): { starts: Int32Array; members: Int32Array } => {
  const rowOf = (provider: number): number => (caps[provider] !== Infinity && provider >= 0 ? provider : caps.length);
  const starts = new Int32Array(caps.length + 2);
  for (const provider of providers) starts[rowOf(provider) + 1] = (starts[rowOf(provider) + 1] as number) + 1;
  for (let row = 1; row < starts.length; row += 1) starts[row] = (starts[row] as number) + (starts[row - 1] as number);
  const next = starts.slice();
  const members = new Int32Array(providers.length);
  providers.forEach((provider, item) => {
    const place = next[rowOf(provider)] as number;
    members[place] = item;
    next[rowOf(provider)] = place + 1;
  });
  return { starts, members };
};

/**
 * The rates that are worth most under the money and the caps: bisection on the price of money, and inside each step on
 * the price of every capped provider. O(n) a step, and nothing is allocated inside.
 */
export const allocate = (problem: AllocationProblem, rateAt: RateAt): Allocation => {
  const { prices, background, minRates, maxRates, caps, budget } = problem;
  const { starts, members } = byProvider(problem);
  const capPrices = new Float64Array(caps.length);
  /** Of the lowest price of money that fitted: solving for them once more could round the other way. */
  const fitting = { moneyPrice: Number.POSITIVE_INFINITY, capPrices: new Float64Array(caps.length), spent: 0 };
  let moneyPrice = 0;

  const rate = (item: number, capPrice: number): number => {
    const price = prices[item] as number;
    // What is free stays free where no price of money is high enough.
    const shadowPrice = (price === 0 ? 0 : moneyPrice * price) + capPrice;
    const wanted = rateAt(item, shadowPrice) - (background[item] as number);
    const least = minRates === null ? 0 : (minRates[item] as number);
    return Math.min(Math.max(wanted, least), maxRates[item] as number);
  };
  let row = 0;
  const forcedAt = (capPrice: number): number => {
    let sum = 0;
    const end = starts[row + 1] as number;
    for (let place = starts[row] as number; place < end; place += 1) sum += rate(members[place] as number, capPrice);
    return sum;
  };
  const spentOn = (capPrice: number): number => {
    let sum = 0;
    const end = starts[row + 1] as number;
    for (let place = starts[row] as number; place < end; place += 1) {
      const item = members[place] as number;
      const price = prices[item] as number;
      // What is free may be forced without end: 0 times Infinity would be no number.
      if (price > 0) sum += price * rate(item, capPrice);
    }
    return sum;
  };
  const spentAt = (price: number): number => {
    moneyPrice = price;
    let sum = 0;
    for (row = 0; row < caps.length; row += 1) {
      if (starts[row] === starts[row + 1]) continue;
      capPrices[row] = lowestPrice(forcedAt, caps[row] as number, capPrices[row] as number);
      sum += spentOn(capPrices[row] as number);
    }
    sum += spentOn(0);
    if (sum <= budget && price <= fitting.moneyPrice) keep(price, sum);
    return sum;
  };
  const keep = (price: number, sum: number): void => {
    fitting.moneyPrice = price;
    fitting.capPrices.set(capPrices);
    fitting.spent = sum;
  };

  if (lowestPrice(spentAt, budget, 0) === Number.POSITIVE_INFINITY) keep(Number.POSITIVE_INFINITY, spentAt(Infinity));
  moneyPrice = fitting.moneyPrice;
  const rates = new Float64Array(prices.length);
  for (row = 0; row <= caps.length; row += 1) {
    for (let place = starts[row] as number; place < (starts[row + 1] as number); place += 1) {
      rates[members[place] as number] = rate(members[place] as number, fitting.capPrices[row] ?? 0);
    }
  }
  return { rates, ...fitting };
};
