import { describe, expect, test } from '@jest/globals';
import { countedPullStates, HOUR, isOpen, MINUTE, SECOND } from '@freshet/domain';
import type {
  BudgetCounter,
  Connection,
  LedgerEntry,
  Product,
  Pull,
  RefreshAnswer,
  RefreshProgress,
} from '@freshet/domain';
import fc from 'fast-check';
import type { Limit, RefreshPolicy } from '../src/index.js';
import { configured, connection, cooldown, noon, policy, window } from './given.js';
import { dayOf, worldOf, type World } from './world.js';

type Step =
  | { readonly do: 'advance'; readonly ms: number }
  | {
      readonly do: 'ask';
      readonly who: number;
      readonly attended: boolean;
      readonly products: readonly Product[] | null;
    }
  | { readonly do: 'answer'; readonly which: number; readonly answer: RefreshAnswer | RefreshProgress }
  | { readonly do: 'start' | 'send' | 'lose' | 'cancel'; readonly which: number }
  /** A whole refresh of that connection, from the request to its end, in one instant. */
  | { readonly do: 'refresh'; readonly who: number; readonly attended: boolean; readonly asOf: number | null };

const one = fc.nat(9);
const products = fc.constantFrom<readonly Product[] | null>(null, ['BALANCES'], ['TRANSACTIONS']);
const answers: readonly (RefreshAnswer | RefreshProgress)[] = [
  { kind: 'accepted', providerTaskId: 'job', coalesced: false },
  { kind: 'accepted', providerTaskId: 'job', coalesced: true },
  { kind: 'done', asOf: null, newData: true },
  { kind: 'done', asOf: 0, newData: false },
  { kind: 'partial', asOf: null, newData: true, products: ['BALANCES'] },
  { kind: 'busy', runningId: null },
  { kind: 'limited', until: null, scope: 'group' },
  { kind: 'limited', until: 0, scope: 'provider' },
  { kind: 'customer-needed', event: 'failed_action_required', message: '' },
  { kind: 'refused', message: '' },
  { kind: 'unavailable', who: 'provider', retryAt: null, message: '' },
  { kind: 'unknown', message: '' },
  { kind: 'pending' },
];

const advances = [1, SECOND, 20 * SECOND, 40 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR] as const;

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.constantFrom(...advances) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask'), who: one, attended: fc.boolean(), products }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('start', 'send'), which: one }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('refresh'),
      who: one,
      attended: fc.boolean(),
      asOf: fc.constantFrom(null, 0, noon),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('answer'), which: one, answer: fc.constantFrom(...answers) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose', 'cancel'), which: one }) },
);

