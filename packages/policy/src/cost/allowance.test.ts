import { describe, expect, test } from '@jest/globals';
import { calendarPeriod, DAY } from '@freshet/domain';
import type { BudgetFacts, CalendarUnit } from '@freshet/domain';
import fc from 'fast-check';
import { budget, noon } from '../../test/given.js';
import { allFitFrom, allowedMicros, fitsFrom, keptMicros, shortfallOf } from './allowance.js';

const march = { start: Date.UTC(2026, 2, 1), end: Date.UTC(2026, 3, 1) };
const tenth = 3.1 * DAY;

/** The budget as it stands at an instant if nothing more of it is used. */
const seenAt = (one: BudgetFacts, at: number): BudgetFacts => {
  if (at < one.periodEnd) return one;
  const { start, end } = calendarPeriod(at, one.period, one.timeZone);
  return { ...one, periodStart: start, periodEnd: end, chargedMicros: 0 };
};

describe('a budget without pacing', () => {
  test('allows all of it at any time', () => {
    expect(allowedMicros(budget(), true, march.start)).toBe(1_000_000);
  });

  test.each([
    ['what is left', 900_000, 100_000, null],
    ['a micro more', 900_000, 100_001, 'BUDGET_EXHAUSTED'],
    // It was lowered: what costs nothing takes nothing of it.
    ['nothing, overdrawn as it is', 2_000_000, 0, null],
  ])('lets %s pass, or not', (_what, used, micros, short) => {
    expect(shortfallOf(budget({ chargedMicros: used }), micros, false, noon)).toBe(short);
    expect(shortfallOf(budget({ reservedMicros: used }), micros, true, noon)).toBe(short);
    expect(shortfallOf(budget({ uncertainMicros: used }), micros, true, noon)).toBe(short);
  });
});

describe('a soft budget', () => {
  test.each([
    [900_000, 100_000, null],
    [900_000, 100_001, 'BUDGET_OVERRUN'],
    [2_000_000, 1, 'BUDGET_OVERRUN'],
    [2_000_000, 0, null],
  ])('of which %d are used tells of %d more: %s', (used, micros, short) => {
    expect(shortfallOf(budget({ enforcement: 'soft', chargedMicros: used }), micros, false, noon)).toBe(short);
  });
});

describe('a share kept for attended requests', () => {
  const kept = budget({ reserveForAttended: 0.3, chargedMicros: 600_000 });

  test('is a share of the amount, to the micro', () => {
    expect(keptMicros(kept)).toBe(300_000);
    expect(keptMicros(budget({ amountMicros: 10, reserveForAttended: 0.1 + 0.2 }))).toBe(3);
  });

  test.each([
    [false, 100_000, null],
    [false, 100_001, 'BUDGET_KEPT_FOR_ATTENDED'],
    [true, 100_001, null],
    [true, 400_000, null],
    [true, 400_001, 'BUDGET_EXHAUSTED'],
    [false, 400_001, 'BUDGET_EXHAUSTED'],
  ])('attended: %s, for %d more: %s', (attended, micros, short) => {
    expect(shortfallOf(kept, micros, attended, noon)).toBe(short);
  });
});

