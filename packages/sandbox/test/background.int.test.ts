import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { DAY, HOUR, iso, meldConnection, START, startRig, type Rig } from './rig.js';

describe('the background pull of a provider behind Meld', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  const stampOf = async (id: string) => {
    const { successfullyAggregatedAt } = await rig.connection(id);
    return successfullyAggregatedAt === null ? null : Date.parse(successfullyAggregatedAt);
  };

  test('comes once a day at a time of the connection itself, unasked, unbilled and silent', async () => {
    const ids = ['a', 'b', 'c'];
    await rig.register(...ids.map((id) => meldConnection(id)));
    await rig.advance(DAY + HOUR);
    const first = await Promise.all(ids.map(stampOf));
    await rig.advance(DAY);
    expect(await Promise.all(ids.map(stampOf))).toEqual(first.map((stamp) => (stamp ?? 0) + DAY));
    expect(new Set(first).size).toBe(3);
    expect(rig.receiver.received).toEqual([]);
    expect(await rig.bills()).toEqual([]);
  });

  test('does not come within an hour of the registration', async () => {
    const ids = Array.from({ length: 200 }, (_, place) => `c${place}`);
    await rig.register(...ids.map((id) => meldConnection(id)));
    await rig.advance(HOUR - 1);
    const { body } = await rig.control('GET', '/connections');
    expect(body.data.filter(({ lastSuccessAt }: { lastSuccessAt: string | null }) => lastSuccessAt !== null)).toEqual(
      [],
    );
  });

  test('tells when it found something', async () => {
    await rig.register(meldConnection('a'));
    await rig.control('POST', '/data', { provider: 'MX', externalId: 'a', transactions: 1 });
    await rig.advance(DAY + HOUR);
    expect(rig.receiver.types()).toEqual(['BANK_LINKING_ACCOUNTS_UPDATED', 'BANK_LINKING_TRANSACTIONS_AGGREGATED']);
    expect(rig.receiver.received[0]?.body.timestamp).toBe(iso((await stampOf('a')) ?? 0));
    await rig.advance(DAY);
    expect(rig.receiver.received).toHaveLength(2);
  });

  test.each([
    ['MX', 20 * HOUR - 1, false],
    ['MX', 20 * HOUR, true],
    ['FINICITY', HOUR, true],
  ])('at %s, %i ms after the last pull: %s', async (provider, sinceMs, comes) => {
    await rig.register(meldConnection('a', { provider }));
    await rig.advance(DAY + HOUR);
    const slot = ((await stampOf('a')) ?? 0) + DAY;
    await rig.register(meldConnection('a', { provider, lastSuccessAt: iso(slot - sinceMs) }));
    await rig.advance(slot - rig.sandbox.now());
    expect(await stampOf('a')).toBe(comes ? slot : slot - sinceMs);
  });

  test('leaves alone what cannot be refreshed, and twins of a maintained one', async () => {
    const twins = { providerConnectionId: 'MBR-1' };
    await rig.register(
      meldConnection('broken', { status: 'RECONNECT_REQUIRED' }),
      meldConnection('gone', { status: 'DELETED' }),
      meldConnection('kept', twins),
      meldConnection('idle', { ...twins, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' }),
    );
    await rig.advance(2 * DAY);
    const stamps = await Promise.all(['broken', 'gone', 'kept', 'idle'].map(stampOf));
    expect(stamps.map((stamp) => stamp !== null)).toEqual([false, false, true, false]);
  });

  test('counts for the pause of a forced one', async () => {
    await rig.register(meldConnection('a'));
    await rig.advance(DAY + HOUR);
    const stamp = (await stampOf('a')) ?? START;
    await rig.advance(stamp + DAY - rig.sandbox.now());
    expect((await rig.refresh('a')).status).toBe(429);
    await rig.advance(3 * HOUR);
    expect((await rig.refresh('a')).status).toBe(202);
  });
});