/** Long enough that windows fill, turn and fill again. */
const stepsOf = (maxLength: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(step, { minLength: maxLength / 2, maxLength, size: 'max' });

const wholeRefresh = (
  world: World,
  who: Connection,
  { attended, asOf }: { readonly attended: boolean; readonly asOf: number | null },
): void => {
  if (world.ask(who, { attended, products: null }).verdict !== 'force') return;
  const task = world.open().find((row) => row.groupKey === who.groupKey);
  if (task === undefined) return;
  world.start(task);
  world.send(task);
  world.answer(task, { kind: 'done', asOf, newData: true });
};

const take = (world: World, connections: ReturnType<typeof places>, made: Step): void => {
  if (made.do === 'advance') return world.advance(made.ms);
  if (made.do === 'ask') {
    world.ask(connections[made.who % connections.length] as Connection, made);
    return;
  }
  if (made.do === 'refresh') return wholeRefresh(world, connections[made.who % connections.length] as Connection, made);
  const open = world.open();
  const task = open[made.which % Math.max(1, open.length)];
  if (task === undefined) return;
  if (made.do === 'answer') world.answer(task, made.answer);
  else world[made.do](task);
};

const places = () => ['a', 'b', 'c', 'd'].map((name) => connection(name));

/** Every call that happened, or may have, as the provider saw it. */
const sentPulls = (world: World): readonly (Pull & { readonly sentAt: number })[] =>
  world.rows
    .all('pull')
    .filter(
      (pull): pull is Pull & { sentAt: number } =>
        pull.sentAt !== null && countedPullStates.includes(pull.state as never),
    )
    .sort((a, b) => a.sentAt - b.sentAt);

const concerned = (limit: Limit, pulls: ReturnType<typeof sentPulls>, key: string): ReturnType<typeof sentPulls> =>
  pulls.filter(
    (pull) =>
      (limit.scope === 'account' || pull.groupKey === key) &&
      (limit.products === null || limit.products.some((product) => pull.products.includes(product))),
  );

/** How many of the times lie in the same window as each, it and earlier ones. */
const counts = (limit: Limit, times: readonly number[]): readonly number[] =>
  times.map((at, index) => {
    const earlier = times.slice(0, index + 1);
    if (limit.kind === 'cooldown') return earlier.filter((other) => at - other < limit.forMs).length;
    const { per } = limit;
    if (per.shape === 'rolling') return earlier.filter((other) => at - other < per.ms).length;
    if (per.shape === 'fixed')
      return earlier.filter((other) => Math.floor(other / per.ms) === Math.floor(at / per.ms)).length;
    return earlier.filter((other) => dayOf(other, per.timeZone) === dayOf(at, per.timeZone)).length;
  });

const placesOf = (limit: Limit): number => (limit.kind === 'cooldown' ? 1 : limit.count);

const limits: readonly (readonly [string, Limit])[] = [
  ['a cooldown after an attempt', cooldown({ after: 'attempt', forMs: 10 * MINUTE })],
  ['a cooldown of the whole account', cooldown({ after: 'any-pull', scope: 'account', forMs: 5 * MINUTE })],
  ['a rolling window', window({ count: 2, per: { shape: 'rolling', ms: HOUR } })],
  [
    'a rolling window of the account',
    window({ count: 3, scope: 'account', per: { shape: 'rolling', ms: 5 * MINUTE } }),
  ],
  ['a fixed minute of the account', window({ count: 1, scope: 'account', per: { shape: 'fixed', ms: MINUTE } })],
  [
    'a fixed minute of one product',
    window({ count: 1, scope: 'account', products: ['TRANSACTIONS'], per: { shape: 'fixed', ms: MINUTE } }),
  ],
  [
    'a day of a calendar',
    window({ count: 3, scope: 'account', per: { shape: 'calendar', unit: 'day', timeZone: 'Europe/Paris' } }),
  ],
];

describe('whatever is asked, in whatever order and time', () => {
  test.each(limits)('%s is never exceeded', (_what, limit) => {
    fc.assert(
      fc.property(stepsOf(80), (steps) => {
        const connections = places();
        const world = worldOf(connections, policy({ limits: [limit] }), []);
        for (const made of steps) take(world, connections, made);
        for (const { groupKey } of connections) {
          const times = concerned(limit, sentPulls(world), groupKey).map((pull) => pull.sentAt);
          expect(Math.max(0, ...counts(limit, times))).toBeLessThanOrEqual(placesOf(limit));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('three hours lie between data that came and the next call', () => {
    fc.assert(
      fc.property(stepsOf(80), (steps) => {
        const connections = places().slice(0, 1);
        const world = worldOf(connections, policy({ limits: [cooldown()] }), []);
        for (const made of steps) take(world, connections, made);
        const calls = sentPulls(world);
        for (const came of calls.filter((pull) => pull.state === 'succeeded')) {
          const next = calls.find((pull) => pull.sentAt > came.at);
          if (next !== undefined) expect(next.sentAt - came.at).toBeGreaterThanOrEqual(3 * HOUR);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('unattended calls never take more places than are not kept for the attended', () => {
    const limit = window({ count: 3, reserveForAttended: 2, scope: 'account', per: { shape: 'rolling', ms: HOUR } });
    fc.assert(
      fc.property(stepsOf(80), (steps) => {
        const connections = places();
        const world = worldOf(connections, policy({ limits: [limit] }), []);
        for (const made of steps) take(world, connections, made);
        const calls = sentPulls(world);
        const timesOf = (pulls: typeof calls): readonly number[] => pulls.map((pull) => pull.sentAt);
        expect(Math.max(0, ...counts(limit, timesOf(calls)))).toBeLessThanOrEqual(3);
        expect(Math.max(0, ...counts(limit, timesOf(calls.filter((pull) => !pull.attended))))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });

  test('one refresh of a group is under way at a time', () => {
    fc.assert(
      fc.property(stepsOf(80), (steps) => {
        const connections = places();
        const world = worldOf(connections, policy(), []);
        for (const made of steps) {
          take(world, connections, made);
          const keys = world.open().map((task) => task.groupKey);
          expect(new Set(keys).size).toBe(keys.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('whatever happens to the money', () => {
  const priced: RefreshPolicy = policy({
    price: {
      currency: 'USD',
      perRequestMicros: 120_000,
      productSets: [{ products: ['BALANCES'], micros: 50_000 }],
      historicalMicros: 0,
      billedOn: 'attempt',
    },
  });
  const budget = configured({ name: 'daily', amountMicros: 500_000, period: 'day' });
  const sum = (entries: readonly LedgerEntry[], kinds: readonly string[]): number =>
    entries.filter((entry) => kinds.includes(entry.kind)).reduce((total, entry) => total + entry.micros, 0);

  /** What was held in the counter's period and came to that end. */
  const cameTo = (world: World, { periodStart, periodEnd }: BudgetCounter, end: LedgerEntry['kind']): number => {
    const entries = world.rows.all('ledgerEntry');
    const endOf = (pullId: string): LedgerEntry['kind'] =>
      entries.find((entry) => entry.pullId === pullId && entry.kind !== 'reserved')?.kind ?? 'reserved';
    const held = entries.filter(({ kind, at }) => kind === 'reserved' && periodStart <= at && at < periodEnd);
    return sum(
      held.filter(({ pullId }) => endOf(pullId) === end),
      ['reserved'],
    );
  };

  const told = (check: (world: World) => void): void => {
    fc.assert(
      fc.property(stepsOf(80), (steps) => {
        const connections = places();
        const world = worldOf(connections, priced, [budget]);
        for (const made of steps) take(world, connections, made);
        check(world);
      }),
      { numRuns: 60 },
    );
  };

  test('an ended task has as much charged, released and uncertain as it had reserved, and its charge says so', () => {
    told((world) => {
      for (const task of world.rows.all('task').filter((row) => !isOpen(row.state))) {
        const entries = world.rows.all('ledgerEntry').filter((entry) => entry.taskId === task.id);
        expect(sum(entries, ['charged', 'released', 'uncertain'])).toBe(sum(entries, ['reserved']));
        expect(sum(entries, ['charged'])).toBe(task.charge === 'charged' ? task.cost?.micros : 0);
        expect(sum(entries, ['uncertain'])).toBe(task.charge === 'uncertain' ? task.cost?.micros : 0);
        expect(task.charge).not.toBe('reserved');
      }
    });
  });

  test('a counter is what the ledger says, and no budget is overdrawn', () => {
    told((world) => {
      for (const counter of world.rows.all('budgetCounter')) {
        expect(counter.reservedMicros).toBe(cameTo(world, counter, 'reserved'));
        expect(counter.chargedMicros).toBe(cameTo(world, counter, 'charged'));
        expect(counter.uncertainMicros).toBe(cameTo(world, counter, 'uncertain'));
        const used = counter.reservedMicros + counter.chargedMicros + counter.uncertainMicros;
        expect(used).toBeLessThanOrEqual(budget.amountMicros);
      }
    });
  });
});
