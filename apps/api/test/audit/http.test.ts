import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { idOf, insert, put } from '@freshet/domain';
import type { TenantId } from '@freshet/domain';
import { runQueuedAudits, type Engine } from '@freshet/flows';
import {
  auditingEngine,
  connectionRow,
  entryRow,
  findingRow,
  imported,
  NOW,
  plant,
  risingIds,
  runRow,
  taskRow,
  TENANT,
} from '@freshet/flows/contract';
import { createMemoryStore } from '@freshet/ports/memory';
import type { AuditView, AuditWithFiguresView, FindingView } from '../../src/audit/audit.schemas.js';
import type { RepairView } from '../../src/audit/repair-view.js';
import { createApp } from '../../src/app.js';
import { auditModule } from '../../src/audit/audit.module.js';
import { drawHere } from '../../src/audit/report/charts/draw.js';
import { readSettings } from '../../src/engine/settings.js';

const ids = risingIds();
const uuid = ids.next;
const ADMIN = 'admin-key-of-the-default-tenant';
const READER = 'reader-key-of-the-default-tenant';
const STRANGER = 'admin-key-of-another-tenant';
const OTHER = 'ten_other' as TenantId;

const keyRow = (key: string, tenantId: TenantId, scopes: readonly string[]) =>
  put('apiKey', { id: key, tenantId, hash: createHash('sha256').update(key).digest('hex'), scopes, createdAt: NOW });

let app: NestFastifyApplication;
let engine: Engine;
let now = NOW;
let address: string;

beforeAll(async () => {
  engine = auditingEngine(createMemoryStore(), { ids, clock: { now: () => now, realNow: () => now } });
  const broken = taskRow(uuid());
  await plant(
    engine.store,
    keyRow(ADMIN, TENANT, ['admin']),
    keyRow(READER, TENANT, ['read']),
    keyRow(STRANGER, OTHER, ['admin']),
    ...Array.from({ length: 3 }, () => imported(connectionRow(uuid(), { active: false }))).flat(),
    insert('task', broken),
    insert('ledgerEntry', entryRow(uuid(), broken)),
  );
  app = await createApp({
    engine,
    settings: readSettings({}),
    nudge: () => undefined,
    extraModules: [auditModule(drawHere)],
  });
  await app.listen(0, '127.0.0.1');
  address = await app.getUrl();
});

afterAll(async () => {
  await app.close();
  await engine.store.close();
});

