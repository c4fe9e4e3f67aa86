import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Connector } from '@freshet/ports';
import { connectionCall, context, NOW, progressCall, refreshCall, refreshContext } from '../http/fixtures/calls.js';
import {
  deadUrl,
  startLocalServer,
  type LocalReply,
  type LocalServer,
  type Seen,
} from '../http/fixtures/local-server.js';
import { createBudConnector } from './connector.js';
import { refusals, started, v1Tasks, v2Tasks } from './fixtures/documented.js';
import type { BudSettings } from './settings.js';

let server: LocalServer;
let tokens: number;
let answer: (seen: Seen) => LocalReply;
const connector = (more: Partial<BudSettings> = {}): Connector =>
  createBudConnector({
    clientId: 'client',
    clientSecret: 'hush',
    baseUrl: server.url,
    redirectUrl: 'https://app.example/done',
    ...more,
  });

beforeEach(async () => {
  tokens = 0;
  answer = () => ({ status: 202, body: started.v2 });
  server = await startLocalServer((seen) => {
    if (seen.path !== '/v1/oauth/token') return answer(seen);
    tokens += 1;
    return { status: 200, body: { data: { access_token: `t${tokens}`, expires_in: 3600, refresh_token: 'r' } } };
  });
});
afterEach(() => server.close());

const calls = (): readonly Seen[] => server.seen.filter(({ path }) => path !== '/v1/oauth/token');
const TASK = '360e5821-4f18-4077-83f4-c9a7c1768bea';

describe('a bank in maintenance', () => {
  const listed = (more: object): LocalReply => ({
    status: 200,
    body: { data: [null, { provider: 'monzo', maintenance_status: 'active' }, { provider: 'bank_of_bud', ...more }] },
  });
  const until = NOW + 3_600_000;
  const window = { start: '2020-01-01T00:00:00+0000', end: new Date(until).toISOString().replace('.000Z', '+0000') };
  const active = { maintenance_status: 'active', maintenance_window: window };

  test.each<[string, LocalReply, number | null]>([
    ['until its end', listed(active), until],
    ['until somebody takes the flag away', listed({ ...active, maintenance_window: { ...window, end: null } }), null],
    ['that the list does not know of', listed({ maintenance_status: 'inactive', maintenance_window: window }), null],
    ['whose list cannot be had', { status: 500, body: {} }, null],
    ['whose list is none', { status: 200, body: '<html>' }, null],
  ])('refuses, and ends what runs: %s', async (_what, list, maintenanceUntil) => {
    const ended = { kind: 'unavailable', who: 'institution', retryAt: null, maintenanceUntil };
    answer = ({ method, path }) => {
      if (path === '/v1/open-banking/providers') return list;
      return method === 'POST'
        ? { status: 400, body: refusals.inMaintenance }
        : { status: 200, body: v2Tasks.inMaintenance };
    };
    expect(await connector().refresh(refreshCall(), refreshContext())).toMatchObject(ended);
    expect(await connector().progress(progressCall({ providerTaskId: TASK }), context())).toMatchObject(ended);
  });

  test('is asked about only where the bank is in one', async () => {
    answer = () => ({ status: 200, body: v2Tasks.providerFailure });
    const call = progressCall({ providerTaskId: TASK, institutionId: 'Natwest_Sandbox' });
    expect(await connector().progress(call, context())).not.toHaveProperty('maintenanceUntil');
    expect(calls()).toHaveLength(1);
  });
});

