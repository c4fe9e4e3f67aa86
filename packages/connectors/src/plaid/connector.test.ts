import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DAY, formatInstant, type Product } from '@freshet/domain';
import type { Connector, RefreshCall } from '@freshet/ports';
import { context, NOW, progressCall, refreshCall, refreshContext } from '../http/fixtures/calls.js';
import { deadUrl, startLocalServer, type LocalReply, type LocalServer } from '../http/fixtures/local-server.js';
import { createConnectors } from '../registry.js';
import { createPlaidConnector } from './connector.js';
import { balanceReply, error, ITEM, itemReply, linkReply, refreshReply } from './fixtures/documented.js';

type Path = '/transactions/refresh' | '/investments/refresh' | '/accounts/balance/get' | '/item/get' | '/item/import';

let server: LocalServer;
let plaid: Connector;
let replies: Record<string, LocalReply>;
const settings = {
  clientId: 'client-1',
  secret: 'secret-1',
  clientName: 'Budgets',
  redirectUrl: 'https://app.example/done',
};
beforeEach(async () => {
  replies = {
    '/transactions/refresh': { status: 200, body: refreshReply },
    '/investments/refresh': { status: 200, body: { request_id: 'HNTDNrA8F1shFEW' } },
    '/accounts/balance/get': { status: 200, body: balanceReply },
    '/item/get': { status: 200, body: itemReply },
    '/item/remove': { status: 200, body: { request_id: 'm8MDnv9okwxFNBV' } },
    '/link/token/create': { status: 200, body: linkReply },
  };
  server = await startLocalServer(({ path }) => replies[path] ?? { status: 404 });
  plaid = createPlaidConnector({ ...settings, baseUrl: server.url });
});
afterEach(() => server.close());

const credentials = { accessToken: 'access-production-1' };
const item = { provider: 'PLAID', externalId: ITEM, institutionId: 'ins_3', credentials };
const call = (products: readonly Product[], more: Partial<RefreshCall> = {}): RefreshCall =>
  refreshCall({ ...item, products, allProducts: false, ...more });
const fails = (path: Path, status: number, type: string, code: string): void => {
  replies[path] = { status, body: error(type, code) };
};
const paths = () => server.seen.map(({ path }) => path).sort();
const refresh = (products: readonly Product[], more: Partial<RefreshCall> = {}, signal?: AbortSignal) =>
  plaid.refresh(call(products, more), refreshContext(signal));

