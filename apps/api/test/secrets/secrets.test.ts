import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_MELD_WEBHOOK_SECRET, signMeldWebhook } from '@freshet/sandbox';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProxy, type MisbehavingProxy } from '../connectors/contract/misbehaving-proxy.js';
import { startWorld, type World } from '../connectors/contract/world.js';
import { buildService, freePort, startService, type Place, type Running } from '../crash/processes.js';
import { databaseSinks, found, type Secret, type Sink } from './sinks.js';

const TIMEOUT_MS = 300_000;

/** Each can be told from any other text. */
const secrets = {
  apiKey: 'SECRET-api-key-8f1c0e',
  wrongKey: 'SECRET-wrong-key-51ab9d',
  encryptionKey: Buffer.from('SECRET-32-bytes-of-a-key-0123456').toString('base64'),
  accessToken: 'SECRET-access-token-27d3',
  customerSecret: 'SECRET-customer-secret-9e',
  providerCustomer: 'SECRET-provider-customer-4a',
  pathSecret: 'SECRET-webhook-path-77c1',
  ip: '203.0.113.77',
  userAgent: 'SECRET-user-agent-5150',
  accountNumber: '40047590001234567',
  errorText: 'SECRET-of-an-error-text-c4',
  malformed: 'SECRET-in-malformed-json-12',
  // What the connectors use in sandbox mode.
  meldKey: 'sandbox-meld-key',
  budSecret: 'sandbox-bud-secret',
  plaidSecret: 'sandbox-plaid-secret',
  mxKey: 'sandbox-mx-key',
  finicitySecret: 'sandbox-finicity-secret',
  finicityKey: 'sandbox-finicity-key',
  mxWebhookSecret: 'sandbox-mx-webhook-secret',
  finicityWebhookSecret: 'sandbox-finicity-webhook-secret',
  budBasic: Buffer.from('sandbox-bud-client:sandbox-bud-secret').toString('base64'),
  webhookSecret: DEFAULT_MELD_WEBHOOK_SECRET,
} as const;

/** Ours, and shown to whoever may see it: but no log line and no metric names a customer. */
const CUSTOMER = 'SECRET-FROM-LOGS-customer';

interface Answered {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever it is: the test looks into it.
  readonly body: any;
}

let world: World;
let service: Running;
let place: Place;
let front: MisbehavingProxy;
const answers: { readonly to: string; readonly text: string }[] = [];

