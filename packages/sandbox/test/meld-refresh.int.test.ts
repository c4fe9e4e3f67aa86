import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { HOUR, iso, meldConnection, MINUTE, SECOND, START, startRig, type Rig } from './rig.js';

describe('Meld refresh', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  test('is accepted at once and ends one to two seconds later', async () => {
    await rig.register(meldConnection('c1'));
    const answer = await rig.refresh('c1');
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ requestId: expect.any(String), serviceProviderDetails: null });
    await rig.advance(999);
    expect((await rig.connection('c1')).successfullyAggregatedAt).toBeNull();
    await rig.advance(1_001);
    const aggregatedAt = Date.parse((await rig.connection('c1')).successfullyAggregatedAt);
    expect(aggregatedAt).toBeGreaterThanOrEqual(START + SECOND);
    expect(aggregatedAt).toBeLessThanOrEqual(START + 2 * SECOND);
  });

  test('has ended when its time has come, though no timer has fired yet', async () => {
    let now = START;
    const live = await startRig({ now: () => now });
    await live.register(meldConnection('c1'));
    await live.refresh('c1');
    now += 2 * SECOND;
    expect((await live.connection('c1')).successfullyAggregatedAt).not.toBeNull();
    await live.close();
  });

  test('takes as long in every run, and differs from connection to connection', async () => {
    const durations = async (): Promise<number[]> => {
      const run = await startRig();
      const ids = ['a', 'b', 'c', 'd'];
      await run.register(...ids.map((id) => meldConnection(id)));
      for (const id of ids) await run.refresh(id);
      await run.advance(2 * SECOND);
      const stamps = await Promise.all(ids.map(async (id) => (await run.connection(id)).successfullyAggregatedAt));
      await run.close();
      return stamps.map((stamp) => Date.parse(stamp) - START);
    };
    const first = await durations();
    expect(await durations()).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(1);
  });

  test('sends the two aggregation webhooks, in order, with the provider that did it', async () => {
    await rig.register(meldConnection('c1', { providerConnectionId: 'MBR-1' }));
    await rig.refresh('c1');
    await rig.advance(2 * SECOND);
    expect(rig.receiver.types()).toEqual(['BANK_LINKING_ACCOUNTS_UPDATED', 'BANK_LINKING_TRANSACTIONS_AGGREGATED']);
    const [accounts] = rig.receiver.received;
    expect(accounts?.path).toBe('/webhooks/meld');
    expect(accounts?.body).toMatchObject({
      eventId: expect.any(String),
      timestamp: (await rig.connection('c1')).successfullyAggregatedAt,
      payload: {
        connectionId: 'c1',
        customerId: 'cust-1',
        institutionId: 'inst-1',
        serviceProviderDetails: { serviceProvider: 'MX', serviceProviderConnectionId: 'MBR-1' },
      },
    });
  });

  test('of balances alone brings no transactions', async () => {
    await rig.register(meldConnection('c1'));
    await rig.control('POST', '/data', { provider: 'MX', externalId: 'c1', transactions: 2 });
    await rig.refresh('c1', { products: ['BALANCES'] });
    await rig.advance(2 * SECOND);
    expect(rig.receiver.types()).toEqual(['BANK_LINKING_ACCOUNTS_UPDATED']);
    const { body } = await rig.control('GET', '/connections?externalId=c1');
    expect(body.data[0].waitingTransactions).toBe(2);
  });

  test.each([
    ['absent', undefined],
    ['not in the body', {}],
    ['an empty list', { products: [] }],
    ['null', { products: null }],
  ])('refreshes everything when the products are %s', async (_name, body) => {
    await rig.register(meldConnection('c1'));
    expect((await rig.refresh('c1', body)).status).toBe(202);
    expect((await rig.bills('c1'))[0].products).toEqual(['BALANCES', 'TRANSACTIONS']);
  });

  test.each([
    ['a product that is not on the connection', { products: ['OWNERS'] }, '[products] not on this connection: OWNERS'],
    ['products that are no list', { products: 'BALANCES' }, '[products] must be a list of strings'],
    ['a list', [], '[body] must be a JSON object'],
    ['a body that is no JSON', '{', '[body] is not JSON'],
  ])('refuses %s', async (_name, body, detail) => {
    await rig.register(meldConnection('c1'));
    const answer = await rig.refresh('c1', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      code: 'BAD_REQUEST',
      message: expect.any(String),
      errors: [detail],
      requestId: expect.any(String),
      timestamp: iso(START),
    });
    expect(await rig.bills('c1')).toEqual([]);
  });

  test('of an unknown connection is a 404', async () => {
    expect((await rig.refresh('nobody')).status).toBe(404);
  });

  test.each([
    ['IN_PROGRESS', 409],
    ['ACTIVE', 202],
    ['PARTIALLY_ACTIVE', 202],
    ['DEGRADED', 202],
    ['UNDETERMINED', 202],
    ['RECONNECT_REQUIRED', 409],
    ['UNRECOVERABLE', 409],
    ['EXPIRED', 409],
    ['DELETED', 409],
    ['SOMETHING_NEW', 409],
  ])('in status %s answers %i', async (status, code) => {
    await rig.register(meldConnection('c1', { status }));
    expect((await rig.refresh('c1')).status).toBe(code);
    expect(await rig.bills('c1')).toHaveLength(code === 202 ? 1 : 0);
  });

  test.each([
    ['DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE', 'ACTIVE', null],
    ['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS', 'ACTIVE', null],
    ['UNDETERMINED', null, 'ACTIVE', null],
    ['ACTIVE', 'ACCESS_EXPIRING_SOON', 'ACTIVE', 'ACCESS_EXPIRING_SOON'],
    ['DEGRADED', 'INTERACTIVE_REFRESH', 'DEGRADED', 'INTERACTIVE_REFRESH'],
  ])('that succeeds turns %s (%s) into %s (%s)', async (status, statusReason, after, reasonAfter) => {
    await rig.register(meldConnection('c1', { status, statusReason }));
    await rig.refresh('c1');
    await rig.advance(2 * SECOND);
    expect(await rig.connection('c1')).toMatchObject({ status: after, statusReason: reasonAfter });
    const changes = rig.receiver.of('BANK_LINKING_CONNECTION_STATUS_CHANGE');
    const told = { oldStatus: status, newStatus: after, reason: reasonAfter, connectionId: 'c1' };
    expect(changes.map(({ body }) => body.payload)).toEqual(after === status ? [] : [expect.objectContaining(told)]);
  });

  describe('at MX', () => {
    test('is refused until three hours after the last success, to the millisecond', async () => {
      await rig.register(meldConnection('c1', { lastSuccessAt: iso(START - HOUR) }));
      await rig.advance(2 * HOUR - 1);
      const early = await rig.refresh('c1');
      expect([early.status, early.body.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
      expect(early.headers.get('retry-after')).toBeNull();
      await rig.advance(1);
      expect((await rig.refresh('c1')).status).toBe(202);
    });

    test('counts from the acceptance where nothing came of it', async () => {
      await rig.register(meldConnection('c1'));
      await rig.fault({ provider: 'MX', externalId: 'c1', fault: 'silent-noop' });
      await rig.refresh('c1');
      await rig.advance(3 * HOUR - 1);
      expect((await rig.refresh('c1')).status).toBe(429);
      await rig.advance(1);
      expect((await rig.refresh('c1')).status).toBe(202);
    });

    test('counts from the success, which comes after the acceptance', async () => {
      await rig.register(meldConnection('c1'));
      await rig.refresh('c1');
      await rig.advance(3 * HOUR);
      expect((await rig.refresh('c1')).status).toBe(429);
      const stamp = Date.parse((await rig.connection('c1')).successfullyAggregatedAt);
      await rig.advance(stamp + 3 * HOUR - 1 - rig.sandbox.now());
      expect((await rig.refresh('c1')).status).toBe(429);
      await rig.advance(1);
      expect((await rig.refresh('c1')).status).toBe(202);
    });

    test('shares its pause among duplicates', async () => {
      const shared = { providerConnectionId: 'MBR-1' };
      const recent = meldConnection('c2', { ...shared, lastSuccessAt: iso(START - MINUTE) });
      await rig.register(meldConnection('c1', shared), recent);
      expect((await rig.refresh('c1')).status).toBe(429);
      expect((await rig.refresh('c2')).status).toBe(429);
      await rig.register(meldConnection('c3', { providerConnectionId: 'MBR-2' }));
      expect((await rig.refresh('c3')).status).toBe(202);
    });
  });

  test('has no pause at other providers: two at once are two pulls and two bills', async () => {
    await rig.register(meldConnection('c1', { provider: 'FINICITY' }));
    expect((await rig.refresh('c1')).status).toBe(202);
    expect((await rig.refresh('c1')).status).toBe(202);
    expect(await rig.bills('c1')).toHaveLength(2);
  });

  test('brings what is new at the bank', async () => {
    await rig.register(meldConnection('c1', { provider: 'FINICITY' }));
    await rig.control('POST', '/data', { provider: 'finicity', externalId: 'c1', transactions: 3 });
    const waiting = async () =>
      (await rig.control('GET', '/connections?externalId=c1')).body.data[0].waitingTransactions;
    expect(await waiting()).toBe(3);
    await rig.refresh('c1');
    await rig.advance(2 * SECOND);
    expect(await waiting()).toBe(0);
  });
});