const call = (
  path: string,
  { key = ADMIN, ...init }: RequestInit & { readonly key?: string } = {},
): Promise<Response> =>
  fetch(`${address}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });

const json = async <Body = unknown>(path: string, init?: Parameters<typeof call>[1]) => {
  const response = await call(path, init);
  return { status: response.status, body: (await response.json()) as Body };
};

interface List<View> {
  readonly data: readonly View[];
  readonly nextCursor: string | null;
}

/** Asked for over HTTP, run as the worker does. */
const audited = async (): Promise<string> => {
  const response = await call('/v1/audits', { method: 'POST' });
  const { id } = (await response.json()) as AuditView;
  await runQueuedAudits(engine, 10);
  return id;
};

test('an audit is asked for, found at its Location, and done once a worker took it up', async () => {
  const asked = await call('/v1/audits', { method: 'POST' });
  expect(asked.status).toBe(202);
  const run = (await asked.json()) as AuditView;
  expect(run).toMatchObject({ state: 'queued', trigger: 'request', startedAt: null, findings: 0, error: null });
  expect(asked.headers.get('location')).toBe(`/v1/audits/${run.id}`);
  await runQueuedAudits(engine, 10);
  const done = await json(`/v1/audits/${run.id}`);
  expect(done).toEqual({
    status: 200,
    body: {
      ...run,
      state: 'done',
      startedAt: '2026-05-20T02:00:00.000Z',
      endedAt: '2026-05-20T02:00:00.000Z',
      findings: 4,
      counts: {
        bySeverity: { critical: 4, warning: 0, info: 0 },
        byCheck: {
          'duplicate-groups': { critical: 3, warning: 0, info: 0 },
          'status-histories': { critical: 0, warning: 0, info: 0 },
          'hash-chains': { critical: 0, warning: 0, info: 0 },
          'stuck-tasks': { critical: 0, warning: 0, info: 0 },
          'ledger-against-tasks': { critical: 1, warning: 0, info: 0 },
          'entries-without-task': { critical: 0, warning: 0, info: 0 },
          'ledger-against-invoices': { critical: 0, warning: 0, info: 0 },
          'decisions-reproduce': { critical: 0, warning: 0, info: 0 },
          'wasted-pulls': { critical: 0, warning: 0, info: 0 },
          'broken-windows': { critical: 0, warning: 0, info: 0 },
          budgets: { critical: 0, warning: 0, info: 0 },
          'billed-twins': { critical: 0, warning: 0, info: 0 },
          'late-connections': { critical: 0, warning: 0, info: 0 },
          'consents-ending': { critical: 0, warning: 0, info: 0 },
          drift: { critical: 0, warning: 0, info: 0 },
        },
      },
      examined: {
        'duplicate-groups': 3,
        'status-histories': 3,
        'hash-chains': 1,
        'stuck-tasks': 0,
        'ledger-against-tasks': 1,
        'entries-without-task': 1,
        'ledger-against-invoices': 0,
        'decisions-reproduce': 0,
        'wasted-pulls': 3,
        'broken-windows': 0,
        budgets: 0,
        'billed-twins': 3,
        'late-connections': 3,
        'consents-ending': 3,
        drift: 0,
      },
      money: [{ amount: '0.120000', currency: 'USD' }],
      digests: { 'digest of all chain heads': expect.stringMatching(/^[\w-]{43}$/) },
      figures: {
        ...{ budgets: [], consents: [], freshness: [] },
        connections: [{ provider: 'MX', all: 3, statuses: { ACTIVE: 3 } }],
        refreshes: [{ provider: 'MX', all: 1, outcomes: expect.objectContaining({ 'new-data': 1, failed: 0 }) }],
        spend: [
          {
            ...{ provider: 'MX', currency: 'USD' },
            ...{ charged: '0.000000', uncertain: '0.000000', reserved: '0.120000' },
            days: [{ day: '2026-05-20', charged: '0.000000', uncertain: '0.000000', reserved: '0.120000' }],
          },
        ],
        stakes: [
          {
            ...{ check: 'ledger-against-tasks', provider: 'MX', currency: 'USD', findings: 1 },
            ...{ amount: '0.120000', shareOfSpend: null },
          },
        ],
      },
    },
  });
});

test('an empty object is as good as no body; anything in it is refused', async () => {
  const post = (body: string) =>
    json('/v1/audits', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect((await post('{}')).status).toBe(202);
  expect((await post('{"checks":[]}')).body).toMatchObject({ status: 400, errors: [{ pointer: '/checks' }] });
});

test('findings are filtered, and paged to the last one', async () => {
  const id = await audited();
  const path = `/v1/audits/${id}/findings`;
  const all = await json<List<FindingView>>(path);
  expect(all.body.data).toHaveLength(4);
  const [finding] = (await json<List<FindingView>>(`${path}?check=ledger-against-tasks`)).body.data;
  expect(finding).toMatchObject({
    auditId: id,
    check: 'ledger-against-tasks',
    severity: 'critical',
    money: { amount: '0.120000', currency: 'USD' },
    evidence: { charge: 'charged' },
    at: '2026-05-20T02:00:00.000Z',
  });
  expect((await json(`${path}?severity=warning`)).body).toEqual({ data: [], nextCursor: null });
  expect((await json(`${path}?severity=bad`)).status).toBe(400);
  expect((await json(`${path}?chek=x`)).status).toBe(400);

  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = (await json<List<FindingView>>(`${path}?check=duplicate-groups&limit=1${after}`)).body;
    expect(page.data).toHaveLength(1);
    seen.push(...page.data.map((each) => each.id));
    cursor = page.nextCursor;
  }
  expect(new Set(seen).size).toBe(3);
});

test('audits are listed, the newest first', async () => {
  const newest = await audited();
  const { body } = await json<List<AuditView>>('/v1/audits?limit=2');
  expect(body.data[0]?.id).toBe(newest);
  expect(body.data).toHaveLength(2);
  const next = await json<List<AuditView>>(`/v1/audits?limit=2&cursor=${body.nextCursor}`);
  expect([...body.data, ...next.body.data].map(({ id }) => id)).toEqual(
    [...body.data, ...next.body.data]
      .map(({ id }) => id)
      .sort()
      .reverse(),
  );
});

test.each(['', '/findings', '/report'])(
  "another tenant's audit%s, an unknown and a malformed id are not there",
  async (rest) => {
    const id = await audited();
    for (const [path, key] of [
      [`/v1/audits/${id}${rest}`, STRANGER],
      [`/v1/audits/${idOf('audit', uuid())}${rest}`, ADMIN],
      [`/v1/audits/nonsense${rest}`, ADMIN],
    ] as const) {
      expect((await json(path, { key })).body).toMatchObject({ status: 404, type: '/problems/not-found' });
    }
  },
);

test('a key that may only read reads, and asks for nothing', async () => {
  const id = await audited();
  expect((await json(`/v1/audits/${id}`, { key: READER })).status).toBe(200);
  expect((await json('/v1/audits', { key: READER, method: 'POST' })).status).toBe(403);
  expect((await json(`/v1/audits/${id}/report`, { key: 'nobody' })).status).toBe(401);
});

test('an audit says what has changed since the one before, and each finding whether it is new', async () => {
  const first = await audited();
  now += 1000;
  const second = await audited();
  now = NOW;
  const { body } = await json<AuditWithFiguresView>(`/v1/audits/${second}`);
  expect(body.since).toMatchObject({
    ...{ auditId: first, new: 0, gone: 0, stayed: 4 },
    byCheck: { 'duplicate-groups': { new: 0, gone: 0, stayed: 3 } },
    money: [{ currency: 'USD', then: '0.120000', now: '0.120000' }],
  });
  const { data } = (await json<List<FindingView>>(`/v1/audits/${second}/findings`)).body;
  expect(data.map(({ isNew, firstSeenAt }) => [isNew, firstSeenAt])).toEqual(
    data.map(() => [false, '2026-05-20T02:00:00.000Z']),
  );
  expect(new Set(data.map(({ check, key }) => `${check} ${key}`)).size).toBe(4);
});

test('the report is a page that may run and fetch nothing', async () => {
  const response = await call(`/v1/audits/${await audited()}/report`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(response.headers.get('content-disposition')).toBeNull();
  const text = await response.text();
  expect(text).toMatch(/^<!doctype html>/i);
  expect(text.trimEnd()).toMatch(/<\/html>$/);
  expect(text.match(/<article/g)).toHaveLength(4);
});

test('the report is to be had as CSV and JSON', async () => {
  const id = await audited();
  const csv = await call(`/v1/audits/${id}/report?format=csv`);
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="freshet-audit-${id}.csv"`);
  expect((await csv.text()).trimEnd().split('\r\n')).toHaveLength(5);
  const report = await json<{ audit: AuditView; findings: readonly FindingView[] }>(
    `/v1/audits/${id}/report?format=json`,
  );
  expect(report.body.audit.id).toBe(id);
  expect(report.body.findings).toHaveLength(4);
  expect((await json(`/v1/audits/${id}/report?format=pdf`)).body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/format' }],
  });
});

