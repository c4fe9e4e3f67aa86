import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HOUR, type Product, type PullId, type RefreshAnswer } from '@freshet/domain';
import type { Connector, RefreshCall } from '@freshet/ports';
import { startEmulator, type Emulator } from './emulator.js';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const PRODUCTS: readonly Product[] = ['BALANCES', 'TRANSACTIONS'];
let count = 0;

/** A connection that nobody has used yet, known to the emulator. */
const linked = async (connector: 'meld' | 'bud', provider: string): Promise<RefreshCall> => {
  count += 1;
  const externalId = `${connector}-${count}`;
  const customerId = `customer-${count}`;
  const [institutionId, providerConnectionId] = ['Bank_Of_Bud', `member-${count}`];
  await emulator.register({
    connector,
    provider,
    externalId,
    customerId,
    institutionId,
    providerConnectionId,
    products: PRODUCTS,
  });
  const call = { externalId, provider, customerId, institutionId, providerConnectionId, credentials: null };
  const asked = {
    pullId: 'pull_1' as PullId,
    products: PRODUCTS,
    allProducts: true,
    from: null,
    to: null,
    presence: null,
  };
  return { ...call, ...asked };
};

interface Run {
  readonly started: RefreshAnswer;
  readonly ended: () => Promise<{ readonly kind: string }>;
}
const run = async (connector: Connector, call: RefreshCall): Promise<Run> => {
  const sentAt = emulator.sandbox.now();
  const started = await connector.refresh(call, emulator.context());
  return { started, ended: () => emulator.outcome(connector, call, started, { sentAt }) };
};

describe('Meld', () => {
  test('a healthy refresh: accepted, then done when the stamp has moved', async () => {
    const { started, ended } = await run(emulator.meld, await linked('meld', 'PLAID'));
    expect(started).toEqual({ kind: 'accepted', providerTaskId: null, coalesced: false });
    expect(await ended()).toMatchObject({ kind: 'done', told: { status: 'ACTIVE', reason: null } });
  });

  test('MX within three hours of the last: limited for the group', async () => {
    const call = await linked('meld', 'MX');
    expect((await run(emulator.meld, call)).started.kind).toBe('accepted');
    expect((await run(emulator.meld, call)).started).toMatchObject({ kind: 'limited', until: null, scope: 'group' });
  });

  test('unknown connections', async () => {
    const call = { ...(await linked('meld', 'MX')), externalId: 'nobody' };
    expect((await run(emulator.meld, call)).started.kind).toBe('refused');
    expect(await emulator.meld.status(call, emulator.context())).toBeNull();
    expect(await emulator.meld.delete(call, emulator.context())).toEqual({ kind: 'gone' });
  });

  test('repair, more products, delete', async () => {
    const call = await linked('meld', 'PLAID');
    const broken = {
      connector: 'meld',
      provider: 'PLAID',
      externalId: call.externalId,
      status: 'RECONNECT_REQUIRED',
      statusReason: 'LOGIN_REQUIRED',
    };
    await emulator.register(broken);
    expect(await emulator.meld.status(call, emulator.context())).toMatchObject({
      status: 'RECONNECT_REQUIRED',
      reason: 'LOGIN_REQUIRED',
    });
    const link = await emulator.meld.repair(call, emulator.context());
    expect(link).toMatchObject({ kind: 'link', connectUrl: expect.stringMatching(/^http/) });
    if (link.kind === 'link')
      expect(Math.abs((link.expiresAt ?? 0) - emulator.sandbox.now() - 3 * HOUR)).toBeLessThan(60_000);
    expect((await emulator.meld.addProducts({ ...call, products: ['OWNERS'] }, emulator.context())).kind).toBe(
      'accepted',
    );
    expect(await emulator.meld.delete(call, emulator.context())).toEqual({ kind: 'accepted' });
    expect(await emulator.meld.delete(call, emulator.context())).toEqual({ kind: 'gone' });
  });

  test('an import finds its connection', async () => {
    const wanted = {
      provider: 'PLAID',
      customerId: 'importer',
      institutionId: 'i',
      products: PRODUCTS,
      credentials: { accessToken: 'a', itemId: 'item-9' },
    };
    const imported = await emulator.meld.import(wanted, emulator.context());
    expect(imported).toMatchObject({ kind: 'imported', providerConnectionId: 'item-9' });
  });
});

describe.each(['v2', 'v1'] as const)('Bud %s', (version) => {
  const bud = (): Connector => (version === 'v2' ? emulator.bud : emulator.budV1);

  test('a healthy refresh with news, and one within the hour that hands back the same task', async () => {
    const call = await linked('bud', 'BUD');
    await emulator.control('POST', 'data', { provider: 'BUD', externalId: call.externalId, transactions: 3 });
    const { started, ended } = await run(bud(), call);
    expect(started.kind).toBe('accepted');
    expect(await ended()).toEqual({ kind: 'done', asOf: null, newData: true });
    expect((await run(bud(), call)).started).toEqual(started);
  });
});

describe('Bud', () => {
  test.each(['v2', 'v1'] as const)('%s: a bank in maintenance tells until when', async (version) => {
    const call = { ...(await linked('bud', 'BUD')), institutionId: 'Monzo' };
    const end = emulator.sandbox.now() + HOUR;
    await emulator.control('PUT', 'maintenance', { provider: 'Monzo', end: new Date(end).toISOString() });
    const given = await run(version === 'v2' ? emulator.bud : emulator.budV1, call);
    const ended = version === 'v2' ? await given.ended() : given.started;
    expect(ended).toMatchObject({ kind: 'unavailable', who: 'institution', maintenanceUntil: end });
    await emulator.control('PUT', 'maintenance', { provider: 'Monzo', active: false });
  });

  test('the presence of the customer goes along where it is there, and only there', async () => {
    const call = await linked('bud', 'BUD');
    await run(emulator.bud, { ...call, presence: { ip: '203.0.113.7', userAgent: null } });
    const { data } = (await emulator.control('GET', `calls?externalId=${call.externalId}&operation=refresh`)) as {
      data: { headers: Record<string, string> }[];
    };
    expect(data.map(({ headers }) => headers['x-customer-ip-address'])).toEqual(['203.0.113.7']);
  });

  test('a consent whose reconfirmation lapsed lets the present customer in, and nobody else', async () => {
    const call = await linked('bud', 'BUD');
    const consentExpiresAt = new Date(emulator.sandbox.now() + 1_000).toISOString();
    await emulator.register({ connector: 'bud', provider: 'BUD', externalId: call.externalId, consentExpiresAt });
    await emulator.sandbox.advance(2_000);
    const presence = { ip: '203.0.113.7', userAgent: null };
    expect((await (await run(emulator.bud, { ...call, presence })).ended()).kind).toBe('done');
    await emulator.sandbox.advance(2 * HOUR);
    expect((await (await run(emulator.bud, call)).ended()).kind).toBe('customer-needed');
  });

  test('a token that ended on the clock of the emulator is renewed', async () => {
    await run(emulator.bud, await linked('bud', 'BUD'));
    await emulator.sandbox.advance(2 * HOUR);
    expect((await run(emulator.bud, await linked('bud', 'BUD'))).started.kind).toBe('accepted');
  });

  test('status, repair, delete', async () => {
    const call = await linked('bud', 'BUD');
    expect(await emulator.bud.status(call, emulator.context())).toEqual({ status: 'ACTIVE', reason: null, at: null });
    expect(await emulator.bud.repair(call, emulator.context())).toMatchObject({ kind: 'link' });
    expect(await emulator.bud.delete(call, emulator.context())).toEqual({ kind: 'accepted' });
  });
});
