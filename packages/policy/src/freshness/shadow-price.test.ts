import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import fc from 'fast-check';
import { noon, policy } from '../../test/given.js';
import { afterSpending, shadowPriceAt, unspentPrice, worthPerMicro } from './shadow-price.js';

const price = {
  currency: 'USD',
  perRequestMicros: 100_000,
  productSets: [],
  historicalMicros: 0,
  billedOn: 'success',
} as const;
const worth = worthPerMicro(policy({ price }));
const start = unspentPrice(worth, noon, noon);
const month = { micros: 30_000_000, forMs: 30 * DAY };

describe('a shadow price', () => {
  test('begins at what the catalogue says that a fresh read is worth', () => {
    // Worth twice the price: half a fresh read pays for a refresh.
    expect(shadowPriceAt(start, worth, noon) * 100_000).toBeCloseTo(0.5, 12);
  });

  test('falls while the budget lies idle, and rises by as much when a day is spent in a day', () => {
    const idle = shadowPriceAt(start, worth, noon + DAY);
    expect(idle).toBeLessThan(start.perMicro);
    const spent = afterSpending(start, worth, 1_000_000, month, noon + DAY);
    expect(spent.perMicro / start.perMicro).toBeCloseTo(1, 10);
  });

  test('of a budget that has spent nothing falls from the start of its period, by three days at most', () => {
    const at = (days: number): number =>
      shadowPriceAt(unspentPrice(worth, noon, noon + days * DAY), worth, noon + days * DAY);
    expect([at(0), at(1), at(3), at(20)].map((each) => Math.log(each / worth))).toEqual(
      [0, -0.8, -2.4, -2.4].map((each) => expect.closeTo(each, 10)),
    );
  });

  test('is moved by nothing that is free, and begins at the usual price, whatever came first', () => {
    expect(afterSpending(start, worth, 0, month, noon + DAY)).toBe(start);
    expect(worthPerMicro(policy({ price }))).toBeCloseTo(0.5 / 100_000, 15);
  });

  test('rises more where less is left for longer', () => {
    const rich = afterSpending(start, worth, 100_000, month, noon).perMicro;
    const poor = afterSpending(start, worth, 100_000, { micros: 3_000_000, forMs: 30 * DAY }, noon).perMicro;
    expect(poor).toBeGreaterThan(rich);
  });

  test.each([
    ['nothing is left', { micros: 0, forMs: DAY }],
    ['more than everything is spent', { micros: -1, forMs: DAY }],
    ['the period is over', { micros: 1_000_000, forMs: 0 }],
  ])('is finite where %s, and comes back', (_what, left) => {
    const after = afterSpending(start, worth, 100_000, left, noon);
    expect(after.perMicro).toBe(start.perMicro * 64);
    expect(shadowPriceAt(after, worth, noon + 30 * DAY)).toBeLessThan(start.perMicro);
  });

  test('stays within reach of where it began, whatever is spent and however long nothing is', () => {
    const steps = fc.array(
      fc.record({ idleMs: fc.nat(40 * DAY), micros: fc.nat(5_000_000), left: fc.nat(30_000_000) }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        let [shadow, now] = [start, noon];
        for (const { idleMs, micros, left } of all) {
          now += idleMs;
          shadow = afterSpending(shadow, worth, micros, { micros: left, forMs: 10 * DAY }, now);
          const factor = shadow.perMicro / start.perMicro;
          expect(factor).toBeGreaterThanOrEqual(1 / 64 - 1e-12);
          expect(factor).toBeLessThanOrEqual(64 + 1e-9);
        }
      }),
    );
  });

  test.each([
    ['steady demand', (): number => 1],
    ['demand by day alone', (hour: number): number => (hour % 24 < 12 ? 2 : 0)],
    ['demand that doubles in mid-month', (hour: number): number => (hour < 15 * 24 ? 0.7 : 1.4)],
  ])('makes a budget last its month under %s', (_what, busy) => {
    // Each hour, forty refreshes at one cent could be made, worth from 0 to 2 fresh reads.
    const cost = 10_000;
    const atCost = worthPerMicro(policy({ price: { ...price, perRequestMicros: cost } }));
    let shadow = unspentPrice(atCost, noon, noon);
    let spent = 0;
    let firstWeek = 0;
    const amount = 30 * 100 * cost;
    for (let hour = 0; hour < 30 * 24; hour += 1) {
      const now = noon + hour * HOUR;
      for (let index = 0; index < 40 * busy(hour); index += 1) {
        const worth = ((index + 0.5) / (40 * busy(hour))) * 2;
        if (worth < shadowPriceAt(shadow, atCost, now) * cost || spent + cost > amount) continue;
        spent += cost;
        shadow = afterSpending(shadow, atCost, cost, { micros: amount - spent, forMs: 30 * DAY - hour * HOUR }, now);
      }
      if (hour === 7 * 24) firstWeek = spent;
    }
    expect(spent / amount).toBeGreaterThan(0.97);
    expect(spent / amount).toBeLessThanOrEqual(1);
    expect(firstWeek / amount).toBeLessThan(0.3);
  });
});
