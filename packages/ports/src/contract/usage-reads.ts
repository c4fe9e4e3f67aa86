import { expect, test } from '@jest/globals';
import { countedPullStates, insert, pullStates, type ConnectionId, type Pull } from '@freshet/domain';
import type { UsageQuery, UsageScope } from '../usage.js';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { NOW, tenantId } = a;

const query = (over: Partial<UsageQuery> = {}): UsageQuery => ({
  tenantId,
  scope: { kind: 'group', groupKey: 'group-1' },
  origins: ['forced'],
  states: countedPullStates,
  attended: null,
  products: null,
  since: NOW - 100,
  take: 10,
  except: null,
  ...over,
});

const none = { count: 0, oldestAt: null, latestAt: null };
const one = (at: number) => ({ count: 1, oldestAt: at, latestAt: at });

const scopes: readonly (readonly [scope: UsageScope, outside: readonly Partial<Pull>[]])[] = [
  [
    { kind: 'connection', groupKey: 'group-1', connectionId: a.id<ConnectionId>('conn', 1) },
    [{ connectionId: a.id<ConnectionId>('conn', 2) }, { groupKey: 'group-2' }],
  ],
  [{ kind: 'group', groupKey: 'group-1' }, [{ groupKey: 'group-2' }]],
  [
    { kind: 'customer-institution', provider: 'MX', customerId: 'customer', institutionId: 'institution' },
    [{ provider: 'PLAID' }, { customerId: 'other' }, { institutionId: 'other' }],
  ],
  [{ kind: 'customer', provider: 'MX', customerId: 'customer' }, [{ provider: 'PLAID' }, { customerId: 'other' }]],
  [
    { kind: 'institution', provider: 'MX', institutionId: 'institution' },
    [{ provider: 'PLAID' }, { institutionId: 'other' }],
  ],
  [{ kind: 'account', connector: 'meld', provider: 'MX' }, [{ provider: 'PLAID' }, { connector: 'bud' }]],
];

/** What is asked, a pull that counts, and one that differs in just that. */
const filters: readonly (readonly [
  what: string,
  asked: Partial<UsageQuery>,
  inside: Partial<Pull>,
  outside: Partial<Pull>,
])[] = [
  ['origin', { origins: ['forced', 'connect'] }, { origin: 'connect' }, { origin: 'background' }],
  ['state', { states: ['succeeded'] }, { state: 'succeeded' }, { state: 'failed' }],
  ['presence', { attended: true }, { attended: true }, { attended: false }],
  ['absence', { attended: false }, { attended: false }, { attended: true }],
  ['product', { products: ['OWNERS'] }, { products: ['BALANCES', 'OWNERS'] }, { products: ['BALANCES'] }],
  [
    'any of several products',
    { products: ['OWNERS', 'IDENTIFIERS'] },
    { products: ['BALANCES', 'IDENTIFIERS'] },
    { products: ['BALANCES', 'TRANSACTIONS'] },
  ],
  [
    'the whole name of a product',
    { products: ['TRANSACTIONS'] },
    { products: ['TRANSACTIONS'] },
    { products: ['INVESTMENT_TRANSACTIONS'] },
  ],
  ['time, exclusively', { since: NOW }, { at: NOW + 1 }, { at: NOW }],
  ['tenant', {}, {}, { tenantId: a.otherTenantId }],
];

