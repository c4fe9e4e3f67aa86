import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';

import { HOUR, iso, meldConnection, MINUTE, SECOND, START, startRig, type Rig } from './rig.js';

const COMPLETED = 'BANK_LINKING_CONNECTION_COMPLETED';
const STATUS_CHANGE = 'BANK_LINKING_CONNECTION_STATUS_CHANGE';
const DELETED = 'BANK_LINKING_CONNECTION_DELETED';
const UPDATING = 'BANK_LINKING_ACCOUNTS_UPDATING';
const UPDATED = 'BANK_LINKING_ACCOUNTS_UPDATED';
const AGGREGATED = 'BANK_LINKING_TRANSACTIONS_AGGREGATED';

describe('Meld', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  const repair = (connectionId: string) => rig.meld('POST', '/connect/repair', { connectionId });
  const complete = async (widgetUrl: string) => {
    const answer = await fetch(`${widgetUrl}/complete`, { method: 'POST' });
    return { status: answer.status, body: await answer.json() };
  };

  test.each([
    ['no header', undefined],
    ['HTTP Basic', 'Basic a2V5'],
    ['a bearer token', 'Bearer key'],
    ['no key', 'BASIC '],
  ])('lets nobody in with %s, and writes the call down', async (_name, authorization) => {
    await rig.register(meldConnection('c1'));
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await rig.send('POST', '/meld/bank-linking/connections/c1/refresh', undefined, headers);
    expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(await rig.calls()).toMatchObject([{ operation: 'refresh', status: 401, billed: false }]);
  });

  test('wants the one key where it was given one', async () => {
    const strict = await startRig({ secrets: { meldKey: 'right' } });
    const status = async (key: string) => {
      const headers = { authorization: `BASIC ${key}` };
      return (await strict.send('GET', '/meld/bank-linking/connections', undefined, headers)).status;
    };
    expect([await status('wrong'), await status('right')]).toEqual([401, 200]);
    await strict.close();
  });

  test('names the version that was asked for', async () => {
    const headers = { authorization: 'BASIC key', 'meld-version': '2024-05-01' };
    const asked = await rig.send('GET', '/meld/bank-linking/connections', undefined, headers);
    expect(asked.headers.get('meld-version')).toBe('2024-05-01');
    expect((await rig.meld('GET', '/connections')).headers.get('meld-version')).toBe('2022-11-10');
  });

  test('shows a connection', async () => {
    const details = {
      providerConnectionId: 'MBR-1',
      credentials: { itemId: 'item-1' },
      lastSuccessAt: iso(START - HOUR),
    };
    await rig.register(meldConnection('c1', details));
    expect(await rig.connection('c1')).toEqual({
      id: 'c1',
      key: 'c1',
      accountId: expect.any(String),
      customerId: 'cust-1',
      externalCustomerId: 'cust-1',
      institutionId: 'inst-1',
      institutionName: 'inst-1',
      status: 'ACTIVE',
      statusReason: null,
      products: ['BALANCES', 'TRANSACTIONS'],
      optionalProducts: [],
      regions: ['US'],
      serviceProviderDetails: { itemId: 'item-1', serviceProvider: 'MX', serviceProviderConnectionId: 'MBR-1' },
      createdAt: iso(START),
      successfullyAggregatedAt: iso(START - HOUR),
      duplicateConnectionIds: null,
      activeDuplicateConnectionId: null,
    });
    expect((await rig.meld('GET', '/connections/nobody')).status).toBe(404);
  });

  describe('search', () => {
    const found = async (query: string) => {
      const { body } = await rig.meld('GET', `/connections?${query}`);
      return {
        ids: body.connections.map(({ id }: { id: string }) => id),
        count: body.count,
        remaining: body.remaining,
      };
    };

    beforeEach(async () => {
      await rig.register(
        meldConnection('a', { customerId: 'x' }),
        meldConnection('b', { customerId: 'x', provider: 'PLAID' }),
        meldConnection('c', { customerId: 'y', status: 'RECONNECT_REQUIRED' }),
        meldConnection('d', { customerId: 'x', status: 'DELETED' }),
      );
    });

    test.each([
      ['', ['a', 'b', 'c', 'd']],
      ['customerId=x', ['a', 'b', 'd']],
      ['externalCustomerId=y', ['c']],
      ['customerId=x&statuses=ACTIVE,DEGRADED', ['a', 'b']],
      ['serviceProviders=PLAID,AKOYA', ['b']],
      ['institutionId=elsewhere', []],
      ['startDate=2026-03-02&endDate=2026-03-02', ['a', 'b', 'c', 'd']],
      ['startDate=2026-03-03', []],
    ])('by "%s" finds %j', async (query, ids) => {
      expect(await found(query)).toEqual({ ids, count: ids.length, remaining: 0 });
    });

    test('pages by the key of the last item', async () => {
      expect(await found('limit=3')).toEqual({ ids: ['a', 'b', 'c'], count: 3, remaining: 1 });
      expect(await found('limit=3&after=c')).toEqual({ ids: ['d'], count: 1, remaining: 0 });
      expect(await found('limit=2&before=d')).toEqual({ ids: ['b', 'c'], count: 2, remaining: 1 });
      expect(await found('after=nobody')).toEqual({ ids: [], count: 0, remaining: 0 });
    });

    test.each(['limit=0', 'limit=x', 'after=a&before=c'])('refuses "%s"', async (query) => {
      expect((await rig.meld('GET', `/connections?${query}`)).status).toBe(400);
    });
  });

  describe('repair', () => {
    test('gives a page on which the customer logs in, then tells and aggregates', async () => {
      await rig.register(meldConnection('c1', { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }));
      const { status, body } = await repair('c1');
      expect(status).toBe(200);
      expect(body).toEqual({
        id: 'c1',
        connectToken: expect.any(String),
        widgetUrl: expect.stringContaining(`${rig.sandbox.url}/widget/`),
        institutionId: 'inst-1',
      });
      expect((await rig.connection('c1')).status).toBe('RECONNECT_REQUIRED');
      const page = await (await fetch(body.widgetUrl)).text();
      expect(page).toContain('<button>Log in again</button>');
      expect(await complete(body.widgetUrl)).toEqual({
        status: 200,
        body: { completed: true, taskId: null, redirectUrl: null },
      });
      expect(await rig.connection('c1')).toMatchObject({ status: 'ACTIVE', statusReason: null });
      await rig.advance(2 * SECOND);
      expect(rig.receiver.types()).toEqual([COMPLETED, STATUS_CHANGE, UPDATING, UPDATED, AGGREGATED]);
      expect(await rig.bills()).toEqual([]);
    });

    test('names the end of its token', async () => {
      await rig.register(meldConnection('c1', { status: 'UNRECOVERABLE' }));
      const { exp, iat } = decodeJwt((await repair('c1')).body.connectToken);
      expect([iat, exp]).toEqual([START / SECOND, (START + 3 * HOUR) / SECOND]);
    });

    test('can be completed once, and not after three hours', async () => {
      await rig.register(meldConnection('c1', { status: 'DEGRADED' }), meldConnection('c2', { status: 'DEGRADED' }));
      const first = (await repair('c1')).body.widgetUrl;
      const second = (await repair('c2')).body.widgetUrl;
      expect((await complete(first)).status).toBe(200);
      expect((await complete(first)).status).toBe(409);
      await rig.advance(3 * HOUR);
      expect((await complete(second)).status).toBe(410);
      expect((await fetch(second)).status).toBe(410);
      expect((await complete(`${rig.sandbox.url}/widget/nothing`)).status).toBe(404);
    });

    test('is completed in a browser by a page', async () => {
      await rig.register(meldConnection('c1', { status: 'DEGRADED' }));
      const { widgetUrl } = (await repair('c1')).body;
      const headers = { accept: 'text/html' };
      const answer = await fetch(`${widgetUrl}/complete`, { method: 'POST', headers });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    });

    test.each([
      ['ACTIVE', undefined, 409],
      ['ACTIVE', 'NEW_ACCOUNTS_AVAILABLE', 200],
      ['ACTIVE', 'ACCESS_EXPIRING_SOON', 200],
      ['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS', 409],
      ['DEGRADED', 'INTERACTIVE_REFRESH', 200],
      ['RECONNECT_REQUIRED', 'TOKEN_EXPIRED', 200],
      ['UNRECOVERABLE', 'CONTINUED_AGGREGATION_FAILURES', 200],
      ['UNDETERMINED', undefined, 409],
      ['EXPIRED', undefined, 409],
      ['DELETED', undefined, 409],
    ])('of %s (%s) answers %i', async (status, statusReason, code) => {
      await rig.register(meldConnection('c1', { status, statusReason }));
      expect((await repair('c1')).status).toBe(code);
    });

    test('of an unknown connection is a 404, and of none a 400', async () => {
      expect((await repair('nobody')).status).toBe(404);
      expect((await rig.meld('POST', '/connect/repair', {})).status).toBe(400);
    });
  });

  describe('connect', () => {
    const start = (more: object = {}) =>
      rig.meld('POST', '/connect/start', {
        externalCustomerId: 'new',
        products: ['BALANCES', 'TRANSACTIONS'],
        ...more,
      });

    test('makes a connection that is in progress until the customer has been there', async () => {
      const { status, body } = await start({ institutionId: 'inst-9', serviceProvider: 'FINICITY' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ customerId: 'new', externalCustomerId: 'new', connectToken: expect.any(String) });
      expect((await rig.connection(body.id)).status).toBe('IN_PROGRESS');
      await complete(body.widgetUrl);
      await rig.advance(2 * SECOND);
      expect(await rig.connection(body.id)).toMatchObject({ status: 'ACTIVE', institutionId: 'inst-9' });
      expect(rig.receiver.types()).toEqual([COMPLETED, STATUS_CHANGE, UPDATING, UPDATED, AGGREGATED]);
    });

    test('expires after four hours', async () => {
      const { id } = (await start()).body;
      await rig.advance(4 * HOUR - 1);
      expect((await rig.connection(id)).status).toBe('IN_PROGRESS');
      await rig.advance(1);
      expect((await rig.connection(id)).status).toBe('EXPIRED');
    });

    test.each([
      ['no customer', { externalCustomerId: undefined }, '[externalCustomerId] is required'],
      ['an unknown product', { products: ['GOSSIP'] }, '[products] unknown: GOSSIP'],
      ['no products', { products: [] }, '[products] needs at least one product'],
    ])('refuses %s', async (_name, more, detail) => {
      const { status, body } = await start(more);
      expect([status, body.errors]).toEqual([400, [detail]]);
    });
  });

  describe('update', () => {
    const update = (products: unknown) => rig.meld('POST', '/connections/c1/update', { products });

    test('adds optional products and aggregates with them, at no charge', async () => {
      await rig.register(meldConnection('c1'));
      const answer = await update(['OWNERS']);
      expect([answer.status, answer.body]).toEqual([202, { requestId: expect.any(String) }]);
      expect(await rig.connection('c1')).toMatchObject({
        products: ['BALANCES', 'TRANSACTIONS'],
        optionalProducts: ['OWNERS'],
      });
      await rig.advance(2 * SECOND);
      expect(rig.receiver.types()).toEqual([UPDATED, AGGREGATED]);
      expect(await rig.bills()).toEqual([]);
      expect((await rig.refresh('c1', { products: ['OWNERS'] })).status).toBe(429);
    });

    test.each([
      ['no product', [], '[products] needs at least one product'],
      ['one that it has', ['BALANCES'], '[products] already on this connection: BALANCES'],
      ['one that nobody has', ['GOSSIP'], '[products] unknown: GOSSIP'],
    ])('refuses %s', async (_name, products, detail) => {
      await rig.register(meldConnection('c1'));
      const { status, body } = await update(products);
      expect([status, body.errors]).toEqual([400, [detail]]);
    });

    test.each([
      ['RECONNECT_REQUIRED', 202],
      ['IN_PROGRESS', 202],
      ['EXPIRED', 409],
      ['DELETED', 409],
    ])('in status %s answers %i', async (status, code) => {
      await rig.register(meldConnection('c1', { status }));
      expect((await update(['OWNERS'])).status).toBe(code);
    });
  });

  test('deletes once, and tells', async () => {
    await rig.register(meldConnection('c1'));
    expect((await rig.meld('DELETE', '/connections/c1')).status).toBe(200);
    expect((await rig.connection('c1')).status).toBe('DELETED');
    expect((await rig.meld('DELETE', '/connections/c1')).status).toBe(409);
    expect((await rig.meld('DELETE', '/connections/nobody')).status).toBe(404);
    await rig.advance(MINUTE);
    expect(rig.receiver.types()).toEqual([DELETED]);
  });

  test('a delete during a refresh leaves it deleted, and quiet', async () => {
    await rig.register(meldConnection('c1'));
    await rig.refresh('c1');
    await rig.meld('DELETE', '/connections/c1');
    await rig.advance(MINUTE);
    expect(await rig.connection('c1')).toMatchObject({ status: 'DELETED', successfullyAggregatedAt: null });
    expect(rig.receiver.types()).toEqual([DELETED]);
  });

  describe('import', () => {
    const item = (more: object = {}) => ({
      serviceProvider: 'PLAID',
      externalCustomerId: 'cust-7',
      institutionId: 'inst-7',
      products: ['BALANCES', 'TRANSACTIONS'],
      serviceProviderDetails: { accessToken: 'access-1', itemId: 'item-1' },
      ...more,
    });
    const bring = (...connections: object[]) => rig.meld('POST', '/connections/import', { connections });

    test('brings connections in, aggregates them, and leaves their ids to be found', async () => {
      const { status, body } = await bring(item(), item({ serviceProvider: 'AKOYA', externalCustomerId: 'cust-8' }));
      expect([status, body]).toEqual([202, { requestId: expect.any(String) }]);
      const { connections } = (await rig.meld('GET', '/connections?externalCustomerId=cust-7&serviceProviders=PLAID'))
        .body;
      expect(connections).toHaveLength(1);
      expect(connections[0]).toMatchObject({
        status: 'ACTIVE',
        institutionId: 'inst-7',
        serviceProviderDetails: { serviceProvider: 'PLAID', itemId: 'item-1', serviceProviderConnectionId: 'item-1' },
      });
      await rig.advance(2 * SECOND);
      const { id } = connections[0];
      const about = rig.receiver.received.filter((one) => one.body.payload.connectionId === id);
      expect(about.map(({ body: { eventType } }) => eventType)).toEqual([UPDATING, UPDATED, AGGREGATED]);
      expect((await rig.calls(id)).map(({ operation }) => operation)).toEqual(['import']);
    });

    test.each([
      [
        'another provider',
        item({ serviceProvider: 'MX' }),
        '[connections[0].serviceProvider] must be one of PLAID, AKOYA',
      ],
      ['no customer', item({ externalCustomerId: null }), '[connections[0].externalCustomerId] is required'],
      [
        'no credentials',
        item({ serviceProviderDetails: {} }),
        '[connections[0].serviceProviderDetails] needs the provider credentials',
      ],
    ])('refuses %s', async (_name, bad, detail) => {
      const { status, body } = await bring(bad);
      expect([status, body.errors]).toEqual([400, [detail]]);
    });

    test('brings in all or none', async () => {
      expect((await bring()).status).toBe(400);
      expect((await bring(item(), item({ serviceProvider: 'MX' }))).status).toBe(400);
      expect((await rig.meld('GET', '/connections')).body.count).toBe(0);
    });
  });

  test('a consent that ends breaks the connection, on time', async () => {
    await rig.register(meldConnection('c1', { consentExpiresAt: iso(START + HOUR) }));
    await rig.advance(HOUR - 1);
    expect((await rig.connection('c1')).status).toBe('ACTIVE');
    await rig.advance(1);
    expect(await rig.connection('c1')).toMatchObject({ status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED' });
    expect(rig.receiver.types()).toEqual([STATUS_CHANGE]);
  });
});
