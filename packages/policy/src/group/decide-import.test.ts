import { describe, expect, test } from '@jest/globals';
import { closureId, HOUR, idOf, insert } from '@freshet/domain';
import type { Closure, Connection, Pull, Task } from '@freshet/domain';
import {
  connection,
  connectionId,
  DAY,
  inputs,
  noon,
  policy,
  pull,
  queued,
  running,
  taskId,
  tenant,
  twins,
} from '../../test/given.js';
import { kept, written } from '../../test/tables.js';
import { nothingLearned } from '../freshness/connection-rates.js';
import type { RefreshPolicy } from '../policy.js';
import type { GroupHoldings } from './carry.js';
import { decideImport, type ImportFacts } from './decide-import.js';
import { groupKeyOf } from './elect.js';
import type { ImportItem } from './import-item.js';

const item = (name: string, values: Partial<ImportItem> = {}): ImportItem => ({
  externalId: `ext-${name}`,
  connector: 'meld',
  provider: 'MX',
  customerId: 'customer-1',
  institutionId: 'bank-1',
  products: ['BALANCES'],
  ...values,
});

const brought = (
  items: readonly ImportItem[],
  known: readonly Connection[] = [],
  rules: Partial<RefreshPolicy> = {},
  now = noon,
  holdings: ImportFacts['holdings'] = {},
) => {
  const facts: ImportFacts = {
    known: items.map((it) => known.find((row) => row.externalId === it.externalId) ?? null),
    groups: Object.fromEntries(
      known.map(({ groupKey }) => [
        groupKey,
        known.filter((row) => row.groupKey === groupKey && row.status !== 'DELETED'),
      ]),
    ),
    holdings,
  };
  const decided = decideImport(items, facts, () => policy(rules), tenant, inputs(now));
  const rows = kept(
    ...known.map((row) => insert('connection', row)),
    ...Object.values(holdings).flatMap(({ openTask, pulls }) => [
      ...(openTask === null ? [] : [insert('task', openTask)]),
      ...pulls.map((row) => insert('pull', row)),
    ]),
  );
  rows.apply(decided.effects);
  const after = (name: string): Connection =>
    rows.all('connection').find((row) => row.externalId === `ext-${name}`) as Connection;
  return { ...decided, rows, after };
};

const status = ({ status: word, statusReason, active }: Connection): string =>
  `${word}/${statusReason ?? '-'}${active ? ' active' : ''}`;
const inactive = 'PARTIALLY_ACTIVE/INACTIVE_DUPLICATE';
const mem = { providerConnectionId: 'mem-1' };

describe('a new connection', () => {
  test('is ACTIVE unless told, with the freshness that it came with, and that pull counts', () => {
    const { imported, after, effects } = brought([
      item('a', { lastSuccessAt: noon - HOUR, products: ['BALANCES', 'OWNERS'] }),
    ]);
    expect(imported).toMatchObject([{ imported: 'created' }]);
    expect(after('a')).toMatchObject({
      status: 'ACTIVE',
      statusReason: null,
      active: true,
      freshness: { BALANCES: noon - HOUR, OWNERS: noon - HOUR },
      lastSuccessAt: noon - HOUR,
      connectedAt: noon - HOUR,
      historicalLoaded: true,
      staleAt: noon - HOUR + 2 * DAY,
    });
    expect(written(effects, 'pull')).toMatchObject([{ origin: 'import', state: 'succeeded', at: noon - HOUR }]);
    expect(written(effects, 'statusChange')).toMatchObject([
      { event: 'imported', fromStatus: null, toStatus: 'ACTIVE' },
    ]);
  });

  test('without data yet was connected now, and pulled nothing', () => {
    const { after, effects } = brought([item('a')]);
    expect(after('a')).toMatchObject({
      connectedAt: noon,
      lastSuccessAt: null,
      freshness: {},
      historicalLoaded: false,
    });
    expect(written(effects, 'pull')).toEqual([]);
  });

  test.each([
    ['IN_PROGRESS', undefined],
    ['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS'],
    ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED'],
    ['EXPIRED', undefined],
    ['DELETED', undefined],
    ['IMPEDED', 'WEATHER'],
  ])('keeps the status that it came with: %s (%s)', (word, reason) => {
    const { after } = brought([item('a', { status: word, statusReason: reason })]);
    expect(after('a')).toMatchObject({ status: word, statusReason: reason ?? null, active: word !== 'DELETED' });
  });
});

