import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import { budget, candidate, days, many, midnight, pullsOf, sweep } from '../../test/sweeps.js';
import { leftOutOf, nextPull, type SweepCandidate, type SweepRules } from './index.js';

const alone = (values: Partial<SweepCandidate>, rest: Parameters<typeof sweep>[1] = {}) => {
  const plan = sweep([candidate('one', values)], rest);
  return { pulls: pullsOf(plan), leftOut: leftOutOf(plan, 0), plan };
};

describe('who is left out, and why', () => {
  test.each<[string, Partial<SweepCandidate>, string | null]>([
    ['its status does not allow it', { unattended: false }, 'not-allowed'],
    ['looked 90 days ago', { lastReadAt: midnight - 90 * DAY, lastPullAt: midnight - 8 * DAY }, null],
    ['looked more than 90 days ago', { lastReadAt: midnight - 90 * DAY - 1 }, 'dormant'],
    ['closed to the end of the day', { closedUntil: midnight + DAY }, 'closed'],
    ['closed until further notice', { closedUntil: Infinity }, 'closed'],
    ['closed, but not all day', { closedUntil: midnight + 12 * HOUR }, null],
    ['in its gap until tomorrow', { lastPullAt: midnight - HOUR, minGapMs: 25 * HOUR }, 'gap'],
    [
      'out of its gap just before, when its interval is not over',
      { lastPullAt: midnight - HOUR - 1, minGapMs: 25 * HOUR },
      'not-due',
    ],
    ['nobody reads it', { readsPerDay: 0 }, 'not-worth'],
    ['a pull costs more than it can bring', { valueMicros: 39_000 }, 'not-worth'],
    ['a pull costs less than it can bring', { valueMicros: 44_000, lastPullAt: null }, null],
    ['pulled yesterday, and worth a pull a week', { valueMicros: 5_000, changesPerDay: 0.1 }, 'not-due'],
  ])('%s', (_what, values, leftOut) => {
    const given = alone(values);
    expect(given.leftOut).toBe(leftOut);
    expect(given.pulls.length > 0).toBe(leftOut === null);
  });

  test('no money, and the money for one', () => {
    expect(alone({}, { budgets: [budget(99_999)] })).toMatchObject({ leftOut: 'no-money', pulls: [] });
    expect(alone({}, { budgets: [budget(100_000)] }).pulls).toHaveLength(1);
  });

  test('a budget holds its own currency and provider only', () => {
    const free = alone({}).pulls.length;
    expect(alone({}, { budgets: [budget(0, { currency: 'EUR' })] }).pulls).toHaveLength(free);
    expect(alone({}, { budgets: [budget(0, { provider: 'BUD' })] }).pulls).toHaveLength(free);
    expect(alone({}, { budgets: [budget(0, { provider: 'AKOYA' })] }).pulls).toHaveLength(0);
    expect(
      alone({}, { budgets: [budget(200_000), budget(100_000, { name: 'akoya', provider: 'AKOYA' })] }).pulls,
    ).toHaveLength(1);
  });

  test('what costs nothing needs no money', () => {
    expect(alone({ currency: null }, { budgets: [budget(0)] }).pulls).toHaveLength(24);
  });

  test('a cap of none', () => {
    const caps = [{ scope: 'account' as const, key: 'ours', count: 0, perMs: DAY, usedAt: [] }];
    expect(alone({}, { caps })).toMatchObject({ leftOut: 'cap', pulls: [] });
  });
});

describe('dormant customers', () => {
  const pulledIn = (lookedDaysAgo: number, rules: Partial<SweepRules> = {}): number => {
    let pulls = 0;
    const one = candidate('one', { lastReadAt: midnight - lookedDaysAgo * DAY });
    days([one], 21, { rules: { ...rules, maxAgeMs: 2 * DAY } }, (plan) => {
      pulls += plan.forecast.calls;
    });
    return pulls;
  };

  test('are slowed to every third day, to a week, and stopped', () => {
    const dormancy: SweepRules['dormancy'] = [
      { afterMs: 100 * DAY, everyMs: 3 * DAY },
      { afterMs: 200 * DAY, everyMs: 7 * DAY },
      { afterMs: 300 * DAY, everyMs: null },
    ];
    expect(pulledIn(50, { dormancy })).toBeGreaterThan(21);
    expect(pulledIn(150, { dormancy })).toBe(7);
    expect(pulledIn(250, { dormancy })).toBe(3);
    expect(pulledIn(350, { dormancy })).toBe(0);
  });

  test('the reason says so', () => {
    const [pull] = alone({ lastReadAt: midnight - 31 * DAY, lastPullAt: midnight - 4 * DAY }).pulls;
    expect(pull).toMatchObject({ bound: 'dormancy', everyMs: 3 * DAY, cause: 'worth' });
  });
});