describe('a refresh', () => {
  test.each<[readonly Product[], readonly string[]]>([
    [['TRANSACTIONS'], ['/transactions/refresh']],
    [['BALANCES'], ['/accounts/balance/get']],
    [['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'], ['/investments/refresh']],
    [
      ['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS'],
      ['/accounts/balance/get', '/investments/refresh', '/transactions/refresh'],
    ],
  ])('%j makes the calls %j, each once', async (products, expected) => {
    await refresh(products);
    expect(paths()).toEqual(expected);
  });

  test('carries the token and the client, and nothing of the customer', async () => {
    await refresh(['TRANSACTIONS'], { presence: { ip: '203.0.113.7', userAgent: null } });
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        headers: { 'plaid-client-id': 'client-1', 'plaid-secret': 'secret-1', 'plaid-version': '2020-09-14' },
        body: '{"access_token":"access-production-1"}',
      },
    ]);
    expect(JSON.stringify(server.seen)).not.toContain('203.0.113.7');
  });

  test('transactions and investments are taken, balances come', async () => {
    const taken = { kind: 'accepted', coalesced: false, told: null };
    expect(await refresh(['TRANSACTIONS'])).toEqual({ ...taken, providerTaskId: 'transactions:1vwmF5TBQwiqfwP' });
    expect(await refresh(['BALANCES'])).toEqual({ kind: 'done', asOf: NOW, newData: null, told: null });
    expect(await refresh(['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS'])).toEqual({
      ...taken,
      providerTaskId: 'transactions:1vwmF5TBQwiqfwP,investments:HNTDNrA8F1shFEW,balance:qk5Bxes3gDfv4F2',
    });
  });

  test('a reply without an id is named by the attempt, so that no two are taken for one', async () => {
    replies['/transactions/refresh'] = { status: 200, body: { request_id: 'not a word, but a sentence' } };
    expect(await refresh(['TRANSACTIONS'])).toMatchObject({ providerTaskId: 'transactions:pull_1' });
  });

  test('Capital One says how old its balances are, and so do we', async () => {
    const [account] = balanceReply.accounts;
    const old = { ...account, balances: { ...account?.balances, last_updated_datetime: formatInstant(NOW - DAY) } };
    replies['/accounts/balance/get'] = { status: 200, body: { ...balanceReply, accounts: [account, old] } };
    expect(await refresh(['BALANCES'], { institutionId: 'ins_128026' })).toMatchObject({
      kind: 'done',
      asOf: NOW - DAY,
    });
    expect(server.seen[0]?.body).toContain('"options":{"min_last_updated_datetime":"2026-01-30T12:00:00Z"}');
  });

  test('what Plaid cannot force is refused by name, and left out where all are meant', async () => {
    const named = { kind: 'refused', message: 'Plaid cannot force IDENTIFIERS, OWNERS' };
    expect(await refresh(['BALANCES', 'IDENTIFIERS', 'OWNERS'])).toEqual(named);
    expect(await refresh(['IDENTIFIERS', 'OWNERS'], { allProducts: true })).toEqual(named);
    expect(server.seen).toHaveLength(0);
    expect(await refresh(['BALANCES', 'OWNERS'], { allProducts: true })).toEqual({
      kind: 'partial',
      asOf: NOW,
      newData: null,
      products: ['BALANCES'],
      told: { status: 'ACTIVE', reason: null, at: null },
    });
  });

  test('`sent` is durable before the first byte, and once for all calls', async () => {
    const seen: number[] = [];
    const watched = refreshContext(undefined, async () => void seen.push(server.seen.length));
    await plaid.refresh(call(['BALANCES', 'TRANSACTIONS']), watched);
    expect([watched.sendings(), seen]).toEqual([1, [0]]);
  });

  test('nothing is sent without a token, after the deadline, or once the lease is lost', async () => {
    expect(await refresh(['BALANCES'], { credentials: null })).toMatchObject({ kind: 'refused' });
    expect(await refresh(['BALANCES'], {}, AbortSignal.abort())).toMatchObject({ kind: 'unavailable' });
    const lost = refreshContext(undefined, () => Promise.reject(new Error('lease lost')));
    await expect(plaid.refresh(call(['BALANCES']), lost)).rejects.toThrow('lease lost');
    expect(server.seen).toHaveLength(0);
  });

  test('an Item that needs its customer says so beside its balances', async () => {
    const present = { ...balanceReply.item, update_type: 'user_present_required' };
    replies['/accounts/balance/get'] = { status: 200, body: { ...balanceReply, item: present } };
    expect(await refresh(['BALANCES'])).toMatchObject({ kind: 'done', told: { reason: 'INTERACTIVE_REFRESH' } });
  });
});