describe('refresh', () => {
  test('V2 for one bank, all resources', async () => {
    const accepted = await connector().refresh(refreshCall(), refreshContext());
    expect(accepted).toEqual({ kind: 'accepted', providerTaskId: TASK, coalesced: false });
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatchObject({
      method: 'POST',
      path: '/open-banking/v2/refresh',
      body: '{"providers":["Bank_Of_Bud"]}',
    });
    expect(calls()[0]?.headers).toMatchObject({
      authorization: 'Bearer t1',
      'x-client-id': 'client',
      'x-customer-id': 'customer-1',
    });
    for (const name of ['x-customer-secret', 'x-customer-ip-address'])
      expect(calls()[0]?.headers).not.toHaveProperty(name);
  });

  test("some products, a range, a customer of Bud's own, a secret and a present customer", async () => {
    const call = refreshCall({
      allProducts: false,
      products: ['TRANSACTIONS'],
      from: NOW - 1_000,
      to: NOW,
      credentials: { customerId: 'bud-customer', customerSecret: 'sealed' },
      presence: { ip: '203.0.113.7', userAgent: 'x' },
    });
    await connector().refresh(call, refreshContext());
    expect(JSON.parse(calls()[0]?.body ?? '')).toEqual({
      providers: ['Bank_Of_Bud'],
      resources: ['transactions'],
      from: '2026-03-01T11:59:59.000Z',
      to: '2026-03-01T12:00:00.000Z',
    });
    expect(calls()[0]?.headers).toMatchObject({
      'x-customer-id': 'bud-customer',
      'x-customer-secret': 'sealed',
      'x-customer-ip-address': '203.0.113.7',
    });
  });

  test('V1 where it is still in use', async () => {
    answer = () => ({ status: 202, body: started.v1 });
    const call = refreshCall({ allProducts: false, products: ['BALANCES'], from: NOW });
    expect(await connector({ refreshVersion: 'v1' }).refresh(call, refreshContext())).toMatchObject({
      providerTaskId: TASK,
    });
    expect(calls()[0]).toMatchObject({
      path: '/v1/open-banking/refresh',
      body: '{"provider":"Bank_Of_Bud","from":"2026-03-01T12:00:00.000Z"}',
    });
  });

  test('what Bud does not have is refused before anything is asked', async () => {
    const watched = refreshContext();
    const call = refreshCall({ allProducts: false, products: ['INVESTMENT_HOLDINGS'] });
    expect(await connector().refresh(call, watched)).toEqual({
      kind: 'refused',
      message: 'Bud has no INVESTMENT_HOLDINGS',
    });
    expect([watched.sendings(), server.seen.length]).toEqual([0, 0]);
  });

  test('the token is at hand before it is made durable, and nothing is sent where that fails', async () => {
    let seenBefore: readonly string[] = [];
    await connector().refresh(
      refreshCall(),
      refreshContext(undefined, async () => void (seenBefore = server.seen.map(({ path }) => path))),
    );
    expect(seenBefore).toEqual(['/v1/oauth/token']);
    const lost = refreshContext(undefined, () => Promise.reject(new Error('lease lost')));
    await expect(connector().refresh(refreshCall(), lost)).rejects.toThrow('lease lost');
    expect(calls()).toHaveLength(1);
  });

  test('without a token it is neither made durable nor sent', async () => {
    const watched = refreshContext();
    const dead = connector({ baseUrl: await deadUrl() });
    expect((await dead.refresh(refreshCall(), watched)).kind).toBe('unavailable');
    expect(watched.sendings()).toBe(0);
  });

  test.each(['token_expired', 'token_invalid', undefined])(
    'a token that is refused (%s) is renewed, once, and the call made again',
    async (code_id) => {
      answer = ({ headers }) =>
        headers.authorization === 'Bearer t1' ? { status: 401, body: { code_id } } : { status: 202, body: started.v2 };
      const watched = refreshContext();
      expect(await connector().refresh(refreshCall(), watched)).toMatchObject({ kind: 'accepted' });
      expect([watched.sendings(), calls().length, tokens]).toEqual([1, 2, 2]);
    },
  );

  test('a second refusal is for good', async () => {
    answer = () => ({ status: 401, body: { code_id: 'token_invalid', message: 'hush t2' } });
    const refused = await connector().refresh(refreshCall(), refreshContext());
    expect(refused).toEqual({ kind: 'refused', message: 'Bud does not take our credentials (HTTP 401 token_invalid)' });
    expect(calls()).toHaveLength(2);
  });

  test.each(['customer_not_found', 'unauthorized_scope'])('%s is not about the token', async (code_id) => {
    answer = () => ({ status: 401, body: { code_id } });
    expect((await connector().refresh(refreshCall(), refreshContext())).kind).toBe('refused');
    expect([calls().length, tokens]).toEqual([1, 1]);
  });

  test('a dropped line and a deadline after it was sent are unknown, and it is not sent again', async () => {
    answer = () => 'reset';
    expect((await connector().refresh(refreshCall(), refreshContext())).kind).toBe('unknown');
    answer = () => 'hang';
    expect((await connector().refresh(refreshCall(), refreshContext(AbortSignal.timeout(300)))).kind).toBe('unknown');
    expect(calls()).toHaveLength(2);
  });
});

