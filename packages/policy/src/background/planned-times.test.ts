import { describe, expect, test } from '@jest/globals';
import { HOUR } from '@freshet/domain';
import type { Connection, Instant } from '@freshet/domain';
import fc from 'fast-check';
import { connection, DAY, noon, policy, window } from '../../test/given.js';
import { candidateAt, sweepColumns } from '../sweep/columns.js';
import { planSweep } from '../sweep/plan-sweep.js';
import type { SweepBudget, SweepCap, SweepPlan } from '../sweep/plan.js';
import { nothingKnown, openTerms, ownCandidate, ownPullAt, ownSweepRules, type OwnPullFacts } from './own-candidate.js';
import { anchorOf } from './own-pulls.js';
import { plannedTimes } from './planned-times.js';

const rules = policy();
/** What a pull of the usual policy costs. */
const PRICE = 120_000;
const money = (pulls: number): readonly SweepBudget[] => [
  { name: 'a day', provider: null, currency: 'USD', micros: pulls * PRICE },
];

const aged = (count: number, ageMs: number): readonly Connection[] =>
  Array.from({ length: count }, (_, row) =>
    connection(`c${row}`, { lastSuccessAt: noon - ageMs, lastAttemptAt: null, institutionId: `bank-${row % 3}` }),
  );

const planned = (
  connections: readonly Connection[],
  budgets: readonly SweepBudget[] = [],
  { caps = [], known = nothingKnown }: { readonly caps?: readonly SweepCap[]; readonly known?: OwnPullFacts } = {},
) => {
  const anchors = connections.map((each) => anchorOf(rules, each, null, noon));
  const candidates = connections.map((each, row) => ownCandidate(rules, each, known, anchors[row] as Instant));
  const plan: SweepPlan = planSweep({ now: noon, candidates, budgets, caps, rules: ownSweepRules });
  const timeOf = plannedTimes(plan, anchors);
  return { plan, anchors, times: connections.map((_each, row) => timeOf(row)) };
};

