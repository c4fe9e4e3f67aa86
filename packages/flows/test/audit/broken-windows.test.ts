import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, insert, MINUTE, uuidv7 } from '@freshet/domain';
import type { Effect, Pull } from '@freshet/domain';
import type { PolicyBook } from '@freshet/policy';
import { brokenWindows, MOST_EXAMPLES } from '../../src/audit/broken-windows.js';
import { WINDOWS_BACK_MS } from '../../src/audit/look-backs.js';
import { connectionRow, entryRow, NOW, pullRow, risingIds, taskRow } from '../../src/contract/audit-rows.js';
import { policyBook } from '../../src/contract/rig.js';
import { findingsBy } from './test-engine.js';

const ids = risingIds();
const next = (): string => ids.next();
const AT = Date.UTC(2026, 4, 19, 12);
const base = connectionRow(next(), { groupKey: 'group-1' });

let made = 0;
/** A pull of one connection, recorded when it came. */
const pullAt = (at: number, over: Partial<Pull> = {}, recordedAt = at): Pull => {
  made += 1;
  const random = new Uint8Array(10);
  new DataView(random.buffer).setUint32(6, made);
  const { id: connectionId, groupKey } = base;
  return pullRow(uuidv7(recordedAt, random), {
    connectionId,
    groupKey,
    origin: 'forced',
    at,
    sentAt: at,
    endedAt: at,
    ...over,
  });
};

const rows = (...pulls: readonly Pull[]): readonly Effect[] => pulls.map((pull) => insert('pull', pull));

/** The catalogue's MX, with these limits alone. */
const withLimits = (limits: object): PolicyBook =>
  policyBook({
    version: 1,
    overrides: [{ match: { provider: 'MX' }, set: { limits: { 'mx-cooldown': null, ...limits } } }],
  });

const found = async (policies: PolicyBook, ...pulls: readonly Pull[]) =>
  (await findingsBy(brokenWindows, rows(...pulls), { policies })).map(({ severity, evidence }) => ({
    severity,
    limit: evidence.limit,
    pulls: (evidence.pulls as readonly { readonly pullId: string }[]).map(({ pullId }) => pullId),
  }));

const broke = (limit: string, severity: string, ...pulls: readonly Pull[]) => [
  { severity, limit, pulls: pulls.map(({ id }) => id) },
];

describe("a cooldown, as the catalogue's of MX: three hours after a success", () => {
  const mx = policyBook();
  const cooldown = 'mx-cooldown';

  test.each([
    [3 * HOUR, false],
    [3 * HOUR - 1, true],
  ])('with %i ms between them: broken is %s', async (later, isBroken) => {
    const [first, second] = [pullAt(AT), pullAt(AT + later)];
    expect(await found(mx, first, second)).toEqual(isBroken ? broke(cooldown, 'critical', second) : []);
  });

  test('counts from where the data came, not from where the call was sent', async () => {
    const first = pullAt(AT, { sentAt: AT - 10 * MINUTE });
    const second = pullAt(AT + 3 * HOUR + MINUTE, { sentAt: AT + 3 * HOUR - 1 });
    expect(await found(mx, first, second)).toEqual(broke(cooldown, 'critical', second));
  });

  test.each([
    ['failed', []],
    ['refused', []],
    ['released', []],
    ['reserved', []],
    ['partial', ['broken']],
    ['unknown', ['broken']],
    ['accepted', ['broken']],
  ] as const)('after one that is %s: %j', async (state, expected) => {
    expect(await found(mx, pullAt(AT, { state }), pullAt(AT + HOUR))).toHaveLength(expected.length);
  });

  test('of one that failed later it could not know that it would', async () => {
    const running = pullAt(AT, { state: 'failed', endedAt: AT + 20 * MINUTE });
    expect(await found(mx, running, pullAt(AT + 10 * MINUTE))).toHaveLength(1);
    expect(await found(mx, running, pullAt(AT + 20 * MINUTE))).toEqual([]);
  });

  test('counts pulls that nobody forced, once they were told of', async () => {
    const background = (recordedAt: number) => pullAt(AT, { origin: 'background' }, recordedAt);
    const forced = pullAt(AT + HOUR);
    expect(await found(mx, background(AT + HOUR), forced)).toEqual(broke(cooldown, 'critical', forced));
    expect(await found(mx, background(AT + HOUR + 1), forced)).toEqual([]);
  });

  test('is of the whole group, whose members may have been linked later', async () => {
    const other = connectionRow(next()).id;
    const twins = pullAt(AT, { connectionId: other });
    const forced = pullAt(AT + HOUR);
    expect(await found(mx, twins, forced)).toEqual(broke(cooldown, 'warning', forced));
    expect(await found(mx, pullAt(AT, { groupKey: 'group-2' }), forced)).toEqual([]);
  });

  test('of two in one millisecond, one was the second', async () => {
    const both = [pullAt(AT), pullAt(AT)] as const;
    expect(await found(mx, ...both)).toEqual(broke(cooldown, 'critical', both[1]));
  });
});

