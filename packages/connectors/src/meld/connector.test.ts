import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Connector } from '@freshet/ports';
import { connectionCall, context, NOW, progressCall, refreshCall, refreshContext } from '../http/fixtures/calls.js';
import { deadUrl, startLocalServer, type LocalServer } from '../http/fixtures/local-server.js';
import { createMeldConnector } from './connector.js';
import { connectionResource } from './fixtures/documented.js';

let server: LocalServer;
let meld: Connector;
beforeEach(async () => {
  server = await startLocalServer(() => ({ status: 202, body: { requestId: 'r1' } }));
  meld = createMeldConnector({ apiKey: 'raw-key', baseUrl: server.url, version: '2022-11-10' });
});
afterEach(() => server.close());

const call = refreshCall({ externalId: 'conn/1' });

describe('refresh', () => {
  test('names no products where all are meant', async () => {
    expect(await meld.refresh(call, refreshContext())).toEqual({
      kind: 'accepted',
      providerTaskId: null,
      coalesced: false,
    });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/bank-linking/connections/conn%2F1/refresh',
      body: '{}',
    });
    expect(server.seen[0]?.headers).toMatchObject({
      authorization: 'BASIC raw-key',
      'meld-version': '2022-11-10',
      'content-type': 'application/json',
    });
    expect(server.seen[0]?.headers).not.toHaveProperty('x-idempotency-key');
  });

  test('names them where only some are', async () => {
    await meld.refresh({ ...call, allProducts: false, products: ['BALANCES'] }, refreshContext());
    expect(server.seen[0]?.body).toBe('{"products":["BALANCES"]}');
  });

  test('is made durable once, before anything is sent', async () => {
    let sentBefore = -1;
    const watched = refreshContext(undefined, async () => void (sentBefore = server.seen.length));
    await meld.refresh(call, watched);
    expect([sentBefore, watched.sendings(), server.seen.length]).toEqual([0, 1, 1]);
  });

  test('sends nothing where that fails, and passes the failure on', async () => {
    const lost = refreshContext(undefined, () => Promise.reject(new Error('lease lost')));
    await expect(meld.refresh(call, lost)).rejects.toThrow('lease lost');
    expect(server.seen).toHaveLength(0);
  });

  test('after the deadline it is neither made durable nor sent', async () => {
    const late = refreshContext(AbortSignal.abort());
    expect((await meld.refresh(call, late)).kind).toBe('unavailable');
    expect([late.sendings(), server.seen.length]).toEqual([0, 0]);
  });

  test('nobody there: unavailable; a dropped line or a deadline: unknown', async () => {
    const dead = createMeldConnector({ apiKey: 'k', baseUrl: await deadUrl() });
    expect((await dead.refresh(call, refreshContext())).kind).toBe('unavailable');
    server.answer = () => 'reset';
    expect((await meld.refresh(call, refreshContext())).kind).toBe('unknown');
    server.answer = () => 'hang';
    expect((await meld.refresh(call, refreshContext(AbortSignal.timeout(100)))).kind).toBe('unknown');
    expect(server.seen).toHaveLength(2);
  });

  test('refused for its status, it says which that is, where Meld shows it', async () => {
    const conflict = { status: 409, body: { code: 'CONFLICT' } };
    const broken = { ...connectionResource, status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED' };
    server.answer = ({ method }) => (method === 'POST' ? conflict : { status: 200, body: broken });
    const told = { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED', at: null };
    expect(await meld.refresh(call, refreshContext())).toMatchObject({ kind: 'refused', told });
    server.answer = () => conflict;
    expect(await meld.refresh(call, refreshContext())).toMatchObject({ kind: 'refused', told: null });
    expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST', 'GET']);
  });

  test('no answer repeats the key', async () => {
    for (const status of [301, 400, 401, 403, 404, 409, 429, 500, 503]) {
      server.answer = () => ({ status, body: { code: 'raw-key is bad', message: 'raw-key', errors: ['raw-key'] } });
      expect(JSON.stringify(await meld.refresh(call, refreshContext()))).not.toContain('raw-key');
    }
  });
});

