import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, put } from '@freshet/domain';
import type { BackgroundWatch, Connection, Effect } from '@freshet/domain';
import { connection, DAY, noon, policy, providerManaged } from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { RefreshPolicy } from '../policy.js';
import type { FeedFacts } from './feed.js';
import {
  afterData,
  beginWatching,
  claimLook,
  decideWatch,
  isBackgroundMissed,
  planWatch,
  type WatchPhase,
} from './watch.js';

const managed = policy({ background: providerManaged });
const suppressing = policy({ background: { ...providerManaged, suppressedByForcedMs: 20 * HOUR } });
/** Its provider pulled it a day ago: the next one is expected at noon, and missed an hour later. */
const pulled = (values: Partial<Connection> = {}) => connection('a', { lastBackgroundAt: noon - DAY, ...values });
const NO_FEEDS: FeedFacts = { feeds: [], watched: { provider: 1, institution: 1 } };

const watch = (values: Partial<BackgroundWatch> = {}): BackgroundWatch => ({
  id: connection().id,
  tenantId: connection().tenantId,
  connector: 'meld',
  provider: 'MX',
  institutionId: 'bank-1',
  expectedAt: noon,
  dueAt: noon + HOUR,
  lookSince: null,
  misses: 0,
  lateSince: null,
  staleSince: null,
  ...values,
});

const watchIn = (effects: readonly Effect[]) => written(effects, 'backgroundWatch')[0];

const decided = (
  now: number,
  given: {
    readonly phase?: WatchPhase;
    readonly canHear?: boolean;
    readonly canLook?: boolean;
    readonly watch?: Partial<BackgroundWatch>;
    readonly connection?: Connection | null;
    readonly policy?: RefreshPolicy;
  } = {},
) => {
  const facts = {
    watch: watch(given.watch),
    connection: given.connection === undefined ? pulled() : given.connection,
    feeds: NO_FEEDS,
    canHear: given.canHear ?? true,
    canLook: given.canLook ?? false,
  };
  return decideWatch(facts, given.phase ?? 'due', given.policy ?? managed, now).effects;
};

describe('a refresh that the provider makes by itself', () => {
  test.each<[string, Connection, RefreshPolicy, number, boolean]>([
    ['just within its grace', pulled(), managed, noon + HOUR - 1, false],
    ['when its grace is over', pulled(), managed, noon + HOUR, true],
    [
      'of unknown hours, where a forced pull would push it away, that much later',
      connection('a'),
      suppressing,
      noon + 21 * HOUR - 1,
      false,
    ],
    ['of unknown hours, when that is over too', connection('a'), suppressing, noon + 21 * HOUR, true],
    [
      'that our forced pull pushes away',
      pulled({ lastForcedAt: noon - 10 * HOUR }),
      suppressing,
      noon + 2 * HOUR,
      false,
    ],
    ['of one that needs its customer', pulled({ status: 'RECONNECT_REQUIRED' }), managed, noon + 9 * DAY, false],
    ['of one that nobody but us pulls', pulled(), policy(), noon + 9 * DAY, false],
  ])('is missed or not: %s', (_what, of, rules, now, expected) => {
    expect(isBackgroundMissed(rules, of, now)).toBe(expected);
  });

  test('is asked for once its grace is over, at a moment of its own', () => {
    const names = Array.from({ length: 50 }, (_, index) => `c${index}`);
    const times = names.map((name) => {
      const of = connection(name, { lastBackgroundAt: noon });
      return watchIn(planWatch(of, managed, noon + HOUR))?.dueAt as number;
    });
    expect(Math.min(...times)).toBeGreaterThanOrEqual(noon + DAY + HOUR);
    expect(Math.max(...times)).toBeLessThan(noon + DAY + HOUR + 15 * MINUTE);
    expect(new Set(times).size).toBeGreaterThan(40);
  });

  test('of many that come with old data is asked for over a quarter of a period, never at once', () => {
    const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
    const times = names.map((name) => {
      const old = connection(name, { lastBackgroundAt: noon - 9 * DAY });
      return (watchIn(planWatch(old, managed, noon))?.dueAt as number) - noon;
    });
    expect(Math.min(...times)).toBeGreaterThan(0);
    expect(Math.max(...times)).toBeLessThanOrEqual(6 * HOUR);
    for (let hour = 0; hour < 6; hour += 1) {
      expect(times.filter((at) => Math.floor(at / HOUR) === hour).length).toBeGreaterThan(15);
    }
  });

  test.each<[string, Partial<Connection>, RefreshPolicy]>([
    ['where nobody but us pulls', {}, policy()],
    ['of an inactive twin', { active: false }, managed],
    ['of one that needs its customer', { status: 'RECONNECT_REQUIRED' }, managed],
    ['of one that has ended', { status: 'EXPIRED' }, managed],
  ])('is not watched %s', (_what, values, rules) => {
    expect(planWatch(pulled(values), rules, noon)).toEqual([]);
  });

  test.each<[string, Partial<Connection>, Partial<Connection>, boolean]>([
    ['is mended', { status: 'RECONNECT_REQUIRED' }, {}, true],
    ['takes the place of its twin', { active: false }, {}, true],
    ['is connected', { status: 'IN_PROGRESS' }, {}, true],
    ['goes on as it was', {}, {}, false],
    ['breaks', {}, { status: 'RECONNECT_REQUIRED' }, false],
    ['steps back', {}, { active: false }, false],
  ])('is watched from then on where the connection %s', (_what, before, after, begins) => {
    const effects = beginWatching(pulled(before), pulled(after), noon);
    expect(effects.length > 0).toBe(begins);
    if (begins) expect(watchIn(effects)).toMatchObject({ dueAt: noon, lateSince: null });
  });
});

