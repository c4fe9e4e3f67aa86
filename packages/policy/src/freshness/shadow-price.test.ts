import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import fc from 'fast-check';
import { noon, policy } from '../../test/given.js';
import { afterSpending, shadowPriceAt, shadowPriceFrom } from './shadow-price.js';

const start = shadowPriceFrom(policy(), 100_000, noon);
const month = { micros: 30_000_000, forMs: 30 * DAY };

describe('a shadow price', () => {
  test('begins at what the catalogue says that a fresh read is worth', () => {
    // Worth twice the price: half a fresh read pays for a refresh.
    expect(shadowPriceAt(start, noon) * 100_000).toBeCloseTo(0.5, 12);
  });

  test('falls while the budget lies idle, and rises by as much when a day is spent in a day', () => {
    const idle = shadowPriceAt(start, noon + DAY);
    expect(idle).toBeLessThan(start.perMicro);
    const spent = afterSpending(start, 1_000_000, month, noon + DAY);
    expect(spent.perMicro / start.perMicro).toBeCloseTo(1, 10);
  });

  test('rises more where less is left for longer', () => {
    const rich = afterSpending(start, 100_000, month, noon).perMicro;
    const poor = afterSpending(start, 100_000, { micros: 3_000_000, forMs: 30 * DAY }, noon).perMicro;
    expect(poor).toBeGreaterThan(rich);
  });

  test.each([
    ['nothing is left', { micros: 0, forMs: DAY }],
    ['more than everything is spent', { micros: -1, forMs: DAY }],
    ['the period is over', { micros: 1_000_000, forMs: 0 }],
  ])('is finite where %s, and comes back', (_what, left) => {
    const after = afterSpending(start, 100_000, left, noon);
    expect(after.perMicro).toBe(start.perMicro * 64);
    expect(shadowPriceAt(after, noon + 30 * DAY)).toBeLessThan(start.perMicro);
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
          shadow = afterSpending(shadow, micros, { micros: left, forMs: 10 * DAY }, now);
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
    const price = 10_000;
    let shadow = shadowPriceFrom(policy(), price, noon);
    let spent = 0;
    let firstWeek = 0;
    const amount = 30 * 100 * price;
    for (let hour = 0; hour < 30 * 24; hour += 1) {
      const now = noon + hour * HOUR;
      for (let index = 0; index < 40 * busy(hour); index += 1) {
        const worth = ((index + 0.5) / (40 * busy(hour))) * 2;
        if (worth < shadowPriceAt(shadow, now) * price || spent + price > amount) continue;
        spent += price;
        shadow = afterSpending(shadow, price, { micros: amount - spent, forMs: 30 * DAY - hour * HOUR }, now);
      }
      if (hour === 7 * 24) firstWeek = spent;
    }
    expect(spent / amount).toBeGreaterThan(0.97);
    expect(spent / amount).toBeLessThanOrEqual(1);
    expect(firstWeek / amount).toBeLessThan(0.3);
  });
});
