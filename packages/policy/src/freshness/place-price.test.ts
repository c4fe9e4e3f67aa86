import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { PlaceDemand } from '@freshet/domain';
import fc from 'fast-check';
import { noon } from '../../test/given.js';
import { afterTaking, ownPlacePrice, placePrice, turnedAway, type Places } from './place-price.js';

const rolling = (values: Partial<Places> = {}): Places => ({
  ...{ count: 12, left: 12, lengthMs: HOUR, resetsAt: null },
  ...values,
});
const wanted = (perWindow: number, worth = 1): PlaceDemand => ({ perWindow, worth, at: noon });

/** Erlang's loss formula as it is written down: (a^n / n!) over the sum of all such terms up to n. */
const lossBySum = (lines: number, offered: number): number => {
  const terms = [1];
  for (let line = 1; line <= lines; line += 1) terms.push(((terms[line - 1] as number) * offered) / line);
  return (terms[lines] as number) / terms.reduce((sum, term) => sum + term, 0);
};

/** The chance that at least so many come of whom so many are expected. */
const atLeast = (count: number, expected: number): number => {
  let [term, fewer] = [Math.exp(-expected), 0];
  for (let number = 0; number < count; number += 1) {
    fewer += term;
    term *= expected / (number + 1);
  }
  return 1 - fewer;
};

const demands = fc.record({
  perWindow: fc.double({ min: 0, max: 5_000, noNaN: true }),
  worth: fc.double({ min: 0, max: 50, noNaN: true }),
  at: fc.integer({ min: noon - 90 * DAY, max: noon + DAY }),
});
const places = fc
  .record({
    count: fc.integer({ min: 1, max: 400 }),
    leftShare: fc.double({ min: 0, max: 1, noNaN: true }),
    lengthMs: fc.constantFrom(MINUTE, HOUR, DAY, 31 * DAY),
    resets: fc.boolean(),
  })
  .map(({ count, leftShare, lengthMs, resets }): Places => {
    const left = Math.max(1, Math.round(count * leftShare));
    return { count, left, lengthMs, resetsAt: resets ? noon + Math.ceil(lengthMs / 3) : null };
  });

describe('the chance that a later refresh is turned away for this one', () => {
  test.each([
    [12, 12, 10],
    [12, 3, 10],
    [12, 1, 30],
    [3, 2, 2.5],
    [1, 1, 0.5],
  ])('of %i places with %i left, %d wanted, is by Erlang', (count, left, perWindow) => {
    const chance = turnedAway(rolling({ count, left }), wanted(perWindow), noon);
    expect(chance).toBeCloseTo(lossBySum(count, perWindow) / lossBySum(count - left, perWindow), 10);
  });

  test.each([
    [20, 20, 15],
    [20, 20, 25],
    [20, 5, 8],
    [300, 100, 120],
  ])(
    'of %i places that come back together, %i of them left and %i wanted before, is about that of so many coming',
    (count, left, expected) => {
      const [lengthMs, resetsAt] = [DAY, noon + DAY / 2];
      const chance = turnedAway({ count, left, lengthMs, resetsAt }, wanted(2 * expected), noon);
      expect(Math.abs(chance - atLeast(left, expected))).toBeLessThan(0.08);
    },
  );

  test('is none where places are plenty, and where nobody asked for long', () => {
    expect(turnedAway(rolling({ count: 100, left: 60 }), wanted(45), noon)).toBe(0);
    expect(turnedAway(rolling({ left: 6 }), wanted(3), noon)).toBe(0);
    expect(turnedAway(rolling({ left: 1 }), wanted(12), noon + DAY)).toBe(0);
    expect(turnedAway(rolling({ left: 8, resetsAt: noon + MINUTE }), wanted(60), noon)).toBe(0);
  });

  test('is a chance, and no smaller where more is wanted or less is left', () => {
    fc.assert(
      fc.property(places, demands, fc.double({ min: 1, max: 3, noNaN: true }), (stand, demand, more) => {
        const chance = turnedAway(stand, demand, noon);
        expect(chance).toBeGreaterThanOrEqual(0);
        expect(chance).toBeLessThanOrEqual(1);
        const busier = { ...demand, perWindow: demand.perWindow * more };
        expect(turnedAway(stand, busier, noon)).toBeGreaterThanOrEqual(chance - 1e-9);
        const fuller = { ...stand, left: Math.max(1, stand.left - 1) };
        expect(turnedAway(fuller, demand, noon)).toBeGreaterThanOrEqual(chance - 1e-9);
      }),
    );
  });

  test('times what a place brings is its price', () => {
    const stand = rolling({ left: 2 });
    expect(placePrice(stand, wanted(12, 0.9), noon)).toBeCloseTo(0.9 * turnedAway(stand, wanted(12), noon), 12);
  });
});

