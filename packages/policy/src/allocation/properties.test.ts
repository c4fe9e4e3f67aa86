import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  allocateEvenSpacing,
  allocateHarmonic,
  allocateMemoryless,
  chanceOfTwo,
  evenSpacingFreshnessBeside,
  memorylessFreshness,
  type Allocation,
  type AllocationProblem,
} from './index.js';

const of = (columns: ArrayLike<number>, item: number): number => columns[item] as number;
const between = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true, noDefaultInfinity: true });

const item = fc.record({
  change: between(0.05, 20),
  weight: between(0.01, 20),
  price: fc.constantFrom(0.05, 0.1, 0.3, 1),
  background: fc.constantFrom(0, 0, 0.5, 1),
  maxRate: fc.constantFrom(0.5, 4, 96),
  provider: fc.integer({ min: -1, max: 1 }),
});

const problems: fc.Arbitrary<AllocationProblem> = fc
  .record({
    items: fc.array(item, { minLength: 2, maxLength: 12 }),
    caps: fc.tuple(between(0.2, 20), fc.constantFrom(0.5, 5, Infinity)),
    budget: between(0.01, 30),
  })
  .map(({ items, caps, budget }) => ({
    changes: Float64Array.from(items, ({ change }) => change),
    weights: Float64Array.from(items, ({ weight }) => weight),
    prices: Float64Array.from(items, ({ price }) => price),
    background: Float64Array.from(items, ({ background }) => background),
    minRates: null,
    maxRates: Float64Array.from(items, ({ maxRate }) => maxRate),
    providers: Int32Array.from(items, ({ provider }) => provider),
    caps: Float64Array.from(caps),
    budget,
  }));

interface Model {
  readonly solve: (problem: AllocationProblem) => Allocation;
  readonly worth: (problem: AllocationProblem, item: number, rate: number) => number;
  /** What a little more of the rate brings, from the textbook's derivative. */
  readonly marginal: (problem: AllocationProblem, item: number, rate: number) => number;
}

const models: Readonly<Record<string, Model>> = {
  memoryless: {
    solve: allocateMemoryless,
    worth: ({ changes, weights, background }, row, rate) =>
      of(weights, row) * memorylessFreshness(of(changes, row), rate + of(background, row)),
    marginal: ({ changes, weights, background }, row, rate) =>
      (of(weights, row) * of(changes, row)) / (rate + of(background, row) + of(changes, row)) ** 2,
  },
  'even spacing': {
    solve: allocateEvenSpacing,
    worth: ({ changes, weights, background }, row, rate) =>
      of(weights, row) * evenSpacingFreshnessBeside(of(changes, row), of(background, row), rate),
    marginal: ({ changes, weights, background }, row, rate) => {
      const turns = of(changes, row) + of(background, row);
      return ((of(weights, row) * of(changes, row)) / turns ** 2) * chanceOfTwo(turns / rate);
    },
  },
  harmonic: {
    solve: allocateHarmonic,
    worth: ({ changes, weights, background }, row, rate) => {
      const total = rate + of(background, row);
      return of(weights, row) * Math.log(total / (total + of(changes, row)));
    },
    marginal: ({ changes, weights, background }, row, rate) => {
      const total = rate + of(background, row);
      return (of(weights, row) * of(changes, row)) / (total * (total + of(changes, row)));
    },
  },
};

const forcedAt = (problem: AllocationProblem, rates: Float64Array, provider: number): number =>
  rates.reduce((sum, rate, row) => sum + (of(problem.providers, row) === provider ? rate : 0), 0);
const spentOn = (problem: AllocationProblem, rates: Float64Array): number =>
  rates.reduce((sum, rate, row) => sum + rate * of(problem.prices, row), 0);

describe.each(Object.entries(models))('%s: whatever the problem', (_name, { solve, worth, marginal }) => {
  test('the money and every cap are met, or slack at the price zero; no gap is broken', () => {
    fc.assert(
      fc.property(problems, (given) => {
        const { rates, moneyPrice, capPrices, spent } = solve(given);
        expect(spent).toBeCloseTo(spentOn(given, rates), 9);
        expect(spent).toBeLessThanOrEqual(given.budget * (1 + 1e-12));
        if (moneyPrice > 0) expect(spent).toBeGreaterThan(given.budget * (1 - 1e-3));
        capPrices.forEach((price, provider) => {
          const forced = forcedAt(given, rates, provider);
          expect(forced).toBeLessThanOrEqual(of(given.caps, provider) * (1 + 1e-12));
          if (price > 0) expect(forced).toBeGreaterThan(of(given.caps, provider) * (1 - 1e-3));
        });
        rates.forEach((rate, row) => {
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(of(given.maxRates, row));
        });
      }),
      { numRuns: 300 },
    );
  });

  test('a little more of any item brings just its shadow price; less where it gets none, more where its gap holds it', () => {
    fc.assert(
      fc.property(problems, (given) => {
        const { rates, moneyPrice, capPrices } = solve(given);
        rates.forEach((rate, row) => {
          const price = moneyPrice * of(given.prices, row) + (capPrices[of(given.providers, row)] ?? 0);
          const brings = marginal(given, row, rate);
          if (rate < of(given.maxRates, row)) expect(brings).toBeLessThanOrEqual(price * (1 + 1e-6) + 1e-12);
          if (rate > 1e-6) expect(brings).toBeGreaterThanOrEqual(price * (1 - 1e-6) - 1e-12);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('moving money from one item to another never brings more', () => {
    fc.assert(
      fc.property(problems, fc.nat(), fc.nat(), between(1e-4, 1), (given, some, other, part) => {
        const { rates } = solve(given);
        const [from, to] = [some % rates.length, other % rates.length];
        fc.pre(from !== to);
        const money = part * of(rates, from) * of(given.prices, from);
        const moved = rates.slice();
        // Not less the money by its price: rounding could take more than there is.
        moved[from] = of(rates, from) * (1 - part);
        moved[to] = of(rates, to) + money / of(given.prices, to);
        fc.pre(of(moved, to) <= of(given.maxRates, to));
        const into = of(given.providers, to);
        fc.pre(into < 0 || forcedAt(given, moved, into) <= of(given.caps, into));
        const value = (row: number): number => worth(given, row, of(moved, row)) - worth(given, row, of(rates, row));
        expect(value(from) + value(to)).toBeLessThanOrEqual(1e-8);
      }),
      { numRuns: 500 },
    );
  });
});
