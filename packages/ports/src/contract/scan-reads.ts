import { expect, test } from '@jest/globals';
import { insert, type ConnectionId, type PullId, type TaskId, type TenantId } from '@freshet/domain';
import { madeColumns, retainedNames } from '../due-reads.js';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { tenantId, otherTenantId } = a;

/** Asks for page after page, each from the last key of the one before. */
const walked = async <Row>(pageAfter: (after: string) => Promise<readonly Row[]>, keyOf: (row: Row) => string) => {
  const seen: Row[] = [];
  for (let after = ''; ; after = keyOf(seen.at(-1) as Row)) {
    const page = await pageAfter(after);
    if (page.length === 0) return seen;
    seen.push(...page);
  }
};

/** The same of rows by their connection. */
export const walkedByConnection = async <Row extends { readonly connectionId: string; readonly id: string }>(
  pageAfter: (place: { readonly connectionId: string; readonly after: string }) => Promise<readonly Row[]>,
): Promise<readonly Row[]> => {
  const seen: Row[] = [];
  for (;;) {
    const last = seen.at(-1);
    const page = await pageAfter({ connectionId: last?.connectionId ?? '', after: last?.id ?? '' });
    if (page.length === 0) return seen;
    seen.push(...page);
  }
};

export const scanReadsContract = (current: Current): void => {
  test('tenants with connections, deleted or not, are walked upwards', async () => {
    const of = (number: number, over: object) => insert('connection', a.connection(number, over));
    await current().apply(
      of(1, { groupKey: 'a' }),
      of(2, { groupKey: 'b' }),
      of(3, { tenantId: otherTenantId, active: false, status: 'DELETED' }),
    );
    const next = (after: string) => current().read('tenantAfter', { after });
    const [first, second] = [tenantId, otherTenantId].sort();
    expect(await next('')).toBe(first);
    expect(await next(first as string)).toBe(second);
    expect(await next(second as string)).toBeNull();
  });

  test('group shapes count the living and the active of each group with any living', async () => {
    const of = (groupKey: string, number: number, over: object = {}) =>
      insert('connection', a.connection(number, { groupKey, active: false, ...over }));
    await current().apply(
      of('c', 1, { active: true }),
      of('a', 2, { active: true }),
      of('a', 3),
      of('a', 4, { active: true, status: 'DELETED' }),
      of('b', 5, { status: 'DELETED' }),
      of('d', 6),
      of('d', 7, { status: 'EXPIRED' }),
      of('e', 8, { tenantId: otherTenantId }),
    );
    const shapes = (limit: number) =>
      walked(
        (after) => current().read('groupShapes', { tenantId, after, limit }),
        ({ groupKey }) => groupKey,
      );
    const expected = [
      { tenantId, groupKey: 'a', living: 2, active: 1 },
      { tenantId, groupKey: 'c', living: 1, active: 1 },
      { tenantId, groupKey: 'd', living: 2, active: 0 },
    ];
    expect(await shapes(1)).toEqual(expected);
    expect(await shapes(2)).toEqual(expected);
    expect(await shapes(9)).toEqual(expected);
  });

  test('open tasks are walked upwards', async () => {
    await current().apply(
      ...[4, 2, 5, 1].map((number) => insert('task', a.task(number))),
      insert('task', a.task(3, { state: 'failed' })),
      insert('task', a.task(6, { tenantId: otherTenantId })),
      insert('task', a.task(7, { state: 'running', executor: 'caller' })),
    );
    const seen = await walked(
      (after) => current().read('openTasksScan', { tenantId, after, limit: 2 }),
      ({ id }) => id,
    );
    expect(seen.map(({ id }) => id)).toEqual([1, 2, 4, 5, 7].map((number) => a.id('task', number)));
  });

  test('connections and decisions are walked upwards', async () => {
    await current().apply(
      ...[4, 2, 5, 1, 3].flatMap((number) => [
        insert('connection', a.connection(number, number === 2 ? { status: 'DELETED', active: false } : {})),
        insert('decision', a.decision(number)),
      ]),
      insert('connection', a.connection(6, { tenantId: otherTenantId })),
      insert('decision', a.decision(6, { tenantId: otherTenantId })),
    );
    const ids = (scan: 'connectionsScan' | 'decisionsScan') =>
      walked(
        async (after) => (await current().read(scan, { tenantId, after, limit: 2 })).map(({ id }) => id),
        (id) => id,
      );
    const numbers = [1, 2, 3, 4, 5];
    expect(await ids('connectionsScan')).toEqual(numbers.map((number) => a.id('conn', number)));
    expect(await ids('decisionsScan')).toEqual(numbers.map((number) => a.id('dec', number)));
    expect(await current().read('decisionsScan', { tenantId, after: a.id('dec', 4), limit: 2 })).toEqual([
      a.decision(5),
    ]);
  });

  test('forced pulls are walked by their time, then by their ids', async () => {
    const at = (number: number, time: number, over: object = {}) =>
      insert('pull', a.pull(number, { at: a.NOW + time, ...over }));
    await current().apply(
      at(1, 3),
      at(2, 1, { provider: 'PLAID', state: 'refused' }),
      at(5, 2),
      at(4, 2, { provider: 'PLAID' }),
      at(3, 2, { state: 'unknown' }),
      at(6, 2, { origin: 'background' }),
      at(7, 2, { tenantId: otherTenantId }),
    );
    const behind = async (time: number, after: string, limit: number) =>
      (await current().read('forcedPullsScan', { tenantId, at: a.NOW + time, after, limit })).map(({ id }) => id);
    const ids = (...numbers: readonly number[]) => numbers.map((number) => a.id('pull', number));
    expect(await behind(0, '', 9)).toEqual(ids(2, 3, 4, 5, 1));
    expect(await behind(1, a.id('pull', 2), 2)).toEqual(ids(3, 4));
    expect(await behind(2, a.id('pull', 4), 2)).toEqual(ids(5, 1));
    expect(await behind(2, '', 9)).toEqual(ids(3, 4, 5, 1));
    expect(await behind(3, a.id('pull', 1), 2)).toEqual([]);
  });

  test('budget counters are walked by the end of their period, then by their ids', async () => {
    const until = (id: string, time: number, over: object = {}) =>
      insert('budgetCounter', a.budgetCounter(id, { periodEnd: a.NOW + time, ...over }));
    await current().apply(
      until('a', 3),
      until('d', 1, { periodStart: a.NOW - 5 }),
      until('c', 2, { periodStart: a.NOW - 9 }),
      until('b', 2),
      until('e', 2, { tenantId: otherTenantId }),
    );
    const behind = async (time: number, after: string, limit: number) =>
      (await current().read('budgetCountersScan', { tenantId, at: a.NOW + time, after, limit })).map(({ id }) => id);
    expect(await behind(0, '', 9)).toEqual(['d', 'b', 'c', 'a']);
    expect(await behind(1, 'd', 1)).toEqual(['b']);
    expect(await behind(2, 'b', 2)).toEqual(['c', 'a']);
    expect(await behind(3, 'a', 2)).toEqual([]);
  });

  test('the ledger is walked by connection, and upwards', async () => {
    const of = (number: number) => ({ connectionId: a.id<ConnectionId>('conn', number === 3 || number === 5 ? 1 : 2) });
    await current().apply(
      ...[4, 2, 5, 1, 3].map((number) => insert('ledgerEntry', a.ledgerEntry(number, of(number)))),
      insert('ledgerEntry', a.ledgerEntry(6, { tenantId: otherTenantId, connectionId: a.id('conn', 6) })),
    );
    const seen = await walkedByConnection((place) => current().read('ledgerScan', { tenantId, limit: 2, ...place }));
    expect(seen).toEqual([3, 5, 1, 2, 4].map((number) => a.ledgerEntry(number, of(number))));
  });

  test.each(retainedNames)('the oldest rows of %s come first, of all tenants', async (record) => {
    const sample = a[record] as (number: number, over?: object) => { readonly id: string; readonly tenantId: TenantId };
    const made = [3, 1, 2].map((number) => sample(number, number === 2 ? { tenantId: otherTenantId } : {}));
    // One open task and one active connection a group: ended ones may be as many as there are.
    await current().apply(...made.map((row) => insert(record, row as never)));
    const rows = [...made].sort((x, y) => (x.id < y.id ? -1 : 1)) as readonly ((typeof made)[number] &
      Record<string, unknown>)[];
    const shown = rows.map((row) => ({
      ...{ id: row.id, tenantId: row.tenantId, connectionId: row.connectionId ?? null },
      madeAt: row[madeColumns[record]],
    }));
    const oldest = (after: string, limit: number) => current().read('oldestRows', { record, after, limit });
    expect(await oldest('', 9)).toEqual(shown);
    expect(await oldest('', 2)).toEqual(shown.slice(0, 2));
    expect(await oldest(shown[1]?.id ?? '', 9)).toEqual(shown.slice(2));
  });

  test('the money of a task is that of all its calls', async () => {
    const taskId = a.id<TaskId>('task', 1);
    const mine = [1, 2].map((number) => a.ledgerEntry(number, { taskId, pullId: a.id<PullId>('pull', number) }));
    const others = [a.ledgerEntry(3), a.ledgerEntry(4, { taskId, tenantId: otherTenantId })];
    await current().apply(...[...mine, ...others].map((row) => insert('ledgerEntry', row)));
    expect(await current().read('ledgerOfTask', { tenantId, taskId })).toEqual(mine);
  });

  test('since when money has been held is the time of the oldest entry', async () => {
    expect(await current().read('oldestMoney', { tenantId })).toBeNull();
    await current().apply(
      insert('ledgerEntry', a.ledgerEntry(1, { at: a.NOW })),
      insert('ledgerEntry', a.ledgerEntry(2, { at: a.NOW - 1 })),
      insert('ledgerEntry', a.ledgerEntry(3, { at: a.NOW - 2, tenantId: otherTenantId })),
    );
    expect(await current().read('oldestMoney', { tenantId })).toBe(a.NOW - 1);
  });
};