describe('the demand for places', () => {
  /** One every so often, for so long; the limit is never full. */
  const steadily = (everyMs: number, forMs: number, brought: number | null): PlaceDemand => {
    let demand: PlaceDemand | null = null;
    for (let at = noon; at <= noon + forMs; at += everyMs) demand = afterTaking(demand, rolling(), brought, at, at);
    return demand as PlaceDemand;
  };

  test('comes to what is taken in a window, and to what a place brings', () => {
    const demand = steadily(6 * MINUTE, 12 * HOUR, 0.4);
    expect(demand.perWindow).toBeGreaterThan(9.5);
    expect(demand.perWindow).toBeLessThan(10.6);
    expect(demand.worth).toBeCloseTo(0.4, 2);
  });

  test('does not fade while the limit lets nobody in', () => {
    const full = afterTaking(wanted(12), rolling({ left: 1 }), 1, noon + 40 * MINUTE, noon);
    expect(full.at).toBe(noon + 40 * MINUTE);
    expect(turnedAway(rolling({ left: 1 }), full, noon + 40 * MINUTE)).toBe(
      turnedAway(rolling({ left: 1 }), full, noon),
    );
  });

  test('counts one that nobody weighed, and learns nothing of its worth', () => {
    expect(afterTaking(wanted(5, 0.7), rolling(), null, noon, noon)).toEqual({ perWindow: 6, worth: 0.7, at: noon });
    expect(afterTaking(null, rolling(), null, noon, noon)).toEqual({ perWindow: 1, worth: 1, at: noon });
  });

  test('of a long window is that of the last days', () => {
    const month = rolling({ count: 1_000, lengthMs: 30 * DAY, resetsAt: noon + 30 * DAY });
    let demand: PlaceDemand | null = null;
    for (let at = noon; at <= noon + 15 * DAY; at += HOUR) demand = afterTaking(demand, month, 1, at, at);
    expect(demand?.perWindow).toBeGreaterThan(700);
    expect(demand?.perWindow).toBeLessThan(740);
  });

  test('is finite and not negative, whatever happens', () => {
    fc.assert(
      fc.property(places, demands, fc.double({ min: -50, max: 50, noNaN: true }), (stand, demand, brought) => {
        const after = afterTaking(demand, stand, brought, noon, noon);
        expect(after.perWindow).toBeGreaterThan(0);
        expect(after.worth).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(after.perWindow + after.worth)).toBe(true);
      }),
    );
  });
});

describe('the price of places that one connection has for itself', () => {
  const use = { changesPerDay: 4, readsPerDay: 6, successChance: 1, freePerDay: 0 };

  test.each([
    ['it is read less often than they come back', 6, 0],
    ['free refreshes do the rest', 5, 1],
  ])('is none where %s', (_what, left, freePerDay) => {
    expect(ownPlacePrice({ ...use, freePerDay }, left, DAY)).toBe(0);
  });

  test.each([
    [4, 6, 4],
    [1, 3, 2],
    [10, 20, 4],
    [0.5, 12, 3],
  ])(
    'with %d changes and %d reads a day is where just %i refreshes a day are best',
    (changesPerDay, readsPerDay, left) => {
      const price = ownPlacePrice({ ...use, changesPerDay, readsPerDay }, left, DAY);
      // Forced at each read of data older than that, day after day: fresh reads, less the price of what was forced.
      const gain = (ageDays: number): number => {
        const reads = readsPerDay * ageDays;
        const stale = reads + (readsPerDay / changesPerDay) * Math.expm1(-changesPerDay * ageDays);
        return (readsPerDay * (1 + reads - stale - price)) / (1 + reads);
      };
      const age = 1 / left - 1 / readsPerDay;
      expect(gain(age)).toBeGreaterThan(gain(age * 1.02));
      expect(gain(age)).toBeGreaterThan(gain(age * 0.98));
    },
  );

  test('is finite for whatever is known of it', () => {
    const rate = fc.double({ min: 0, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(
        rate,
        rate,
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: -1, max: 31 * DAY }),
        (d, m, left, ms) => {
          const price = ownPlacePrice({ ...use, changesPerDay: d, readsPerDay: m }, left, ms);
          expect(Number.isFinite(price) && price >= 0).toBe(true);
        },
      ),
    );
  });
});