describe('the rest', () => {
  test('progress and status read the connection', async () => {
    server.answer = () => ({
      status: 200,
      body: { ...connectionResource, successfullyAggregatedAt: new Date(NOW + 5).toISOString() },
    });
    expect(await meld.progress(progressCall({ externalId: 'a' }), context())).toMatchObject({
      kind: 'done',
      asOf: NOW + 5,
    });
    expect(await meld.status({ ...connectionCall, externalId: 'a' }, context())).toEqual({
      status: 'ACTIVE',
      reason: null,
      at: null,
      data: [{ products: null, at: NOW + 5 }],
    });
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(2).fill('GET /bank-linking/connections/a'),
    );
  });

  test('several of a customer are read by one list', async () => {
    const stamp = new Date(NOW).toISOString();
    const listed = ['a', 'b'].map((id) => ({ ...connectionResource, id, successfullyAggregatedAt: stamp }));
    server.answer = () => ({ status: 200, body: { connections: listed, remaining: 0 } });
    const calls = ['b', 'a', 'elsewhere'].map((externalId) => ({ ...connectionCall, externalId }));
    const shown = { status: 'ACTIVE', reason: null, at: null, data: [{ products: null, at: NOW }] };
    expect(await meld.statuses?.(calls, context())).toEqual([shown, shown, null]);
    expect(server.seen).toHaveLength(1);
    server.answer = () => ({ status: 500, body: {} });
    expect(await meld.statuses?.(calls, context())).toEqual([null, null, null]);
  });

  test('a 404 to a status is not taken for a deletion', async () => {
    server.answer = () => ({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await meld.status(connectionCall, context())).toBeNull();
  });

  test('repair, update and delete', async () => {
    server.answer = ({ path }) =>
      path.endsWith('/repair')
        ? { status: 200, body: { widgetUrl: 'https://w.example/1' } }
        : { status: 200, body: {} };
    const one = { ...connectionCall, externalId: 'a' };
    expect(await meld.repair(one, context())).toEqual({
      kind: 'link',
      connectUrl: 'https://w.example/1',
      expiresAt: null,
    });
    expect(await meld.addProducts({ ...one, products: ['OWNERS'] }, context())).toEqual({ kind: 'accepted' });
    expect(await meld.delete(one, context())).toEqual({ kind: 'accepted' });
    expect(server.seen.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      'POST /bank-linking/connect/repair {"connectionId":"a"}',
      'POST /bank-linking/connections/a/update {"products":["OWNERS"]}',
      'DELETE /bank-linking/connections/a ',
    ]);
    server.answer = () => ({ status: 409, body: { code: 'CONFLICT' } });
    expect((await meld.addProducts({ ...one, products: ['OWNERS'] }, context())).kind).toBe('refused');
    expect((await meld.delete(one, context())).kind).toBe('gone');
  });

  test('webhooks are off without a secret and an address', () => {
    expect(meld.capabilities.webhooks).toBe(false);
    const signed = createMeldConnector({
      apiKey: 'k',
      webhookSecret: 's',
      webhookUrl: 'https://f.example/webhooks/meld',
    });
    expect(signed.capabilities.webhooks).toBe(true);
  });
});

describe('import', () => {
  const wanted = {
    provider: 'PLAID',
    customerId: 'customer-1',
    institutionId: 'i1',
    products: ['BALANCES'] as const,
    credentials: { accessToken: 'access-secret', itemId: 'item-2' },
  };
  const listed = (...ids: readonly string[]) => ({
    status: 200,
    body: {
      connections: ids.map((id) => ({ id, serviceProviderDetails: { itemId: `item-${id}` } })),
      count: ids.length,
      remaining: 0,
    },
  });

  test('finds the new connection by what was there before', async () => {
    let looks = 0;
    server.answer = ({ method }) => {
      if (method === 'POST') return { status: 202, body: { requestId: 'r' } };
      looks += 1;
      return looks < 3 ? listed('1') : listed('1', '2');
    };
    expect(await meld.import(wanted, context())).toEqual({
      kind: 'imported',
      externalId: '2',
      providerConnectionId: 'item-2',
    });
    expect(server.seen[0]?.path).toBe(
      '/bank-linking/connections?externalCustomerId=customer-1&serviceProviders=PLAID&limit=100',
    );
    expect(JSON.parse(server.seen[1]?.body ?? '')).toEqual({
      connections: [
        {
          serviceProvider: 'PLAID',
          externalCustomerId: 'customer-1',
          institutionId: 'i1',
          products: ['BALANCES'],
          serviceProviderDetails: { accessToken: 'access-secret', itemId: 'item-2' },
        },
      ],
    });
  });

  test('the item that an earlier try has brought in is not imported again', async () => {
    server.answer = () => listed('1', '2');
    const answer = { kind: 'imported', externalId: '2', providerConnectionId: 'item-2' };
    expect(await meld.import(wanted, context())).toEqual(answer);
    expect(server.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  test('the list is followed to its end, and no further', async () => {
    const page = (id: string, remaining: number) => ({
      status: 200,
      body: { connections: [{ id, key: `key-${id}`, serviceProviderDetails: { itemId: `item-${id}` } }], remaining },
    });
    server.answer = ({ path }) => (path.includes('after=key-1') ? page('2', 0) : page('1', 1));
    expect(await meld.import(wanted, context())).toMatchObject({ kind: 'imported', externalId: '2' });
    expect(server.seen).toHaveLength(2);
    server.answer = () => page('1', 1);
    expect((await meld.import(wanted, context())).kind).toBe('unavailable');
    expect(server.seen.length).toBeLessThan(30);
  });

  test('several new ones: the one of the same item; without an item, no guess', async () => {
    let posted = false;
    server.answer = ({ method }) => {
      if (method !== 'POST') return posted ? listed('2', '3') : listed();
      posted = true;
      return { status: 202, body: {} };
    };
    expect(await meld.import(wanted, context())).toMatchObject({ kind: 'imported', externalId: '2' });
    posted = false;
    const blind = { ...wanted, credentials: { accessToken: 'access-secret' } };
    expect((await meld.import(blind, context(AbortSignal.timeout(300)))).kind).toBe('unknown');
  });

  test("imports nothing where it could not be found again, or is not Meld's to import", async () => {
    server.answer = () => ({ status: 500, body: {} });
    expect((await meld.import(wanted, context())).kind).toBe('unavailable');
    expect((await meld.import({ ...wanted, provider: 'MX' }, context())).kind).toBe('refused');
    expect(server.seen.filter(({ method }) => method === 'POST')).toHaveLength(0);
  });

  test('a refused token is refused, without repeating it', async () => {
    server.answer = ({ method }) =>
      method === 'GET' ? listed() : { status: 401, body: { code: 'X', message: 'access-secret' } };
    const answer = await meld.import(wanted, context());
    expect(answer.kind).toBe('refused');
    expect(JSON.stringify(answer)).not.toContain('access-secret');
  });
});