describe('gaps, allowances, closures', () => {
  test('the gap after the last pull is kept to the millisecond, and says that it bound', () => {
    const lastPullAt = midnight - HOUR;
    const [pull] = alone({ lastPullAt, minGapMs: 5 * HOUR + 1, valueMicros: 1e9 }).pulls;
    expect(pull?.at).toBeGreaterThanOrEqual(lastPullAt + 5 * HOUR + 1);
    expect(pull?.bound).toBe('gap');
  });

  test('four in any 24 hours, those of yesterday counted', () => {
    const usedAt = [20, 3, 2, 1].map((hours) => midnight - hours * HOUR);
    const times = alone({ allowance: { count: 4, usedAt }, lastPullAt: midnight - HOUR, valueMicros: 1e9 }).pulls.map(
      ({ at }) => at,
    );
    expect(times[0]).toBeGreaterThanOrEqual(midnight + 4 * HOUR);
    expect(times[1]).toBeGreaterThanOrEqual(midnight + 21 * HOUR);
    const all = [...usedAt, ...times];
    all.slice(4).forEach((at, place) => expect(at - (all[place] as number)).toBeGreaterThanOrEqual(DAY));
    expect(times).toHaveLength(2);
  });

  test('an institution that is closed gets its pulls after that, one by one; the others get theirs as ever', () => {
    const closedUntil = midnight + 6 * HOUR;
    const plan = sweep(
      many(200, (row) => (row < 100 ? { closedUntil, institution: 'shut' } : {})),
      { rules: { reopeningMs: 2 * HOUR } },
    );
    const first = new Map<string, number>();
    for (const { connectionId, at } of pullsOf(plan)) if (!first.has(connectionId)) first.set(connectionId, at);
    const shut = [...first].filter(([id]) => Number(id.slice(5)) < 100).map(([, at]) => at);
    expect(shut).toHaveLength(100);
    expect(Math.min(...shut)).toBeGreaterThanOrEqual(closedUntil);
    for (let quarter = 0; quarter < 4; quarter += 1) {
      const from = closedUntil + quarter * 30 * MINUTE;
      expect(shut.filter((at) => at >= from && at < from + 30 * MINUTE).length).toBeLessThan(45);
    }
    const others = [...first].filter(([id]) => Number(id.slice(5)) >= 100).map(([, at]) => at);
    expect(others.filter((at) => at < closedUntil).length).toBeGreaterThan(50);
  });

  test('a cap delays to the first moment with room, and says so', () => {
    const caps = [{ scope: 'institution' as const, key: 'chase', count: 1, perMs: 30 * MINUTE, usedAt: [midnight] }];
    const pulls = pullsOf(sweep(many(12, { valueMicros: 60_000, lastPullAt: null }), { caps }));
    pulls.slice(1).forEach(({ at }, place) => expect(at - (pulls[place]?.at ?? 0)).toBeGreaterThanOrEqual(30 * MINUTE));
    expect(pulls[0]?.at).toBeGreaterThanOrEqual(midnight + 30 * MINUTE);
  });

  test.each([
    ['free just at its slot', 0, 'nothing'],
    ['free a millisecond later', 1, 'account-cap'],
  ])('a cap that is %s', (_what, late, bound) => {
    const usedAt = [midnight - 18 * HOUR + late];
    const caps = [{ scope: 'account' as const, key: 'ours', count: 1, perMs: DAY, usedAt }];
    const { pulls } = alone({ seed: 2 ** 30, lastPullAt: null, valueMicros: 60_000 }, { caps });
    expect(pulls).toMatchObject([{ at: midnight + 6 * HOUR + late, dueAt: midnight + 6 * HOUR, bound }]);
  });

  test('pulls that would fall together under a cap go one after the other, each waiting once', () => {
    const caps = [{ scope: 'account' as const, key: 'ours', count: 2, perMs: HOUR, usedAt: [] }];
    const together = many(10, { seed: 2 ** 30, lastPullAt: null, valueMicros: 60_000 });
    const times = pullsOf(sweep(together, { caps })).map(({ at, bound }) => [(at - midnight) / HOUR, bound]);
    expect(times.slice(0, 6).map(([hour]) => hour)).toEqual([6, 6, 7, 7, 8, 8]);
    expect(times.slice(2, 6).every(([, bound]) => bound === 'account-cap')).toBe(true);
  });
});