describe('the duplicates of one batch', () => {
  const pair = (a: Partial<ImportItem>, b: Partial<ImportItem>) =>
    brought([item('a', { ...mem, ...a }), item('b', { ...mem, ...b })]);

  test.each<[string, Partial<ImportItem>, Partial<ImportItem>, 'a' | 'b']>([
    ['most recently refreshed', { lastSuccessAt: noon - 2 }, { lastSuccessAt: noon - 1 }, 'b'],
    [
      'refreshed at the same time, most recently connected',
      { lastSuccessAt: noon, connectedAt: noon - 1 },
      { lastSuccessAt: noon, connectedAt: noon - 2 },
      'a',
    ],
    ['first imported, all else being equal', {}, {}, 'a'],
    [
      'never refreshed, but connected later than the data of the other',
      { lastSuccessAt: noon - 2 },
      { connectedAt: noon - 1 },
      'b',
    ],
    [
      'not told to be inactive, though refreshed earlier',
      { lastSuccessAt: noon - 2 },
      { lastSuccessAt: noon - 1, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' },
      'a',
    ],
  ])('have one active: the one %s', (_what, a, b, active) => {
    const { after } = pair(a, b);
    const other = active === 'a' ? 'b' : 'a';
    expect(status(after(active))).toBe('ACTIVE/- active');
    expect(status(after(other))).toBe(inactive);
  });

  test('inherit nothing: the active one keeps the status that it came with', () => {
    const { after } = pair(
      { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED', lastSuccessAt: noon },
      { lastSuccessAt: noon - 1 },
    );
    expect(status(after('a'))).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED active');
    expect(status(after('b'))).toBe(inactive);
  });

  test('are known by their provider connection id, else by their login', () => {
    const login = { loginFingerprint: 'f-1' };
    expect(status(brought([item('a', login), item('b', login)]).after('b'))).toBe(inactive);
    expect(status(brought([item('a', login), item('b', { loginFingerprint: 'f-2' })]).after('b'))).toBe(
      'ACTIVE/- active',
    );
    expect(status(brought([item('a', login), item('b', { ...login, customerId: 'x' })]).after('b'))).toBe(
      'ACTIVE/- active',
    );
    expect(status(brought([item('a', login), item('b', { ...login, institutionId: 'x' })]).after('b'))).toBe(
      'ACTIVE/- active',
    );
    expect(status(brought([item('a', mem), item('b', { ...mem, customerId: 'x' })]).after('b'))).toBe(inactive);
    expect(status(brought([item('a', mem), item('b', { ...mem, provider: 'FINICITY' })]).after('b'))).toBe(
      'ACTIVE/- active',
    );
    expect(status(brought([item('a'), item('b')]).after('b'))).toBe('ACTIVE/- active');
  });

  test('that are billed apart are not merged', () => {
    const { after } = brought([item('a', mem), item('b', mem)], [], { duplicates: 'twins' });
    expect([status(after('a')), status(after('b'))]).toEqual(['ACTIVE/- active', 'ACTIVE/- active']);
  });

  test.each(['IN_PROGRESS', 'EXPIRED', 'DELETED'])('leave out one that is %s: it is not linked', (word) => {
    const { after } = pair({ status: word, lastSuccessAt: noon }, {});
    expect(status(after('b'))).toBe('ACTIVE/- active');
    expect(after('a').groupKey).toBe(after('a').id);
  });
});

describe('a duplicate of a known connection', () => {
  const known = connection('a', { ...mem, groupKey: '["connection","MX","mem-1"]' });

  test('takes its place where it was refreshed later', () => {
    const { after, effects } = brought([item('b', { ...mem, lastSuccessAt: noon })], [known]);
    expect(status(after('a'))).toBe(inactive);
    expect(status(after('b'))).toBe('ACTIVE/- active');
    expect(written(effects, 'statusChange').map((row) => row.event)).toEqual(['demoted', 'imported']);
  });

  test('does not where it was refreshed earlier', () => {
    const { after } = brought([item('b', { ...mem, lastSuccessAt: noon - 2 * DAY })], [known]);
    expect([status(after('a')), status(after('b'))]).toEqual(['ACTIVE/- active', inactive]);
  });
});

describe('an import of what is known already', () => {
  const known = connection('a', {
    statusReason: 'NEW_ACCOUNTS_AVAILABLE',
    consentExpiresAt: noon + DAY,
    loginFingerprint: null,
    optionalProducts: ['OWNERS'],
    consecutiveFailures: 1,
  });

  test('says so, keeps its id and everything that is absent', () => {
    const { imported, after, effects } = brought([item('a', { products: ['BALANCES', 'TRANSACTIONS'] })], [known]);
    expect(imported).toEqual([{ connection: known, imported: 'updated' }]);
    expect(after('a')).toEqual(known);
    expect(effects).toEqual([]);
  });

  test('changes what is told', () => {
    const told = {
      products: ['OWNERS'],
      status: 'DEGRADED',
      lastSuccessAt: noon,
      consentExpiresAt: noon + 2 * DAY,
      connectedAt: noon - DAY,
      credentials: 'new',
      historicalLoaded: false,
    } as const;
    const { after, effects } = brought([item('a', told)], [known]);
    expect(after('a')).toMatchObject({
      ...told,
      statusReason: null,
      freshness: { BALANCES: noon - DAY, TRANSACTIONS: noon - DAY, OWNERS: noon },
      staleAt: noon + 2 * DAY,
    });
    expect(written(effects, 'statusChange')).toMatchObject([
      { event: 'imported', fromReason: 'NEW_ACCOUNTS_AVAILABLE' },
    ]);
  });

  test('never makes it older', () => {
    const { after } = brought([item('a', { lastSuccessAt: noon - 2 * DAY })], [known]);
    expect(after('a')).toMatchObject({ lastSuccessAt: noon - DAY, freshness: known.freshness });
  });

  test('leaves DELETED deleted', () => {
    const gone = connection('a', { status: 'DELETED', active: false, credentials: null });
    const { imported, effects, after } = brought(
      [item('a', { status: 'ACTIVE', credentials: 'new', lastSuccessAt: noon })],
      [gone],
    );
    expect(imported[0]?.imported).toBe('updated');
    expect(after('a')).toEqual(gone);
    expect(effects).toEqual([]);
  });

  const [a, b] = twins();

  test.each<[string, readonly ImportItem[], string, string]>([
    [
      'the inactive twin is told to be ACTIVE: places are by the last refresh',
      [item('b', { ...mem, status: 'ACTIVE' })],
      'ACTIVE/- active',
      inactive,
    ],
    [
      'both are told to be ACTIVE',
      [item('a', { ...mem, status: 'ACTIVE' }), item('b', { ...mem, status: 'ACTIVE' })],
      'ACTIVE/- active',
      inactive,
    ],
    [
      'the inactive twin was refreshed later',
      [item('b', { ...mem, status: 'ACTIVE', lastSuccessAt: noon })],
      inactive,
      'ACTIVE/- active',
    ],
    [
      'they are told to have changed places',
      [
        item('a', { ...mem, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' }),
        item('b', { ...mem, status: 'DEGRADED' }),
      ],
      inactive,
      'DEGRADED/- active',
    ],
    [
      'the active twin is told to be broken',
      [item('a', { ...mem, status: 'RECONNECT_REQUIRED' })],
      'RECONNECT_REQUIRED/- active',
      inactive,
    ],
    [
      'the active twin is deleted: the next inherits',
      [item('a', { ...mem, status: 'DELETED' })],
      'DELETED/-',
      'ACTIVE/- active',
    ],
    [
      'the active twin turns out to be another one: the next inherits',
      [item('a', { providerConnectionId: 'mem-2' })],
      'ACTIVE/- active',
      'ACTIVE/- active',
    ],
  ])('%s', (_what, items, first, second) => {
    const { after } = brought(items, [a, b]);
    expect([status(after('a')), status(after('b'))]).toEqual([first, second]);
  });

  test('brings the active one of a group into another without two active even for a moment', () => {
    const c = connection('c', {
      providerConnectionId: 'mem-2',
      groupKey: '["connection","MX","mem-2"]',
      lastSuccessAt: noon - HOUR,
    });
    const { after } = brought([item('a', { providerConnectionId: 'mem-2', lastSuccessAt: noon })], [a, b, c]);
    expect([status(after('a')), status(after('b')), status(after('c'))]).toEqual([
      'ACTIVE/- active',
      'ACTIVE/- active',
      inactive,
    ]);
  });
});

describe('a batch', () => {
  test('answers item by item, in order, new and known', () => {
    const { imported } = brought([item('n'), item('a'), item('m')], [connection('a')]);
    expect(imported.map((it) => [it.connection.externalId, it.imported])).toEqual([
      ['ext-n', 'created'],
      ['ext-a', 'updated'],
      ['ext-m', 'created'],
    ]);
  });

  test('of a thousand is one list of effects: all of it or nothing', () => {
    const { rows } = brought(
      Array.from({ length: 1000 }, (_, index) => item(`${index}`, { providerConnectionId: `mem-${index % 400}` })),
    );
    expect(rows.all('connection')).toHaveLength(1000);
    expect(rows.all('connection').filter((row) => row.active)).toHaveLength(400);
  });
});

describe('what belongs to a group', () => {
  const keyOf = (member: string) => `["connection","MX","${member}"]`;
  const alone = connection('a');
  const [a, b] = twins();
  const task = (name: string, values: Partial<Task> = {}): Task =>
    running({ id: taskId(name), connectionId: connectionId(name), groupKey: connectionId(name), ...values });
  const pullOf = (name: string, groupKey: string): Pull =>
    pull({ id: idOf('pull', name), connectionId: connectionId(name), groupKey, state: 'succeeded' });
  const closure = (scopeKey: string, until: number | null, values: Partial<Closure> = {}): Closure => {
    const subject = { tenantId: tenant, connector: 'meld', provider: 'MX', scope: 'group', kind: 'limited' } as const;
    const about = { ...subject, scopeKey, until, probe: null, at: noon, ...values };
    return { ...about, id: closureId(about) };
  };
  const held = (values: Partial<GroupHoldings> = {}): GroupHoldings => ({
    openTask: null,
    pulls: [],
    closures: [],
    rates: null,
    ...values,
  });
  const moved = (
    items: readonly ImportItem[],
    known: readonly Connection[],
    holdings: Readonly<Record<string, GroupHoldings>>,
  ) => brought(items, known, {}, noon, holdings);

  test('goes along when its key becomes known: the open refresh, the pulls and what is closed', () => {
    const { rows, effects, clashes } = moved([item('a', mem)], [alone], {
      [alone.groupKey]: held({
        openTask: task('a'),
        pulls: [pullOf('a', alone.groupKey)],
        closures: [closure(alone.groupKey, noon + HOUR)],
      }),
    });
    expect(clashes).toEqual([]);
    expect(rows.all('task').map((row) => row.groupKey)).toEqual([keyOf('mem-1')]);
    expect(rows.all('pull').map((row) => row.groupKey)).toEqual([keyOf('mem-1')]);
    expect(written(effects, 'closure')).toEqual([closure(keyOf('mem-1'), noon + HOUR)]);
  });

  test.each([
    ['is over', closure(alone.groupKey, noon), []],
    ['has no end', closure(alone.groupKey, null), [null]],
    ['is the institution’s', closure('bank-1', noon + HOUR, { scope: 'institution' }), []],
    ['is shorter than the one there', closure(alone.groupKey, noon + 1), [noon + 2]],
    ['is longer than the one there', closure(alone.groupKey, noon + 3), [noon + 3]],
  ])('closed to it, where it %s: the longer block stands', (_what, closed, untils) => {
    const { effects } = moved([item('a', mem)], [alone], {
      [alone.groupKey]: held({ closures: [closed] }),
      [keyOf('mem-1')]: held({ closures: [closure(keyOf('mem-1'), noon + 2)] }),
    });
    expect(written(effects, 'closure').map((row) => row.until)).toEqual(untils);
  });

  test('and what was learned of it, where nothing was learned of those whom it joins', () => {
    const rates = (groupKey: string, readsPerDay: number) => ({
      ...nothingLearned({ tenantId: tenant, groupKey, provider: 'MX' }, policy(), noon),
      readsPerDay,
    });
    const joining = (there: number | null) =>
      moved([item('a', mem)], [alone], {
        [alone.groupKey]: held({ rates: rates(alone.groupKey, 3) }),
        [keyOf('mem-1')]: held({ rates: there === null ? null : rates(keyOf('mem-1'), there) }),
      }).effects;
    expect(written(joining(null), 'connectionRates')).toEqual([rates(keyOf('mem-1'), 3)]);
    expect(written(joining(5), 'connectionRates')).toEqual([]);
  });

  test('stays with those who stay, but for what the leaver did', () => {
    const key = a.groupKey;
    const { rows } = moved([item('b', { providerConnectionId: 'mem-2' })], [a, b], {
      [key]: held({ openTask: task('a', { groupKey: key }), pulls: [pullOf('a', key), pullOf('b', key)] }),
    });
    expect(rows.one('task', taskId('a')).groupKey).toBe(key);
    expect(rows.all('pull').map((row) => row.groupKey)).toEqual([key, keyOf('mem-2')]);
  });

  test('of one who was deleted goes with the last who leaves, and stays while there is one', () => {
    const key = a.groupKey;
    const holdings = { [key]: held({ openTask: task('gone', { groupKey: key }), pulls: [pullOf('gone', key)] }) };
    const leaves = item('a', { providerConnectionId: 'mem-2' });
    const all = moved([leaves, item('b', { providerConnectionId: 'mem-3' })], [a, b], holdings).rows;
    expect([all.all('task')[0]?.groupKey, all.all('pull')[0]?.groupKey]).toEqual([keyOf('mem-2'), keyOf('mem-2')]);
    const one = moved([leaves], [a, b], holdings).rows;
    expect([one.all('task')[0]?.groupKey, one.all('pull')[0]?.groupKey]).toEqual([key, key]);
  });

  test('stays where one is deleted: its pulls are those of the twin that is left', () => {
    const key = a.groupKey;
    const { rows, after } = moved([item('a', { ...mem, status: 'DELETED' })], [a, b], {
      [key]: held({ openTask: task('a', { groupKey: key }), pulls: [pullOf('a', key)] }),
    });
    expect(after('a')).toMatchObject({ status: 'DELETED', groupKey: key });
    expect([rows.all('task')[0]?.groupKey, rows.all('pull')[0]?.groupKey]).toEqual([key, key]);
  });

  test('does not go to where another refresh is open: the row is refused, with what it says that moves it', () => {
    const other = connection('c', { ...mem, groupKey: keyOf('mem-1') });
    const items = [item('c', mem), item('a', { ...mem, status: 'DEGRADED' })];
    const { clashes, effects, imported } = moved(items, [other, alone], {
      [alone.groupKey]: held({ openTask: task('a') }),
      [keyOf('mem-1')]: held({ openTask: task('c', { groupKey: keyOf('mem-1') }) }),
    });
    expect(clashes).toEqual([
      { index: 1, field: 'providerConnectionId', taskId: taskId('a'), groupKey: alone.groupKey },
    ]);
    expect([imported, effects]).toEqual([[], []]);
  });

  test('goes to where another refresh is open if none of its own is', () => {
    const other = connection('c', { ...mem, groupKey: keyOf('mem-1') });
    const { clashes, rows } = moved([item('a', mem)], [other, alone], {
      [alone.groupKey]: held({ pulls: [pullOf('a', alone.groupKey)] }),
      [keyOf('mem-1')]: held({ openTask: task('c', { groupKey: keyOf('mem-1') }) }),
    });
    expect(clashes).toEqual([]);
    expect(rows.all('pull')[0]?.groupKey).toBe(keyOf('mem-1'));
  });

  test('of two that come together is refused where both are open', () => {
    const both = [item('a', { loginFingerprint: 'f' }), item('b', { loginFingerprint: 'f' })];
    const known = [alone, connection('b')];
    const { clashes } = moved(both, known, {
      [connectionId('a')]: held({ openTask: task('a') }),
      [connectionId('b')]: held({ openTask: task('b') }),
    });
    expect(clashes).toMatchObject([
      { index: 0, field: 'loginFingerprint' },
      { index: 1, field: 'loginFingerprint' },
    ]);
  });

  test('of two that change places never has two open at one key, even for a moment', () => {
    const at = (name: string, member: string) =>
      connection(name, { providerConnectionId: member, groupKey: keyOf(member) });
    const known = [at('a', 'mem-1'), at('b', 'mem-2')];
    const items = [item('a', { providerConnectionId: 'mem-2' }), item('b', { providerConnectionId: 'mem-1' })];
    const { rows } = moved(items, known, {
      [keyOf('mem-1')]: held({ openTask: task('a', { groupKey: keyOf('mem-1') }) }),
      [keyOf('mem-2')]: held({ openTask: task('b', { groupKey: keyOf('mem-2') }) }),
    });
    expect(rows.one('task', taskId('a')).groupKey).toBe(keyOf('mem-2'));
    expect(rows.one('task', taskId('b')).groupKey).toBe(keyOf('mem-1'));
  });
});

describe('a deletion by import', () => {
  const gone = [item('a', { status: 'DELETED', credentials: 'new' })];
  const known = connection('a');
  const deleted = (openTask: Task | null) =>
    brought(gone, [known], {}, noon + HOUR, { [known.groupKey]: { openTask, pulls: [], closures: [], rates: null } });

  test('starts the call that still waits at once: that ends it, and gives its money back', () => {
    expect(deleted(queued()).rows.all('task')[0]?.dueAt).toBe(noon + HOUR);
  });

  test.each([
    ['one that runs', running()],
    ['that of a twin', queued({ connectionId: connectionId('b') })],
  ])('leaves alone %s', (_what, task) => {
    expect(deleted(task).rows.all('task')).toEqual([task]);
  });

  test('erases the credentials, but not those that its running refresh is looked for with', () => {
    expect(deleted(queued()).after('a').credentials).toBeNull();
    expect(deleted(running()).after('a').credentials).toBe('sealed');
    expect(brought(gone).after('a').credentials).toBeNull();
  });
});

test('the key of a group is that of the connections of its tenant, whichever connector reaches them', () => {
  const keyed = connection('a', mem);
  expect(groupKeyOf(keyed, 'grouped')).toBe(groupKeyOf({ ...keyed, id: connectionId('b') }, 'grouped'));
  expect(groupKeyOf(connection('a'), 'grouped')).toBe(connectionId('a'));
});