describe('several calls of one task', () => {
  const three: readonly Product[] = ['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS'];

  test('some taken, one refused: the job is what was taken', async () => {
    fails('/investments/refresh', 400, 'ITEM_ERROR', 'PRODUCTS_NOT_SUPPORTED');
    expect(await refresh(three)).toMatchObject({
      kind: 'accepted',
      providerTaskId: 'transactions:1vwmF5TBQwiqfwP,balance:qk5Bxes3gDfv4F2',
    });
  });

  test('the balances came, the rest was limited: partial', async () => {
    fails('/transactions/refresh', 429, 'RATE_LIMIT_EXCEEDED', 'TRANSACTIONS_REFRESH_LIMIT');
    expect(await refresh(['BALANCES', 'TRANSACTIONS'])).toEqual({
      kind: 'partial',
      asOf: NOW,
      newData: null,
      products: ['BALANCES'],
      told: null,
      billedInPart: true,
      limitedInPart: { until: null, scope: 'connection', said: 'TRANSACTIONS_REFRESH_LIMIT' },
    });
  });

  test('one taken, another limited: the limit is told with what was taken', async () => {
    fails('/accounts/balance/get', 429, 'RATE_LIMIT_EXCEEDED', 'BALANCE_LIMIT');
    expect(await refresh(['BALANCES', 'TRANSACTIONS'])).toMatchObject({
      kind: 'accepted',
      limitedInPart: { scope: 'connection', said: 'BALANCE_LIMIT' },
    });
  });

  test('what one was refused for is told of the Item, though another was taken', async () => {
    fails('/accounts/balance/get', 400, 'ITEM_ERROR', 'ITEM_LOGIN_REQUIRED');
    expect(await refresh(['BALANCES', 'TRANSACTIONS'])).toMatchObject({
      kind: 'accepted',
      told: { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' },
    });
  });

  test.each<[string, LocalReply]>([
    ['its reply was lost', 'reset'],
    ['it failed inside Plaid', { status: 500, body: error('API_ERROR', 'INTERNAL_SERVER_ERROR') }],
    ['something else answered', { status: 200, body: '<html>' }],
    ['without balances', { status: 200, body: {} }],
  ])('one may have happened (%s): nobody knows, and none is made again', async (_name, reply) => {
    replies['/accounts/balance/get'] = reply;
    fails('/investments/refresh', 400, 'ITEM_ERROR', 'PRODUCTS_NOT_SUPPORTED');
    expect((await refresh(three)).kind).toBe('unknown');
    expect(paths()).toHaveLength(3);
  });

  test.each([
    ['customer-needed', 'ITEM_LOGIN_REQUIRED', 'INSTITUTION_DOWN'],
    ['limited', 'TRANSACTIONS_REFRESH_LIMIT', 'INSTITUTION_DOWN'],
    ['unavailable', 'PRODUCTS_NOT_SUPPORTED', 'INSTITUTION_DOWN'],
    ['busy', 'PRODUCT_NOT_READY', 'PRODUCTS_NOT_SUPPORTED'],
    ['refused', 'PRODUCTS_NOT_SUPPORTED', 'PRODUCTS_NOT_SUPPORTED'],
  ])('none went well: %s', async (kind, one, other) => {
    fails('/transactions/refresh', 400, 'X', one);
    fails('/investments/refresh', 400, 'X', other);
    expect((await refresh(['TRANSACTIONS', 'INVESTMENT_HOLDINGS'])).kind).toBe(kind);
  });

  test('one whose first pull runs still is waited for like one that was taken', async () => {
    fails('/transactions/refresh', 400, 'ITEM_ERROR', 'PRODUCT_NOT_READY');
    expect(await refresh(['BALANCES', 'TRANSACTIONS'])).toMatchObject({
      kind: 'accepted',
      providerTaskId: 'transactions:pull_1,balance:qk5Bxes3gDfv4F2',
    });
  });

  test('surely nothing was sent', async () => {
    const nowhere = createPlaidConnector({ ...settings, baseUrl: await deadUrl() });
    expect((await nowhere.refresh(call(three), refreshContext())).kind).toBe('unavailable');
  });
});

describe('looking', () => {
  test('is free, and by the Item', async () => {
    const look = { ...progressCall({ ...item, products: ['TRANSACTIONS'], providerTaskId: 'transactions:1' }) };
    expect((await plaid.progress(look, context())).kind).toBe('pending');
    expect(await plaid.status({ ...look }, context())).toEqual({
      ...{ status: 'ACTIVE', reason: null, at: null },
      data: [{ products: ['TRANSACTIONS'], at: Date.parse('2019-02-15T15:52:39Z') }],
    });
    expect(paths()).toEqual(['/item/get', '/item/get']);
  });

  test('without a token shows nothing', async () => {
    expect((await plaid.progress(progressCall(), context())).kind).toBe('unknown');
    expect(await plaid.status({ ...progressCall() }, context())).toBeNull();
    expect(server.seen).toHaveLength(0);
  });
});

describe('the other operations', () => {
  const connection = { ...progressCall(), ...item };

  test('a repair is Hosted Link in update mode', async () => {
    expect(await plaid.repair(connection, context())).toEqual({
      kind: 'link',
      connectUrl: linkReply.hosted_link_url,
      expiresAt: Date.parse(linkReply.expiration),
    });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      client_name: 'Budgets',
      language: 'en',
      country_codes: ['US'],
      user: { client_user_id: 'customer-1' },
      access_token: 'access-production-1',
      hosted_link: { completion_redirect_uri: 'https://app.example/done' },
    });
  });

  test('without Hosted Link it is the page of ours that opens Link, and without that there is none', async () => {
    replies['/link/token/create'] = { status: 200, body: { ...linkReply, hosted_link_url: undefined } };
    const own = {
      linkPageUrl: 'https://app.example/link?a=1',
      additionalProducts: ['investments'],
      webhookUrl: 'https://f.example',
    };
    const paged = createPlaidConnector({ ...settings, ...own, baseUrl: server.url });
    expect(await paged.repair(connection, context())).toMatchObject({
      connectUrl: `https://app.example/link?a=1&link_token=${linkReply.link_token}`,
    });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({
      additional_consented_products: ['investments'],
      webhook: 'https://f.example',
    });
    expect((await plaid.repair(connection, context())).kind).toBe('unknown');
    const nameless = createPlaidConnector({ clientId: 'c', secret: 's', baseUrl: server.url });
    expect(nameless.capabilities.repair).toBe(false);
    expect((await nameless.repair(connection, context())).kind).toBe('refused');
    expect(() => createPlaidConnector({ ...settings, linkPageUrl: 'link' })).toThrow();
  });

  test.each<[readonly Product[], string]>([
    [['TRANSACTIONS'], 'accepted'],
    [['BALANCES', 'INVESTMENT_HOLDINGS'], 'accepted'],
    [['IDENTIFIERS'], 'refused'],
  ])('adding %j, which the customer consented to or not: %s', async (products, kind) => {
    expect((await plaid.addProducts({ ...connection, products }, context())).kind).toBe(kind);
  });

  test('a deletion removes the Item; one that is gone already is gone', async () => {
    expect(await plaid.delete(connection, context())).toEqual({ kind: 'accepted' });
    replies['/item/remove'] = { status: 400, body: error('ITEM_ERROR', 'ITEM_NOT_FOUND') };
    expect(await plaid.delete(connection, context())).toEqual({ kind: 'gone' });
    replies['/item/remove'] = { status: 400, body: error('INVALID_INPUT', 'INVALID_ACCESS_TOKEN') };
    expect((await plaid.delete(connection, context())).kind).toBe('refused');
    replies['/item/remove'] = 'reset';
    expect((await plaid.delete(connection, context())).kind).toBe('unknown');
    expect((await plaid.delete({ ...connection, credentials: {} }, context())).kind).toBe('refused');
  });
});