describe('what was asked for when its time had come', () => {
  test('and came meanwhile needs nothing but the next plan', () => {
    const came = pulled({ lastBackgroundAt: noon + MINUTE });
    const effects = decided(noon + HOUR, { connection: came, canLook: true });
    expect(effects).toHaveLength(1);
    expect(watchIn(effects)).toMatchObject({ expectedAt: noon + MINUTE + DAY, lookSince: null, lateSince: null });
  });

  test('waits to be read, where that is free', () => {
    const effects = decided(noon + HOUR, { canLook: true });
    expect(effects).toEqual([put('backgroundWatch', watch({ dueAt: null, lookSince: noon + HOUR }))]);
  });

  test('is late where it cannot be read, or was read in vain', () => {
    for (const given of [{ canLook: false }, { canLook: true, phase: 'looked' }] as const) {
      expect(watchIn(decided(noon + HOUR, given))).toMatchObject({
        lateSince: noon,
        misses: 1,
        dueAt: noon + 2 * HOUR,
        staleSince: null,
      });
    }
  });

  test.each([
    [0, null],
    [1, null],
    [2, noon],
  ])('is not late by a reading that failed, after %d such: late since %s', (misses, lateSince) => {
    const given = { phase: 'unread', canLook: true, watch: { misses } } as const;
    expect(watchIn(decided(noon + HOUR, given))).toMatchObject({ lateSince, misses: misses + 1, lookSince: null });
    // ... nor on time by it where it was late before.
    const before = { ...given, watch: { misses, lateSince: noon } };
    expect(watchIn(decided(noon + HOUR, before))).toMatchObject({ lateSince: noon });
  });

  test('is not late where nothing of it would be heard', () => {
    const deaf = decided(noon + HOUR, { canHear: false });
    expect(deaf).toEqual([put('backgroundWatch', watch({ dueAt: noon + HOUR + DAY }))]);
  });

  test('and did not come is asked for often at first, and at least four times a period', () => {
    const again = (misses: number) =>
      (watchIn(decided(noon + HOUR, { watch: { misses } }))?.dueAt as number) - (noon + HOUR);
    expect([0, 1, 2, 3, 9].map(again)).toEqual([HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 6 * HOUR]);
  });

  test.each([
    ['just before its data is too old', -1, null],
    ['when it is', 0, noon + DAY],
    ['after that', HOUR, noon + DAY],
  ])('becomes stale: %s', (_what, offset, staleSince) => {
    const late = { lateSince: noon, misses: 9, dueAt: noon + DAY + offset };
    expect(watchIn(decided(noon + DAY + offset, { watch: late }))).toMatchObject({ lateSince: noon, staleSince });
  });

  test('is asked for at the very moment in which it becomes stale', () => {
    const at = noon + DAY - HOUR;
    expect(watchIn(decided(at, { watch: { misses: 9, dueAt: at } }))?.dueAt).toBe(noon + DAY);
  });

  test('after days in which nothing ran is asked for later, by turns, and not called late by that', () => {
    const effects = decided(noon + 3 * DAY, { canLook: true });
    const row = watchIn(effects);
    expect(row).toMatchObject({ lookSince: null, lateSince: null });
    expect(row?.dueAt).toBeGreaterThan(noon + 3 * DAY);
    expect(row?.dueAt).toBeLessThanOrEqual(noon + 3 * DAY + 6 * HOUR);
    // ... and then it is asked for.
    const later = row?.dueAt as number;
    const asked = decided(later, { canLook: true, watch: { dueAt: later } });
    expect(watchIn(asked)).toMatchObject({ lookSince: later });
  });

  test.each<[string, Connection | null, RefreshPolicy]>([
    ['is gone', null, managed],
    ['needs its customer', pulled({ status: 'RECONNECT_REQUIRED' }), managed],
    ['stepped back', pulled({ active: false }), managed],
    ['is ours to pull now', pulled(), policy()],
  ])('of a connection that %s is not watched any more', (_what, of, rules) => {
    expect(decided(noon + HOUR, { connection: of, policy: rules })).toEqual([
      { do: 'remove', record: 'backgroundWatch', id: watch().id },
    ]);
  });

  test('is read by one worker, and asked for again should that one go', () => {
    const waiting = watch({ dueAt: null, lookSince: noon });
    expect(claimLook(null, pulled(), managed, noon).look).toBe(false);
    expect(claimLook(watch(), pulled(), managed, noon)).toEqual({ look: false, effects: [] });
    for (const gone of [null, pulled({ status: 'DELETED' })]) {
      const ends = claimLook(waiting, gone, managed, noon);
      expect([ends.look, watchIn(ends.effects)?.dueAt]).toEqual([false, noon]);
    }
    const claimed = claimLook(waiting, pulled(), managed, noon);
    expect(claimed.look).toBe(true);
    expect(watchIn(claimed.effects)).toMatchObject({ lookSince: null, dueAt: noon + HOUR });
  });
});

describe('data that comes to one that is late', () => {
  const late = { watch: watch({ lateSince: noon, misses: 3, staleSince: noon + DAY }), feeds: NO_FEEDS };

  test('clears it, and the next one is awaited', () => {
    const effects = afterData(late, pulled({ lastBackgroundAt: noon + 2 * DAY }), managed, noon + 2 * DAY);
    expect(watchIn(effects)).toMatchObject({
      expectedAt: noon + 3 * DAY,
      misses: 0,
      lateSince: null,
      staleSince: null,
    });
  });

  test('changes nothing where it is as old as what was known', () => {
    expect(afterData(late, pulled({ lastBackgroundAt: noon - HOUR }), managed, noon + 2 * DAY)).toEqual([]);
  });
});
