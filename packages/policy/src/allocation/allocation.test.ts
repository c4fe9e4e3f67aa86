import { describe, expect, test } from '@jest/globals';
import { problem, referenceWorkload } from '../../test/workloads.js';
import {
  allocateEvenSpacing,
  allocateHarmonic,
  allocateMemoryless,
  chanceOfTwo,
  evenSpacingFreshness,
  evenSpacingFreshnessBeside,
  evenSpacingIndex,
  expectedForChanceOfTwo,
  forcedPerPeriod,
  forcedWorthInPeriod,
  harmonicPenalty,
  memorylessFreshness,
  memorylessStalenessBound,
} from './index.js';

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const of = (columns: ArrayLike<number>, item: number): number => columns[item] as number;

/** Azar et al., word for word: the k items with the highest w / D share the visits, for the k that is consistent. */
const azar = (changes: Float64Array, weights: Float64Array, visits: number): number[] => {
  const order = [...changes.keys()].sort((a, b) => of(weights, b) / of(changes, b) - of(weights, a) / of(changes, a));
  const rates = new Array<number>(changes.length).fill(0);
  for (let count = order.length; count > 0; count -= 1) {
    const served = order.slice(0, count);
    const roots = sum(served.map((item) => Math.sqrt(of(weights, item) * of(changes, item))));
    const total = visits + sum(served.map((item) => of(changes, item)));
    const shares = served.map(
      (item) => (Math.sqrt(of(weights, item) * of(changes, item)) / roots) * total - of(changes, item),
    );
    if (shares.every((share) => share >= 0)) {
      served.forEach((item, place) => (rates[item] = of(shares, place)));
      return rates;
    }
  }
  return rates;
};

/** Moves money between pairs in ever smaller steps while that helps: knows nothing of multipliers or closed forms. */
const byExchange = (worth: (item: number, rate: number) => number, count: number, visits: number): number[] => {
  const rates = new Array<number>(count).fill(visits / count);
  for (let step = visits / 4; step > 1e-7; step /= 2) {
    for (let moved = true; moved;) {
      moved = false;
      for (let to = 0; to < count; to += 1) {
        for (let from = 0; from < count; from += 1) {
          if (from === to || of(rates, from) < step) continue;
          const gain = worth(to, of(rates, to) + step) - worth(to, of(rates, to));
          const loss = worth(from, of(rates, from)) - worth(from, of(rates, from) - step);
          if (gain <= loss * (1 + 1e-12)) continue;
          rates[to] = of(rates, to) + step;
          rates[from] = of(rates, from) - step;
          moved = true;
        }
      }
    }
  }
  return rates;
};

