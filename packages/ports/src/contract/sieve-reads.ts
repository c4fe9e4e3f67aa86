import { expect, test } from '@jest/globals';
import { DAY, insert, type ConnectionId, type LedgerEntry, type PullId, type Task, type TaskId } from '@freshet/domain';
import type { Sifted } from '../audit-reads.js';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { tenantId, otherTenantId, NOW } = a;
const taskId = (number: number): TaskId => a.id<TaskId>('task', number);
const pullId = (number: number): PullId => a.id<PullId>('pull', number);
const connectionId = (number: number): ConnectionId => a.id<ConnectionId>('conn', number);

interface Row {
  readonly id: string;
}
type Page = (after: string, limit: number) => Promise<Sifted<Row>>;
type KeyOf = (row: Row) => string;

/** Walks in pages of that many, and checks on the way that none is longer, and that each says where it ends. */
const sifted = async (
  page: Page,
  limit: number,
  keyOf: KeyOf,
): Promise<{ readonly examined: number; readonly ids: string[] }> => {
  const ids: string[] = [];
  let examined = 0;
  for (let after = ''; ;) {
    const { last, rows, ...looked } = await page(after, limit);
    expect(looked.examined).toBeLessThanOrEqual(limit);
    expect(rows.every((row) => keyOf(row) > after && keyOf(row) <= (last ?? ''))).toBe(true);
    ids.push(...rows.map(({ id }) => id));
    examined += looked.examined;
    if (last === null) return { examined, ids };
    after = last;
  }
};

const expectSifted = async (
  page: Page,
  examined: number,
  ids: readonly string[],
  keyOf: KeyOf = ({ id }) => id,
): Promise<void> => {
  for (const limit of [1, 2, 99]) expect(await sifted(page, limit, keyOf)).toEqual({ examined, ids });
};

type Told = Partial<Pick<LedgerEntry, 'kind' | 'micros' | 'currency' | 'pullId'>>;
const COST = { micros: 5, currency: 'USD' };
const held: Told = { kind: 'reserved' };
const charged: Told = { kind: 'charged' };
const paid: Partial<Task> = { state: 'succeeded', charge: 'charged', cost: COST };

/** A task, what its ledger says, and whether the two surely agree. */
const stories: readonly (readonly [what: string, well: boolean, task: Partial<Task>, entries: readonly Told[]])[] = [
  ['charged', true, paid, [held, charged]],
  ['released', true, { ...paid, charge: 'released', state: 'failed' }, [held, { kind: 'released' }]],
  ['free', true, { ...paid, cost: null }, []],
  ['held by an open one', true, { state: 'running', charge: 'reserved', cost: COST }, [held]],
  ['free and open', true, { state: 'queued', charge: 'reserved', cost: null }, []],
  ['free and ended without its charge', false, { state: 'failed', charge: 'reserved', cost: null }, []],
  ['ended, and still held', false, { state: 'failed', charge: 'reserved', cost: COST }, [held]],
  ['never held', false, paid, []],
  ['never settled', false, paid, [held]],
  ['never held, but settled', false, paid, [charged]],
  ['settled twice', false, paid, [held, charged, charged]],
  ['settled otherwise', false, paid, [held, { kind: 'uncertain' }]],
  ['settled at another amount', false, paid, [held, { ...charged, micros: 4 }]],
  [
    'held at another price',
    false,
    paid,
    [
      { ...held, micros: 4 },
      { ...charged, micros: 4 },
    ],
  ],
  [
    'in another currency',
    false,
    paid,
    [
      { ...held, currency: 'EUR' },
      { ...charged, currency: 'EUR' },
    ],
  ],
  ['settled before its end', false, { state: 'running', charge: 'reserved', cost: COST }, [held, charged]],
  ['not free by its ledger', false, { ...paid, cost: null }, [held, charged]],
  [
    'of several attempts',
    false,
    paid,
    [{ ...held, pullId: pullId(999) }, { kind: 'released', pullId: pullId(999) }, held, charged],
  ],
];

