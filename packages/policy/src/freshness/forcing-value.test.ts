import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forcingValue, isWorth, type Outlook } from './forcing-value.js';

const outlook = (
  values: Partial<Outlook> & { readonly changesPerDay?: number; readonly days?: number } = {},
): Outlook => {
  const { changesPerDay = 1.2, days = 0.5, ...rest } = values;
  return {
    staleChance: 0.5,
    toldShare: 0,
    readsPerDay: 0.6,
    successChance: 1,
    slotDays: days / 8,
    slots: Array.from({ length: 8 }, () => (changesPerDay * days) / 8),
    ...rest,
  };
};

/** The closed form for a constant rate: this read, and those served fresh until the next change or free refresh. */
const closedForm = (p: number, m: number, d: number, t: number): number => p * (1 + (m * (1 - Math.exp(-d * t))) / d);

describe('what forcing brings now', () => {
  test.each([
    [0.5, 0.6, 1.2, 0.5],
    [0.9, 8, 0.3, 1],
    [0.1, 0.03, 20, 0.2],
    [1, 1, 1e-3, 0.5],
  ])('stale by %d, read %d a day, changing %d a day, %d days ahead, is the closed form', (p, m, d, t) => {
    const value = forcingValue(outlook({ staleChance: p, readsPerDay: m, changesPerDay: d, days: t }), 0);
    expect(value.now).toBeCloseTo(closedForm(p, m, d, t), 10);
  });

  test('is less where a refresh may fail', () => {
    const sure = forcingValue(outlook(), 0.1).now;
    expect(forcingValue(outlook({ successChance: 0.8 }), 0.1).now).toBeCloseTo(0.8 * sure, 12);
  });

  test('is nothing where the copy is surely fresh', () => {
    expect(forcingValue(outlook({ staleChance: 0 }), 0.1).now).toBe(0);
  });

  test('follows the hours in which changes come', () => {
    const early = forcingValue(outlook({ slots: [0.6, 0, 0, 0, 0, 0, 0, 0] }), 0.1).now;
    const late = forcingValue(outlook({ slots: [0, 0, 0, 0, 0, 0, 0, 0.6] }), 0.1).now;
    expect(late).toBeGreaterThan(early);
  });
});

/** The best that can be done from now to the free refresh, by backward induction over small steps; reads are decided at. */
const worthByDynamicProgramme = (d: number, m: number, price: number, age: number, ahead: number): boolean => {
  const steps = 120;
  const ageSteps = Math.round((age / ahead) * steps);
  const h = ahead / steps;
  const read = -Math.expm1(-m * h);
  // value[a]: fresh reads less money to come, where the copy is `a` steps old.
  let value = new Float64Array(steps + ageSteps + 1);
  for (let s = steps - 1; s >= 0; s -= 1) {
    const next = new Float64Array(steps + ageSteps + 1);
    for (let a = 0; a <= s + ageSteps; a += 1) {
      const older = value[Math.min(a + 1, value.length - 1)] as number;
      const keep = Math.exp(-d * a * h) + older;
      const force = 1 - price + (value[1] as number);
      next[a] = older + read * (Math.max(keep, force) - older);
    }
    value = next;
  }
  const keep = Math.exp(-d * age) + (value[ageSteps] as number);
  return 1 - price + (value[0] as number) >= keep;
};

describe('whether to force now', () => {
  const decided = (d: number, m: number, price: number, age: number, days: number): boolean => {
    const values = { staleChance: -Math.expm1(-d * age), readsPerDay: m, changesPerDay: d, days };
    return isWorth(forcingValue(outlook(values), price), price);
  };

  test('agrees with the whole dynamic programme but for a narrow margin', () => {
    let differ = 0;
    let all = 0;
    for (const d of [0.2, 1.2, 5]) {
      for (const m of [0.1, 0.6, 4]) {
        for (const price of [0.2, 0.6, 1.2]) {
          for (const age of [0.05, 0.3, 0.8]) {
            for (const days of [0.1, 0.5, 0.9]) {
              all += 1;
              if (decided(d, m, price, age, days) !== worthByDynamicProgramme(d, m, price, age, days)) differ += 1;
            }
          }
        }
      }
    }
    expect(all).toBe(243);
    expect(differ).toBeLessThanOrEqual(7);
  });

  test('waits for a next read that is near, where the greedy rule would force', () => {
    const value = forcingValue(outlook({ staleChance: 0.3, readsPerDay: 20, changesPerDay: 4, days: 0.5 }), 1.3);
    expect(value.now).toBeGreaterThan(1.3);
    expect(isWorth(value, 1.3)).toBe(false);
  });

  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  const outlooks = fc.record({
    staleChance: chance,
    toldShare: chance,
    readsPerDay: fc.double({ min: 0.01, max: 50, noNaN: true }),
    successChance: fc.double({ min: 0.1, max: 1, noNaN: true }),
    changesPerDay: fc.double({ min: 0.001, max: 50, noNaN: true }),
    days: fc.double({ min: 0.001, max: 14, noNaN: true }),
  });

  test('a lower price never turns a force into a wait', () => {
    fc.assert(
      fc.property(outlooks, fc.double({ min: 0.01, max: 5, noNaN: true }), (values, price) => {
        const of = (at: number): boolean => isWorth(forcingValue(outlook({ ...values }), at), at);
        if (of(price)) expect(of(price * 0.9)).toBe(true);
      }),
    );
  });

  test('a copy that is surely fresh is never forced, at any price above nothing', () => {
    fc.assert(
      fc.property(outlooks, fc.double({ min: 0.01, max: 5, noNaN: true }), (values, price) => {
        expect(isWorth(forcingValue(outlook({ ...values, staleChance: 0 }), price), price)).toBe(false);
      }),
    );
  });
});
