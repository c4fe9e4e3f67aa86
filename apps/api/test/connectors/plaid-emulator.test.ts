import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createConnectors } from '@freshet/connectors';
import type { Product, PullId, RefreshAnswer, RefreshProgress } from '@freshet/domain';
import { DAY, MINUTE, SECOND } from '@freshet/domain';
import type { Connector, RawWebhook, RefreshContext } from '@freshet/ports';
import { startSandbox, type Sandbox } from '@freshet/sandbox';

let sandbox: Sandbox;
let plaid: Connector;
let receiver: Server;
let webhooks: RawWebhook[];
let base: number;
beforeEach(async () => {
  webhooks = [];
  base = Date.parse('2026-03-02T12:00:00Z');
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = { 'plaid-verification': String(request.headers['plaid-verification']) };
      webhooks.push({ headers, body: Buffer.concat(chunks), secret: null, receivedAt: sandbox.now() });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const webhookBaseUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  sandbox = await startSandbox({ webhookBaseUrl, now: () => base });
  const settings = { clientId: 'client', secret: 'secret', baseUrl: `${sandbox.url}/plaid`, clientName: 'Budgets' };
  const made = createConnectors({ plaid: settings }).get('plaid');
  if (made === undefined) throw new Error('the connector is off');
  plaid = made;
  await register();
});
afterEach(async () => {
  await sandbox.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

const control = async (
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly data: readonly unknown[] }> => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${sandbox.url}/_control/${path}`, {
    method,
    headers,
    body: JSON.stringify(body) ?? null,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text === '' ? { data: [] } : (JSON.parse(text) as { readonly data: readonly unknown[] });
};
const ITEM = 'item-1';
const PRODUCTS: readonly Product[] = ['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS'];
const connection = {
  externalId: ITEM,
  provider: 'PLAID',
  customerId: 'customer-1',
  institutionId: 'ins_3',
  providerConnectionId: null,
  credentials: { accessToken: 'access-sandbox-1' },
};
const register = (more: object = {}) =>
  control('PUT', 'connections', {
    connector: 'plaid',
    ...connection,
    products: PRODUCTS,
    ...more,
    providerConnectionId: undefined,
  });
const strike = (fault: string, more: object = {}) =>
  control('POST', 'faults', { provider: 'PLAID', externalId: ITEM, fault, ...more });
const context = (deadlineMs = 5_000): RefreshContext => ({
  now: () => sandbox.now(),
  signal: AbortSignal.timeout(deadlineMs),
  sending: async () => undefined,
});
const bills = async () => (await control('GET', `bills?externalId=${ITEM}`)).data.length;

interface Run {
  readonly started: RefreshAnswer;
  readonly ended: RefreshProgress | null;
}
/** The answer, and what three seconds later shows. */
const run = async (products: readonly Product[], deadlineMs?: number): Promise<Run> => {
  const sentAt = sandbox.now();
  const call = { ...connection, pullId: 'pull_1' as PullId, products, allProducts: false };
  const started = await plaid.refresh({ ...call, from: null, to: null, presence: null }, context(deadlineMs));
  if (started.kind !== 'accepted' && started.kind !== 'unknown') return { started, ended: null };
  const providerTaskId = started.kind === 'accepted' ? started.providerTaskId : null;
  await sandbox.advance(3 * SECOND);
  const look = { ...connection, products, providerTaskId, sentAt, asOfBefore: sentAt - DAY };
  return { started, ended: await plaid.progress(look, context()) };
};
const events = async (): Promise<readonly string[]> => {
  const verdicts = await Promise.all(webhooks.map((raw) => plaid.verifyWebhook(raw, context())));
  expect(verdicts.every(({ genuine }) => genuine)).toBe(true);
  return webhooks.flatMap((raw) =>
    plaid.translateWebhook(Buffer.from(raw.body).toString('utf8'), raw.receivedAt).map(({ kind }) => kind),
  );
};

const T: readonly Product[] = ['TRANSACTIONS'];
const BT: readonly Product[] = ['BALANCES', 'TRANSACTIONS'];

describe('Plaid, by the emulator', () => {
  test('a healthy refresh of all: taken, done when both stamps have moved, each call billed once', async () => {
    await control('POST', 'data', { provider: 'PLAID', externalId: ITEM, transactions: 3 });
    const { started, ended } = await run(PRODUCTS);
    expect(started.kind).toBe('accepted');
    expect(ended).toMatchObject({ kind: 'done', newData: true, told: null });
    expect(await events()).toEqual(['aggregated']);
    expect(await bills()).toBe(3);
  });

  test('balances alone have ended with their reply', async () => {
    expect((await run(['BALANCES'])).started).toMatchObject({ kind: 'done', asOf: sandbox.now() });
    expect(await bills()).toBe(1);
  });

  test.each<[string, object, readonly Product[], string, string | undefined, number]>([
    ['429', { retryAfter: 30 }, T, 'limited', undefined, 0],
    ['500', {}, T, 'unknown', 'pending', 0],
    ['lost-reply', {}, T, 'unknown', 'done', 1],
    ['lost-reply', {}, ['BALANCES'], 'unknown', 'pending', 1],
    ['timeout', {}, T, 'unknown', 'done', 1],
    ['login-required', {}, T, 'accepted', 'customer-needed', 0],
    ['login-required', {}, ['BALANCES'], 'customer-needed', undefined, 0],
    ['reconnect-required', {}, T, 'customer-needed', undefined, 0],
    ['partial', {}, T, 'accepted', 'unavailable', 0],
    ['partial', {}, ['BALANCES'], 'unavailable', undefined, 0],
    ['silent-noop', {}, T, 'accepted', 'pending', 0],
    ['no-webhook', {}, T, 'accepted', 'done', 1],
  ])('%s %j with %j: %s, then %s', async (fault, more, products, started, ended, billed) => {
    await strike(fault, more);
    const ran = await run(products, fault === 'timeout' ? 300 : undefined);
    expect([ran.started.kind, ran.ended?.kind]).toEqual([started, ended]);
    expect(await bills()).toBe(billed);
    const calls = (await control('GET', `calls?externalId=${ITEM}&operation=refresh`)).data;
    expect(calls).toHaveLength(products.length);
  });

  test('one of two fails at the bank: partial, with what came', async () => {
    await strike('partial');
    const { started, ended } = await run(BT);
    const end = started.kind === 'partial' ? started : ended;
    expect(end).toMatchObject({ kind: 'partial' });
    expect(await bills()).toBe(1);
  });

  test('the limits of a minute are met with their scopes', async () => {
    expect((await run(['INVESTMENT_HOLDINGS'])).started.kind).toBe('accepted');
    const again = (await run(['INVESTMENT_HOLDINGS'])).started;
    expect(again).toEqual({ kind: 'limited', until: null, scope: 'connection', said: 'INVESTMENTS_REFRESH_LIMIT' });
    await sandbox.advance(MINUTE);
    expect((await run(['INVESTMENT_HOLDINGS'])).started.kind).toBe('accepted');
  });

  test.each([
    ['duplicate-webhook', 2, 1],
    ['late-webhook', 1, 1],
  ])('%s: genuine, and a copy has the key of the first', async (fault, came, distinct) => {
    await control('POST', 'data', { provider: 'PLAID', externalId: ITEM, transactions: 3 });
    await strike(fault);
    await run(T);
    await sandbox.advance(5 * MINUTE);
    const verdicts = await Promise.all(webhooks.map((raw) => plaid.verifyWebhook(raw, context())));
    const keys = verdicts.map((verdict) => (verdict.genuine ? verdict.eventKey : verdict.why));
    expect([keys.length, new Set(keys).size]).toEqual([came, distinct]);
  });

  test('a forged webhook is none', async () => {
    await register({ status: 'ACTIVE', statusReason: 'NEW_ACCOUNTS_AVAILABLE', notify: true });
    await sandbox.advance(0);
    expect(await events()).toEqual(['new-accounts']);
    const [first] = webhooks;
    const forged = { ...(first as RawWebhook), body: Buffer.from('{}') };
    expect(await plaid.verifyWebhook(forged, context())).toMatchObject({ genuine: false });
  });

  test('a login that breaks is told, shown, and mended in update mode', async () => {
    await strike('reconnect-required');
    expect((await run(T)).started).toMatchObject({ kind: 'customer-needed', told: { reason: 'LOGIN_REQUIRED' } });
    await sandbox.advance(0);
    expect(await events()).toEqual(['status-told']);
    expect(await plaid.status(connection, context())).toMatchObject({ status: 'RECONNECT_REQUIRED' });
    const link = await plaid.repair(connection, context());
    if (link.kind !== 'link') throw new Error(link.kind);
    expect(link.expiresAt).toBe(sandbox.now() + 30 * MINUTE);
    await fetch(`${link.connectUrl}/complete`, { method: 'POST' });
    expect(await plaid.status(connection, context())).toEqual({ status: 'ACTIVE', reason: null, at: null });
  });

  test('an Item is adopted by its token, made through Plaid Exchange, and removed once', async () => {
    const asked = { ...connection, products: T };
    expect(await plaid.import(asked, context())).toMatchObject({ kind: 'imported', externalId: ITEM });
    const made = await plaid.import({ ...asked, credentials: { userId: 'u', authToken: 't' } }, context());
    if (made.kind !== 'imported') throw new Error(made.kind);
    const fresh = { ...connection, externalId: made.externalId, credentials: made.credentials ?? null };
    expect(await plaid.status(fresh, context())).toMatchObject({ status: 'ACTIVE' });
    expect(await plaid.delete(fresh, context())).toEqual({ kind: 'accepted' });
    expect(await plaid.delete(fresh, context())).toEqual({ kind: 'gone' });
    expect(await plaid.status(fresh, context())).toBeNull();
    expect((await plaid.addProducts({ ...connection, products: ['OWNERS'] }, context())).kind).toBe('refused');
    expect((await plaid.addProducts({ ...connection, products: BT }, context())).kind).toBe('accepted');
  });
});
