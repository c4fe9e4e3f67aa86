import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import { limitsPlot, pricePlot, weekPlot, type DayOfLimits, type MonthOfMoney, type WeekOfOne } from '../src/index.js';
import { placesTaken } from '../src/report/limits-plot.js';
import { stairs } from '../src/report/price-plot.js';
import { servedAs, staleStretches } from '../src/report/week-plot.js';

const count = (svg: string, text: string): number => svg.split(text).length - 1;
const isClean = (svg: string): boolean => !/NaN|Infinity|undefined/.test(svg);

describe('a week', () => {
  test.each([
    ['nothing changes', [], [0, 10], []],
    ['a change is missed until the next pull', [3], [0, 10], [{ from: 3, until: 10 }]],
    ['the first of several counts', [5, 3], [0, 10], [{ from: 3, until: 10 }]],
    ['a pull brings the change of its own moment', [10], [0, 10], []],
    ['a change just after it is missed', [11], [0, 10], [{ from: 11, until: 20 }]],
    ['pulls come in any order', [3], [10, 0], [{ from: 3, until: 10 }]],
  ])('the copy is old from the change to the pull: %s', (_case, changes, pulls, stale) => {
    expect(staleStretches(changes, pulls, 20)).toEqual(stale);
  });

  test.each([
    ['force', true, 'rescued'],
    ['force', false, 'forced'],
    ['join', true, 'rescued'],
    ['wait', true, 'old'],
    ['wait', false, 'fresh'],
    ['reuse', false, 'fresh'],
  ] as const)('%s where the copy was stale: %s, is shown as %s', (verdict, wasStale, shown) => {
    expect(servedAs({ at: 0, verdict, wasStale })).toBe(shown);
  });

  const week: WeekOfOne = {
    title: 'a week & more',
    subtitle: '',
    start: 7 * DAY,
    changes: [6 * DAY, 8 * DAY + 12 * HOUR],
    background: [7 * DAY + 5 * HOUR, 9 * DAY + 5 * HOUR, 14 * DAY],
    reads: [
      { at: 7 * DAY + 9 * HOUR, verdict: 'wait', wasStale: false },
      { at: 8 * DAY + 18 * HOUR, verdict: 'wait', wasStale: true },
    ],
  };
  const svg = weekPlot(week);

  test('shows what lies in it and nothing else, beside one of each in the legend', () => {
    expect(isClean(svg)).toBe(true);
    expect(svg).toContain('a week &amp; more');
    // A background refresh at the last midnight is the next week's.
    expect(count(svg, 'h14l-7 12z')).toBe(2 + 1);
    expect(count(svg, 'l6 6l-6 6l-6 -6z')).toBe(1 + 1);
    expect(count(svg, 'r="7.5"')).toBe(1 + 1);
    expect(count(svg, 'r="6.5"')).toBe(1 + 1);
  });

  test('an old copy is cut at midnight', () => {
    expect(count(svg, '#f7cfb8')).toBe(2 + 1);
    expect(count(weekPlot({ ...week, changes: [] }), '#f7cfb8')).toBe(1);
  });
});

describe('a day of limits', () => {
  const day: DayOfLimits = {
    title: 'limits',
    subtitle: '',
    start: DAY,
    places: 2,
    windowMs: 6 * HOUR,
    cooldownMs: HOUR,
    requests: [
      { at: DAY + 8 * HOUR, passesAt: null },
      { at: DAY + 9 * HOUR, passesAt: null },
      { at: DAY + 13 * HOUR, passesAt: DAY + 14 * HOUR },
      { at: DAY + 14 * HOUR, passesAt: null },
    ],
  };

  test('a place is taken again at the moment at which it is given back', () => {
    expect(placesTaken(day).map(({ place, from }) => [place, from / HOUR - 24])).toEqual([
      [0, 8],
      [1, 9],
      [0, 14],
    ]);
  });

  test('and not a millisecond earlier', () => {
    const early = day.requests.map((one) => (one.at === DAY + 14 * HOUR ? { ...one, at: one.at - 1 } : one));
    expect(() => placesTaken({ ...day, requests: early })).toThrow('more than 2 places');
  });

  test('each request is drawn with its time, a refused one with the time at which it passes', () => {
    const svg = limitsPlot(day);
    expect(isClean(svg)).toBe(true);
    expect(count(svg, 'r="8"')).toBe(3);
    expect(count(svg, 'r="7"')).toBe(1);
    // The hour on the axis, the request that passed, and the one that was told of it.
    expect(count(svg, '>14:00</text>')).toBe(3);
  });
});

describe('a month of money', () => {
  const month: MonthOfMoney = {
    title: 'money',
    subtitle: '',
    start: 0,
    end: 10 * DAY,
    currency: 'USD',
    amountMicros: 10_000_000,
    prices: [
      { at: 0, price: 0.5 },
      { at: 10 * DAY, price: 0.1 },
    ],
    spent: [
      { at: 0, micros: 0 },
      { at: 5 * DAY, micros: 4_000_000 },
    ],
    idleDays: [2, 3],
  };

  test('the money is level from one spending to the next, and to the end', () => {
    expect(stairs(month.spent, month.end)).toEqual([
      { at: 0, micros: 0 },
      { at: 5 * DAY, micros: 0 },
      { at: 5 * DAY, micros: 4_000_000 },
      { at: 10 * DAY, micros: 4_000_000 },
    ]);
  });

  test('shows the price, the money, the even line, and idle days in both', () => {
    const svg = pricePlot(month);
    expect(isClean(svg)).toBe(true);
    expect(count(svg, '<polyline')).toBe(2);
    expect(count(svg, 'stroke-dasharray')).toBe(1);
    expect(count(svg, '#eef1f4')).toBe(4);
    expect(svg).toContain('>USD spent</text>');
  });
});
