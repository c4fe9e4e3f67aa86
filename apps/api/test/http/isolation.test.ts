import { importInvoice, requestAudit, runAudit } from '@freshet/flows';
import { auditModule } from '../../src/audit/audit.module.js';
import { InvoicesModule } from '../../src/invoices/invoices.module.js';
import { importOne, keys, NOW, startRig, TENANT, type Rig } from './rig.js';

let rig: Rig;
let ids: { connection: string; decision: string; task: string; audit: string; invoice: string };
const audited = async (): Promise<string> => {
  const { id } = await requestAudit(rig.engine, TENANT, 'request');
  await runAudit(rig.engine, TENANT, id);
  return id;
};

const invoiced = async (): Promise<string> => {
  const line = { line: 2, at: NOW, until: NOW, connection: 'ext-1', job: null, product: null, products: [], micros: 1 };
  const terms = {
    ...{ connector: 'meld', provider: null, currency: 'USD', from: NOW, until: NOW + 1, timeZone: 'UTC', leftOut: 0 },
    columns: { time: 'time', amount: 'amount', connection: 'id', job: null, product: null, currency: null },
    ...({ namesBy: 'externalId', toleranceMs: 0, hash: 'hash' } as const),
  };
  const result = await importInvoice(rig.engine, TENANT, terms, [line]);
  if (result.kind !== 'imported') throw new Error(result.kind);
  return result.invoice.id;
};

beforeAll(async () => {
  rig = await startRig({
    settings: { WRONG_KEYS_PER_MINUTE: '1000' },
    extraModules: [auditModule(() => Promise.resolve([])), InvoicesModule],
  });
  const { id } = await importOne(rig, { connector: 'akoya', provider: 'AKOYA' });
  const { body } = await rig.post(`/v1/connections/${id}/refresh`, { mode: 'force' });
  ids = {
    connection: id,
    decision: body.decision.id,
    task: body.task.id,
    audit: await audited(),
    invoice: await invoiced(),
  };
});
afterAll(() => rig.close());

const routes: readonly { readonly method: string; readonly path: string; readonly body?: unknown }[] = [
  { method: 'GET', path: '/v1/connections/{connection}' },
  { method: 'GET', path: '/v1/connections/{connection}/explain' },
  { method: 'GET', path: '/v1/connections/{connection}/history' },
  { method: 'POST', path: '/v1/connections/{connection}/repair' },
  { method: 'POST', path: '/v1/connections/{connection}/products', body: { products: ['OWNERS'] } },
  { method: 'POST', path: '/v1/connections/{connection}/refresh', body: { mode: 'force' } },
  { method: 'POST', path: '/v1/connections/{connection}/refresh/preview' },
  { method: 'DELETE', path: '/v1/connections/{connection}' },
  { method: 'GET', path: '/v1/decisions/{decision}' },
  { method: 'GET', path: '/v1/tasks/{task}' },
  { method: 'POST', path: '/v1/tasks/{task}/cancel' },
  { method: 'POST', path: '/v1/tasks/{task}/outcome', body: { outcome: 'done' } },
  { method: 'POST', path: '/v1/tasks/{task}/token' },
  { method: 'GET', path: '/v1/audits/{audit}' },
  { method: 'GET', path: '/v1/audits/{audit}/findings' },
  { method: 'GET', path: '/v1/audits/{audit}/report' },
  { method: 'GET', path: '/v1/audits/{audit}/repairs' },
  { method: 'POST', path: '/v1/audits/{audit}/repairs', body: { check: 'drift' } },
  { method: 'GET', path: '/v1/invoices/{invoice}' },
  { method: 'GET', path: '/v1/invoices/{invoice}/differences' },
  { method: 'DELETE', path: '/v1/invoices/{invoice}' },
];

const at = (path: string): string => path.replace(/\{(\w+)\}/, (_, kind: keyof typeof ids) => ids[kind]);

const unknown = (path: string): string => at(path).replace(/_[0-9a-f-]{36}/, '_01a1fd70-f1c0-7000-8000-ffffffffffff');

it('every route with an id is in the table', () => {
  const withId = Object.entries(rig.contract.document.paths)
    .filter(([path]) => path.startsWith('/v1/') && path.includes('{id}'))
    .flatMap(([path, on]) => Object.keys(on).map((method) => `${method.toUpperCase()} ${path}`));
  const inTable = routes.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/, '{id}')}`);
  expect(inTable.sort()).toEqual(withId.sort());
});

describe.each(routes)('$method $path', ({ method, path, body }) => {
  it("answers another tenant's id like one that does not exist", async () => {
    const theirs = await rig.call(method, at(path), { body, key: keys.other });
    const nobodys = await rig.call(method, unknown(path), { body, key: keys.other });
    expect([theirs.status, theirs.body.type]).toEqual([404, '/problems/not-found']);
    expect({ ...theirs.body, instance: '', requestId: '' }).toEqual({ ...nobodys.body, instance: '', requestId: '' });
  });

  it.each([
    'x',
    'conn_1',
    'conn_01A1FD70-F1C0-7000-8000-000000000005',
    `conn_${'9'.repeat(400)}`,
    '%00',
    '..%2F..',
    '%zz',
    '%F0%28',
  ])('answers 404 to the malformed id %s', async (id) => {
    const answer = await rig.call(method, path.replace(/\{\w+\}/, id), { body });
    expect([answer.status, answer.body.type]).toEqual([404, '/problems/not-found']);
    expect(answer.headers.get('x-request-id')).toEqual(expect.any(String));
  });

  it.each([
    ['no key', null, undefined],
    ['an unknown key', 'nonsense-nonsense', undefined],
    ['another scheme', null, 'Basic YTpi'],
    ['a key in pieces', null, 'Bearer a b'],
    ['an empty key', null, 'Bearer '],
  ])('answers 401 to %s', async (_, key, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await rig.call(method, at(path), { body, key, headers });
    expect([answer.status, answer.body.type]).toEqual([401, '/problems/unauthorized']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="freshet"');
  });
});

const lists = ['/v1/connections', '/v1/decisions', '/v1/tasks', '/v1/audits', '/v1/invoices'];
it.each(lists)("%s shows nothing of another tenant's", async (path) => {
  expect((await rig.get(path)).body.data).not.toEqual([]);
  expect((await rig.get(path, { key: keys.other })).body).toEqual({ data: [], nextCursor: null });
  for (const filter of ['/v1/decisions', '/v1/tasks'].includes(path) ? [`connectionId=${ids.connection}`] : []) {
    expect((await rig.get(`${path}?${filter}`, { key: keys.other })).body.data).toEqual([]);
  }
});

it('a key in the query string is no key', async () => {
  expect((await rig.get(`/v1/connections?key=${keys.admin}`, { key: null })).status).toBe(401);
});

it('the same identity in two tenants is two connections', async () => {
  const mine = await importOne(rig, { externalId: 'shared-external' });
  const theirs = await importOne(rig, { externalId: 'shared-external' }, keys.other);
  expect(theirs.imported).toBe('created');
  expect(theirs.id).not.toBe(mine.id);
});
