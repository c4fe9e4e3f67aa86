import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import type { Connection, Instant, PullPlan } from '@freshet/domain';
import { connection, DAY, noon, policy, tenant } from '../../test/given.js';
import { limitReads } from '../limits/reads.js';
import type { RefreshPolicy } from '../policy.js';
import { isEngineManaged } from './engine-managed.js';
import { nothingKnown } from './own-candidate.js';
import { catchUp, isMissed, nextOwnPull } from './own-pulls.js';

const { background, forced } = policy();
const ours = policy({ forced: { ...forced, executor: 'caller' } });

/** When it is first pulled; null: never by us. */
const firstOwnPullAt = (rules: RefreshPolicy, of: Connection, now: Instant): Instant | null =>
  nextOwnPull(of, rules, nothingKnown, now)?.nextPullAt ?? null;

describe('a background of our own pulls', () => {
  test.each<[string, RefreshPolicy, boolean]>([
    ['is where nobody else pulls and its team reads', ours, true],
    ['is where nobody else pulls and the engine calls', policy(), true],
    ['is not where the provider pulls', { ...ours, background: { ...background, owner: 'provider' } }, false],
    ['is not where nothing can be read', { ...ours, forced: { ...ours.forced, available: false } }, false],
    ['is not where the customer has to be there', { ...ours, forced: { ...ours.forced, unattended: false } }, false],
    ['is not where it has no period', { ...ours, background: { ...background, everyMs: 0 } }, false],
  ])('%s', (_what, rules, expected) => {
    expect(isEngineManaged(rules)).toBe(expected);
    expect(firstOwnPullAt(rules, connection('a'), noon) !== null).toBe(expected);
  });

  test.each<[string, Partial<Connection>, Instant]>([
    ['after the last data', { lastSuccessAt: noon - HOUR, lastAttemptAt: null }, noon + 23 * HOUR],
    ['after the last try, whatever it brought', { lastSuccessAt: noon - DAY, lastAttemptAt: noon }, noon + DAY],
    ['after the connect', { lastSuccessAt: null, lastAttemptAt: null, connectedAt: noon - HOUR }, noon + 23 * HOUR],
  ])('falls due one period %s, and at most an hour later', (_what, values, from) => {
    const at = firstOwnPullAt(ours, connection('a', values), noon) as Instant;
    expect(at).toBeGreaterThanOrEqual(from);
    expect(at).toBeLessThan(from + HOUR);
    expect(firstOwnPullAt(ours, connection('a', values), noon + MINUTE)).toBe(at);
  });

  test('that is overdue comes in the next quarter of a period, never now', () => {
    const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
    const times = names.map((name) => {
      const old = connection(name, { lastSuccessAt: noon - 9 * DAY, lastAttemptAt: null });
      return (firstOwnPullAt(ours, old, noon) as Instant) - noon;
    });
    expect(Math.min(...times)).toBeGreaterThan(0);
    expect(Math.max(...times)).toBeLessThanOrEqual(6 * HOUR);
    for (let hour = 0; hour < 6; hour += 1) {
      expect(times.filter((at) => Math.floor(at / HOUR) === hour).length).toBeGreaterThan(15);
    }
  });

  test('that is overdue keeps its time, however often it is planned anew before it', () => {
    for (let row = 0; row < 20; row += 1) {
      const old = connection(`c${row}`, { lastSuccessAt: noon - 9 * DAY, lastAttemptAt: null });
      const at = firstOwnPullAt(ours, old, noon) as Instant;
      for (let now = noon; now < at; now += HOUR / 2) expect(firstOwnPullAt(ours, old, now)).toBe(at);
    }
  });

  test.each(['EXPIRED', 'DELETED'])('does not come where the connection is %s', (status) => {
    expect(firstOwnPullAt(ours, connection('a', { status, tenantId: tenant }), noon)).toBeNull();
  });

  test('counts where forced pulls count', () => {
    const limits = [
      { kind: 'cooldown', name: 'attempt', scope: 'group', applies: 'all', products: null, after: 'attempt', forMs: 1 },
    ] as const;
    const origins = (rules: RefreshPolicy) => limitReads({ ...rules, limits }, [], false, noon)[0]?.origins;
    expect(origins(ours)).toEqual(['forced', 'background']);
    expect(origins(policy({ background: { ...background, owner: 'provider' } }))).toEqual(['forced']);
  });
});

describe('what was missed', () => {
  const plan = (lateMs: number, everyMs = DAY): PullPlan => ({
    ...{ id: connection('a').id, tenantId: tenant, everyMs, lastPullAt: noon - DAY, held: null },
    nextPullAt: noon - lateMs,
  });

  test.each([
    ['an hour late, of a day', HOUR, DAY, false],
    ['later than an hour, of a day', HOUR + 1, DAY, true],
    ['ten minutes late, of an hour', 10 * MINUTE, HOUR, false],
    ['later than ten minutes, of an hour', 10 * MINUTE + 1, HOUR, true],
    ['not due yet', -1, DAY, false],
  ])('%s', (_what, lateMs, everyMs, expected) => {
    expect(isMissed(plan(lateMs, everyMs), noon)).toBe(expected);
  });

  test('comes back in its order, evenly over a quarter of the period, and never now', () => {
    const times = Array.from({ length: 100 }, (_, rank) => {
      const effect = catchUp(plan(2 * DAY), rank, 100, noon);
      return effect.do === 'put' && effect.record === 'pullPlan' ? effect.row.nextPullAt - noon : 0;
    });
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThan(0);
    expect(times.at(-1)).toBeLessThanOrEqual(6 * HOUR + 1);
    times.slice(1).forEach((at, place) => expect(at - (times[place] as number)).toBeLessThanOrEqual(4 * MINUTE));
  });
});