describe('an import', () => {
  const asked = {
    provider: 'PLAID',
    customerId: 'customer-1',
    institutionId: 'ins_3',
    products: ['BALANCES', 'TRANSACTIONS'] as const,
  };
  const bring = (given: Record<string, string>, more = {}) =>
    plaid.import({ ...asked, ...more, credentials: given }, context());

  test('of an Item that there is: its id by its token', async () => {
    expect(await bring(credentials)).toEqual({ kind: 'imported', externalId: ITEM, providerConnectionId: null });
    expect(paths()).toEqual(['/item/get']);
  });

  test('through Plaid Exchange: the token that it made comes back with it', async () => {
    replies['/item/import'] = { status: 200, body: { access_token: 'access-made-1', request_id: 'ewIBAn6RZirsk4W' } };
    expect(await bring({ userId: 'u', authToken: 't' })).toEqual({
      kind: 'imported',
      externalId: ITEM,
      providerConnectionId: null,
      credentials: { accessToken: 'access-made-1' },
    });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      institution_id: 'ins_3',
      products: ['transactions'],
      user_auth: { user_id: 'u', auth_token: 't' },
    });
  });

  test('of anything else is refused, and what may have been made is not known', async () => {
    expect((await bring({})).kind).toBe('refused');
    expect((await bring(credentials, { provider: 'MX' })).kind).toBe('refused');
    expect((await bring({ userId: 'u', authToken: 't' }, { products: ['BALANCES'] })).kind).toBe('refused');
    expect(server.seen).toHaveLength(0);
    fails('/item/import', 400, 'INVALID_REQUEST', 'INVALID_FIELD');
    expect((await bring({ userId: 'u', authToken: 't' })).kind).toBe('refused');
    replies['/item/import'] = { status: 200, body: { access_token: 'access-made-1' } };
    fails('/item/get', 429, 'RATE_LIMIT_EXCEEDED', 'ITEM_GET_LIMIT');
    expect((await bring({ userId: 'u', authToken: 't' })).kind).toBe('unknown');
    expect((await bring(credentials)).kind).toBe('limited');
  });
});

test('without both its credentials the connector is off, and a wrong address stops the start', () => {
  expect([...createConnectors({ plaid: settings }).keys()]).toEqual(['plaid']);
  expect(createConnectors({ plaid: { ...settings, secret: '' } }).size).toBe(0);
  expect(createConnectors({ plaid: { ...settings, clientId: '' } }).size).toBe(0);
  expect(() => createConnectors({ plaid: { ...settings, baseUrl: 'production.plaid.com' } })).toThrow();
});