describe('nothing is starved', () => {
  const poor: Partial<SweepCandidate> = { valueMicros: 1, readsPerDay: 0.01 };

  test.each([
    ['pulled in its last slot before the age', midnight - 6 * DAY, 1],
    ['left for tomorrow while that is early enough', midnight - 5 * DAY + 1, 0],
  ])('%s', (_what, lastPullAt, count) => {
    const { pulls } = alone({ ...poor, lastPullAt }, { rules: { maxAgeMs: 7 * DAY } });
    expect(pulls).toHaveLength(count);
    for (const pull of pulls) {
      expect(pull).toMatchObject({ cause: 'starving', everyMs: null });
      expect(pull.at - lastPullAt).toBeLessThanOrEqual(7 * DAY);
    }
  });

  test('where all would be due on one day, some go early, and nobody grows older than the age', () => {
    // Fifteen a day, for eighty connections that were all pulled at once, ten of them worth all the money.
    const candidates = many(80, (row) => (row < 70 ? poor : { valueMicros: 1e9 }));
    let oldest = 0;
    days(candidates, 30, { budgets: [budget(1_500_000)], rules: { maxAgeMs: 7 * DAY } }, (plan) => {
      expect(plan.forecast.budgets[0]?.plannedMicros).toBeLessThanOrEqual(1_500_000);
      oldest = Math.max(oldest, plan.forecast.longestAgeMs);
    });
    expect(oldest).toBeLessThanOrEqual(7 * DAY);
  });

  test('where there is not money for all, the oldest go first', () => {
    const candidates = many(10, (row) => ({ ...poor, lastPullAt: midnight - (10 + row) * DAY }));
    const plan = sweep(candidates, { budgets: [budget(300_000)], rules: { maxAgeMs: 7 * DAY } });
    expect(
      pullsOf(plan)
        .map(({ connectionId }) => connectionId)
        .sort(),
    ).toEqual(['conn_7', 'conn_8', 'conn_9']);
    expect(leftOutOf(plan, 0)).toBe('no-money');
  });
});

describe('when', () => {
  test('the same connection at the same time of day on each plan', () => {
    const times = new Map<string, Set<number>>();
    days(many(20, { valueMicros: 70_000, lastPullAt: null }), 6, {}, (plan) => {
      for (const { connectionId, at } of pullsOf(plan))
        times.set(connectionId, (times.get(connectionId) ?? new Set()).add(at % DAY));
    });
    const everyMs = pullsOf(sweep(many(1, { valueMicros: 70_000, lastPullAt: null })))[0]?.everyMs ?? 0;
    expect([...times.values()].map((set) => set.size)).toEqual(new Array(20).fill(Math.ceil(DAY / everyMs)));
  });

  test('planning again later in the day moves nothing that is still to come', () => {
    const candidates = many(50, (row) => ({ valueMicros: 50_000 + row * 2_000, lastPullAt: midnight - row * HOUR }));
    const before = pullsOf(sweep(candidates));
    const first = before.filter(
      ({ connectionId, at }) => before.find((pull) => pull.connectionId === connectionId)?.at === at,
    );
    const noon = midnight + 12 * HOUR;
    const again = pullsOf(sweep(candidates, { now: noon }));
    for (const { connectionId, at } of first.filter((pull) => pull.at >= noon))
      expect(again.find((pull) => pull.connectionId === connectionId)?.at).toBe(at);
  });

  test('the load is even over the day', () => {
    let hours: readonly number[] = [];
    days(many(2400, { valueMicros: 70_000, lastPullAt: null }), 3, {}, (plan) => (hours = plan.forecast.callsPerHour));
    const mean = hours.reduce((sum, calls) => sum + calls, 0) / 24;
    for (const calls of hours) expect(Math.abs(calls - mean)).toBeLessThan(5 * Math.sqrt(mean));
  });

  test('money for half of equals goes to half of them', () => {
    const plan = sweep(many(1000, { lastPullAt: null, valueMicros: 60_000 }), { budgets: [budget(50_000_000)] });
    expect(plan.forecast.budgets[0]?.plannedMicros).toBeGreaterThan(49_000_000);
  });

  test('each pull tells its numbers: at its time it brings at least its shadow price', () => {
    const plan = sweep(
      many(40, (row) => ({ readsPerDay: 1 + row / 10 })),
      { budgets: [budget(4_000_000)] },
    );
    const pulls = pullsOf(plan);
    expect(pulls.length).toBeGreaterThan(20);
    for (const pull of pulls) {
      expect(pull).toMatchObject({ bound: 'money', cause: 'worth', priceMicros: 100_000, currency: 'USD' });
      // The interval is the nearest of the ladder, so its edge may lie a step beyond the exact one.
      expect(pull.worthMicros).toBeGreaterThan(pull.shadowMicros * 0.6);
    }
  });
});

