import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import type { BudgetFacts } from '@freshet/domain';
import { budget } from '../../test/given.js';
import { forecastMicros, type EarlierPeriod } from './forecast.js';

const june = { periodStart: Date.UTC(2026, 5, 1), periodEnd: Date.UTC(2026, 6, 1) };
const may = Date.UTC(2026, 4, 1);
const long = Date.UTC(2025, 0, 1);

const used = (micros: number, values: Partial<BudgetFacts> = {}): BudgetFacts =>
  budget({ ...june, chargedMicros: micros, ...values });

/** May has 31 days: 10 a day. */
const inMay = (micros = 310): EarlierPeriod => ({
  periodStart: may,
  reservedMicros: 0,
  chargedMicros: micros,
  uncertainMicros: 0,
});

const after = (days: number): number => june.periodStart + days * DAY;

describe('the forecast of a month', () => {
  test.each([
    // 60 + (60 + 75) / (3 + 7.5) * 27, where 75 is a quarter of a month at May's 10 a day.
    ['three days old, on a busy start: mostly as the last one', 3, used(60), inMay(), 407],
    // 0 + 75 / 10.5 * 27.
    ['three days old, on a quiet start', 3, used(0), inMay(), 193],
    // 560 + (560 + 75) / (28 + 7.5) * 2.
    ['almost over: what is used, and little more', 28, used(560), inMay(), 596],
    ['that goes on as before: the same', 10, used(100), inMay(), 300],
    ['just begun: as the last one', 0, used(0), inMay(), 300],
    // 60 + 60 / 3 * 27.
    ['without a last one: by its own days', 3, used(60), null, 600],
    ['over: what it cost', 30, used(560), inMay(), 560],
    // What is held counts as used: the same as 60 charged.
    ['of which some is reserved, some uncertain', 3, used(30, { reservedMicros: 20, uncertainMicros: 10 }), null, 600],
    ['in which nothing was spent', 20, used(0), null, 0],
  ])('%s', (_what, days, facts, earlier, expected) => {
    expect(forecastMicros(facts, earlier, long, after(days))).toBe(expected);
  });

  test('counts the days since the first money, not those before', () => {
    // Begun on the 20th: 30 in 3 days, then 7 more at 10 a day.
    expect(forecastMicros(used(30), null, after(20), after(23))).toBe(100);
    // The last two days of May alone: 20 in 2 days, which weigh two days.
    expect(forecastMicros(used(40), inMay(20), june.periodStart - 2 * DAY, after(2))).toBe(40 + (60 / 4) * 28);
  });

  test.each([
    ['money was never held', null, after(15), null],
    ['a day and a quarter is not over', after(3), after(3) + 30 * HOUR - 1, null],
    ['it is', after(3), after(3) + 30 * HOUR, 12 + Math.round((12 / 30) * 24 * 25.75)],
  ])('where %s says what it can', (_what, since, now, expected) => {
    expect(forecastMicros(used(12), null, since, now)).toBe(expected);
  });

  test('is not made of a last period from before the first money', () => {
    expect(forecastMicros(used(0), inMay(0), after(1), after(1) + HOUR)).toBeNull();
  });
});

test('the forecast of a day can be made after an hour', () => {
  const day = { periodStart: Date.UTC(2026, 5, 1), periodEnd: Date.UTC(2026, 5, 2) };
  const facts = budget({ ...day, reservedMicros: 5 });
  expect(forecastMicros(facts, null, long, day.periodStart + HOUR - 1)).toBeNull();
  expect(forecastMicros(facts, null, long, day.periodStart + HOUR)).toBe(120);
});

test('a forecast is never more than a number can hold', () => {
  const huge = used(Number.MAX_SAFE_INTEGER);
  expect(forecastMicros(huge, null, long, after(3))).toBe(Number.MAX_SAFE_INTEGER);
});