export const usageReadsContract = (current: Current): void => {
  const insertPulls = (...pulls: readonly Partial<Pull>[]) =>
    current().apply(...pulls.map((over, index) => insert('pull', a.pull(index + 1, over))));

  test('nothing used is a count of none', async () => {
    expect(await current().read('usage', query())).toEqual(none);
    expect(await current().read('latestPull', query())).toBeNull();
  });

  test.each(scopes)('scope $kind counts what is equal in all that it names', async (scope, outside) => {
    await insertPulls({}, ...outside);
    expect(await current().read('usage', query({ scope }))).toEqual(one(NOW));
    expect((await current().read('latestPull', query({ scope })))?.id).toBe(a.id('pull', 1));
  });

  test.each(scopes)('scope $kind finds a pull that is still reserved, however old', async (scope, outside) => {
    const reserved = { state: 'reserved', at: NOW - 5_000 } as const;
    await insertPulls(reserved, ...outside.map((over) => ({ ...over, ...reserved })));
    expect(await current().read('usage', query({ scope }))).toEqual({ count: 1, oldestAt: null, latestAt: null });
    expect((await current().read('latestPull', query({ scope })))?.id).toBe(a.id('pull', 1));
  });

  test.each(filters)('usage filters by %s', async (_what, asked, inside, outside) => {
    await insertPulls(outside, inside);
    expect(await current().read('usage', query(asked))).toMatchObject({ count: 1 });
    expect((await current().read('latestPull', query(asked)))?.id).toBe(a.id('pull', 2));
    expect(await current().ids('countedPulls', query(asked))).toEqual([a.id('pull', 2)]);
  });

  test.each(filters)('usage filters reserved ones by %s, too', async (what, asked, inside, outside) => {
    if (what === 'state' || what === 'time, exclusively') return;
    const reserved = { state: 'reserved', at: NOW - 5_000 } as const;
    await insertPulls({ ...outside, ...reserved }, { ...inside, ...reserved });
    expect(await current().read('usage', query(asked))).toMatchObject({ count: 1 });
  });

  test.each(pullStates)('a pull that is %s counts where the states say so', async (state) => {
    await insertPulls({ state });
    const isCounted = (countedPullStates as readonly string[]).includes(state);
    expect((await current().read('usage', query())).count).toBe(isCounted ? 1 : 0);
    expect((await current().read('usage', query({ states: [state] }))).count).toBe(1);
    expect((await current().read('usage', query({ states: [...pullStates] }))).count).toBe(1);
    expect((await current().read('usage', query({ states: pullStates.filter((each) => each !== state) }))).count).toBe(
      0,
    );
  });

  test('an old reserved pull does not count where reserved ones are not asked for', async () => {
    await insertPulls({ state: 'reserved', at: NOW - 5_000 });
    expect(await current().read('usage', query({ states: ['succeeded'] }))).toEqual(none);
  });

  test('a pull does not count against itself', async () => {
    await insertPulls({ at: NOW - 1 }, { at: NOW });
    const except = a.pull(2).id;
    expect(await current().read('usage', query({ except }))).toEqual(one(NOW - 1));
    expect((await current().read('latestPull', query({ except })))?.id).toBe(a.id('pull', 1));
    await current().apply(insert('pull', a.pull(3, { state: 'reserved', at: NOW - 900 })));
    expect((await current().read('usage', query({ except: a.pull(3).id }))).count).toBe(2);
  });

  test('the newest so many count, and the oldest of those is told', async () => {
    await insertPulls({ at: NOW - 30 }, { at: NOW - 10 }, { at: NOW - 20 }, { at: NOW - 200 });
    const usage = (take: number) => current().read('usage', query({ take }));
    expect(await usage(1)).toEqual(one(NOW - 10));
    expect(await usage(2)).toEqual({ count: 2, oldestAt: NOW - 20, latestAt: NOW - 10 });
    expect(await usage(3)).toEqual({ count: 3, oldestAt: NOW - 30, latestAt: NOW - 10 });
    expect(await usage(4)).toEqual({ count: 3, oldestAt: NOW - 30, latestAt: NOW - 10 });
  });

  test('one that is reserved comes before all that were sent, and has no time', async () => {
    const reserved = { state: 'reserved' } as const;
    await insertPulls(
      { at: NOW - 10 },
      { at: NOW - 5_000, ...reserved },
      { at: NOW - 20, ...reserved },
      { at: NOW - 30 },
    );
    const usage = (take: number) => current().read('usage', query({ take }));
    expect(await usage(0)).toEqual(none);
    expect(await usage(1)).toEqual({ count: 1, oldestAt: null, latestAt: null });
    expect(await usage(2)).toEqual({ count: 2, oldestAt: null, latestAt: null });
    expect(await usage(3)).toEqual({ count: 3, oldestAt: NOW - 10, latestAt: NOW - 10 });
    expect(await usage(5)).toEqual({ count: 4, oldestAt: NOW - 30, latestAt: NOW - 10 });
  });

  test('the pulls that count are told, the newest first, at most as many as asked for', async () => {
    await insertPulls(
      { at: NOW - 30 },
      { at: NOW - 10, groupKey: 'group-2' },
      { at: NOW - 20 },
      { at: NOW - 500, state: 'reserved' },
      { at: NOW - 500 },
      { at: NOW - 100 },
      { at: NOW - 99 },
    );
    const counted = async (over: Partial<UsageQuery>) =>
      (await current().read('countedPulls', query(over))).map((pull) => pull.id);
    const pulls = (...numbers: readonly number[]) => numbers.map((number) => a.id('pull', number));
    expect(await counted({})).toEqual(pulls(3, 1, 7, 4));
    expect(await counted({ take: 3 })).toEqual(pulls(3, 1, 7));
    expect(await counted({ take: 0 })).toEqual([]);
    expect(await counted({ states: ['failed'] })).toEqual([]);
    expect(await counted({ except: a.id('pull', 3) as UsageQuery['except'] })).toEqual(pulls(1, 7, 4));
    const [newest] = await current().read('countedPulls', query({ take: 1 }));
    expect(newest).toEqual(a.pull(3, { at: NOW - 20 }));
  });

  test('the pulls of a scope are shown from and until, whatever became of them, the oldest first', async () => {
    await insertPulls(
      { at: NOW - 10, state: 'failed' },
      { at: NOW - 30, origin: 'background', connectionId: a.id('conn', 2) },
      { at: NOW - 20 },
      { at: NOW - 20, state: 'reserved' },
      { at: NOW },
      { at: NOW - 20, groupKey: 'group-2' },
      { at: NOW - 15, groupKey: 'group-3', connector: 'bud' },
      { at: NOW - 15, groupKey: 'group-3', provider: 'PLAID' },
      { at: NOW - 15, tenantId: a.otherTenantId },
    );
    const between = async (scope: UsageScope, from: number, until: number, limit = 9) =>
      (await current().read('pullsBetween', { tenantId, scope, from, until, limit })).map(({ id }) => id);
    const ids = (...numbers: readonly number[]) => numbers.map((number) => a.id('pull', number));
    const group = { kind: 'group', groupKey: 'group-1' } as const;
    expect(await between(group, NOW - 30, NOW)).toEqual(ids(2, 3, 4, 1));
    expect(await between(group, NOW - 29, NOW + 1)).toEqual(ids(3, 4, 1, 5));
    expect(await between(group, NOW - 30, NOW, 2)).toEqual(ids(2, 3));
    const { connector, provider } = a.pull(1);
    expect(await between({ kind: 'account', connector, provider }, NOW - 20, NOW)).toEqual(ids(3, 4, 6, 1));
  });
};