export const sieveReadsContract = (current: Current): void => {
  test('tasks are left out where their ledger surely agrees with them', async () => {
    const rows = stories.flatMap(([, , task, entries], number) => [
      insert('task', a.task(number, { pullId: pullId(number), groupKey: `g${number}`, ...task })),
      ...entries.map((entry, index) =>
        insert(
          'ledgerEntry',
          a.ledgerEntry(number * 10 + index, { taskId: taskId(number), pullId: pullId(number), ...COST, ...entry }),
        ),
      ),
    ]);
    await current().apply(...rows, insert('task', a.task(500, { ...paid, tenantId: otherTenantId })));
    const page: Page = (after, limit) => current().read('tasksAgainstLedger', { tenantId, after, limit });
    const suspects = stories.flatMap(([, isWell], number) => (isWell ? [] : [taskId(number)]));
    await expectSifted(page, stories.length, suspects);
    const [first] = (await page('', 99)).rows;
    expect(first).toEqual(await current().read('task', { tenantId, id: suspects[0] as TaskId }));
  });

  test("a task's entries are found by it, and are the tenant's", async () => {
    await current().apply(
      ...[2, 1].map((number) => insert('ledgerEntry', a.ledgerEntry(number, { taskId: taskId(1) }))),
      insert('ledgerEntry', a.ledgerEntry(3, { taskId: taskId(2) })),
      insert('ledgerEntry', a.ledgerEntry(4, { taskId: taskId(1), tenantId: otherTenantId })),
    );
    expect(await current().read('ledgerOfTask', { tenantId, taskId: taskId(1) })).toEqual(
      [1, 2].map((number) => a.ledgerEntry(number, { taskId: taskId(1) })),
    );
  });

  test('entries are left out where their task is there, or a pull that nobody forced', async () => {
    const entry = (number: number, over: Partial<LedgerEntry>) =>
      insert('ledgerEntry', a.ledgerEntry(number, { connectionId: connectionId(number % 4 === 3 ? 1 : 2), ...over }));
    await current().apply(
      insert('task', a.task(1)),
      insert('task', a.task(2, { tenantId: otherTenantId })),
      insert('pull', a.pull(1, { origin: 'connect' })),
      insert('pull', a.pull(2, { origin: 'forced' })),
      insert('pull', a.pull(3, { origin: 'connect', tenantId: otherTenantId })),
      entry(1, { taskId: taskId(1), pullId: pullId(9) }),
      entry(2, { taskId: taskId(2), pullId: pullId(1) }),
      entry(3, { taskId: taskId(9), pullId: pullId(1) }),
      entry(4, { taskId: null, pullId: pullId(1) }),
      entry(5, { taskId: null, pullId: pullId(2) }),
      entry(6, { taskId: null, pullId: pullId(3) }),
      entry(7, { taskId: null, pullId: pullId(9) }),
      entry(8, { taskId: taskId(9), tenantId: otherTenantId }),
    );
    const page: Page = (key, limit) => {
      const [of = '', after = ''] = key.split(' ');
      return current().read('entriesAstray', { tenantId, connectionId: of, after, limit });
    };
    const keyOf: KeyOf = (row) => `${(row as LedgerEntry).connectionId} ${row.id}`;
    const astray = [3, 7, 2, 5, 6].map((number) => a.id('led', number));
    await expectSifted(page, 7, astray, keyOf);
  });

  test('refreshes of a stretch are counted by what became of them', async () => {
    const task = (number: number, over: Partial<Task>) =>
      insert(
        'task',
        a.task(number, { groupKey: `g${number}`, state: 'succeeded', newData: true, queuedAt: NOW, ...over }),
      );
    await current().apply(
      task(1, {}),
      task(2, { newData: false }),
      task(3, { provider: 'PLAID' }),
      task(4, {}),
      task(5, { newData: null }),
      task(6, { state: 'failed', newData: null }),
      task(7, { queuedAt: NOW - 1 }),
      task(8, { tenantId: otherTenantId }),
      task(9, {}),
    );
    const counts = async (after: string, limit: number) =>
      (await current().read('refreshCounts', { tenantId, after, limit, since: NOW })).map(
        ({ provider, state, newData, count }) => [provider, state, newData, count],
      );
    expect(await counts('', 7)).toEqual([
      ['MX', 'failed', null, 1],
      ['MX', 'succeeded', null, 1],
      ['MX', 'succeeded', false, 1],
      ['MX', 'succeeded', true, 2],
      ['PLAID', 'succeeded', true, 1],
    ]);
    expect(await counts(taskId(7), 7)).toEqual([['MX', 'succeeded', true, 1]]);
    expect(await counts(taskId(9), 7)).toEqual([]);
  });

  test('money of a stretch is added up by day', async () => {
    const today = NOW - (NOW % DAY);
    const entry = (number: number, of: number, over: Partial<LedgerEntry>) =>
      insert(
        'ledgerEntry',
        a.ledgerEntry(number, { pullId: pullId(of), taskId: taskId(of), currency: 'USD', at: NOW, ...over }),
      );
    await current().apply(
      entry(1, 1, { kind: 'reserved', micros: 1 }),
      entry(2, 1, { kind: 'charged', micros: 20 }),
      entry(3, 2, { kind: 'reserved', micros: 300 }),
      entry(4, 3, { kind: 'reserved', micros: 4_000 }),
      entry(5, 3, { kind: 'released', micros: 50_000 }),
      entry(6, 4, { kind: 'charged', micros: 600_000, at: today }),
      entry(7, 4, { kind: 'charged', micros: 7_000_000, at: today - 1 }),
      entry(8, 5, { kind: 'uncertain', micros: 80_000_000, at: today + DAY }),
      entry(9, 6, { kind: 'charged', micros: 9, currency: 'EUR' }),
      entry(10, 7, { kind: 'charged', micros: 9, provider: 'PLAID' }),
      entry(11, 8, { kind: 'charged', micros: 0 }),
      entry(12, 9, { kind: 'charged', micros: 9, tenantId: otherTenantId }),
      entry(14, 11, { kind: 'reserved', micros: 9, taskId: null }),
      entry(15, 12, { kind: 'charged', micros: 900, taskId: null }),
      entry(13, 10, { kind: 'charged', micros: 9, at: today - DAY - 1 }),
    );
    const sums = async (of: string, after: string, limit: number) =>
      (await current().read('moneyOfDays', { tenantId, connectionId: of, after, limit, since: today - DAY })).map(
        ({ provider, currency, kind, day, micros }) => [provider, currency, kind, (day - today) / DAY, micros],
      );
    expect(await sums('', '', 99)).toEqual([
      ['MX', 'EUR', 'charged', 0, 9],
      ['MX', 'USD', 'charged', -1, 7_000_000],
      ['MX', 'USD', 'charged', 0, 600_920],
      ['MX', 'USD', 'reserved', 0, 300],
      ['MX', 'USD', 'uncertain', 1, 80_000_000],
      ['PLAID', 'USD', 'charged', 0, 9],
    ]);
    expect(await sums(connectionId(1), a.id('led', 1), 1)).toEqual([['MX', 'USD', 'charged', 0, 20]]);
  });

  test('connections are left out where nothing that was charged was wasted', async () => {
    const since = NOW - 1000;
    const charge = (number: number, task: Partial<Task>, pull: object = {}) => [
      insert('connection', a.connection(number)),
      insert(
        'task',
        a.task(number, {
          ...{ connectionId: connectionId(number), groupKey: `group-${number}`, pullId: pullId(number) },
          ...{ state: 'succeeded', charge: 'charged', queuedAt: since, newData: true, ...task },
        }),
      ),
      insert('pull', a.pull(number, { groupKey: `group-${number}`, at: NOW, sentAt: NOW - 10, ...pull })),
    ];
    const free = (number: number, group: number, at: number, over: object = {}) =>
      insert(
        'pull',
        a.pull(number, {
          groupKey: `group-${group}`,
          at,
          origin: 'background',
          taskId: null,
          state: 'succeeded',
          ...over,
        }),
      );
    await current().apply(
      ...charge(1, {}),
      ...charge(2, { newData: false }),
      ...charge(3, { newData: false, charge: 'uncertain' }),
      ...charge(4, { newData: false, queuedAt: since - 1 }),
      ...charge(5, { newData: false }, { origin: 'background' }),
      ...charge(6, {}),
      ...charge(7, {}),
      ...charge(8, {}),
      ...charge(9, { newData: null }),
      ...charge(10, { groupKey: 'group-earlier' }),
      free(106, 6, NOW + 50),
      free(107, 7, NOW + 51),
      free(108, 8, NOW - 10),
      free(109, 9, NOW + 1, { taskId: taskId(9) }),
      free(110, 9, NOW + 1, { state: 'failed' }),
      insert(
        'pull',
        a.pull(111, { groupKey: 'group-earlier', at: NOW + 1, origin: 'background', taskId: null, state: 'succeeded' }),
      ),
      insert('connection', a.connection(12, { tenantId: otherTenantId })),
    );
    const page: Page = (after, limit) =>
      current().read('wastefulConnections', { tenantId, after, limit, since, soonMs: 50 });
    await expectSifted(page, 10, [2, 6, 10].map(connectionId));
  });

  test('connections are left out where they have no other beside them', async () => {
    const at = (number: number, over: object) => insert('connection', a.connection(number, over));
    await current().apply(
      at(1, { customerId: 'one' }),
      at(2, { customerId: 'one' }),
      at(3, { customerId: 'two' }),
      at(4, { customerId: 'two', institutionId: 'another' }),
      at(5, { customerId: 'two', provider: 'PLAID' }),
      at(6, { customerId: 'two', status: 'EXPIRED', active: false }),
      at(7, { customerId: 'two', tenantId: otherTenantId }),
      at(8, { customerId: 'three', status: 'IN_PROGRESS' }),
      at(9, { customerId: 'three' }),
    );
    const page: Page = (after, limit) => current().read('twinConnections', { tenantId, after, limit });
    await expectSifted(page, 8, [1, 2].map(connectionId));
  });

  test('connections are left out where no consent ends by then', async () => {
    const at = (number: number, over: object) => insert('connection', a.connection(number, over));
    await current().apply(
      at(1, { consentExpiresAt: null }),
      at(2, { consentExpiresAt: NOW }),
      at(3, { consentExpiresAt: NOW + 1 }),
      at(4, { consentExpiresAt: NOW - 1, active: false }),
      at(5, { consentExpiresAt: NOW - 1, status: 'DEGRADED' }),
      at(6, { consentExpiresAt: NOW, tenantId: otherTenantId }),
    );
    const page: Page = (after, limit) => current().read('consentsEndingBy', { tenantId, after, limit, until: NOW });
    await expectSifted(page, 5, [2, 5].map(connectionId));
  });

  test('connections are walked upwards, each with its newest changes', async () => {
    const change = (number: number, of: number, over: object = {}) =>
      insert('statusChange', a.statusChange(number, { connectionId: connectionId(of), ...over }));
    await current().apply(
      ...[3, 1, 2].map((number) => insert('connection', a.connection(number))),
      insert('connection', a.connection(4, { tenantId: otherTenantId })),
      change(1, 1),
      change(2, 3),
      change(3, 1),
      change(4, 1),
      change(5, 3, { tenantId: otherTenantId }),
    );
    const scan = async (after: string, limit: number, mostChanges: number) =>
      (await current().read('historiesScan', { tenantId, after, limit, mostChanges })).map(
        ({ connection, changes }) => [connection.id, changes.map(({ id }) => id)],
      );
    const ids = (...numbers: readonly number[]) => numbers.map((number) => a.id('his', number));
    expect(await scan('', 2, 9)).toEqual([
      [connectionId(1), ids(4, 3, 1)],
      [connectionId(2), []],
    ]);
    expect(await scan(connectionId(2), 2, 9)).toEqual([[connectionId(3), ids(2)]]);
    expect(await scan('', 1, 2)).toEqual([[connectionId(1), ids(4, 3)]]);
    expect(await scan('', 1, 3)).toEqual([[connectionId(1), ids(4, 3, 1)]]);
    expect(await scan(connectionId(3), 1, 1)).toEqual([]);
  });
};