describe('a window', () => {
  const window = (over: object) => ({
    hours: {
      ...{ kind: 'window', scope: 'customer', count: 2, per: { shape: 'rolling', length: 'PT6H' } },
      ...{ counts: { origins: ['forced'], on: 'attempt' }, ...over },
    },
  });
  const several = (...hours: readonly number[]) =>
    hours.map((hour, index) => pullAt(AT + hour * HOUR, { groupKey: `g-${index}` }));

  test.each<readonly [string, object, readonly number[], number]>([
    ['rolling: the third within it', {}, [0, 2, 5.9], 1],
    ['rolling: the third after the first has left', {}, [0, 2, 6], 0],
    ['rolling: two in each stretch, and one too many at the end', {}, [0, 2, 6, 8, 11], 1],
    ['fixed: three in one', { per: { shape: 'fixed', length: 'PT60M' } }, [0.1, 0.5, 0.9], 1],
    ['fixed: across its turn', { per: { shape: 'fixed', length: 'PT60M' } }, [0.1, 0.9, 1, 1.5], 0],
    ['calendar: three in a day', { per: { shape: 'calendar', unit: 'day', timeZone: 'UTC' } }, [-11, 0, 11.9], 1],
    ['calendar: across midnight', { per: { shape: 'calendar', unit: 'day', timeZone: 'UTC' } }, [-1, 0, 12], 0],
    [
      'calendar: of its own time zone',
      { per: { shape: 'calendar', unit: 'day', timeZone: 'America/New_York' } },
      [-1, 0, 12],
      1,
    ],
  ])('%s', async (_what, over, hours, count) => {
    const pulls = several(...hours);
    expect(await found(withLimits(window(over)), ...pulls)).toEqual(
      count === 0 ? [] : broke('hours', 'critical', pulls.at(-1) as Pull),
    );
  });

  test('counts only what it says: origins, presence, products', async () => {
    const [first, second] = several(0, 1) as [Pull, Pull];
    const third = pullAt(AT + 2 * HOUR);
    const policies = withLimits(window({ counts: { origins: ['forced'], on: 'attempt', attended: false } }));
    expect(await found(policies, first, second, third)).toHaveLength(1);
    expect(await found(policies, first, { ...second, attended: true }, third)).toEqual([]);
    expect(await found(policies, first, { ...second, origin: 'background' }, third)).toEqual([]);
    const ofTransactions = withLimits(window({ products: ['TRANSACTIONS'] }));
    expect(await found(ofTransactions, first, second, third)).toEqual([]);
    const both = { products: ['TRANSACTIONS', 'BALANCES'] } as const;
    expect(
      await found(ofTransactions, { ...first, ...both }, { ...second, ...both }, { ...third, ...both }),
    ).toHaveLength(1);
    expect(await found(ofTransactions, { ...first, ...both }, second, { ...third, ...both })).toEqual([]);
  });

  test('holds back only whom it applies to', async () => {
    const policies = withLimits(window({ applies: 'unattended' }));
    const pulls = several(0, 1);
    expect(await found(policies, ...pulls, pullAt(AT + 2 * HOUR))).toHaveLength(1);
    expect(await found(policies, ...pulls, pullAt(AT + 2 * HOUR, { attended: true }))).toEqual([]);
  });

  test('of which a share is kept back: using that is less than breaking it', async () => {
    const policies = withLimits(window({ count: 3, reserveForAttended: 1 }));
    const [first, second] = several(0, 1) as [Pull, Pull];
    const third = pullAt(AT + 2 * HOUR);
    expect(await found(policies, first, second, third)).toEqual(broke('hours', 'warning', third));
    expect(await found(policies, first, second, { ...third, attended: true })).toEqual([]);
    const fourth = pullAt(AT + 3 * HOUR);
    expect(await found(policies, first, second, { ...third, attended: true }, fourth)).toEqual(
      broke('hours', 'critical', fourth),
    );
  });

  test('counts one that was under way then, though its data came later', async () => {
    const policies = withLimits(window({ scope: 'institution', count: 1 }));
    const running = pullAt(AT + 20 * MINUTE, { sentAt: AT, endedAt: AT + 20 * MINUTE, groupKey: 'g-1' });
    const meanwhile = pullAt(AT + 10 * MINUTE);
    expect(await found(policies, running, meanwhile)).toEqual(broke('hours', 'critical', meanwhile));
  });
});

test('what is older than a week is left to the nights before', async () => {
  const mx = policyBook();
  const pulls = (at: number) => [pullAt(at - HOUR), pullAt(at)] as const;
  expect(await found(mx, ...pulls(NOW - WINDOWS_BACK_MS - 1))).toEqual([]);
  expect(await found(mx, ...pulls(NOW - WINDOWS_BACK_MS))).toHaveLength(1);
  expect(await found(mx, pullAt(NOW - DAY, { origin: 'background' }))).toEqual([]);
});

test('a provider that is not known has no limits', async () => {
  expect(await found(policyBook(), ...[0, 1, 2].map((ms) => pullAt(AT + ms, { provider: 'NOBODY' })))).toEqual([]);
});

test('many are one finding, with what they cost, and some of them named', async () => {
  const pulls = Array.from({ length: MOST_EXAMPLES + 6 }, (_, index) => pullAt(AT + index * MINUTE));
  const task = taskRow(next(), { pullId: (pulls[1] as Pull).id });
  const entries = [entryRow(next(), task), entryRow(next(), task, { kind: 'charged' })];
  const [finding, ...rest] = await findingsBy(
    brokenWindows,
    [...rows(...pulls), ...entries.map((entry) => insert('ledgerEntry', entry))],
    { policies: policyBook() },
  );
  expect(rest).toEqual([]);
  expect(finding).toMatchObject({
    severity: 'critical',
    connectionId: null,
    money: { micros: 120_000, currency: 'USD' },
    summary: `${MOST_EXAMPLES + 5} forced pulls went to MX against its limit mx-cooldown: a pause of 180 minutes per group`,
    evidence: { count: MOST_EXAMPLES + 5, pulls: expect.arrayContaining([expect.objectContaining({ before: 1 })]) },
  });
  expect(finding?.evidence.pulls).toHaveLength(MOST_EXAMPLES);
});
