import { expect, test } from '@jest/globals';
import { insert, type AuditId, type ConnectionId, type Effect, type JobRun } from '@freshet/domain';
import type { ConnectionsPage } from '../pages.js';
import type { ReadName, ReadParams } from '../reads.js';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { NOW, tenantId, otherTenantId } = a;
const whole = { tenantId, limit: 100, before: null };
const conn1 = a.id<ConnectionId>('conn', 1);
const conn2 = a.id<ConnectionId>('conn', 2);
const aud1 = a.id<AuditId>('aud', 1);

type Paged = Extract<ReadName, `${string}Page`>;
type Filtered = readonly [page: Paged, filter: object, inside: Effect, outside: Effect];

const connections = (filter: object, inside: object, outside: object): Filtered => [
  'connectionsPage',
  filter,
  insert('connection', a.connection(1, inside)),
  insert('connection', a.connection(2, outside)),
];

/** Each filter with a row inside of it, and one just outside. */
const filters: readonly Filtered[] = [
  connections({}, {}, { tenantId: otherTenantId }),
  connections({ customerId: 'a' }, { customerId: 'a' }, { customerId: 'b' }),
  connections({ provider: 'BUD' }, { provider: 'BUD' }, {}),
  connections({ status: 'DELETED' }, { status: 'DELETED' }, {}),
  connections({ staleAt: NOW }, { staleAt: NOW }, { staleAt: NOW + 1 }),
  connections({ staleAt: NOW }, { staleAt: NOW - 1 }, { staleAt: null }),
  connections({ staleAt: NOW }, { staleAt: NOW }, { staleAt: NOW, active: false }),
  connections({ staleAt: NOW }, { staleAt: NOW }, { staleAt: NOW, status: 'EXPIRED' }),
  [
    'decisionsPage',
    {},
    insert('decision', a.decision(1)),
    insert('decision', a.decision(2, { tenantId: otherTenantId })),
  ],
  [
    'decisionsPage',
    { connectionId: conn1 },
    insert('decision', a.decision(1)),
    insert('decision', a.decision(2, { connectionId: conn2 })),
  ],
  [
    'decisionsPage',
    { verdict: 'wait' },
    insert('decision', a.decision(1, { verdict: 'wait' })),
    insert('decision', a.decision(2)),
  ],
  [
    'decisionsPage',
    { from: NOW },
    insert('decision', a.decision(1)),
    insert('decision', a.decision(2, { decidedAt: NOW - 1 })),
  ],
  [
    'decisionsPage',
    { to: NOW },
    insert('decision', a.decision(1, { decidedAt: NOW - 1 })),
    insert('decision', a.decision(2)),
  ],
  ['tasksPage', {}, insert('task', a.task(1)), insert('task', a.task(2, { tenantId: otherTenantId }))],
  ['tasksPage', { connectionId: conn1 }, insert('task', a.task(1)), insert('task', a.task(2, { connectionId: conn2 }))],
  ['tasksPage', { state: 'failed' }, insert('task', a.task(1, { state: 'failed' })), insert('task', a.task(2))],
  ['tasksPage', { executor: 'caller' }, insert('task', a.task(1, { executor: 'caller' })), insert('task', a.task(2))],
  [
    'historyPage',
    { connectionId: conn1 },
    insert('statusChange', a.statusChange(1)),
    insert('statusChange', a.statusChange(2, { connectionId: conn2 })),
  ],
  [
    'historyPage',
    { connectionId: conn1 },
    insert('statusChange', a.statusChange(1)),
    insert('statusChange', a.statusChange(2, { tenantId: otherTenantId })),
  ],
  ['auditsPage', {}, insert('audit', a.audit(1)), insert('audit', a.audit(2, { tenantId: otherTenantId }))],
  [
    'findingsPage',
    { auditId: aud1 },
    insert('finding', a.finding(1)),
    insert('finding', a.finding(2, { auditId: a.id<AuditId>('aud', 2) })),
  ],
  [
    'findingsPage',
    { auditId: aud1, check: 'x' },
    insert('finding', a.finding(1, { check: 'x' })),
    insert('finding', a.finding(2)),
  ],
  [
    'findingsPage',
    { auditId: aud1, severity: 'critical' },
    insert('finding', a.finding(1, { severity: 'critical' })),
    insert('finding', a.finding(2)),
  ],
];

/** Enough rows for several pages, put in out of order. */
const numbers = [3, 1, 7, 5, 2, 6, 4];
const pages: readonly (readonly [page: Paged, asked: object, rows: readonly Effect[]])[] = [
  ['connectionsPage', {}, numbers.map((n) => insert('connection', a.connection(n)))],
  ['connectionsPage', { customerId: 'customer' }, numbers.map((n) => insert('connection', a.connection(n)))],
  ['decisionsPage', { connectionId: conn1 }, numbers.map((n) => insert('decision', a.decision(n)))],
  ['tasksPage', {}, numbers.map((n) => insert('task', a.task(n)))],
  ['historyPage', { connectionId: conn1 }, numbers.map((n) => insert('statusChange', a.statusChange(n)))],
  ['auditsPage', {}, numbers.map((n) => insert('audit', a.audit(n)))],
  ['findingsPage', { auditId: aud1 }, numbers.map((n) => insert('finding', a.finding(n)))],
];

