import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY, formatDuration, formatInstant, HOUR, MINUTE, parseDuration, parseInstant, SECOND } from './time.js';

describe('an instant', () => {
  test.each([
    ['2026-03-01T12:00:00Z', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00.123Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
    ['2026-03-01T12:00Z', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00+02:00', Date.UTC(2026, 2, 1, 10)],
    ['2026-03-01T12:00:00-05:30', Date.UTC(2026, 2, 1, 17, 30)],
    // Providers write microseconds and nanoseconds; we keep whole milliseconds.
    ['2026-03-01T12:00:00.123456Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
    ['2026-03-01T12:00:00.123999999Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2026-12-31T23:59:59.999Z', Date.UTC(2026, 11, 31, 23, 59, 59, 999)],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
  ])('%s is read', (text, at) => {
    expect(parseInstant(text)).toBe(at);
  });

  test.each([
    ['a time without an offset: its meaning depends on the reader', '2026-03-01T12:00:00'],
    ['a day without a time', '2026-03-01'],
    ['February 30', '2026-02-30T00:00:00Z'],
    ['February 29 in a year that has none', '2025-02-29T00:00:00Z'],
    ['April 31', '2026-04-31T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['month 0', '2026-00-10T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['hour 25', '2026-01-01T25:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['an offset without a colon', '2026-01-01T00:00:00+0200'],
    ['a space instead of T', '2026-01-01 00:00:00Z'],
    ['a small z', '2026-01-01T00:00:00z'],
    ['the year 0', '0000-01-01T00:00:00Z'],
    ['a year that its offset carries past 9999', '9999-12-31T23:59:59-01:00'],
    ['a year of five digits', '12026-01-01T00:00:00Z'],
    ['words', 'tomorrow'],
    ['nothing', ''],
    ['a line break behind it', '2026-01-01T00:00:00Z\n'],
  ])('is not read from %s', (_what, text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  test('is written in UTC with milliseconds', () => {
    expect(formatInstant(Date.UTC(2026, 2, 1, 12, 0, 0, 5))).toBe('2026-03-01T12:00:00.005Z');
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (at) => {
        expect(parseInstant(formatInstant(at))).toBe(at);
      }),
    );
  });
});

describe('a duration', () => {
  test.each([
    ['PT0S', 0],
    ['PT15M', 15 * MINUTE],
    ['PT3H', 3 * HOUR],
    ['P1D', DAY],
    ['P2W', 14 * DAY],
    ['P1DT2H3M4S', DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND],
    ['PT0.5S', 500],
    ['PT1.005S', 1005],
    ['PT90M', 90 * MINUTE],
    ['PT86400S', DAY],
  ])('%s is read', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['a month: its length varies', 'P1M'],
    ['a year: its length varies', 'P1Y'],
    ['nothing behind P', 'P'],
    ['nothing behind T', 'PT'],
    ['nothing behind T after days', 'P1DT'],
    ['weeks with days', 'P1W2D'],
    ['a minus', '-PT1H'],
    ['a fraction of a minute', 'PT0.5M'],
    ['the wrong order', 'PT1M1H'],
    ['small letters', 'pt1h'],
    ['a bare number', '900'],
    ['more digits than anybody means', 'PT1234567H'],
  ])('is not read from %s', (_what, text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [0, 'PT0S'],
    [1, 'PT0.001S'],
    [3 * HOUR, 'PT3H'],
    [90 * MINUTE, 'PT1H30M'],
    [DAY + 30 * MINUTE, 'P1DT30M'],
    [7 * DAY, 'P7D'],
    [61_500, 'PT1M1.5S'],
  ])('of %d ms is written as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 * 365 * DAY }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
