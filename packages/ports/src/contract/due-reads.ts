import { expect, test } from '@jest/globals';
import { insert, update, type Connection, type Task, type TenantId } from '@freshet/domain';
import type { TaskLane } from '../due-reads.js';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { NOW, tenantId, otherTenantId } = a;

const notDue: readonly (readonly [what: string, task: Partial<Task>])[] = [
  ['ended', { state: 'succeeded' }],
  ['due later', { dueAt: NOW + 1 }],
  ['never due', { dueAt: null }],
  ['held', { leaseOwner: 'worker', leaseUntil: NOW + 1 }],
];

export const dueReadsContract = (current: Current): void => {
  const dueTasks = (limit = 10) => current().read('dueTasks', { now: NOW, realNow: NOW, limit });

  test('due tasks are those of all tenants, the longest due first', async () => {
    await current().apply(
      insert('task', a.task(1)),
      insert('task', a.task(2, { dueAt: NOW - 1, tenantId: otherTenantId })),
      insert('task', a.task(3, { dueAt: NOW - 2, leaseUntil: NOW })),
      insert('task', a.task(4, { state: 'running', executor: 'caller' })),
    );
    const lane = { connector: 'meld', provider: 'MX' };
    expect(await dueTasks()).toEqual([
      { ...lane, tenantId, id: a.task(3).id, dueAt: NOW - 2 },
      { ...lane, tenantId: otherTenantId, id: a.task(2).id, dueAt: NOW - 1 },
      { ...lane, tenantId, id: a.task(1).id, dueAt: NOW },
      { ...lane, tenantId, id: a.task(4).id, dueAt: NOW },
    ]);
    expect((await dueTasks(2)).map(({ id }) => id)).toEqual([a.task(3).id, a.task(2).id]);
  });

  test.each(notDue)('a task that is %s is not due', async (_what, over) => {
    await current().apply(insert('task', a.task(1, over)));
    expect(await dueTasks()).toEqual([]);
    expect(await dueOfLane('meld', 'MX')).toEqual([]);
  });

  const dueOfLane = (connector: string, provider: string, limit = 10, of = tenantId) =>
    current().ids('dueTasksOfLane', { connector, provider, tenantId: of, now: NOW, realNow: NOW, limit });

  test('due tasks of a lane are those of one tenant at one provider, the longest due first', async () => {
    await current().apply(
      insert('task', a.task(1)),
      insert('task', a.task(2, { dueAt: NOW - 1 })),
      insert('task', a.task(3, { provider: 'PLAID' })),
      insert('task', a.task(4, { connector: 'mx' })),
      insert('task', a.task(5, { tenantId: otherTenantId })),
    );
    expect(await dueOfLane('meld', 'MX')).toEqual([a.task(2).id, a.task(1).id]);
    expect(await dueOfLane('meld', 'MX', 1)).toEqual([a.task(2).id]);
    expect(await dueOfLane('mx', 'MX')).toEqual([a.task(4).id]);
    expect(await dueOfLane('meld', 'MX', 10, otherTenantId)).toEqual([a.task(5).id]);
    expect(await dueOfLane('mx', 'PLAID')).toEqual([]);
  });

  test('lanes with an open task are walked by connector, provider and tenant', async () => {
    await current().apply(
      insert('task', a.task(1)),
      insert('task', a.task(2, { dueAt: NOW + 9 })),
      insert('task', a.task(3, { tenantId: otherTenantId })),
      insert('task', a.task(4, { connector: 'bud', provider: 'BUD', state: 'running', dueAt: null })),
      insert('task', a.task(5, { connector: 'plaid', provider: 'PLAID', state: 'failed' })),
      insert('task', a.task(6, { provider: 'AKOYA', leaseUntil: NOW + 9 })),
    );
    const walked: string[] = [];
    let lane: TaskLane | null = { connector: '', provider: '', tenantId: '' as TenantId };
    for (lane = await current().read('laneAfter', lane); lane !== null; lane = await current().read('laneAfter', lane))
      walked.push(Object.values(lane).toSorted().join(' '));
    expect(walked).toEqual(
      [
        ['bud', 'BUD', tenantId],
        ['meld', 'AKOYA', tenantId],
        ['meld', 'MX', tenantId],
        ['meld', 'MX', otherTenantId],
      ].map((parts) => parts.toSorted().join(' ')),
    );
  });

  test('due time and lease go by their own clocks', async () => {
    await current().apply(insert('task', a.task(1, { dueAt: NOW, leaseUntil: NOW + 50 })));
    const at = (now: number, realNow: number) => current().ids('dueTasks', { now, realNow, limit: 1 });
    expect(await at(NOW, NOW + 49)).toEqual([]);
    expect(await at(NOW - 1, NOW + 50)).toEqual([]);
    expect(await at(NOW, NOW + 50)).toEqual([a.task(1).id]);
  });

  test('the next due is the earliest of tasks and webhooks, held or not', async () => {
    const next = () => current().read('nextDueAt', {});
    expect(await next()).toBeNull();
    await current().apply(insert('task', a.task(1, { state: 'succeeded', dueAt: 1 })));
    await current().apply(insert('task', a.task(3, { dueAt: null })), insert('webhook', a.webhook(1, { dueAt: null })));
    expect(await next()).toBeNull();
    await current().apply(insert('webhook', a.webhook(2, { dueAt: NOW + 9, tenantId: otherTenantId })));
    expect(await next()).toBe(NOW + 9);
    await current().apply(insert('task', a.task(4, { dueAt: NOW + 8, leaseUntil: NOW + 99 })));
    expect(await next()).toBe(NOW + 8);
    await current().apply(update('webhook', a.webhook(2).id, { dueAt: 0 }));
    expect(await next()).toBe(0);
  });

  test('dead leases are those of open tasks that have run out', async () => {
    await current().apply(
      insert('task', a.task(1, { leaseUntil: NOW })),
      insert('task', a.task(2, { leaseUntil: NOW - 1, executor: 'caller' })),
      insert('task', a.task(3, { leaseUntil: NOW + 1 })),
      insert('task', a.task(4)),
      insert('task', a.task(5, { leaseUntil: NOW, state: 'failed' })),
    );
    expect(await current().read('deadLeases', { realNow: NOW, limit: 9 })).toEqual([
      { tenantId, id: a.task(2).id },
      { tenantId, id: a.task(1).id },
    ]);
    expect(await current().ids('deadLeases', { realNow: NOW, limit: 1 })).toEqual([a.task(2).id]);
  });

  test('looks at a status are due by time, of all tenants, the longest first', async () => {
    await current().apply(
      insert('statusLook', a.statusLook(1)),
      insert('statusLook', a.statusLook(2, { dueAt: NOW - 1, tenantId: otherTenantId })),
      insert('statusLook', a.statusLook(3, { dueAt: NOW + 1 })),
    );
    expect(await current().read('dueStatusLooks', { now: NOW, limit: 9 })).toEqual([
      { tenantId: otherTenantId, id: a.statusLook(2).id },
      { tenantId, id: a.statusLook(1).id },
    ]);
    expect(await current().ids('dueStatusLooks', { now: NOW, limit: 1 })).toEqual([a.statusLook(2).id]);
  });

  test('webhooks are due by time, the longest first', async () => {
    await current().apply(
      insert('webhook', a.webhook(1)),
      insert('webhook', a.webhook(2, { dueAt: NOW - 1 })),
      insert('webhook', a.webhook(3, { dueAt: NOW + 1 })),
      insert('webhook', a.webhook(4, { dueAt: null })),
    );
    expect(await current().read('dueWebhooks', { now: NOW, limit: 9 })).toEqual([
      { tenantId, id: a.webhook(2).id },
      { tenantId, id: a.webhook(1).id },
    ]);
    expect(await current().ids('dueWebhooks', { now: NOW, limit: 1 })).toEqual([a.webhook(2).id]);
  });

  test('abandoned connects are those in progress since before', async () => {
    const started = (number: number, connectedAt: number, status = 'IN_PROGRESS') =>
      insert('connection', a.connection(number, { status, connectedAt }));
    await current().apply(started(1, NOW - 1), started(2, NOW - 2), started(3, NOW), started(4, NOW - 9, 'ACTIVE'));
    const asked = { connectedBefore: NOW, limit: 9 };
    expect(await current().read('abandonedConnects', asked)).toEqual([
      { tenantId, id: a.connection(2).id },
      { tenantId, id: a.connection(1).id },
    ]);
    expect(await current().ids('abandonedConnects', { ...asked, limit: 1 })).toEqual([a.connection(2).id]);
  });

  test('ending consents are of active connections that work, by their end', async () => {
    const consented = (number: number, consentExpiresAt: number | null, over: Partial<Connection> = {}) =>
      insert('connection', a.connection(number, { consentExpiresAt, ...over }));
    await current().apply(
      consented(1, NOW),
      consented(2, NOW - 5, { tenantId: otherTenantId }),
      consented(3, NOW + 1),
      consented(4, NOW, { status: 'DEGRADED' }),
      consented(5, null),
      consented(6, NOW, { status: 'RECONNECT_REQUIRED' }),
      consented(7, NOW, { status: 'PARTIALLY_ACTIVE', active: false }),
    );
    const first = { until: NOW, afterAt: 0, afterId: '', limit: 9 };
    expect(await current().read('endingConsents', first)).toEqual([
      { tenantId: otherTenantId, id: a.connection(2).id, endsAt: NOW - 5 },
      { tenantId, id: a.connection(1).id, endsAt: NOW },
      { tenantId, id: a.connection(4).id, endsAt: NOW },
    ]);
    const ids = (over: object) => current().ids('endingConsents', { ...first, ...over });
    expect(await ids({ limit: 1 })).toEqual([a.connection(2).id]);
    expect(await ids({ afterAt: NOW, afterId: a.connection(1).id })).toEqual([a.connection(4).id]);
  });

  test('queued audits come in their order', async () => {
    await current().apply(
      insert('audit', a.audit(2)),
      insert('audit', a.audit(1, { tenantId: otherTenantId })),
      insert('audit', a.audit(3, { state: 'running' })),
    );
    expect(await current().read('queuedAudits', { limit: 9 })).toEqual([
      { tenantId: otherTenantId, id: a.audit(1).id },
      { tenantId, id: a.audit(2).id },
    ]);
    expect(await current().ids('queuedAudits', { limit: 1 })).toEqual([a.audit(1).id]);
  });

  test('answers to idempotent requests expire by time', async () => {
    const expiring = (id: string, expiresAt: number) => insert('idempotency', a.idempotency(id, { expiresAt }));
    await current().apply(expiring('now', NOW), expiring('before', NOW - 1), expiring('later', NOW + 1));
    expect(await current().read('expiredIdempotency', { now: NOW, limit: 9 })).toEqual([
      { id: 'before' },
      { id: 'now' },
    ]);
    expect(await current().read('expiredIdempotency', { now: NOW, limit: 1 })).toEqual([{ id: 'before' }]);
  });

  test('runs of jobs grow old by when they were started, the oldest first', async () => {
    const started = (number: number, startedAt: number) => insert('jobRun', a.jobRun(number, { startedAt }));
    await current().apply(started(1, NOW), started(2, NOW - 1), started(3, NOW - 2));
    const old = (limit: number) => current().read('oldJobRuns', { before: NOW, limit });
    expect(await old(9)).toEqual([3, 2].map((number) => ({ id: a.id('run', number) })));
    expect(await old(1)).toEqual([{ id: a.id('run', 3) }]);
  });
};
