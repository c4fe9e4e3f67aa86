import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { FAULTS } from '../src/index.js';
import { startReceiver } from './receiver.js';
import { HOUR, iso, meldConnection, MINUTE, SECOND, START, startRig, type Rig } from './rig.js';

describe('the control of the emulator', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  const fieldsOf = (body: { errors: { field: string }[] }) => body.errors.map(({ field }) => field);

  test('says that it is an emulator', async () => {
    const { status, body } = await rig.control('GET', '/health');
    const webhookBaseUrl = rig.receiver.url;
    expect([status, body]).toEqual([200, { sandbox: true, books: null, now: iso(START), webhookBaseUrl }]);
  });

  test('has a word for what it does not have', async () => {
    const { status, body } = await rig.send('GET', '/nowhere');
    expect([status, body.error]).toEqual([404, 'not-found']);
  });

  describe('connections', () => {
    test('are registered alone or in a list, and say how', async () => {
      const alone = await rig.control('PUT', '/connections', meldConnection('a'));
      expect(alone.body.data).toMatchObject([
        { externalId: 'a', connector: 'meld', status: 'ACTIVE', registered: 'created' },
      ]);
      const list = await rig.register(meldConnection('a'), meldConnection('b'));
      expect(list.body.data.map(({ registered }: { registered: string }) => registered)).toEqual([
        'updated',
        'created',
      ]);
    });

    test('that are registered again change only in what is named', async () => {
      await rig.register(
        meldConnection('a', {
          status: 'DEGRADED',
          statusReason: 'INTERACTIVE_REFRESH',
          lastSuccessAt: iso(START - HOUR),
        }),
      );
      const { data } = (
        await rig.register({ connector: 'meld', provider: 'MX', externalId: 'a', products: ['OWNERS'] })
      ).body;
      expect(data[0]).toMatchObject({
        products: ['OWNERS'],
        status: 'DEGRADED',
        statusReason: 'INTERACTIVE_REFRESH',
        customerId: 'cust-1',
        lastSuccessAt: iso(START - HOUR),
      });
      const changed = await rig.register(meldConnection('a', { status: 'ACTIVE', lastSuccessAt: null }));
      expect(changed.body.data[0]).toMatchObject({
        status: 'ACTIVE',
        statusReason: null,
        lastSuccessAt: iso(START - HOUR),
      });
    });

    test('need no more than their identity', async () => {
      const { data } = (await rig.register({ connector: 'plaid', provider: 'PLAID', externalId: 'item' })).body;
      expect(data[0]).toMatchObject({
        status: 'ACTIVE',
        products: expect.arrayContaining(['BALANCES', 'TRANSACTIONS']),
      });
    });

    test('whose change is to be told send what the provider would', async () => {
      await rig.register(meldConnection('a'));
      await rig.register(meldConnection('a', { status: 'HIBERNATING', statusReason: 'WINTER', notify: true }));
      await rig.advance(SECOND);
      expect(rig.receiver.received.map(({ body }) => body.payload)).toEqual([
        expect.objectContaining({ oldStatus: 'ACTIVE', newStatus: 'HIBERNATING', reason: 'WINTER' }),
      ]);
    });

    test('can be a thousand at once', async () => {
      const many = (count: number) => Array.from({ length: count }, (_, place) => meldConnection(`c${place}`));
      expect((await rig.register(...many(1000))).body.data).toHaveLength(1000);
      expect((await rig.register(...many(1001))).status).toBe(400);
      expect((await rig.register()).status).toBe(400);
    });

    test('are refused together, each fault with its field', async () => {
      const { status, body } = await rig.register(
        { connector: 'meld', provider: 'MX' },
        {
          connector: 1,
          provider: 'MX',
          externalId: 'b',
          lastSuccessAt: 'yesterday',
          products: 'BALANCES',
          colour: 'red',
        },
        meldConnection('good'),
      );
      expect([status, body.error]).toEqual([400, 'invalid-request']);
      expect(fieldsOf(body)).toEqual([
        'connections[0].externalId',
        'connections[1].connector',
        'connections[1].products',
        'connections[1].lastSuccessAt',
        'connections[1].colour',
      ]);
      expect((await rig.control('GET', '/connections')).body.data).toEqual([]);
    });

    test.each([
      ['nothing', undefined],
      ['a list', []],
      ['no JSON', '{'],
      ['a word', '"x"'],
    ])('are not %s', async (_name, body) => {
      const answer = await rig.control('PUT', '/connections', body);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid-request']);
    });
  });

  describe('faults', () => {
    test.each([...FAULTS])('%s is one', async (fault) => {
      const { status, body } = await rig.fault({ provider: 'MX', fault });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        provider: 'MX',
        externalId: null,
        fault,
        timesLeft: 1,
        retryAfter: null,
        operation: 'refresh',
      });
      expect((await rig.control('GET', '/faults')).body.data).toEqual([body]);
    });

    test('with an unknown name are refused with the names', async () => {
      const { status, body } = await rig.fault({ provider: 'MX', fault: 'earthquake' });
      expect(status).toBe(400);
      expect(body.errors).toEqual([{ field: 'fault', message: `must be one of ${FAULTS.join(', ')}` }]);
    });

    test.each([
      [{ fault: '429' }, ['provider']],
      [{ provider: 'MX' }, ['fault']],
      [{ provider: 'MX', fault: '429', times: -1 }, ['times']],
      [{ provider: 'MX', fault: '429', times: 1.5 }, ['times']],
      [{ provider: 'MX', fault: '429', retryAfter: 'soon' }, ['retryAfter']],
      [{ provider: 'MX', fault: '429', externalID: 'x' }, ['externalID']],
      [{ provider: 'MX', fault: 'partial', operation: 'status' }, ['operation']],
      [{ provider: '', fault: '429', externalId: 7 }, ['provider', 'externalId']],
    ])('%j are refused for %j', async (fault, fields) => {
      const { status, body } = await rig.fault(fault);
      expect([status, fieldsOf(body)]).toEqual([400, fields]);
    });
  });

  describe('the calls', () => {
    test('are written down as they came, with what was billed', async () => {
      await rig.register(meldConnection('c1'), meldConnection('c2'));
      await rig.refresh('c1', { products: ['BALANCES'] });
      await rig.advance(MINUTE);
      await rig.connection('c1');
      await rig.connection('c2');
      const calls = await rig.calls('c1');
      expect(calls).toHaveLength(2);
      expect(calls[0]).toMatchObject({
        connector: 'meld',
        provider: 'MX',
        operation: 'refresh',
        externalId: 'c1',
        method: 'POST',
        path: '/meld/bank-linking/connections/c1/refresh',
        headers: expect.objectContaining({ authorization: 'BASIC any-key' }),
        body: { products: ['BALANCES'] },
        at: iso(START),
        billed: true,
        status: 202,
      });
      expect(calls[1]).toMatchObject({ operation: 'status', at: iso(START + MINUTE), billed: false, body: null });
      expect(await rig.calls()).toHaveLength(3);
      expect((await rig.control('GET', '/calls?operation=refresh')).body.data).toHaveLength(1);
    });

    test('have a bill for each that was billed', async () => {
      await rig.register(meldConnection('c1', { providerConnectionId: 'MBR-1' }));
      await rig.refresh('c1');
      await rig.refresh('c1');
      const [call] = await rig.calls('c1');
      expect(await rig.bills('c1')).toEqual([
        {
          id: expect.any(String),
          callId: call.id,
          connector: 'meld',
          provider: 'MX',
          externalId: 'c1',
          providerConnectionId: 'MBR-1',
          products: ['BALANCES', 'TRANSACTIONS'],
          at: iso(START),
        },
      ]);
    });

    test('can be forgotten, and the bills apart from them', async () => {
      await rig.register(meldConnection('c1'));
      await rig.refresh('c1');
      expect((await rig.control('DELETE', '/calls')).status).toBe(204);
      expect(await rig.calls()).toEqual([]);
      expect(await rig.bills()).toHaveLength(1);
      expect((await rig.control('DELETE', '/bills')).status).toBe(204);
      expect(await rig.bills()).toEqual([]);
    });
  });

  test('sends webhooks elsewhere when it is told so', async () => {
    const other = await startReceiver();
    const { status, body } = await rig.control('PUT', '/webhooks', { baseUrl: `${other.url}/` });
    expect([status, body]).toEqual([200, { baseUrl: other.url, data: [] }]);
    await rig.register(meldConnection('c1', { products: ['BALANCES'] }));
    await rig.refresh('c1');
    await rig.advance(2 * SECOND);
    expect([rig.receiver.received.length, other.received.length]).toEqual([0, 1]);
    expect((await rig.control('PUT', '/webhooks', { baseUrl: 'somewhere' })).status).toBe(400);
    await other.close();
  });

  test('takes ids as long as they come', async () => {
    const id = `${'x'.repeat(300)}/ü`;
    await rig.register(meldConnection(id));
    expect((await rig.refresh(encodeURIComponent(id))).status).toBe(202);
    expect(await rig.calls(id)).toHaveLength(1);
  });

  describe('data', () => {
    test.each([
      [{ externalId: 'a', transactions: 1 }, 400],
      [{ provider: 'MX', externalId: 'a' }, 400],
      [{ provider: 'MX', externalId: 'a', transactions: 0 }, 400],
      [{ provider: 'MX', externalId: 'nobody', transactions: 1 }, 404],
      [{ provider: 'PLAID', externalId: 'a', transactions: 1 }, 404],
      [{ provider: 'MX', externalId: 'a', transactions: 3 }, 200],
    ])('%j answers %i', async (data, status) => {
      await rig.register(meldConnection('a'));
      expect((await rig.control('POST', '/data', data)).status).toBe(status);
    });

    test('adds up', async () => {
      await rig.register(meldConnection('a'));
      await rig.control('POST', '/data', { provider: 'MX', externalId: 'a', transactions: 3 });
      const { body } = await rig.control('POST', '/data', { provider: 'MX', externalId: 'a', transactions: 4 });
      expect(body).toEqual({ provider: 'MX', externalId: 'a', waitingTransactions: 7 });
    });
  });

  describe('the clock', () => {
    test('is moved to an offset, and what fell due on the way has happened when it answers', async () => {
      await rig.register(meldConnection('c1'));
      await rig.refresh('c1');
      const { status, body } = await rig.control('PUT', '/clock', { offsetMs: 3 * HOUR });
      expect([status, body]).toEqual([200, { now: iso(START + 3 * HOUR), offsetMs: 3 * HOUR }]);
      expect(rig.receiver.received).toHaveLength(2);
      expect((await rig.control('GET', '/clock')).body).toEqual(body);
    });

    test('shows everything that happens on the way its own time', async () => {
      const ids = ['a', 'b', 'c', 'd', 'e'];
      await rig.register(...ids.map((id) => meldConnection(id, { products: ['BALANCES'] })));
      for (const id of ids) await rig.refresh(id);
      await rig.control('PUT', '/clock', { offsetMs: HOUR });
      const times = rig.receiver.received.map(({ body }) => body.timestamp);
      expect(times).toHaveLength(5);
      expect([...times].sort()).toEqual(times);
      for (const { body, headers } of rig.receiver.received) {
        expect(headers['meld-signature-timestamp']).toBe(body.timestamp);
      }
    });

    test('stays where it is told the same again, and never goes back', async () => {
      await rig.control('PUT', '/clock', { offsetMs: HOUR });
      expect((await rig.control('PUT', '/clock', { offsetMs: HOUR })).status).toBe(200);
      const { status, body } = await rig.control('PUT', '/clock', { offsetMs: HOUR - 1 });
      expect([status, fieldsOf(body)]).toEqual([400, ['offsetMs']]);
      expect((await rig.control('GET', '/clock')).body.now).toBe(iso(START + HOUR));
    });

    test.each([[{}], [{ offsetMs: '1' }], [{ offsetMs: -1 }], [{ offsetMs: 1.5 }], [{ offset: 1 }], [undefined]])(
      'is not moved by %j',
      async (body) => {
        expect((await rig.control('PUT', '/clock', body)).status).toBe(400);
      },
    );

    test('answers a receiver that asks before it takes the webhook', async () => {
      await rig.register(meldConnection('c1'));
      await rig.refresh('c1');
      const seen: unknown[] = [];
      rig.receiver.work = async () => seen.push((await rig.connection('c1')).successfullyAggregatedAt);
      await rig.control('PUT', '/clock', { offsetMs: HOUR });
      expect(seen).toEqual(rig.receiver.received.map(({ body }) => body.timestamp));
    });

    test('does what is asked of it on the way, too', async () => {
      await rig.register(
        meldConnection('c1', { products: ['BALANCES'] }),
        meldConnection('c2', { products: ['BALANCES'] }),
      );
      await rig.refresh('c1');
      rig.receiver.work = async () => {
        rig.receiver.work = null;
        await rig.refresh('c2');
      };
      await rig.control('PUT', '/clock', { offsetMs: HOUR });
      const [first, second] = rig.receiver.received.map(({ body }) => Date.parse(body.timestamp));
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(SECOND);
      expect((second ?? 0) - (first ?? 0)).toBeLessThanOrEqual(2 * SECOND);
    });
  });
});
