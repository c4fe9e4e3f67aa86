import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { HOUR, iso, meldConnection, SECOND, START, startRig, type Rig } from './rig.js';

const STATUS_CHANGE = 'BANK_LINKING_CONNECTION_STATUS_CHANGE';
const INACTIVE = { status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' };

describe('duplicates at Meld', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  const twin = (externalId: string, more: object = {}) =>
    meldConnection(externalId, { provider: 'FINICITY', providerConnectionId: 'login-1', ...more });
  const at = (hoursAgo: number) => ({ lastSuccessAt: iso(START - hoursAgo * HOUR) });
  const changes = () =>
    rig.receiver
      .of(STATUS_CHANGE)
      .map(({ body: { payload } }) => [payload.connectionId, payload.newStatus, payload.reason]);

  test('name each other, and the one that is maintained', async () => {
    await rig.register(twin('a', at(5)), twin('b', { ...at(9), ...INACTIVE }), twin('c', { ...at(7), ...INACTIVE }));
    expect(await rig.connection('b')).toMatchObject({
      duplicateConnectionIds: ['a', 'c'],
      activeDuplicateConnectionId: 'a',
    });
    expect(await rig.connection('a')).toMatchObject({
      duplicateConnectionIds: ['c', 'b'],
      activeDuplicateConnectionId: 'a',
    });
  });

  test.each([
    ['the most recently aggregated', { a: at(9), b: at(1), c: at(5) }, 'b'],
    ['without data the most recently connected', { a: { connectedAt: iso(START - HOUR) }, b: {}, c: at(2) }, 'b'],
    ['of equals the first registered', { a: {}, b: {}, c: {} }, 'a'],
  ])('that all claim to be maintained are settled: %s', async (_name, members, maintained) => {
    await rig.register(...Object.entries(members).map(([id, more]) => twin(id, more)));
    expect((await rig.connection('a')).activeDuplicateConnectionId).toBe(maintained);
    for (const id of ['a', 'b', 'c']) {
      expect(await rig.connection(id)).toMatchObject(id === maintained ? { status: 'ACTIVE' } : INACTIVE);
    }
    expect(rig.receiver.received).toEqual([]);
  });

  test.each([
    ['ACTIVE', null],
    ['DEGRADED', 'INTERACTIVE_REFRESH'],
    ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED'],
  ])('a refreshed inactive one takes over %s (%s) from the maintained one', async (status, statusReason) => {
    await rig.register(twin('a', { ...at(5), status, statusReason }), twin('b', { ...at(9), ...INACTIVE }));
    expect((await rig.refresh('b')).status).toBe(202);
    expect(await rig.connection('b')).toMatchObject({ status, statusReason, activeDuplicateConnectionId: 'b' });
    expect(await rig.connection('a')).toMatchObject(INACTIVE);
    await rig.advance(10);
    expect(changes()).toEqual([
      ['a', 'PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE'],
      ['b', status, statusReason],
    ]);
  });

  test('a refused refresh promotes nobody', async () => {
    await rig.register(twin('a', at(5)), twin('b', { ...at(9), ...INACTIVE }));
    await rig.fault({ provider: 'FINICITY', fault: '429' });
    expect((await rig.refresh('b')).status).toBe(429);
    expect((await rig.connection('a')).activeDuplicateConnectionId).toBe('a');
  });

  test('one that took over a broken status gets nothing for its refresh', async () => {
    const broken = { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' };
    await rig.register(twin('a', { ...broken, provider: 'MX' }), twin('b', { ...INACTIVE, provider: 'MX' }));
    await rig.refresh('b');
    await rig.advance(2 * SECOND);
    expect(await rig.connection('b')).toMatchObject({ ...broken, successfullyAggregatedAt: null });
    expect(await rig.bills('b')).toHaveLength(1);
  });

  test('a login that turns out wrong shows on the one that is maintained by then', async () => {
    await rig.register(twin('a', at(5)), twin('b', { ...at(9), ...INACTIVE }));
    await rig.fault({ provider: 'FINICITY', externalId: 'a', fault: 'login-required' });
    await rig.refresh('a');
    await rig.refresh('b');
    await rig.advance(2 * SECOND);
    expect((await rig.connection('b')).status).toBe('RECONNECT_REQUIRED');
    expect(await rig.connection('a')).toMatchObject(INACTIVE);
  });

  test('deleting the maintained one promotes the most recently aggregated of the rest, with its last status', async () => {
    await rig.register(
      twin('a', { ...at(5), status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' }),
      twin('b', { ...at(9), ...INACTIVE }),
      twin('c', { ...at(7), ...INACTIVE }),
    );
    await rig.meld('DELETE', '/connections/a');
    expect(await rig.connection('c')).toMatchObject({ status: 'DEGRADED', duplicateConnectionIds: ['b'] });
    expect(await rig.connection('b')).toMatchObject({ ...INACTIVE, activeDuplicateConnectionId: 'c' });
    await rig.advance(10);
    expect(changes()).toEqual([['c', 'DEGRADED', 'INTERACTIVE_REFRESH']]);
  });

  test('deleting an inactive one changes nothing else', async () => {
    await rig.register(twin('a', at(5)), twin('b', { ...at(9), ...INACTIVE }));
    await rig.meld('DELETE', '/connections/b');
    expect(await rig.connection('a')).toMatchObject({ status: 'ACTIVE', duplicateConnectionIds: null });
  });

  test('arise when the same login is linked again at a provider that knows it', async () => {
    const link = async (serviceProvider: string) => {
      const body = { externalCustomerId: 'x', institutionId: 'bank', products: ['BALANCES'], serviceProvider };
      const started = (await rig.meld('POST', '/connect/start', body)).body;
      await fetch(`${started.widgetUrl}/complete`, { method: 'POST' });
      await rig.advance(2 * SECOND);
      return started.id;
    };
    const [first, second] = [await link('MX'), await link('MX')];
    expect(await rig.connection(second)).toMatchObject({ status: 'ACTIVE', duplicateConnectionIds: [first] });
    expect(await rig.connection(first)).toMatchObject({ ...INACTIVE, activeDuplicateConnectionId: second });
    const [third] = [await link('PLAID'), await link('PLAID')];
    expect((await rig.connection(third)).duplicateConnectionIds).toBeNull();
  });

  test('are none at other providers, other logins, or Plaid', async () => {
    await rig.register(
      twin('a'),
      twin('b', { providerConnectionId: 'login-2' }),
      twin('c', { provider: 'MX' }),
      twin('d', { provider: 'PLAID' }),
      twin('e', { provider: 'PLAID' }),
    );
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      expect(await rig.connection(id)).toMatchObject({ status: 'ACTIVE', duplicateConnectionIds: null });
    }
  });
});
