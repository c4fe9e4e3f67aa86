import { expect, test } from '@jest/globals';
import { insert, type AuditId, type ConnectionId, type DecisionRecord, type TaskId } from '@freshet/domain';
import { everyRecord } from './every-record.js';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { tenantId, otherTenantId } = a;

export const byKeyReadsContract = (current: Current): void => {
  test.each([
    'connection',
    'task',
    'pull',
    'decision',
    'webhook',
    'audit',
    'auditFigures',
    'pullPlan',
    'backgroundWatch',
    'tokenRenewal',
    'statusLook',
  ] as const)("another tenant's %s is not there", async (name) => {
    const [row] = everyRecord[name];
    await current().apply(insert(name, row));
    expect(await current().read(name, { tenantId, id: row.id as never })).toEqual(row);
    expect(await current().read(name, { tenantId: otherTenantId, id: row.id as never })).toBeNull();
    expect(await current().read(name, { tenantId, id: a.id('none', 9) as never })).toBeNull();
  });

  test('a group is its living members and the connection asked for, by id', async () => {
    const inactive = { groupKey: 'group-1', active: false };
    await current().apply(
      insert('connection', a.connection(4, inactive)),
      insert('connection', a.connection(1)),
      insert('connection', a.connection(3, { ...inactive, status: 'DELETED' })),
      insert('connection', a.connection(2, { ...inactive, status: 'EXPIRED' })),
      insert('connection', a.connection(5)),
      insert('connection', a.connection(6, { ...inactive, tenantId: otherTenantId })),
    );
    const groupOf = (number: number, tenant = tenantId) =>
      current().ids('group', { tenantId: tenant, id: a.id<ConnectionId>('conn', number) });
    const conn = (...numbers: readonly number[]) => numbers.map((number) => a.id('conn', number));
    expect(await groupOf(1)).toEqual(conn(1, 2, 4));
    expect(await groupOf(3)).toEqual(conn(1, 2, 3, 4));
    expect(await groupOf(5)).toEqual(conn(5));
    expect(await groupOf(9)).toEqual([]);
    expect(await groupOf(1, otherTenantId)).toEqual([]);
    expect(await current().ids('groupByKey', { tenantId, groupKey: 'group-1' })).toEqual(conn(1, 2, 4));
    expect(await current().ids('groupByKey', { tenantId, groupKey: 'none' })).toEqual([]);
  });

  test('the audit before another is the newest done one of its tenant and trigger', async () => {
    const done = { state: 'done' } as const;
    await current().apply(
      insert('audit', a.audit(1, done)),
      insert('audit', a.audit(2, done)),
      insert('audit', a.audit(3, { ...done, trigger: 'request' })),
      insert('audit', a.audit(4, { state: 'failed' })),
      insert('audit', a.audit(5, { ...done, tenantId: otherTenantId })),
      insert('audit', a.audit(6, { state: 'running' })),
      insert('audit', a.audit(7, done)),
    );
    const before = async (number: number, trigger: 'nightly' | 'request') => {
      const asked = { tenantId, id: a.id<AuditId>('aud', number), trigger };
      return (await current().read('doneAuditBefore', asked))?.id ?? null;
    };
    expect(await before(6, 'nightly')).toBe(a.id('aud', 2));
    expect(await before(2, 'nightly')).toBe(a.id('aud', 1));
    expect(await before(1, 'nightly')).toBeNull();
    expect(await before(6, 'request')).toBe(a.id('aud', 3));
    expect(await before(3, 'request')).toBeNull();
  });

  test('a finding is found by its audit, its check and its key', async () => {
    const row = a.finding(1, { key: 'a "key"' });
    await current().apply(insert('finding', row), insert('finding', a.finding(2)));
    const asked = { tenantId, auditId: row.auditId, check: row.check, key: row.key };
    expect(await current().read('findingByKey', asked)).toEqual(row);
    for (const other of [
      { tenantId: otherTenantId },
      { auditId: a.id<AuditId>('aud', 2) },
      { check: 'budgets' },
      { key: 'another' },
    ]) {
      expect(await current().read('findingByKey', { ...asked, ...other })).toBeNull();
    }
  });

  test("a connection is found by its connector's id for it, deleted or not", async () => {
    const row = a.connection(1, { status: 'DELETED' });
    await current().apply(insert('connection', row));
    const asked = { tenantId, connector: 'meld', externalId: 'external-1' };
    expect(await current().read('connectionByExternalId', asked)).toEqual(row);
    for (const other of [{ tenantId: otherTenantId }, { connector: 'bud' }, { externalId: 'external-2' }]) {
      expect(await current().read('connectionByExternalId', { ...asked, ...other })).toBeNull();
    }
  });

  test.each([
    ['queued', true],
    ['running', true],
    ['succeeded', false],
    ['partial', false],
    ['failed', false],
    ['reconnect_required', false],
    ['expired', false],
    ['cancelled', false],
  ] as const)('a task that is %s is open: %s', async (state, isOpen) => {
    const row = a.task(1, { state });
    await current().apply(insert('task', row));
    expect(await current().read('openTask', { tenantId, groupKey: 'group-1' })).toEqual(isOpen ? row : null);
    expect(await current().read('openTask', { tenantId: otherTenantId, groupKey: 'group-1' })).toBeNull();
    expect(await current().read('openTask', { tenantId, groupKey: 'group-2' })).toBeNull();
  });

  test("the newest task of a provider's job is found", async () => {
    await current().apply(
      insert('task', a.task(2, { providerTaskId: 'job' })),
      insert('task', a.task(1, { providerTaskId: 'job' })),
      insert('task', a.task(3, { providerTaskId: 'job', connector: 'bud' })),
      insert('task', a.task(4)),
    );
    const asked = { tenantId, connector: 'meld', providerTaskId: 'job' };
    expect((await current().read('taskByProviderTask', asked))?.id).toBe(a.id('task', 2));
    expect(await current().read('taskByProviderTask', { ...asked, providerTaskId: 'none' })).toBeNull();
    expect(await current().read('taskByProviderTask', { ...asked, tenantId: otherTenantId })).toBeNull();
  });

  test("a webhook is found by its sender's key", async () => {
    await current().apply(insert('webhook', a.webhook(1)));
    const asked = { tenantId, connector: 'meld', eventKey: 'event-1' };
    expect(await current().read('webhookByKey', asked)).toEqual(a.webhook(1));
    for (const other of [{ tenantId: otherTenantId }, { connector: 'bud' }, { eventKey: 'event-2' }]) {
      expect(await current().read('webhookByKey', { ...asked, ...other })).toBeNull();
    }
  });

  test('closures are those of the provider, the institution, the group and the connection', async () => {
    const mine = { connector: 'meld', provider: 'MX', institutionId: 'inst', groupKey: 'grp', connectionId: 'conn_x' };
    const about = { tenantId, ...mine, connectionId: mine.connectionId as ConnectionId };
    const scoped = (id: string, scope: 'institution' | 'group' | 'connection', scopeKey: string) =>
      insert('closure', a.closure(id, { scope, scopeKey, kind: 'limited' }));
    await current().apply(
      insert('closure', a.closure('1 provider', { until: a.NOW - 1 })),
      insert('closure', a.closure('2 any connector', { connector: '*' })),
      scoped('3 institution', 'institution', 'inst'),
      scoped('4 group', 'group', 'grp'),
      scoped('5 connection', 'connection', 'conn_x'),
      insert('closure', a.closure('other connector', { connector: 'bud' })),
      insert('closure', a.closure('other provider', { provider: 'PLAID' })),
      insert('closure', a.closure('other tenant', { tenantId: otherTenantId })),
      scoped('other institution', 'institution', 'other'),
      scoped('key of another scope', 'group', 'inst'),
      scoped('key of a third', 'institution', 'grp'),
    );
    const found = await current().ids('closures', about);
    expect(found).toEqual(['1 provider', '2 any connector', '3 institution', '4 group', '5 connection']);
    expect(await current().ids('closuresOfTenant', { tenantId, scope: 'group' })).toEqual([
      '4 group',
      'key of another scope',
    ]);
  });

  test('of the newest decisions of a connection, those since then are counted', async () => {
    const decided = (number: number, decidedAt: number, over: Partial<DecisionRecord> = {}) =>
      insert('decision', a.decision(number, { decidedAt, ...over }));
    const connectionId = a.decision(1).connectionId;
    await current().apply(
      decided(1, a.NOW - 3),
      decided(2, a.NOW - 2),
      decided(3, a.NOW - 1),
      decided(4, a.NOW),
      decided(5, a.NOW, { connectionId: a.id<ConnectionId>('conn', 99) }),
      decided(6, a.NOW, { tenantId: otherTenantId }),
    );
    const count = (since: number, take = 10) => current().read('requestCount', { tenantId, connectionId, since, take });
    expect(await count(a.NOW - 4)).toBe(4);
    expect(await count(a.NOW - 2)).toBe(2);
    expect(await count(a.NOW)).toBe(0);
    expect(await count(a.NOW - 4, 3)).toBe(3);
  });

  test('keys without a tenant are found by themselves', async () => {
    await current().apply(
      insert('idempotency', a.idempotency('i')),
      insert('policyArchive', a.policyArchive('p')),
      insert('apiKey', a.apiKey('k')),
      insert('setting', a.setting('s')),
      insert('connectionRates', a.connectionRates('r')),
      insert('limitDemand', a.limitDemand('l')),
      insert('breaker', a.breaker('b')),
      insert('postingProfile', a.postingProfile('h')),
    );
    expect(await current().read('idempotency', { id: 'i' })).toEqual(a.idempotency('i'));
    expect(await current().read('policyArchive', { id: 'p' })).toEqual(a.policyArchive('p'));
    expect(await current().read('apiKeyByHash', { hash: 'hash of k' })).toEqual(a.apiKey('k'));
    expect(await current().read('setting', { id: 's' })).toEqual(a.setting('s'));
    expect(await current().read('connectionRates', { id: 'r' })).toEqual(a.connectionRates('r'));
    expect(await current().read('limitDemand', { id: 'l' })).toEqual(a.limitDemand('l'));
    expect(await current().read('limitDemand', { id: 'r' })).toBeNull();
    expect(await current().read('postingProfile', { id: 'h' })).toEqual(a.postingProfile('h'));
    expect(await current().read('breaker', { id: 'b' })).toEqual(a.breaker('b'));
    expect(await current().read('breaker', { id: 'r' })).toBeNull();
    expect(await current().read('connectionRates', { id: 'h' })).toBeNull();
    expect(await current().read('postingProfile', { id: 'r' })).toBeNull();
    expect(await current().read('idempotency', { id: 'b' })).toBeNull();
    expect(await current().read('policyArchive', { id: 'k' })).toBeNull();
    expect(await current().read('apiKeyByHash', { hash: 'k' })).toBeNull();
    expect(await current().read('setting', { id: 'p' })).toBeNull();
  });

  test('quotes and wildcards in a key are only text', async () => {
    const key = `%_'"; drop table settings; --\u0000\u{1F4A7}`;
    await current().apply(insert('setting', a.setting(key, { value: key })));
    expect(await current().read('setting', { id: key })).toEqual({ id: key, value: key });
    expect(await current().read('setting', { id: '%' })).toBeNull();
    expect(await current().read('task', { tenantId, id: key as TaskId })).toBeNull();
  });
};