describe('refreshes at random moments', () => {
  test('two items by hand: sqrt(w D) in the ratio 1 to 2, three visits, nothing clipped', () => {
    // r + D = (3 + 1 + 1) / (1 + 2) * (1, 2).
    const { rates, moneyPrice } = allocateMemoryless(problem([1, 1], 3, { weights: Float64Array.of(1, 4) }));
    expect(rates[0]).toBeCloseTo(2 / 3, 10);
    expect(rates[1]).toBeCloseTo(7 / 3, 10);
    expect(moneyPrice).toBeCloseTo(9 / 25, 10);
  });

  test('two items by hand: the one that changes too fast gets nothing', () => {
    // w D / D^2 = 1/4 is not worth the 9^-1 * 1 = 1/4 that the last visit brings to the other one: exactly at the edge.
    const served = allocateMemoryless(problem([1, 4], 1.0001));
    const dropped = allocateMemoryless(problem([1, 4], 0.9999));
    expect(served.rates[1]).toBeGreaterThan(0);
    expect(dropped.rates[1]).toBe(0);
    expect(dropped.rates[0]).toBeCloseTo(0.9999, 10);
  });

  test('Azar et al. to eight digits, on the reference workload', () => {
    const { changes, reads } = referenceWorkload(3, 800);
    for (const visits of [10, 300, 5000]) {
      const { rates, spent } = allocateMemoryless(problem(changes, visits, { weights: reads }));
      const expected = azar(changes, reads, visits);
      expect(spent).toBeCloseTo(visits, 7);
      rates.forEach((rate, item) => expect(rate).toBeCloseTo(of(expected, item), 8));
    }
  });

  test('free refreshes are taken off what is forced', () => {
    const changes = Float64Array.of(1, 2, 3);
    const without = allocateMemoryless(problem(changes, 6));
    const beside = allocateMemoryless(problem(changes, 3, { background: Float64Array.of(1, 1, 1) }));
    beside.rates.forEach((rate, item) => expect(rate + 1).toBeCloseTo(of(without.rates, item), 9));
  });

  test('the one-line bound is met where nothing is clipped, and is below where something is', () => {
    const stale = (budget: number, maxRate: number): [number, number] => {
      const given = problem([0.5, 1, 2], budget, {
        prices: Float64Array.of(1, 2, 3),
        background: Float64Array.of(0, 0.2, 0.1),
        maxRates: new Float64Array(3).fill(maxRate),
      });
      const { rates } = allocateMemoryless(given);
      const left = sum(
        rates.map((rate, item) => 1 - memorylessFreshness(of(given.changes, item), rate + of(given.background, item))),
      );
      return [left, memorylessStalenessBound(given)];
    };
    const [free, freeBound] = stale(9, Infinity);
    expect(free).toBeCloseTo(freeBound, 10);
    const [held, heldBound] = stale(9, 1.6);
    expect(held).toBeGreaterThan(heldBound + 1e-3);
  });

  test('a provider that is capped prices its room; the money goes elsewhere', () => {
    const given = problem([1, 1, 1, 1], 8, { providers: Int32Array.of(0, 0, 1, -1), caps: Float64Array.of(2, 100) });
    const { rates, capPrices, spent } = allocateMemoryless(given);
    expect(of(rates, 0) + of(rates, 1)).toBeCloseTo(2, 10);
    expect(rates[2]).toBeCloseTo(3, 10);
    expect(rates[3]).toBeCloseTo(3, 10);
    expect(capPrices[0]).toBeGreaterThan(0);
    expect(capPrices[1]).toBe(0);
    expect(spent).toBeCloseTo(8, 10);
  });

  test('money that is not needed has no price, and what is free is not rationed', () => {
    const gaps = problem([1, 1], 10, { maxRates: Float64Array.of(4, 4) });
    expect(allocateMemoryless(gaps)).toMatchObject({ moneyPrice: 0, spent: 8, rates: Float64Array.of(4, 4) });
    const free = problem([1, 1], 2, { prices: Float64Array.of(0, 1), maxRates: Float64Array.of(6, Infinity) });
    expect([...allocateMemoryless(free).rates]).toEqual([6, expect.closeTo(2, 10)]);
  });

  test('demands that cost more than there is are met all the same, and nothing beyond them', () => {
    const given = problem([1, 1], 1, { minRates: Float64Array.of(1, 0.5), prices: Float64Array.of(1, 1) });
    expect(allocateMemoryless(given)).toMatchObject({ spent: 1.5, moneyPrice: Infinity });
  });
});

