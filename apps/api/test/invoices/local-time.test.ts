import { describe, expect, test } from '@jest/globals';
import { formatInstant } from '@freshet/domain';
import { createTimeReader } from '../../src/invoices/local-time.js';

const inParis = createTimeReader('Europe/Paris');

const shown = (text: string, read = inParis): string | null => {
  const time = read(text);
  return time === undefined ? null : [time.at, time.until].map(formatInstant).join(' ');
};
const moment = (at: string): string => `${at} ${at}`;

describe('a time in a file', () => {
  test.each([
    ['2026-10-03T09:30:00Z', moment('2026-10-03T09:30:00.000Z')],
    ['2026-10-03T09:30:00.250+02:00', moment('2026-10-03T07:30:00.250Z')],
    ['2026-10-03 09:30:00', moment('2026-10-03T07:30:00.000Z')],
    ['2026-10-03T09:30', moment('2026-10-03T07:30:00.000Z')],
    ['2026-12-03 09:30:00.5', moment('2026-12-03T08:30:00.500Z')],
    ['2026-10-03 09:30:00 UTC', moment('2026-10-03T09:30:00.000Z')],
    ['2026-10-03 09:30:00+00:00', moment('2026-10-03T09:30:00.000Z')],
    ['2026-10-03', '2026-10-02T22:00:00.000Z 2026-10-03T21:59:59.999Z'],
    // The clocks go back: the day has 25 hours.
    ['2026-10-25', '2026-10-24T22:00:00.000Z 2026-10-25T22:59:59.999Z'],
    // They go forward at two: what they leave out is the instant of the change.
    ['2026-03-29 01:59:59', moment('2026-03-29T00:59:59.000Z')],
    ['2026-03-29 03:00:00', moment('2026-03-29T01:00:00.000Z')],
    ['2026-02-30', null],
    ['2026-10-03 25:00:00', null],
    ['03/10/2026', null],
    ['1759483800', null],
    ['yesterday', null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test('is of the same day however many were read before', () => {
    const read = createTimeReader('America/New_York');
    const first = shown('2026-11-01', read);
    for (let minute = 10; minute < 60; minute += 1) shown(`2026-11-01 01:${minute}:00`, read);
    expect(shown('2026-11-01', read)).toBe(first);
    expect(first).toBe('2026-11-01T04:00:00.000Z 2026-11-02T04:59:59.999Z');
  });
});
