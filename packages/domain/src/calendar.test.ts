import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { calendarPeriod, fromWallClock, isTimeZone, type CalendarUnit, type Period } from './calendar.js';
import { DAY, formatInstant, HOUR, parseInstant } from './time.js';

const at = (text: string): number => parseInstant(text) ?? Number.NaN;
const bounds = (text: string, unit: CalendarUnit, zone: string): readonly [string, string] => {
  const { start, end } = calendarPeriod(at(text), unit, zone);
  return [formatInstant(start), formatInstant(end)];
};

describe('a calendar period', () => {
  test.each<[string, string, CalendarUnit, string, string, string]>([
    ['a day in UTC', '2026-03-01T12:00:00Z', 'day', 'UTC', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['its first instant', '2026-03-01T00:00:00Z', 'day', 'UTC', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['its last', '2026-03-01T23:59:59.999Z', 'day', 'UTC', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    [
      'a week: Monday to Monday',
      '2026-03-01T12:00:00Z',
      'week',
      'UTC',
      '2026-02-23T00:00:00.000Z',
      '2026-03-02T00:00:00.000Z',
    ],
    ['a Monday', '2026-03-02T00:00:00Z', 'week', 'UTC', '2026-03-02T00:00:00.000Z', '2026-03-09T00:00:00.000Z'],
    [
      'a week over the turn of the year',
      '2026-01-01T00:00:00Z',
      'week',
      'UTC',
      '2025-12-29T00:00:00.000Z',
      '2026-01-05T00:00:00.000Z',
    ],
    ['a month', '2026-02-28T12:00:00Z', 'month', 'UTC', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    [
      'February of a leap year',
      '2024-02-29T12:00:00Z',
      'month',
      'UTC',
      '2024-02-01T00:00:00.000Z',
      '2024-03-01T00:00:00.000Z',
    ],
    ['December', '2026-12-31T12:00:00Z', 'month', 'UTC', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    [
      'a zone that is ahead',
      '2026-03-01T23:30:00Z',
      'day',
      'Asia/Kathmandu',
      '2026-03-01T18:15:00.000Z',
      '2026-03-02T18:15:00.000Z',
    ],
    [
      'a zone that is behind',
      '2026-03-01T02:00:00Z',
      'month',
      'America/New_York',
      '2026-02-01T05:00:00.000Z',
      '2026-03-01T05:00:00.000Z',
    ],
    // Clocks go forward on March 29 and back on October 25.
    [
      '23 hours in Paris',
      '2026-03-29T12:00:00Z',
      'day',
      'Europe/Paris',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      '25 hours in Paris',
      '2026-10-25T12:00:00Z',
      'day',
      'Europe/Paris',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'a week with a change in it',
      '2026-03-25T12:00:00Z',
      'week',
      'Europe/Paris',
      '2026-03-22T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'a month with a change in it',
      '2026-10-10T12:00:00Z',
      'month',
      'Europe/Paris',
      '2026-09-30T22:00:00.000Z',
      '2026-10-31T23:00:00.000Z',
    ],
    // No midnight: the day begins at 01:00, the instant of the change.
    [
      'a day without midnight in Brazil',
      '2018-11-04T12:00:00Z',
      'day',
      'America/Sao_Paulo',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ],
    [
      'the day before it',
      '2018-11-03T12:00:00Z',
      'day',
      'America/Sao_Paulo',
      '2018-11-03T03:00:00.000Z',
      '2018-11-04T03:00:00.000Z',
    ],
    [
      'a day without midnight in Egypt',
      '2024-04-26T12:00:00Z',
      'day',
      'Africa/Cairo',
      '2024-04-25T22:00:00.000Z',
      '2024-04-26T21:00:00.000Z',
    ],
    // Midnight twice: the day begins at the first of them.
    [
      'a day with two midnights in Cuba',
      '2026-11-01T12:00:00Z',
      'day',
      'America/Havana',
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T05:00:00.000Z',
    ],
    [
      'a day after 23:00 came twice in Brazil',
      '2018-02-18T12:00:00Z',
      'day',
      'America/Sao_Paulo',
      '2018-02-18T03:00:00.000Z',
      '2018-02-19T03:00:00.000Z',
    ],
    [
      'a day that Samoa never had',
      '2011-12-30T09:00:00Z',
      'day',
      'Pacific/Apia',
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
    ],
    [
      'half an hour of summer time',
      '2026-04-05T12:00:00Z',
      'day',
      'Australia/Lord_Howe',
      '2026-04-04T13:00:00.000Z',
      '2026-04-05T13:30:00.000Z',
    ],
  ])('is %s', (_what, text, unit, zone, start, end) => {
    expect(bounds(text, unit, zone)).toEqual([start, end]);
  });

  test('ends for good: an hour that is lived again belongs to the day that had begun', () => {
    // Newfoundland put its clocks back at 00:01, to 23:01 of the day before.
    const day = ['2010-11-07T02:30:00.000Z', '2010-11-08T03:30:00.000Z'];
    expect(bounds('2010-11-07T03:00:00Z', 'day', 'America/St_Johns')).toEqual(day);
    expect(bounds('2010-11-07T02:30:30Z', 'day', 'America/St_Johns')).toEqual(day);
    expect(bounds('2010-11-07T02:29:59Z', 'day', 'America/St_Johns')[1]).toBe(day[0]);
  });

  test('is the same whatever was asked before it', () => {
    const morning = calendarPeriod(at('2026-03-01T06:00:00Z'), 'day', 'UTC');
    calendarPeriod(at('2030-03-01T06:00:00Z'), 'day', 'UTC');
    calendarPeriod(at('2026-03-01T06:00:00Z'), 'day', 'Asia/Tokyo');
    expect(calendarPeriod(at('2026-03-01T06:00:00Z'), 'day', 'UTC')).toEqual(morning);
  });

  const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'UTC');
  const unit = fc.constantFrom<CalendarUnit>('day', 'week', 'month');
  const instant = fc.integer({ min: at('1975-01-01T00:00:00Z'), max: at('2037-12-31T00:00:00Z') });

  test('tiles time without a gap or an overlap, in every zone', () => {
    fc.assert(
      fc.property(zone, unit, instant, (timeZone, kind, now) => {
        const period = calendarPeriod(now, kind, timeZone);
        expect(period.start).toBeLessThanOrEqual(now);
        expect(period.end).toBeGreaterThan(now);
        expect(calendarPeriod(period.start, kind, timeZone)).toEqual(period);
        expect(calendarPeriod(period.end - 1, kind, timeZone)).toEqual(period);
        expect(calendarPeriod(period.end, kind, timeZone).start).toBe(period.end);
      }),
      { numRuns: 2000 },
    );
  });

  test('is as long as calendars allow', () => {
    const length = { day: [DAY, DAY], week: [7 * DAY, 7 * DAY], month: [28 * DAY, 31 * DAY] } as const;
    fc.assert(
      fc.property(zone, unit, instant, (timeZone, kind, now) => {
        const { start, end } = calendarPeriod(now, kind, timeZone);
        // Two days at most are lost or won where a country crosses the date line.
        expect(end - start).toBeGreaterThanOrEqual(length[kind][0] - 25 * HOUR);
        expect(end - start).toBeLessThanOrEqual(length[kind][1] + 25 * HOUR);
        expect(end - start).toBeGreaterThan(0);
      }),
    );
  });
});

describe('a time zone', () => {
  test.each(['UTC', 'Europe/Paris', 'America/Argentina/Buenos_Aires'])('%s is known', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  test.each(['', 'Mars/Olympus', 'Europe/', '2026-01-01'])('%j is not', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});

describe('the periods last asked for', () => {
  test('are remembered for each unit and zone, so that those that alternate are worked out once', () => {
    const zones = ['Pacific/Apia', 'Asia/Kathmandu', 'America/St_Johns'];
    const units = ['day', 'week', 'month'] as const;
    const at = Date.UTC(2026, 5, 15, 12);
    const all = (): readonly Period[] => zones.flatMap((zone) => units.map((unit) => calendarPeriod(at, unit, zone)));
    const first = all();
    const worksOut = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    expect([...all(), ...all()]).toEqual([...first, ...first]);
    expect(worksOut).not.toHaveBeenCalled();
    worksOut.mockRestore();
  });
});

describe('a time of the wall clock', () => {
  test.each([
    ['2026-07-01T09:30:00Z', 'UTC', '2026-07-01T09:30:00.000Z'],
    ['2026-07-01T09:30:00Z', 'Europe/Paris', '2026-07-01T07:30:00.000Z'],
    ['2026-01-01T09:30:00Z', 'America/New_York', '2026-01-01T14:30:00.000Z'],
    // Shown twice, where the clocks go back: the first.
    ['2026-10-25T02:30:00Z', 'Europe/Paris', '2026-10-25T00:30:00.000Z'],
  ])('%s in %s', (wall, zone, expected) => {
    expect(formatInstant(fromWallClock(at(wall), zone))).toBe(expected);
  });

  test('that the clocks leave out is still one instant', () => {
    expect(fromWallClock(at('2026-03-29T02:30:00Z'), 'Europe/Paris')).toBeGreaterThan(at('2026-03-29T00:59:59Z'));
  });
});
