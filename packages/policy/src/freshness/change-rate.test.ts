import { describe, expect, test } from '@jest/globals';
import { DAY } from '@freshet/domain';
import type { ChangeHistory } from '@freshet/domain';
import fc from 'fast-check';
import { noon } from '../../test/given.js';
import { changesPerDay, fading, HALF_LIFE_MS, noChangesSeen, observeChange } from './change-rate.js';

type Look = readonly [days: number, found: boolean];

const seen = (looks: readonly Look[], at = noon): ChangeHistory =>
  looks.reduce((history, [days, found]) => observeChange(history, days, found, at), noChangesSeen(at));

const rate = (looks: readonly Look[], prior = 1.2, weight = 1): number => changesPerDay(seen(looks), prior, weight);
const times = (count: number, look: Look): readonly Look[] => Array.from({ length: count }, () => look);

/** The same likelihood, written as a sum over the looks themselves, searched on a grid. */
const likeliest = (looks: readonly Look[], prior: number): number => {
  const all: readonly Look[] = [...looks, [Math.LN2 / prior, true], [Math.LN2 / prior, false]];
  const logLikelihood = (perDay: number): number =>
    all.reduce((sum, [days, found]) => sum + (found ? Math.log(-Math.expm1(-perDay * days)) : -perDay * days), 0);
  let best = 1e-3;
  for (let perDay = 1e-3; perDay < 200; perDay *= 1.002) if (logLikelihood(perDay) > logLikelihood(best)) best = perDay;
  return best;
};

describe('the change rate', () => {
  test('is the prior where nothing was seen', () => {
    expect(rate([])).toBeCloseTo(1.2, 6);
    expect(rate([], 0.05)).toBeCloseTo(0.05, 6);
  });

  test.each<readonly [string, readonly Look[]]>([
    ['daily looks that find something half of the time', [...times(10, [1, true]), ...times(10, [1, false])]],
    ['looks that never find anything', times(30, [1, false])],
    ['looks that always do', times(30, [1, true])],
    [
      'looks of very different length',
      [...times(5, [0.05, true]), ...times(40, [0.05, false]), ...times(9, [7, true])],
    ],
  ])('of %s is the likeliest one', (_what, looks) => {
    expect(rate(looks) / likeliest(looks, 1.2)).toBeCloseTo(1, 2);
  });

  test('with evenly spaced looks is close to the closed form of Cho and Garcia-Molina', () => {
    // X changes in n looks, bias reduced: -ln((n - X + 0.5) / (n + 0.5)).
    const looks = [...times(60, [1, true] as const), ...times(40, [1, false] as const)];
    expect(rate(looks) / -Math.log((100 - 60 + 0.5) / 100.5)).toBeCloseTo(1, 1);
  });

  test('follows what was seen late more than what was seen long ago', () => {
    const quiet = seen(times(60, [1, false]), noon - 2 * HALF_LIFE_MS);
    const busy = times(10, [1, true] as const).reduce(
      (history, [days, found]) => observeChange(history, days, found, noon),
      quiet,
    );
    const unfaded = rate([...times(60, [1, false] as const), ...times(10, [1, true] as const)]);
    expect(changesPerDay(busy, 1.2)).toBeGreaterThan(2 * unfaded);
    expect(fading(HALF_LIFE_MS)).toBe(0.5);
    expect(fading(-DAY)).toBe(1);
  });

  test('takes nothing from a look that took no time', () => {
    expect(
      seen([
        [0, true],
        [-1, false],
      ]),
    ).toEqual(noChangesSeen(noon));
  });

  const looks = fc.array(fc.tuple(fc.double({ min: 0.005, max: 30, noNaN: true }), fc.boolean()), { maxLength: 60 });

  test('rises with each change that is found, and falls with each look that finds none', () => {
    fc.assert(
      fc.property(looks, fc.double({ min: 0.005, max: 30, noNaN: true }), (before, days) => {
        const now = rate(before);
        expect(rate([...before, [days, false]])).toBeLessThanOrEqual(now * (1 + 1e-9));
        // A change within a very long look says that there was one: it never speaks for fewer.
        expect(rate([...before, [days, true]])).toBeGreaterThanOrEqual(now * (1 - 0.05));
      }),
    );
  });

  test('is kept in a bounded row, however much is seen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 1e-4, max: 400, noNaN: true }), fc.boolean()), { maxLength: 500 }),
        (many) => {
          expect(seen(many).changed.length).toBeLessThan(36);
        },
      ),
    );
  });
});