const rowId = (effect: Effect): string => (effect.do === 'insert' ? effect.row.id : '');

export const listReadsContract = (current: Current): void => {
  const ids = (page: Paged, asked: object) => current().ids(page, asked as ReadParams<Paged>);

  test.each(filters)('%s filters by %j', async (page, filter, inside, outside) => {
    await current().apply(inside, outside);
    expect(await ids(page, { ...whole, ...filter })).toEqual([rowId(inside)]);
  });

  test.each(pages)('%s with %j is walked to its end, the newest first, without repeats', async (page, asked, rows) => {
    await current().apply(...rows);
    const seen: string[] = [];
    for (let before: string | null = null; ; before = seen.at(-1) as string) {
      const found = await ids(page, { tenantId, ...asked, limit: 3, before });
      if (found.length === 0) break;
      expect(found.length).toBeLessThanOrEqual(3);
      seen.push(...found);
    }
    expect(seen).toEqual(rows.map(rowId).sort().reverse());
  });

  test('filters of a page hold together', async () => {
    await current().apply(
      insert('connection', a.connection(1, { customerId: 'a', status: 'DEGRADED', staleAt: NOW })),
      insert('connection', a.connection(2, { customerId: 'a', status: 'DEGRADED' })),
      insert('connection', a.connection(3, { customerId: 'a', staleAt: NOW })),
      insert('connection', a.connection(4, { status: 'DEGRADED', staleAt: NOW })),
    );
    const asked = { ...whole, customerId: 'a', status: 'DEGRADED', provider: 'MX', staleAt: NOW };
    expect(await ids('connectionsPage', asked)).toEqual([conn1]);
    expect(await ids('connectionsPage', { ...asked, before: conn1 })).toEqual([]);
  });

  test('filters that are named but undefined are none', async () => {
    await current().apply(insert('connection', a.connection(1)));
    const asked: ConnectionsPage = {
      ...whole,
      customerId: undefined,
      status: undefined,
      duplicate: undefined,
      staleAt: undefined,
    };
    expect(await ids('connectionsPage', asked)).toEqual([conn1]);
  });

  test('duplicates are living members of groups with more than one', async () => {
    const inactive = { groupKey: 'group-1', active: false };
    await current().apply(
      insert('connection', a.connection(1)),
      insert('connection', a.connection(2, inactive)),
      insert('connection', a.connection(3, { ...inactive, status: 'DELETED' })),
      insert('connection', a.connection(4)),
      insert('connection', a.connection(5)),
      insert('connection', a.connection(6, { groupKey: 'group-5', active: false, status: 'DELETED' })),
    );
    expect(await ids('connectionsPage', { ...whole, duplicate: 'active' })).toEqual([conn1]);
    expect(await ids('connectionsPage', { ...whole, duplicate: 'inactive' })).toEqual([conn2]);
    expect(await ids('connectionsPage', whole)).toHaveLength(6);
  });

  test('findings that are gone are those whose check and key the later audit does not have', async () => {
    const later = { auditId: a.id<AuditId>('aud', 2) };
    await current().apply(
      ...[1, 2, 3, 4, 5].map((number) => insert('finding', a.finding(number))),
      insert('finding', a.finding(12, { ...later, key: 'task-2' })),
      insert('finding', a.finding(13, { ...later, key: 'task-3', check: 'budgets' })),
      insert('finding', a.finding(14, { ...later, key: 'task-4', tenantId: otherTenantId })),
      insert('finding', a.finding(15, { ...later, key: 'task-9' })),
    );
    const gone = (before: string | null, limit: number) =>
      current().ids('goneFindingsPage', { tenantId, auditId: aud1, laterId: later.auditId, before, limit });
    const ids = (...numbers: readonly number[]) => numbers.map((number) => a.id('fnd', number));
    expect(await gone(null, 9)).toEqual(ids(5, 4, 3, 1));
    expect(await gone(null, 2)).toEqual(ids(5, 4));
    expect(await gone(a.id('fnd', 4), 9)).toEqual(ids(3, 1));
  });

  test('the runs of a job are shown, the newest first', async () => {
    const ran = (number: number, over: Partial<JobRun> = {}) => insert('jobRun', a.jobRun(number, over));
    await current().apply(ran(1), ran(2), ran(3, { job: 'audit' }), ran(4));
    const shown = async (before: string | null, limit: number) =>
      (await current().read('jobRunsPage', { job: 'sweep', before, limit })).map(({ id }) => id);
    const ids = (...numbers: readonly number[]) => numbers.map((number) => a.id('run', number));
    expect(await shown(null, 9)).toEqual(ids(4, 2, 1));
    expect(await shown(null, 1)).toEqual(ids(4));
    expect(await shown(a.id('run', 4), 9)).toEqual(ids(2, 1));
  });
};