test('a long report arrives whole', async () => {
  const count = 2_345;
  const run = runRow(uuid(), { counts: { 'duplicate-groups/critical': count } });
  const findings = Array.from({ length: count }, () =>
    insert('finding', findingRow(uuid(), run, { action: 'x'.repeat(500) })),
  );
  await plant(engine.store, insert('audit', run), ...findings);
  const text = await (await call(`/v1/audits/${run.id}/report?format=csv`)).text();
  expect(text.trimEnd().split('\r\n')).toHaveLength(count + 1);
});

test('the OpenAPI document has its routes', async () => {
  const { body } = await json<{ paths: Record<string, Record<string, { summary: string }>> }>('/openapi.json');
  const routes = Object.entries(body.paths).filter(([path]) => path.startsWith('/v1/audits'));
  expect(routes.flatMap(([path, on]) => Object.keys(on).map((method) => `${method} ${path}`)).sort()).toEqual([
    'get /v1/audits',
    'get /v1/audits/{id}',
    'get /v1/audits/{id}/findings',
    'get /v1/audits/{id}/repairs',
    'get /v1/audits/{id}/report',
    'post /v1/audits',
    'post /v1/audits/{id}/repairs',
  ]);
});

describe('repairs', () => {
  const repair = (id: string, body: unknown, key = ADMIN) =>
    call(`/v1/audits/${id}/repairs`, {
      method: 'POST',
      key,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });

  interface Repaired {
    readonly data: readonly { readonly findingId: string; readonly result: string; readonly why: string | null }[];
    readonly more: boolean;
  }

  test('are made once, kept, and shown with their finding', async () => {
    const id = await audited();
    const path = `/v1/audits/${id}/findings?check=duplicate-groups`;
    const found = (await json<List<FindingView>>(path)).body.data;
    expect(found.map(({ repairable, repairedAt }) => [repairable, repairedAt])).toEqual(found.map(() => [true, null]));
    const first = (await (await repair(id, { findings: [found[0]?.id] })).json()) as Repaired;
    expect(first).toMatchObject({ data: [{ findingId: found[0]?.id, result: 'repaired', why: null }], more: false });
    const again = (await (await repair(id, { findings: [found[0]?.id] })).json()) as Repaired;
    expect(again.data).toMatchObject([{ result: 'already-right' }]);
    const rest = (await (await repair(id, { check: 'duplicate-groups' })).json()) as Repaired;
    expect(rest.data.map(({ result }) => result)).toEqual(['repaired', 'repaired']);
    const repairs = (await json<List<RepairView>>(`/v1/audits/${id}/repairs?limit=2`)).body;
    expect(repairs.data).toMatchObject([
      { check: 'duplicate-groups', by: ADMIN, at: '2026-05-20T02:00:00.000Z' },
      { check: 'duplicate-groups' },
    ]);
    expect(repairs.nextCursor).not.toBeNull();
    const after = (await json<List<FindingView>>(path)).body.data;
    expect(after.every(({ repairedAt }) => repairedAt === '2026-05-20T02:00:00.000Z')).toBe(true);
    const none = (await json<List<FindingView>>(`/v1/audits/${id}/findings?check=ledger-against-tasks`)).body.data;
    expect(none.map(({ repairable }) => repairable)).toEqual([false]);
    expect(await (await repair(id, { findings: [none[0]?.id] })).json()).toMatchObject({
      data: [{ result: 'not-repairable', why: expect.stringContaining('never changed') }],
    });
  });

  test('are refused where they cannot be asked for', async () => {
    const id = await audited();
    const queued = (await (await call('/v1/audits', { method: 'POST' })).json()) as AuditView;
    const unknown = `fnd_${uuid()}`;
    for (const [of, body, status, key] of [
      [queued.id, { check: 'drift' }, 409, ADMIN],
      [id, { findings: [unknown] }, 404, ADMIN],
      [id, { findings: ['fnd_no'] }, 404, ADMIN],
      [`aud_${uuid()}`, { check: 'drift' }, 404, ADMIN],
      [id, { check: 'drift' }, 404, STRANGER],
      [id, { check: 'drift' }, 403, READER],
      [id, {}, 400, ADMIN],
      [id, { check: 'drift', findings: [unknown] }, 400, ADMIN],
      [id, { findings: [] }, 400, ADMIN],
      [id, { check: 'drift', all: true }, 400, ADMIN],
    ] as const) {
      const answer = await repair(of, body, key);
      expect([body, answer.status]).toEqual([body, status]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
    expect((await call(`/v1/audits/aud_${uuid()}/repairs`)).status).toBe(404);
    await runQueuedAudits(engine, 10);
  });
});
