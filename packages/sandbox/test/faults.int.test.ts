import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { meldConnection, MINUTE, SECOND, startRig, type Rig } from './rig.js';

const STATUS_CHANGE = 'BANK_LINKING_CONNECTION_STATUS_CHANGE';

describe('faults at Meld', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
    await rig.register(meldConnection('c1', { provider: 'FINICITY' }), meldConnection('m1'));
  });
  afterEach(() => rig.close());

  const faulty = (fault: string, more: object = {}) =>
    rig.fault({ provider: 'FINICITY', externalId: 'c1', fault, ...more });

  test('429 answers before anything happens, with the pause that it was given', async () => {
    await faulty('429', { retryAfter: 90 });
    const answer = await rig.refresh('c1');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '90']);
    await rig.advance(MINUTE);
    expect((await rig.connection('c1')).successfullyAggregatedAt).toBeNull();
    expect(rig.receiver.received).toEqual([]);
    expect(await rig.bills()).toEqual([]);
    expect((await rig.refresh('c1')).status).toBe(202);
  });

  test('500 answers with an error after nothing happened', async () => {
    await faulty('500');
    const answer = await rig.refresh('c1');
    expect([answer.status, answer.body.code]).toEqual([500, 'UNKNOWN']);
    await rig.advance(MINUTE);
    expect(rig.receiver.received).toEqual([]);
    expect(await rig.bills()).toEqual([]);
  });

  test('timeout refreshes, bills and never answers', async () => {
    await faulty('timeout');
    const url = `${rig.sandbox.url}/meld/bank-linking/connections/c1/refresh`;
    const headers = { authorization: 'BASIC key' };
    const call = fetch(url, { method: 'POST', headers, signal: AbortSignal.timeout(300) });
    await expect(call).rejects.toThrow(/timeout/);
    await rig.advance(2 * SECOND);
    expect((await rig.connection('c1')).successfullyAggregatedAt).not.toBeNull();
    expect(await rig.bills('c1')).toHaveLength(1);
    const [logged] = await rig.calls('c1');
    expect(logged).toMatchObject({ operation: 'refresh', billed: true, status: null, faults: ['timeout'] });
  });

  test('lost-reply refreshes, bills and breaks the connection off', async () => {
    await faulty('lost-reply');
    await expect(rig.refresh('c1')).rejects.toThrow('fetch failed');
    await rig.advance(2 * SECOND);
    expect((await rig.connection('c1')).successfullyAggregatedAt).not.toBeNull();
    expect(await rig.bills('c1')).toHaveLength(1);
  });

  test('login-required is accepted and ends in RECONNECT_REQUIRED', async () => {
    await faulty('login-required');
    expect((await rig.refresh('c1')).status).toBe(202);
    expect((await rig.connection('c1')).status).toBe('ACTIVE');
    await rig.advance(2 * SECOND);
    expect(await rig.connection('c1')).toMatchObject({
      status: 'RECONNECT_REQUIRED',
      statusReason: 'LOGIN_REQUIRED',
      successfullyAggregatedAt: null,
    });
    expect(rig.receiver.types()).toEqual([STATUS_CHANGE]);
    expect((await rig.refresh('c1')).status).toBe(409);
  });

  test('login-required is billed only by providers that charge for attempts', async () => {
    await rig.fault({ provider: 'MX', fault: 'login-required' });
    await faulty('login-required');
    await rig.refresh('m1');
    await rig.refresh('c1');
    expect(await rig.bills('m1')).toHaveLength(1);
    expect(await rig.bills('c1')).toEqual([]);
  });

  test('partial brings some, and says so in the status', async () => {
    await faulty('partial');
    await rig.refresh('c1');
    await rig.advance(2 * SECOND);
    const { status, statusReason, successfullyAggregatedAt } = await rig.connection('c1');
    expect([status, statusReason]).toEqual(['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS']);
    expect(successfullyAggregatedAt).not.toBeNull();
    expect(rig.receiver.types()).toEqual([STATUS_CHANGE, 'BANK_LINKING_ACCOUNTS_UPDATED']);
    expect(await rig.bills('c1')).toHaveLength(1);
  });

  test('silent-noop is accepted, brings nothing and costs nothing', async () => {
    await faulty('silent-noop');
    expect((await rig.refresh('c1')).status).toBe(202);
    await rig.advance(10 * MINUTE);
    expect((await rig.connection('c1')).successfullyAggregatedAt).toBeNull();
    expect(rig.receiver.received).toEqual([]);
    expect(await rig.bills('c1')).toEqual([]);
  });

  test('reconnect-required is a 409, and the connection is broken from then on', async () => {
    await faulty('reconnect-required');
    expect((await rig.refresh('c1')).status).toBe(409);
    await rig.advance(2 * SECOND);
    expect((await rig.connection('c1')).status).toBe('RECONNECT_REQUIRED');
    expect(rig.receiver.types()).toEqual([STATUS_CHANGE]);
    expect(await rig.bills('c1')).toEqual([]);
  });

  test('no-webhook refreshes without a word', async () => {
    await faulty('no-webhook');
    await rig.refresh('c1');
    await rig.advance(MINUTE);
    expect((await rig.connection('c1')).successfullyAggregatedAt).not.toBeNull();
    expect(rig.receiver.received).toEqual([]);
  });

  test('duplicate-webhook sends every event twice under one id', async () => {
    await faulty('duplicate-webhook');
    await rig.refresh('c1');
    await rig.advance(2 * SECOND);
    const ids = rig.receiver.received.map(({ body }) => body.eventId);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(2);
  });

  test('late-webhook comes after those of the next refresh', async () => {
    await faulty('late-webhook');
    await rig.refresh('c1');
    await rig.advance(MINUTE);
    expect(rig.receiver.received).toEqual([]);
    await rig.refresh('c1');
    await rig.advance(10 * MINUTE);
    const times = rig.receiver.of('BANK_LINKING_ACCOUNTS_UPDATED').map(({ body }) => body.timestamp);
    expect(times).toHaveLength(2);
    expect([...times].sort()).not.toEqual(times);
  });

  test('one of each kind works on one call', async () => {
    await faulty('login-required');
    await faulty('no-webhook');
    await faulty('lost-reply');
    await expect(rig.refresh('c1')).rejects.toThrow('fetch failed');
    await rig.advance(MINUTE);
    expect((await rig.connection('c1')).status).toBe('RECONNECT_REQUIRED');
    expect(rig.receiver.received).toEqual([]);
    expect((await rig.calls('c1'))[0].faults).toEqual(['login-required', 'no-webhook', 'lost-reply']);
    expect((await rig.control('GET', '/faults')).body.data).toEqual([]);
  });

  test('a call that is refused anyway uses up no fault of what would have happened', async () => {
    await rig.register(meldConnection('c1', { provider: 'FINICITY', status: 'RECONNECT_REQUIRED' }));
    await faulty('lost-reply');
    expect((await rig.refresh('c1')).status).toBe(409);
    expect((await rig.control('GET', '/faults')).body.data).toHaveLength(1);
  });

  test.each([
    [{}, [429, 202, 202]],
    [{ times: 2 }, [429, 429, 202]],
    [{ times: 0 }, [429, 429, 429]],
    [{ times: null }, [429, 429, 429]],
  ])('with %j it works as often as that says', async (times, statuses) => {
    await faulty('429', times);
    for (const status of statuses) expect((await rig.refresh('c1')).status).toBe(status);
  });

  test('without an externalId it works on the whole provider, and on no other', async () => {
    await rig.fault({ provider: 'FINICITY', fault: '429', times: null });
    expect((await rig.refresh('c1')).status).toBe(429);
    expect((await rig.refresh('m1')).status).toBe(202);
    expect((await rig.control('DELETE', '/faults')).status).toBe(204);
    expect((await rig.refresh('c1')).status).toBe(202);
  });

  test('leaves other operations alone unless it names one', async () => {
    await faulty('500', { operation: 'status' });
    expect((await rig.refresh('c1')).status).toBe(202);
    expect((await rig.meld('GET', '/connections/c1')).status).toBe(500);
    await faulty('lost-reply', { operation: 'delete' });
    await expect(rig.meld('DELETE', '/connections/c1')).rejects.toThrow('fetch failed');
    expect((await rig.connection('c1')).status).toBe('DELETED');
  });
});