describe('progress', () => {
  test('is asked of the task by its id, in the version that is set', async () => {
    answer = () => ({ status: 200, body: v2Tasks.completed });
    expect(await connector().progress(progressCall({ providerTaskId: TASK }), context())).toMatchObject({
      kind: 'done',
      newData: false,
    });
    answer = () => ({ status: 200, body: v1Tasks.pending });
    expect(
      await connector({ refreshVersion: 'v1' }).progress(progressCall({ providerTaskId: TASK }), context()),
    ).toEqual({ kind: 'pending' });
    expect(calls().map(({ path }) => path)).toEqual([
      `/open-banking/v2/refresh/${TASK}`,
      `/v1/open-banking/refresh/${TASK}`,
    ]);
  });

  test('without one, of the consent', async () => {
    answer = () => ({
      status: 200,
      body: { data: [{ id: 'consent-1', status: 'authorised', last_synced_at: '2026-03-01T12:00:03Z' }] },
    });
    expect(await connector().progress(progressCall(), context())).toMatchObject({ kind: 'done', asOf: NOW + 3_000 });
    expect(await connector().progress(progressCall({ externalId: 'another' }), context())).toMatchObject({
      kind: 'unknown',
    });
    expect(calls()[0]?.path).toBe('/v1/open-banking/account-access-consents?status=all');
  });
});

describe('the rest', () => {
  test("status is the consent's", async () => {
    answer = () => ({ status: 200, body: { data: [{ id: 'consent-1', status: 'revoked' }] } });
    expect(await connector().status(connectionCall, context())).toEqual({
      status: 'RECONNECT_REQUIRED',
      reason: 'TOKEN_EXPIRED',
      at: null,
    });
    answer = () => ({ status: 500, body: {} });
    expect(await connector().status(connectionCall, context())).toBeNull();
  });

  test.each([
    ['authorised', 'reconfirm_consent'],
    ['revoked', 'connect_accounts'],
  ])('a repair of an %s consent opens at %s', async (status, initial_screen) => {
    answer = ({ method }) =>
      method === 'GET'
        ? { status: 200, body: { data: [{ id: 'consent-1', status }] } }
        : { status: 201, body: { data: { url: 'https://g.example/1' } } };
    expect(await connector().repair(connectionCall, context())).toMatchObject({
      kind: 'link',
      connectUrl: 'https://g.example/1',
    });
    expect(calls()[1]).toMatchObject({ method: 'POST', path: '/v2/open-banking/authorisation-gateway-url' });
    expect(JSON.parse(calls()[1]?.body ?? '')).toEqual({
      redirect_url: 'https://app.example/done',
      providers: ['Bank_Of_Bud'],
      initial_screen,
    });
  });

  test('without an address to come back to there is no repair', async () => {
    const without = connector({ redirectUrl: null });
    expect(without.capabilities.repair).toBe(false);
    expect((await without.repair(connectionCall, context())).kind).toBe('refused');
    expect(server.seen).toHaveLength(0);
  });

  test('a delete revokes at the bank; products and imports are refused', async () => {
    answer = () => ({ status: 202, body: { data: { provider: 'Bank_Of_Bud', task_id: 't' } } });
    expect(await connector().delete(connectionCall, context())).toEqual({ kind: 'accepted' });
    expect(calls()[0]).toMatchObject({
      path: '/v1/open-banking/account-access-consent/revoke',
      body: '{"provider":"Bank_Of_Bud"}',
    });
    expect((await connector().addProducts({ ...connectionCall, products: ['OWNERS'] }, context())).kind).toBe(
      'refused',
    );
    const wanted = { provider: 'BUD', customerId: 'c', institutionId: 'i', products: [], credentials: {} };
    expect((await connector().import(wanted, context())).kind).toBe('refused');
  });
});