describe('even spacing', () => {
  test('the table of Cho and Garcia-Molina: changes 1 to 5 a day, five visits', () => {
    const { rates } = allocateEvenSpacing(problem([1, 2, 3, 4, 5], 5));
    expect([...rates].map((rate) => rate.toFixed(2))).toEqual(['1.15', '1.36', '1.35', '1.14', '0.00']);
  });

  test('what a generic optimiser finds by moving visits about', () => {
    const changes = Float64Array.of(0.3, 0.7, 1.1, 2.4, 6);
    const weights = Float64Array.of(0.5, 2, 1, 3, 1);
    const { rates } = allocateEvenSpacing(problem(changes, 7, { weights }));
    const found = byExchange(
      (item, rate) => of(weights, item) * evenSpacingFreshness(of(changes, item), 1 / rate),
      5,
      7,
    );
    rates.forEach((rate, item) => expect(rate).toBeCloseTo(of(found, item), 4));
  });

  test('with free refreshes beside it too', () => {
    const changes = Float64Array.of(0.3, 0.7, 2.4, 6);
    const background = Float64Array.of(1, 0, 0.5, 2);
    const { rates } = allocateEvenSpacing(problem(changes, 4, { background }));
    const found = byExchange(
      (item, rate) => evenSpacingFreshnessBeside(of(changes, item), of(background, item), rate),
      4,
      4,
    );
    rates.forEach((rate, item) => expect(rate).toBeCloseTo(of(found, item), 4));
  });

  test('the index reaches the shadow price at the age at which the timetable refreshes', () => {
    const given = problem([0.5, 1, 3], 4, { weights: Float64Array.of(1, 2, 3) });
    const { rates, moneyPrice } = allocateEvenSpacing(given);
    rates.forEach((rate, item) =>
      expect(evenSpacingIndex(of(given.changes, item), of(given.weights, item), 1 / rate)).toBeCloseTo(moneyPrice, 9),
    );
  });

  test('never forced where w / D is at most the price, forced just above it', () => {
    const rateAt = (weight: number): number =>
      of(allocateEvenSpacing(problem([2, 1], 1, { weights: Float64Array.of(weight, 1) })).rates, 0);
    const alone = allocateEvenSpacing(problem([1], 1)).moneyPrice;
    expect(rateAt(2 * alone)).toBe(0);
    // Nearer to it the rate is there, but too small for a number to hold: it falls as 1 / ln(distance).
    expect(rateAt(2 * alone * 1.1)).toBeGreaterThan(0);
  });

  test('the chance of two changes and its inverse undo each other, from the tiniest to almost certain', () => {
    for (const expected of [1e-9, 1e-6, 9.9e-4, 1.01e-3, 0.01, 0.3, 1.9, 2.1, 5, 12, 30])
      expect(expectedForChanceOfTwo(chanceOfTwo(expected)) / expected).toBeCloseTo(1, 3);
    for (const expected of [0.01, 0.3, 1.9, 2.1, 5])
      expect(expectedForChanceOfTwo(chanceOfTwo(expected)) / expected).toBeCloseTo(1, 10);
    expect(expectedForChanceOfTwo(1)).toBe(Infinity);
    expect(expectedForChanceOfTwo(0)).toBe(0);
    expect(chanceOfTwo(Infinity)).toBe(1);
  });

  test('between two free refreshes: as many as are each worth more than their price, counted one by one', () => {
    for (const [changes, weight, period] of [
      [2, 1, 1],
      [0.3, 5, 1],
      [10, 3, 0.5],
      [1, 40, 2],
    ] as const) {
      for (const price of [0.001, 0.01, 0.05, 0.2, 0.7]) {
        let counted = 0;
        while (forcedWorthInPeriod(changes, weight, period, counted + 1) > price) counted += 1;
        expect(forcedPerPeriod(changes, weight, period, price)).toBe(counted);
      }
    }
  });

  test('each further one in a period is worth less, and the first what it saves', () => {
    // One change a day, a free refresh a day: forcing in the middle lifts 1 - e^-1 to 2 (1 - e^-1/2).
    expect(forcedWorthInPeriod(1, 1, 1, 1)).toBeCloseTo(2 * (1 - Math.exp(-0.5)) - (1 - Math.exp(-1)), 12);
    expect(forcedWorthInPeriod(1, 1, 1, 2)).toBeLessThan(forcedWorthInPeriod(1, 1, 1, 1));
  });
});