const call = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> => {
  const response = await fetch(`http://127.0.0.1:${place.port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secrets.apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  // Where the customer is sent is an address of the provider's: what it has in its query is the provider's to say.
  const ours = text.replace(/"connectUrl":"[^"]*"/, '"connectUrl":"…"');
  answers.push({
    to: `${method} ${path}`,
    text: `${response.status} ${JSON.stringify([...response.headers])} ${ours}`,
  });
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : text };
};

const walk = (advance: string): Promise<Answered> => call('POST', '/sandbox/clock', { advance });

/** What a provider says beside what is asked of it: its own texts, with what they should not hold. */
const tainted = (body: string): string => {
  if (!body.startsWith('{')) return body;
  const value = JSON.parse(body) as Record<string, unknown>;
  const text = `${secrets.errorText}: account ${secrets.accountNumber}, address ${secrets.ip}`;
  const isError = 'message' in value || 'error' in value || 'code_id' in value;
  const { accounts } = value;
  return JSON.stringify({
    ...value,
    accountNumber: secrets.accountNumber,
    ...(Array.isArray(accounts)
      ? { accounts: accounts.map((account: object) => ({ ...account, accountNumber: secrets.accountNumber })) }
      : {}),
    ...(isError ? { message: text, description: text, errors: [{ message: text }], error_description: text } : {}),
  });
};

const row = (n: string, more: object) => ({
  externalId: `known-${n}`,
  connector: 'meld',
  provider: 'MX',
  customerId: `${CUSTOMER}-${n}`,
  institutionId: 'bank',
  providerConnectionId: `member-${n}`,
  products: ['BALANCES', 'TRANSACTIONS'],
  lastSuccessAt: new Date(Date.now() - 30 * 3_600_000).toISOString(),
  credentials: { accessToken: secrets.accessToken, customerSecret: secrets.customerSecret },
  ...more,
});

/** By the first word of a connection's name. */
const reached: Readonly<Record<string, { readonly connector: string; readonly provider: string }>> = {
  meld: { connector: 'meld', provider: 'MX' },
  bud: { connector: 'bud', provider: 'BUD' },
  plaid: { connector: 'plaid', provider: 'PLAID' },
  mx: { connector: 'mx', provider: 'MX' },
  finicity: { connector: 'finicity', provider: 'FINICITY' },
};
const reachedBy = (name: string) => reached[name.split('-', 1)[0] ?? ''] ?? { connector: '', provider: '' };

/** What their forced calls meet. */
const faultsOf: Readonly<Record<string, string | null>> = {
  'meld-healthy': null,
  'meld-lost': 'lost-reply',
  'meld-down': '500',
  'meld-limited': '429',
  'meld-login': 'login-required',
  'meld-partial': 'partial',
  'meld-refused': 'reconnect-required',
  'meld-silent': 'silent-noop',
  'bud-healthy': null,
  'bud-lost': 'lost-reply',
  'bud-down': '500',
  'bud-login': 'login-required',
  'plaid-healthy': null,
  'plaid-lost': 'lost-reply',
  'plaid-down': '500',
  'plaid-refused': 'reconnect-required',
  'plaid-login': 'login-required',
  'mx-healthy': null,
  'mx-lost': 'lost-reply',
  'mx-down': '500',
  'mx-login': 'login-required',
  'finicity-healthy': null,
  'finicity-lost': 'lost-reply',
  'finicity-down': '500',
  'finicity-login': 'login-required',
};

const credentialsOf = (name: string) => ({
  // One token an Item at Plaid.
  accessToken: `${secrets.accessToken}-${name}`,
  customerSecret: secrets.customerSecret,
  customerId: `${secrets.providerCustomer}-${name}`,
  userGuid: `${secrets.providerCustomer}-${name}`,
});

const PRESENT = { customerPresent: { ip: secrets.ip, userAgent: secrets.userAgent } };

const importAll = async (): Promise<ReadonlyMap<string, string>> => {
  const connections = Object.keys(faultsOf).map((name) =>
    row(name, {
      ...reachedBy(name),
      credentials: credentialsOf(name),
      ...(name.startsWith('meld') ? {} : { providerConnectionId: undefined }),
    }),
  );
  connections.push(row('finicity', { provider: 'FINICITY' }), row('akoya', { connector: 'akoya', provider: 'AKOYA' }));
  const { status, body } = await call('POST', '/v1/connections/import', { connections });
  expect(status).toBe(201);
  return new Map(body.data.map(({ externalId, id }: Record<string, string>) => [externalId?.slice(6), id]));
};

/** What a caller can get wrong, with a secret in it. */
const askWrongly = async (id: string): Promise<void> => {
  const { accessToken, malformed, pathSecret, wrongKey } = secrets;
  await call('POST', '/v1/connections/import', `{"connections":[{"credentials":{"accessToken":"${malformed}",}}]`);
  await call('POST', '/v1/connections/import', { connections: [row('x', { credentials: accessToken })] });
  await call('POST', '/v1/connections/import', {
    connections: [row('y', { credentials: { a: { b: accessToken } }, providerConnectionId: 7 })],
  });
  await call('POST', `/v1/connections/${id}/refresh`, { customerPresent: { ip: `${secrets.ip}/${malformed}` } });
  await call('POST', `/v1/connections/${id}/refresh`, { customerPresent: { ip: secrets.ip, userAgent: [malformed] } });
  await call('POST', `/v1/connections/${id}/refresh`, { ...PRESENT, products: ['NOTHING'] });
  await call('GET', `/v1/connections/${id}`, undefined, { authorization: `Bearer ${wrongKey}` });
  for (const path of ['/webhooks/meld', `/webhooks/meld/${pathSecret}`, `/webhooks/mx/${pathSecret}`]) {
    await call('POST', path, { accountNumber: secrets.accountNumber, note: secrets.errorText });
  }
};

/** Genuine, and with what a provider may put in: signed as Meld signs. */
const sendWebhook = async (externalId: string, more: object): Promise<number> => {
  const body = JSON.stringify({
    eventType: 'BANK_LINKING_CONNECTION_STATUS_CHANGE',
    eventId: `event-${JSON.stringify(more).length}-${externalId}`,
    timestamp: new Date().toISOString(),
    payload: { connectionId: externalId, accountNumber: secrets.accountNumber, note: secrets.errorText, ...more },
  });
  const timestamp = new Date().toISOString();
  const url = `http://127.0.0.1:${place.port}/webhooks/meld`;
  const signature = signMeldWebhook(DEFAULT_MELD_WEBHOOK_SECRET, timestamp, url, body);
  const headers = { 'meld-signature': signature, 'meld-signature-timestamp': timestamp };
  return (await call('POST', '/webhooks/meld', body, headers)).status;
};

const refreshAll = async (ids: ReadonlyMap<string, string>): Promise<void> => {
  for (const [name, fault] of Object.entries(faultsOf)) {
    const { provider } = reachedBy(name);
    if (fault !== null) await world.fault({ provider, externalId: `known-${name}`, fault });
  }
  const all = [...ids.values()];
  await Promise.all(
    all.map((id) => call('POST', `/v1/connections/${id}/refresh/preview`, { mode: 'force', ...PRESENT })),
  );
  await Promise.all(all.map((id) => call('POST', `/v1/connections/${id}/refresh`, { mode: 'force', ...PRESENT })));
  await walk('PT1M');
  await Promise.all(all.map((id) => call('POST', `/v1/connections/${id}/refresh`, { maxAge: 'PT15M' })));
};

const changeAll = async (ids: ReadonlyMap<string, string>): Promise<void> => {
  for (const name of Object.keys(faultsOf).filter((each) => /-(login|healthy)$/.test(each))) {
    const path = `/v1/connections/${ids.get(name)}`;
    await call('POST', `${path}/repair`);
    await call('POST', `${path}/products`, { products: ['OWNERS'] });
    const { provider } = reachedBy(name);
    await world.fault({ provider, externalId: `known-${name}`, fault: '500', operation: 'delete' });
    await call('DELETE', path);
    await call('DELETE', path);
  }
  const viaMeld = { provider: 'PLAID', externalId: undefined, providerConnectionId: undefined };
  await call('POST', '/v1/connections/import', { connections: [row('plaid', viaMeld)] });
  const refusal = { status: 401, body: JSON.stringify({ code: 'X', message: secrets.accessToken }) };
  front.set({ on: /^POST \/meld\/.*\/import$/, when: 'before', meets: refusal });
  await call('POST', '/v1/connections/import', { connections: [row('plaid-2', viaMeld)] });
  const { body } = await call('GET', '/v1/tasks?executor=caller');
  const permit = body.data[0]?.id;
  await call('POST', `/v1/tasks/${permit}/outcome`, { outcome: 'refused', code: 602 });
  await call('POST', `/v1/tasks/${permit}/outcome`, { outcome: 'done', newData: true });
};

/** Everything that can be read. */
const readAll = async (): Promise<void> => {
  const lists = ['connections', 'decisions', 'tasks', 'providers', 'budgets', 'audits'];
  for (const list of lists) {
    const { body } = await call('GET', `/v1/${list}?limit=500`.replace(/^(\/v1\/(?:providers|budgets))\?.*/, '$1'));
    for (const { id } of body.data ?? []) {
      if (list === 'connections' || list === 'decisions' || list === 'tasks') await call('GET', `/v1/${list}/${id}`);
      if (list === 'connections') await call('GET', `/v1/connections/${id}/history`);
    }
  }
  const { body } = await call('POST', '/v1/audits', {});
  await walk('PT1S');
  const audit = `/v1/audits/${body.id ?? body.audit?.id}`;
  for (const path of ['', '/findings', '/report', '/report?format=csv', '/report?format=json']) {
    expect((await call('GET', `${audit}${path}`)).status).toBe(200);
  }
  for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json']) await call('GET', path);
};

beforeAll(async () => {
  buildService();
  const folder = mkdtempSync(join(tmpdir(), 'freshet-secrets-'));
  const policyFile = join(folder, 'policy.yaml');
  writeFileSync(policyFile, JSON.stringify({ version: 1 }));
  world = await startWorld({ backgroundPulls: false, now: () => Date.now() });
  front = await startProxy(world.sandbox.url);
  front.set({
    on: /^\w+ \/(?!_control|widget)/,
    when: 'after',
    meets: { rewrite: tainted },
    times: Number.MAX_SAFE_INTEGER,
  });
  const sandboxPort = Number(new URL(front.url).port);
  place = { folder, port: await freePort(), sandboxPort, policyFile, apiKey: secrets.apiKey };
  service = await startService(place, { LOG_LEVEL: 'trace', FRESHET_ENCRYPTION_KEY: secrets.encryptionKey });
  const ids = await importAll();
  await askWrongly(ids.get('meld-healthy') ?? '');
  await refreshAll(ids);
  expect(await sendWebhook('known-meld-partial', { newStatus: 'FROZEN' })).toBe(200);
  expect(await sendWebhook('nobody', { newStatus: 'ACTIVE' })).toBe(200);
  await walk('PT31M');
  await changeAll(ids);
  await walk('PT5M');
  await readAll();
}, TIMEOUT_MS);

afterAll(async () => {
  await service?.kill();
  await front?.close();
  await world?.close();
  if (place) rmSync(place.folder, { recursive: true, force: true });
});

/** The emulator makes tokens up itself: those that it was called with. */
const tokensSeen = async (): Promise<readonly Secret[]> => {
  const { data } = await world.control<{ readonly data: readonly { readonly headers: Record<string, string> }[] }>(
    'GET',
    'calls',
  );
  const tokens = data.flatMap(({ headers }) => [
    ...(/^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.slice(1) ?? []),
    ...(headers['finicity-app-token'] === undefined ? [] : [headers['finicity-app-token']]),
  ]);
  return [...new Set(tokens)].map((value, n) => ({ name: `token ${n} of the emulator`, value }));
};

describe('no secret, token, account number or address of a customer', () => {
  const known: readonly Secret[] = Object.entries(secrets).map(([name, value]) => ({ name, value }));
  const logged = (): Sink => ({ name: 'the log', bytes: Buffer.from(service.output()) });
  const answered = (): readonly Sink[] =>
    answers.map(({ to, text }) => ({ name: `the answer to ${to}`, bytes: Buffer.from(text) }));

  test('is looked for where there is something to find', async () => {
    expect(service.output()).toContain('a webhook was refused');
    for (const sinks of [answered(), databaseSinks(place.folder)]) {
      expect(found(sinks, [{ name: 'no secret', value: 'known-meld-lost' }]).length).toBeGreaterThan(0);
    }
    expect((await tokensSeen()).length).toBeGreaterThan(0);
    expect(found([{ name: 'here', bytes: Buffer.from(`x ${secrets.ip} y`) }], known)).toHaveLength(1);
    const calls = await world.control<{ readonly data: readonly object[] }>('GET', 'calls');
    const sent = JSON.stringify(calls);
    for (const used of [secrets.ip, secrets.customerSecret, secrets.providerCustomer]) expect(sent).toContain(used);
  });

  test('is in a line of the log, at its most talkative; nor is a customer', async () => {
    const customers = [{ name: 'customer', value: CUSTOMER }];
    expect(found([logged()], [...known, ...(await tokensSeen()), ...customers])).toEqual([]);
  });

  test('is in an answer: no error, decision, audit, report or metric', async () => {
    expect(found(answered(), [...known, ...(await tokensSeen())])).toEqual([]);
    const metrics = answered().filter(({ name }) => name.endsWith('/metrics'));
    expect(metrics).toHaveLength(1);
    expect(found(metrics, [{ name: 'customer', value: CUSTOMER }])).toEqual([]);
  });

  test('lies open in the database', async () => {
    expect(found(databaseSinks(place.folder), [...known, ...(await tokensSeen())])).toEqual([]);
  });
});
