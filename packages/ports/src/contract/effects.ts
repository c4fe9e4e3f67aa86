import { expect, test } from '@jest/globals';
import {
  insert,
  isChained,
  put,
  recordNames,
  remove,
  update,
  type ChangeableName,
  type Effect,
  type RecordName,
  type Records,
} from '@freshet/domain';
import { StoreConflict } from '../store.js';
import { everyRecord } from './every-record.js';
import * as a from './samples.js';
import type { Current, Subject } from './subject.js';

const { tenantId } = a;

type Finds = { readonly [Name in RecordName]: (subject: Subject, row: Records[Name]) => Promise<Records[Name] | null> };

const only = <Row extends { readonly id: string }>(rows: readonly Row[], row: { readonly id: string }): Row | null =>
  rows.find(({ id }) => id === row.id) ?? null;

/** Each record as some read shows it. */
const finds: Finds = {
  connection: (subject, { id }) => subject.read('connection', { tenantId, id }),
  statusChange: async (subject, row) =>
    only(await subject.read('historyPage', { tenantId, connectionId: row.connectionId, limit: 9, before: null }), row),
  task: (subject, { id }) => subject.read('task', { tenantId, id }),
  pull: (subject, { id }) => subject.read('pull', { tenantId, id }),
  decision: (subject, { id }) => subject.read('decision', { tenantId, id }),
  ledgerEntry: async (subject, row) => only(await subject.read('ledgerOfPull', { tenantId, pullId: row.pullId }), row),
  connectionRates: (subject, { id }) => subject.read('connectionRates', { id }),
  limitDemand: (subject, { id }) => subject.read('limitDemand', { id }),
  postingProfile: (subject, { id }) => subject.read('postingProfile', { id }),
  budgetCounter: async (subject, row) =>
    only(await subject.read('budgetCounters', { tenantId, at: row.periodStart }), row),
  budgetAlert: async (subject, row) => only(await subject.read('budgetAlerts', { tenantId, at: row.periodStart }), row),
  closure: async (subject, row) => only(await subject.read('closuresOfTenant', { tenantId, scope: row.scope }), row),
  breaker: (subject, { id }) => subject.read('breaker', { id }),
  webhook: (subject, { id }) => subject.read('webhook', { tenantId, id }),
  pullPlan: (subject, { id }) => subject.read('pullPlan', { tenantId, id }),
  backgroundWatch: (subject, { id }) => subject.read('backgroundWatch', { tenantId, id }),
  feed: (subject, { id }) => subject.read('feed', { id }),
  keptSweep: (subject, { id }) => subject.read('keptSweep', { tenantId: id }),
  statusLook: (subject, { id }) => subject.read('statusLook', { tenantId, id }),
  tokenRenewal: (subject, { id }) => subject.read('tokenRenewal', { tenantId, id }),
  idempotency: (subject, { id }) => subject.read('idempotency', { id }),
  audit: (subject, { id }) => subject.read('audit', { tenantId, id }),
  auditFigures: (subject, { id }) => subject.read('auditFigures', { tenantId, id }),
  finding: (subject, { id }) => subject.read('finding', { tenantId, id }),
  repair: async (subject, row) =>
    only(await subject.read('repairsPage', { tenantId, auditId: row.auditId, limit: 9, before: null }), row),
  invoice: (subject, { id }) => subject.read('invoice', { tenantId, id }),
  invoiceLine: async (subject, { invoiceId, unit, id }) =>
    only(await subject.read('invoiceLines', { tenantId, invoiceId, unit, limit: 9 }), { id }),
  jobRun: async (subject, row) =>
    only(await subject.read('jobRunsPage', { job: row.job, limit: 9, before: null }), row),
  policyArchive: (subject, { id }) => subject.read('policyArchive', { id }),
  apiKey: (subject, { hash }) => subject.read('apiKeyByHash', { hash }),
  setting: (subject, { id }) => subject.read('setting', { id }),
};

const find = <Name extends RecordName>(
  subject: Subject,
  name: Name,
  row: Records[Name],
): Promise<Records[Name] | null> =>
  (finds[name] as (subject: Subject, row: Records[Name]) => Promise<Records[Name] | null>)(subject, row);

const conflicts: readonly (readonly [what: string, before: Effect, after: Effect])[] = [
  ['an id', insert('setting', a.setting('s')), insert('setting', a.setting('s', { value: 'other' }))],
  [
    'a connection by its identity',
    insert('connection', a.connection(1)),
    insert('connection', a.connection(2, { externalId: 'external-1' })),
  ],
  [
    'a second active connection of a group',
    insert('connection', a.connection(1)),
    insert('connection', a.connection(2, { groupKey: 'group-1' })),
  ],
  ['a second open task of a group', insert('task', a.task(1)), insert('task', a.task(2, { groupKey: 'group-1' }))],
  [
    'a running task beside a queued one',
    insert('task', a.task(1)),
    insert('task', a.task(2, { groupKey: 'group-1', state: 'running' })),
  ],
  ["a sender's event", insert('webhook', a.webhook(1)), insert('webhook', a.webhook(2, { eventKey: 'event-1' }))],
  ['the time of a job', insert('jobRun', a.jobRun(1)), insert('jobRun', a.jobRun(2, { dueAt: a.NOW + 1 }))],
  ["a key's hash", insert('apiKey', a.apiKey('a')), insert('apiKey', a.apiKey('b', { hash: 'hash of a' }))],
  ['a hash, by put', insert('apiKey', a.apiKey('a')), put('apiKey', a.apiKey('b', { hash: 'hash of a' }))],
];