describe('the times of a plan', () => {
  test('where nothing is short, everybody has the period and its own moment', () => {
    const { times, anchors } = planned(aged(50, 12 * HOUR));
    times.forEach((time, row) => expect(time).toEqual({ at: anchors[row], held: null, mayAge: false }));
  });

  test('where money is short, as many come today as it pays, and the others say so', () => {
    const { plan, times } = planned(aged(60, 3 * DAY), money(10));
    expect(plan.forecast.calls).toBeLessThanOrEqual(10);
    const today = times.filter(({ at }) => (at as Instant) < noon + DAY);
    expect(today.length).toBeLessThanOrEqual(10);
    for (const { at, held } of times) if ((at as Instant) >= noon + DAY) expect(held).toBe('no-money');
  });

  test('the same prices tell each the same time alone', () => {
    const { plan, anchors, times } = planned(aged(60, 3 * DAY), money(20));
    times.forEach(({ at, held }, row) => {
      if (held === 'starving') return;
      const alone = ownPullAt(candidateAt(plan.columns, row), plan, { from: noon, anchor: anchors[row] as Instant });
      expect(alone.at).toBe(at);
    });
  });

  test('a cap that sees all of a bank moves its own connections only', () => {
    const caps = [{ scope: 'institution', key: '["MX","bank-1"]', count: 1, perMs: HOUR, usedAt: [] }] as const;
    const { times } = planned(aged(30, 3 * DAY), [], { caps });
    const at = (bank: number) =>
      times.flatMap((time, row) => (row % 3 === bank ? [time.at as Instant] : [])).toSorted((a, b) => a - b);
    at(1).forEach(
      (time, place, all) => place > 0 && expect(time - (all[place - 1] as Instant)).toBeGreaterThanOrEqual(HOUR),
    );
    expect(Math.max(...at(0), ...at(2))).toBeLessThanOrEqual(noon + 6 * HOUR + 1);
  });

  test('where money is there again, nobody waits longer than the period, however short that is', () => {
    const often = policy({ background: { ...rules.background, everyMs: 6 * HOUR } });
    const late = aged(1, 2 * DAY)[0] as Connection;
    for (const aheadMs of [HOUR, 7 * HOUR, 20 * HOUR, 3 * DAY]) {
      const anchor = anchorOf(often, late, { nextPullAt: noon + aheadMs }, noon);
      const time = ownPullAt(ownCandidate(often, late, nothingKnown, anchor), openTerms, { from: noon, anchor });
      expect(time.held).toBeNull();
      expect(time.at).toBeGreaterThan(noon);
      expect(time.at).toBeLessThanOrEqual(noon + 6 * HOUR);
      // Planned again, it keeps that.
      const again = anchorOf(often, late, { nextPullAt: time.at as Instant }, noon + 1);
      const kept = ownPullAt(ownCandidate(often, late, nothingKnown, again), openTerms, {
        from: noon + 1,
        anchor: again,
      });
      expect(kept.at).toBe(time.at);
    }
  });

  test.each([
    ['away for 29 days', 29 * DAY, DAY, null],
    ['away for 31 days', 31 * DAY, 3 * DAY, 'dormant'],
    ['away for 46 days', 46 * DAY, 7 * DAY, 'dormant'],
  ])('a customer who is %s', (_what, awayMs, distanceMs, held) => {
    const known = { ...nothingKnown, lastReadAt: noon - awayMs };
    const [time] = planned(aged(1, HOUR), [], { known }).times;
    expect(time).toMatchObject({ held, mayAge: held !== null });
    expect((time?.at as Instant) - (noon - HOUR)).toBeGreaterThanOrEqual(distanceMs);
    expect((time?.at as Instant) - (noon - HOUR)).toBeLessThanOrEqual(distanceMs + DAY);
  });

  test.each([
    ['away for longer than anybody is swept', { ...nothingKnown, lastReadAt: noon - 91 * DAY }, {}, 'dormant'],
    ['needed for it', nothingKnown, { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' }, 'not-allowed'],
    ['asked to log in', nothingKnown, { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }, 'not-allowed'],
  ])('a customer who is %s has no time', (_what, known, values, held) => {
    const [time] = planned([connection('a', values)], [], { known }).times;
    expect(time).toEqual({ at: null, held, mayAge: true });
  });

  test('a provider that is shut without end leaves its connections their times, and no call in the forecast', () => {
    const { plan, times, anchors } = planned(aged(5, 3 * DAY), [], {
      known: { ...nothingKnown, closedUntil: Number.POSITIVE_INFINITY },
    });
    expect(plan.forecast).toMatchObject({ calls: 0, leftOut: { closed: 5 } });
    times.forEach(({ at, held }, row) => expect([at, held]).toEqual([anchors[row], 'closed']));
  });
});

describe('a period of any length', () => {
  test('is kept to the moment while nothing is short', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 * 20 }), fc.string(), (hours, name) => {
        const own = policy({ background: { ...rules.background, everyMs: hours * HOUR } });
        const of = connection(name, { lastSuccessAt: noon, lastAttemptAt: null });
        const anchor = anchorOf(own, of, null, noon);
        const time = ownPullAt(ownCandidate(own, of, nothingKnown, anchor), openTerms, { from: noon, anchor });
        expect(time.at).toBe(anchor);
        expect(anchor - noon).toBeGreaterThanOrEqual(hours * HOUR);
        expect(anchor - noon).toBeLessThanOrEqual(hours * HOUR * (1 + 1 / 24));
      }),
    );
  });

  test('four in 24 hours are kept whatever the period says', () => {
    const usedAt = [4, 3, 2, 1].map((hours) => noon - hours * HOUR);
    const own = policy({
      background: { ...rules.background, everyMs: HOUR },
      limits: [window({ count: 4, per: { shape: 'rolling', ms: DAY } })],
    });
    const of = connection('a', { lastSuccessAt: noon - HOUR, lastAttemptAt: null });
    const anchor = anchorOf(own, of, null, noon);
    const candidate = ownCandidate(own, of, { ...nothingKnown, allowance: { count: 4, usedAt } }, anchor);
    const { at, held } = ownPullAt(candidate, openTerms, { from: noon, anchor });
    expect(held).not.toBeNull();
    expect(at).toBeGreaterThanOrEqual(noon + 20 * HOUR);
  });
});

describe('an anchor', () => {
  const overdue = connection('a', { lastSuccessAt: noon - 9 * DAY, lastAttemptAt: null });
  test.each([
    ['a minute ago', noon - 60_000, noon - 60_000],
    ['in an hour', noon + HOUR, noon + HOUR],
    ['in a day and an hour: at the same time today', noon + 25 * HOUR, noon + HOUR],
    ['in a week, at noon', noon + 7 * DAY, noon + DAY],
  ])('of an overdue one that has a time %s', (_what, nextPullAt, expected) => {
    expect(anchorOf(rules, overdue, { nextPullAt }, noon)).toBe(expected);
  });
});

test('columns give back what was put into them', () => {
  const candidates = aged(3, DAY).map((each) => ownCandidate(rules, each, nothingKnown, noon));
  const more = {
    ...candidates[0],
    connectionId: 'more',
    currency: null,
    priceMicros: 0,
    allowance: { count: 4, usedAt: [1, 2] },
  };
  const all = [...candidates, { ...more, lastReadAt: 7, closedUntil: Number.POSITIVE_INFINITY } as never];
  const columns = sweepColumns(all);
  expect(all.map((_each, row) => candidateAt(columns, row))).toEqual(all);
});