describe('an evenly paced budget', () => {
  const paced = (values: Partial<BudgetFacts> = {}): BudgetFacts => budget({ headStart: 0.1, ...values });

  test.each([
    ['at its start: the head start', march.start, 100_000],
    ['after a tenth of it: a tenth more', march.start + tenth, 200_000],
    ['a millisecond before that: a micro less', march.start + tenth - 1, 199_999],
    ['after nine tenths: all of it', march.start + 9 * tenth, 1_000_000],
    ['at its end: no more than that', march.end - 1, 1_000_000],
  ])('allows, %s', (_when, now, micros) => {
    expect(allowedMicros(paced(), true, now)).toBe(micros);
  });

  test('paces what is not kept for the attended as well', () => {
    const kept = paced({ reserveForAttended: 0.3 });
    expect(allowedMicros(kept, true, march.start + tenth)).toBe(200_000);
    expect(allowedMicros(kept, false, march.start + tenth)).toBe(140_000);
  });

  test.each([
    ['what the head start has', 0, 100_000, march.start, null],
    ['a micro more', 0, 100_001, march.start, 'BUDGET_PACED'],
    ['that, once its time has come', 0, 100_001, march.start + 2679, null],
    ['more than is left of the whole', 950_000, 50_001, march.start, 'BUDGET_EXHAUSTED'],
  ])('lets %s pass, or not', (_what, used, micros, now, short) => {
    expect(shortfallOf(paced({ chargedMicros: used }), micros, true, now)).toBe(short);
  });

  test.each([
    // By hand: 0.25 of the month less 0.1, and 0.3 less 0.1.
    ['in this period', { chargedMicros: 130_000 }, march.start + 1.5 * tenth],
    ['in this period, rounded up to a millisecond', { chargedMicros: 180_001 }, march.start + 2 * tenth + 2679],
    ['as the next begins, where its head start has it', { chargedMicros: 999_999, headStart: 0.12 }, march.end],
    [
      'in the next, where the last of this one is free as it ends',
      { chargedMicros: 880_000, headStart: 0 },
      march.end + 3.6 * DAY,
    ],
    // April has 30 days: 0.12 of them, less its head start of 0.02.
    ['later in the next', { chargedMicros: 999_999, headStart: 0.02 }, march.end + 3 * DAY],
    ['never, where the whole is less', { amountMicros: 119_999 }, null],
    ['never, where all of it is free only as the period ends', { amountMicros: 120_000, headStart: 0 }, null],
    [
      'in the next, where a micro more is free a moment before',
      { amountMicros: 120_001, headStart: 0, chargedMicros: 2 },
      Date.UTC(2026, 4, 1) - 21_599,
    ],
  ])('says when 0.12 more fit: %s', (_when, values, at) => {
    expect(fitsFrom(paced(values), 120_000, true, march.start)).toBe(at);
  });

  test('announces exactly the first instant: a millisecond earlier it does not fit, then it does', () => {
    const share = fc.oneof(fc.constantFrom(0, 0.1, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    const unit = fc.constantFrom<CalendarUnit>('day', 'week', 'month');
    const zone = fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Pacific/Apia');
    const arbitrary = fc.record({
      ...{ unit, zone, headStart: fc.option(share), reserve: share, attended: fc.boolean() },
      amount: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 1e15 })),
      used: fc.integer({ min: 0, max: 1200 }),
      cost: fc.integer({ min: 0, max: 1000 }),
      now: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
    });
    let refused = 0;
    fc.assert(
      fc.property(arbitrary, ({ unit: period, zone: timeZone, headStart, reserve, attended, ...given }) => {
        const { start, end } = calendarPeriod(given.now, period, timeZone);
        const one = budget({
          ...{ period, timeZone, periodStart: start, periodEnd: end, headStart, reserveForAttended: reserve },
          amountMicros: given.amount,
          chargedMicros: Math.round(given.amount * (given.used / 1000)),
        });
        const most = one.amountMicros - (attended ? 0 : keptMicros(one));
        const cost = Math.min(most, Math.ceil(most * (given.cost / 1000)));
        // All of it at once fits never, where it is free only as the period ends.
        fc.pre(cost < most || headStart === null || Math.round(headStart * (end - start)) > 0);
        if (shortfallOf(one, cost, attended, given.now) === null) return;
        refused += 1;
        const at = fitsFrom(one, cost, attended, given.now) as number;
        expect(at).toBeGreaterThan(given.now);
        expect(shortfallOf(seenAt(one, at), cost, attended, at)).toBeNull();
        expect(shortfallOf(seenAt(one, at - 1), cost, attended, at - 1)).not.toBeNull();
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(500);
  });
});

describe('several budgets at once', () => {
  const month = (values: Partial<BudgetFacts> = {}) => budget({ headStart: 0, ...values });
  const day = (values: Partial<BudgetFacts> = {}): BudgetFacts => {
    const { start, end } = calendarPeriod(noon, 'day', 'UTC');
    return budget({ period: 'day', periodStart: start, periodEnd: end, headStart: 0, ...values });
  };

  test('a pace that starts anew holds back what another has just let pass', () => {
    // The day lets a quarter pass at six in the morning; the month has room from its next day on.
    const both = [day(), month({ chargedMicros: 250_000, headStart: null, amountMicros: 499_999 })];
    expect(allFitFrom(both.slice(0, 1), 250_000, true, noon)).toBe(noon);
    expect(allFitFrom(both, 250_000, true, noon)).toBe(march.end + DAY / 4);
  });

  test('that never have room at the same time have no time', () => {
    expect(allFitFrom([month(), day({ amountMicros: 119_999 })], 120_000, true, noon)).toBeNull();
    expect(allFitFrom([], 120_000, true, noon)).toBe(noon);
  });

  test('announce exactly the first instant that suits all', () => {
    const one = fc.record({
      period: fc.constantFrom<CalendarUnit>('day', 'week', 'month'),
      timeZone: fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York'),
      headStart: fc.option(fc.constantFrom(0, 0.1, 0.5)),
      used: fc.integer({ min: 0, max: 1000 }),
    });
    const arbitrary = fc.record({
      now: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
      shapes: fc.array(one, { minLength: 1, maxLength: 3 }),
      micros: fc.integer({ min: 1, max: 999 }),
      sample: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    });
    let held = 0;
    fc.assert(
      fc.property(arbitrary, ({ now, shapes, micros, sample }) => {
        const budgets = shapes.map(({ used, ...shape }) => {
          const { start, end } = calendarPeriod(now, shape.period, shape.timeZone);
          return budget({ ...shape, amountMicros: 1000, chargedMicros: used, periodStart: start, periodEnd: end });
        });
        const fits = (at: number) => budgets.every((each) => shortfallOf(seenAt(each, at), micros, true, at) === null);
        const at = allFitFrom(budgets, micros, true, now);
        if (at === now) return expect(fits(now)).toBe(true);
        held += 1;
        if (at === null) return;
        expect(fits(at)).toBe(true);
        expect(fits(at - 1)).toBe(false);
        expect(fits(now + Math.floor(sample * (at - now)))).toBe(false);
      }),
      { numRuns: 2000 },
    );
    expect(held).toBeGreaterThan(500);
  });
});