describe('missed changes that cost more and more', () => {
  test('two items by hand: r (r + D) is in the ratio of w D', () => {
    const { rates, moneyPrice } = allocateHarmonic(problem([1, 1], 3, { weights: Float64Array.of(1, 3) }));
    const [first, second] = [of(rates, 0), of(rates, 1)];
    expect(first + second).toBeCloseTo(3, 10);
    expect((second * (second + 1)) / (first * (first + 1))).toBeCloseTo(3, 9);
    expect(1 / (first * (first + 1))).toBeCloseTo(moneyPrice, 9);
  });

  test('nothing is starved, however fast it changes', () => {
    const given = problem([1, 2, 3, 4, 500], 5);
    expect(Math.min(...allocateHarmonic(given).rates)).toBeGreaterThan(0);
    expect(Math.min(...allocateEvenSpacing(given).rates)).toBe(0);
  });

  test('what a generic optimiser finds', () => {
    const changes = Float64Array.of(0.3, 1, 4);
    const weights = Float64Array.of(1, 2, 1);
    const { rates } = allocateHarmonic(problem(changes, 4, { weights }));
    const found = byExchange((item, rate) => of(weights, item) * Math.log(rate / (rate + of(changes, item))), 3, 4);
    rates.forEach((rate, item) => expect(rate).toBeCloseTo(of(found, item), 4));
  });

  test('LambdaCrawl, mixed: the announced ones saturate one after the other, and the split of the visits is the best', () => {
    const changes = Float64Array.of(0.5, 2, 6, 0.4, 1, 5);
    const weights = Float64Array.of(1, 3, 2, 4, 0.5, 1);
    const announced = Uint8Array.of(0, 0, 0, 1, 1, 1);
    const blind = [0, 1, 2];
    const told = [3, 4, 5];
    /** LambdaCrawl's own way: min(1, R w / (D sum w)), and what saturates leaves the rest of its visits to the others. */
    const saturating = (visits: number): number[] => {
      const full = new Set<number>();
      for (;;) {
        const rest = visits - sum([...full].map((item) => of(changes, item)));
        const open = told.filter((item) => !full.has(item));
        const shares = open.map((item) => (rest * of(weights, item)) / sum(open.map((other) => of(weights, other))));
        const over = open.filter((item, place) => of(shares, place) > of(changes, item));
        if (over.length === 0)
          return told.map((item) => (full.has(item) ? of(changes, item) : of(shares, open.indexOf(item))));
        over.forEach((item) => full.add(item));
      }
    };
    const visits = 4;
    const split = (forTold: number): { rates: Float64Array; penalty: number } => {
      const alone = allocateHarmonic(
        problem(
          blind.map((item) => of(changes, item)),
          visits - forTold,
          {
            weights: Float64Array.from(blind, (item) => of(weights, item)),
          },
        ),
      );
      const rates = Float64Array.from([...alone.rates, ...saturating(forTold)]);
      return { rates, penalty: harmonicPenalty({ ...problem(changes, visits, { weights }), announced }, rates) };
    };
    let [low, high] = [0.01, visits - 0.01];
    for (let step = 0; step < 100; step += 1) {
      const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
      if (split(left).penalty < split(right).penalty) high = right;
      else low = left;
    }
    const best = split(low);
    const mixed = { ...problem(changes, visits, { weights }), announced };
    const { rates } = allocateHarmonic(mixed);
    expect(rates[3]).toBe(0.4);
    expect(of(rates, 5)).toBeLessThan(5);
    rates.forEach((rate, item) => expect(rate).toBeCloseTo(of(best.rates, item), 4));
    expect(harmonicPenalty(mixed, rates)).toBeCloseTo(best.penalty, 9);
  });

  test('with visits to spare every announced change is refreshed, and no more than these', () => {
    const mixed = { ...problem([1, 2], 100, { maxRates: Float64Array.of(6, 6) }), announced: Uint8Array.of(1, 0) };
    expect([...allocateHarmonic(mixed).rates]).toEqual([1, 6]);
  });
});