const allowed: readonly (readonly [what: string, before: Effect, after: Effect])[] = [
  [
    'an inactive connection of the group',
    insert('connection', a.connection(1)),
    insert('connection', a.connection(2, { groupKey: 'group-1', active: false })),
  ],
  [
    'an active connection of a group whose active one is deleted',
    insert('connection', a.connection(1, { status: 'DELETED' })),
    insert('connection', a.connection(2, { groupKey: 'group-1' })),
  ],
  [
    "another tenant's connection",
    insert('connection', a.connection(1)),
    insert('connection', a.connection(2, { ...a.connection(1), id: a.connection(2).id, tenantId: a.otherTenantId })),
  ],
  [
    'an open task of a group whose last one has ended',
    insert('task', a.task(1, { state: 'failed' })),
    insert('task', a.task(2, { groupKey: 'group-1' })),
  ],
  [
    "another sender's event of the same name",
    insert('webhook', a.webhook(1)),
    insert('webhook', a.webhook(2, { eventKey: 'event-1', connector: 'bud' })),
  ],
  [
    'the time of another job',
    insert('jobRun', a.jobRun(1)),
    insert('jobRun', a.jobRun(2, { job: 'audit', dueAt: a.NOW + 1 })),
  ],
  [
    'a job by hand, again',
    insert('jobRun', a.jobRun(1, { dueAt: null })),
    insert('jobRun', a.jobRun(2, { dueAt: null })),
  ],
];

const changeable = recordNames.filter((name): name is ChangeableName => !isChained(name));

export const effectsContract = (current: Current): void => {
  test.each(recordNames)('every field of a %s comes back as it went in', async (name) => {
    const [bare, full] = everyRecord[name];
    await current().apply(insert(name, bare), insert(name, full));
    expect(await find(current(), name, bare)).toEqual(bare);
    expect(await find(current(), name, full)).toEqual(full);
  });

  test.each(changeable)('a %s is put, where it is there and where it is not', async (name) => {
    const [bare, full] = everyRecord[name];
    const over = { ...full, id: bare.id } as typeof bare;
    await current().apply(put(name, bare));
    expect(await find(current(), name, bare)).toEqual(bare);
    await current().apply(put(name, over));
    expect(await find(current(), name, over)).toEqual(over);
  });

  test.each(recordNames)('a %s that is removed is gone; removing it again is harmless', async (name) => {
    const [bare, full] = everyRecord[name];
    await current().apply(insert(name, bare), insert(name, full));
    await current().apply(remove(name, bare.id));
    await current().apply(remove(name, bare.id));
    expect(await find(current(), name, bare)).toBeNull();
    expect(await find(current(), name, full)).toEqual(full);
  });

  test.each(changeable)('updating a %s sets the columns named and no other', async (name) => {
    const [bare, full] = everyRecord[name];
    const { id, ...set } = full;
    await current().apply(insert(name, bare));
    for (const column of Object.keys(set) as (keyof typeof set)[]) {
      // What finds the row again stays.
      if (['connectionId', 'pullId', 'scope', 'auditId', 'hash'].includes(column)) continue;
      await current().apply(update(name, bare.id, { [column]: set[column] } as object));
      const found = (await find(current(), name, bare)) as typeof bare;
      expect(found[column]).toEqual(set[column]);
      await current().apply(put(name, bare));
      expect({ ...found, [column]: bare[column] }).toEqual(bare);
    }
  });

  test('an update of nothing changes nothing', async () => {
    await current().apply(insert('setting', a.setting('s')));
    await current().apply(update('setting', 's', {}));
    expect(await current().read('setting', { id: 's' })).toEqual(a.setting('s'));
  });

  test('an update of a row that is not there is refused', async () => {
    await expect(current().apply(update('setting', 'none', { value: 'x' }))).rejects.toThrow(StoreConflict);
  });

  test.each(conflicts)('%s is taken once', async (_what, before, after) => {
    await current().apply(before);
    await expect(current().apply(after)).rejects.toThrow(StoreConflict);
    await expect(current().apply(insert('setting', a.setting('other')), after)).rejects.toThrow(StoreConflict);
    expect(await current().read('setting', { id: 'other' })).toBeNull();
  });

  test('an update can run into a unique index, too', async () => {
    await current().apply(
      insert('connection', a.connection(1)),
      insert('connection', a.connection(2, { groupKey: 'group-1', active: false })),
    );
    await expect(current().apply(update('connection', a.connection(2).id, { active: true }))).rejects.toThrow(
      StoreConflict,
    );
    // Promoted in one turn, the old one first.
    await current().apply(
      update('connection', a.connection(1).id, { active: false }),
      update('connection', a.connection(2).id, { active: true }),
    );
    const group = await current().read('groupByKey', { tenantId, groupKey: 'group-1' });
    expect(group.map(({ active }) => active)).toEqual([false, true]);
  });

  test.each(allowed)('%s is not refused', async (_what, before, after) => {
    await current().apply(before);
    await current().apply(after);
  });
};