describe('the dry run', () => {
  test('adds up', () => {
    const plan = sweep(
      many(30, (row) => (row % 3 === 0 ? { currency: 'EUR' } : {})),
      {
        budgets: [budget(2_000_000), budget(500_000, { name: 'euros', currency: 'EUR' })],
      },
    );
    const { forecast } = plan;
    const pulls = pullsOf(plan);
    expect(forecast.calls).toBe(pulls.length);
    expect(forecast.callsPerHour.reduce((sum, calls) => sum + calls, 0)).toBe(pulls.length);
    for (const { currency, calls, micros } of forecast.costs) {
      expect(pulls.filter((pull) => pull.currency === currency)).toHaveLength(calls);
      expect(micros).toBe(calls * 100_000);
    }
    for (const line of forecast.budgets) expect(line.plannedMicros).toBeLessThanOrEqual(line.micros);
    expect(forecast.freshAfter).toBeGreaterThan(forecast.freshBefore);
  });

  test('freshness by hand: one pull in the middle of the day, nothing known before', () => {
    const { plan, pulls } = alone({ lastPullAt: null, seed: 2 ** 31 }, { budgets: [budget(100_000)] });
    expect(pulls.map(({ at }) => at)).toEqual([midnight + 12 * HOUR]);
    expect(plan.forecast.freshBefore).toBe(0);
    // Two changes a day, half a day: (1 - e^-1) / 2 of the day.
    expect(plan.forecast.freshAfter).toBeCloseTo((1 - Math.exp(-1)) / 2, 12);
  });

  test('free refreshes are counted with and without the plan', () => {
    const { plan } = alone({ backgroundPerDay: 2, unattended: false, lastPullAt: null });
    // Refreshed and changed twice a day each, for ever.
    const expected = 0.5;
    expect(plan.forecast.freshBefore).toBeCloseTo(expected, 12);
    expect(plan.forecast.freshAfter).toBeCloseTo(expected, 12);
  });
});

describe('one connection again at the prices of the plan', () => {
  test('gives the first pull of the plan, and after it the second', () => {
    const candidates = many(60, (row) => ({ readsPerDay: 1 + row / 10, lastPullAt: midnight - row * HOUR }));
    const plan = sweep(candidates, { budgets: [budget(5_000_000)] });
    const kept = JSON.parse(JSON.stringify({ prices: plan.prices, rules: plan.rules })) as typeof plan;
    const pulls = pullsOf(plan);
    for (const one of candidates) {
      const [first, second] = pulls.filter(({ connectionId }) => connectionId === one.connectionId);
      const next = nextPull(one, kept, midnight);
      if (first === undefined) expect(next.at ?? Infinity).toBeGreaterThanOrEqual(midnight + DAY);
      else expect(next).toMatchObject({ at: first.at, everyMs: first.everyMs, cause: 'worth', leftOut: null });
      if (first === undefined || second === undefined) continue;
      expect(nextPull({ ...one, lastPullAt: first.at }, kept, first.at).at).toBe(second.at);
    }
  });

  test.each<[string, Partial<SweepCandidate>, object]>([
    ['not allowed', { unattended: false }, { at: null, leftOut: 'not-allowed' }],
    ['closed without end', { closedUntil: Infinity }, { at: null, leftOut: 'closed' }],
    ['not worth it, so at the last slot before it starves', { readsPerDay: 0 }, { cause: 'starving', everyMs: null }],
  ])('%s', (_what, values, expected) => {
    expect(nextPull(candidate('one', values), sweep([]), midnight)).toMatchObject(expected);
  });
});
