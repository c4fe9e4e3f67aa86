import { expect, test } from '@jest/globals';
import { insert } from '@freshet/domain';
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

  test('the ledger is walked upwards', async () => {
    await current().apply(
      ...[4, 2, 5, 1, 3].map((number) => insert('ledgerEntry', a.ledgerEntry(number))),
      insert('ledgerEntry', a.ledgerEntry(6, { tenantId: otherTenantId })),
    );
    const seen = await walked(
      (after) => current().read('ledgerScan', { tenantId, after, limit: 2 }),
      ({ id }) => id,
    );
    expect(seen).toEqual([1, 2, 3, 4, 5].map((number) => a.ledgerEntry(number)));
  });
};
