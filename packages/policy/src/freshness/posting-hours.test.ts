import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import fc from 'fast-check';
import {
  businessDays,
  everyHourAlike,
  hourOfWeek,
  noPostings,
  observePosting,
  postingHoursFrom,
  WEEK_HOURS,
} from './posting-hours.js';

const monday = Date.UTC(2026, 2, 2);
/** Everything is posted between 03:00 and 04:00, on working days. */
const nightly = Array.from({ length: WEEK_HOURS }, (_, hour) => (hour % 24 === 3 && hour < 120 ? WEEK_HOURS / 5 : 0));

test.each([
  [monday, 0],
  [monday + HOUR - 1, 0],
  [monday + HOUR, 1],
  [monday + 7 * DAY - 1, 167],
  [monday - 1, 167],
  [-1, 71],
])('the hour of %d is %d', (at, hour) => {
  expect(hourOfWeek(at)).toBe(hour);
});

describe('days of average business', () => {
  test('are days where nothing is known, and where all hours are alike', () => {
    expect(businessDays(null, monday, monday + 36 * HOUR)).toBe(1.5);
    expect(businessDays(everyHourAlike, monday + MINUTE, monday + MINUTE + 36 * HOUR)).toBeCloseTo(1.5, 12);
  });

  test.each([
    ['before the bank posts', monday + 4 * HOUR, monday + 27 * HOUR, 0],
    ['over one posting', monday + 2 * HOUR, monday + 5 * HOUR, 7 / 5],
    ['over half of one', monday + 3.5 * HOUR, monday + 5 * HOUR, 7 / 10],
    ['over a weekend', monday + 4 * DAY + 5 * HOUR, monday + 7 * DAY, 0],
    ['over three weeks', monday, monday + 21 * DAY, 21],
    ['backwards', monday + DAY, monday, 0],
  ])('%s', (_what, from, until, days) => {
    expect(businessDays(nightly, from, until)).toBeCloseTo(days, 10);
  });

  test('add up, wherever they are cut', () => {
    const instants = fc.array(fc.integer({ min: 0, max: 40 * DAY }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(instants, (offsets) => {
        const [a, b, c] = offsets.map((offset) => monday + offset).sort((x, y) => x - y) as [number, number, number];
        const whole = businessDays(nightly, a, c);
        expect(businessDays(nightly, a, b) + businessDays(nightly, b, c)).toBeCloseTo(whole, 8);
      }),
    );
  });
});

describe('the profile of a provider', () => {
  test('is flat where nothing was seen', () => {
    expect(postingHoursFrom(noPostings())).toEqual(everyHourAlike);
  });

  test('finds the posting hour from looks that are six hours apart', () => {
    let hours = everyHourAlike;
    for (let round = 0; round < 20; round += 1) {
      const counts = noPostings();
      for (let connection = 0; connection < 60; connection += 1) {
        // Each connection is looked at at its own hours, four times a day, for two weeks.
        for (let at = monday + (connection % 6) * HOUR + connection * MINUTE; at < monday + 14 * DAY; at += 6 * HOUR) {
          const found = businessDays(nightly, at - 6 * HOUR, at) > 0.7;
          observePosting(counts, hours, { from: at - 6 * HOUR, until: at, found, ratePerDay: 1.2 });
        }
      }
      hours = postingHoursFrom(counts);
    }
    const night = (hours[3] as number) + (hours[27] as number) + (hours[51] as number);
    const day = (hours[13] as number) + (hours[37] as number) + (hours[61] as number);
    expect(night).toBeGreaterThan(10 * day);
    const sunday = hours.slice(6 * 24).reduce((sum, each) => sum + each, 0) / 24;
    expect(sunday).toBeLessThan(0.5);
    expect(hours.reduce((sum, each) => sum + each, 0) / WEEK_HOURS).toBeCloseTo(1, 10);
  });

  test('learns nothing of the hour from a look that is days long', () => {
    const counts = noPostings();
    observePosting(counts, everyHourAlike, { from: monday, until: monday + 3 * DAY, found: true, ratePerDay: 1 });
    expect(postingHoursFrom(counts)).toEqual(everyHourAlike);
  });
});
