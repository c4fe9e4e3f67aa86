import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY, HOUR, startRig, type Reply, type Rig } from './rig.js';

const grant = {
  connector: 'akoya',
  provider: 'AKOYA',
  externalId: 'grant-1',
  customerId: 'cust-1',
  institutionId: 'mikomo',
  products: ['BALANCES', 'TRANSACTIONS'],
  credentials: { refreshToken: 'first' },
};

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  await rig.register(grant);
});
afterEach(() => rig.close());

const form = (values: Record<string, string>) => new URLSearchParams(values).toString();
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const client = { client_id: 'team', client_secret: 'hush' };

const renew = (refresh_token: string, more: Record<string, string> = {}): Promise<Reply> =>
  rig.send('POST', '/akoya/token', form({ grant_type: 'refresh_token', ...client, refresh_token, ...more }), FORM);

const read = (token: string, path = '/balances/v2/mikomo', headers: Record<string, string> = {}): Promise<Reply> =>
  rig.send('GET', `/akoya${path}`, undefined, {
    authorization: `Bearer ${token}`,
    'x-akoya-interaction-type': 'batch',
    ...headers,
  });

const idToken = async (refresh = 'first'): Promise<string> => (await renew(refresh)).body.id_token;
const DEAD = { status: 401, body: { code: 602 } };

describe('the token service', () => {
  test('gives a pair for a refresh token, once', async () => {
    const { status, body } = await renew('first');
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 86_400 });
    expect(await renew('first')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await renew(body.refresh_token)).status).toBe(200);
  });

  test('tells in the ID token when it ends', async () => {
    const [, claims] = (await idToken()).split('.');
    const { exp } = JSON.parse(Buffer.from(claims as string, 'base64url').toString()) as { exp: number };
    expect(exp * 1000).toBe(rig.sandbox.now() + DAY);
  });

  test.each([
    ['no client', { client_secret: '' }, 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 400, 'invalid_grant'],
    ['a token that it never gave', { refresh_token: 'made up' }, 400, 'invalid_request'],
  ])('refuses %s', async (_what, more, status, error) => {
    expect(await renew('first', more)).toMatchObject({ status, body: { error } });
    expect((await renew('first')).status).toBe(200);
  });

  test('revokes all that was given with the consent', async () => {
    const { body } = await renew('first');
    const revoke = { ...client, token: body.refresh_token, token_type_hint: 'refresh_token' };
    expect((await rig.send('POST', '/akoya/revoke', form(revoke), FORM)).status).toBe(200);
    expect(await read(body.id_token)).toMatchObject(DEAD);
    expect((await renew(body.refresh_token)).status).toBe(400);
    expect((await rig.send('POST', '/akoya/revoke', form(revoke), FORM)).status).toBe(400);
  });

  test('claims the token though its reply is lost', async () => {
    await rig.fault({ provider: 'AKOYA', fault: 'lost-reply', operation: 'token' });
    await expect(renew('first')).rejects.toThrow();
    expect((await renew('first')).status).toBe(400);
  });

  test.each(['429', '500'])('does not claim it where it answers %s', async (fault) => {
    await rig.fault({ provider: 'AKOYA', externalId: 'grant-1', fault, operation: 'token', retryAfter: 7 });
    const refused = await renew('first');
    expect([String(refused.status), refused.headers.get('retry-after')]).toEqual([fault, '7']);
    expect((await renew('first')).status).toBe(200);
  });

  test('remembers over a restart of the emulator what it gave and what was claimed', async () => {
    await rig.close();
    const folder = mkdtempSync(join(tmpdir(), 'freshet-akoya-'));
    rig = await startRig({ booksFile: join(folder, 'books.ndjson') });
    await rig.register(grant);
    const { body } = await renew('first');
    await rig.restart();
    expect((await read(body.id_token)).status).toBe(200);
    expect((await renew('first')).status).toBe(400);
    expect((await renew(body.refresh_token)).status).toBe(200);
    rmSync(folder, { recursive: true });
  });
});

describe('a read', () => {
  test('goes to the bank and is billed, each one', async () => {
    const token = await idToken();
    const { status, body } = await read(token);
    expect(status).toBe(200);
    expect(body.accounts).toHaveLength(2);
    expect(body.accounts[0].depositAccount).toMatchObject({ accountType: 'CHECKING' });
    await read(token, '/accounts/v2/mikomo');
    expect(await rig.bills('grant-1')).toHaveLength(2);
    expect(await rig.calls('grant-1')).toMatchObject([
      { operation: 'token', billed: false },
      { operation: 'refresh', billed: true },
      { operation: 'refresh', billed: true },
    ]);
  });

  test('brings what is new at the bank, once', async () => {
    const token = await idToken();
    await rig.control('POST', '/data', { provider: 'AKOYA', externalId: 'grant-1', transactions: 3 });
    const [first, second] = (await read(token)).body.accounts.map(
      (each: Reply['body']) => each.depositAccount.accountId,
    );
    const path = (account: string) => `/transactions/v2/mikomo/${account}`;
    expect((await read(token, path(second))).body.transactions).toEqual([]);
    await rig.control('POST', '/data', { provider: 'AKOYA', externalId: 'grant-1', transactions: 3 });
    expect((await read(token, path(first))).body.transactions).toHaveLength(3);
    expect((await read(token, path(first))).body.transactions).toEqual([]);
    expect(await read(token, path('none'))).toMatchObject({ status: 404, body: { code: 701 } });
  });

  test.each([
    ['the ID token is over', async () => void (await rig.advance(DAY)), {}, '/balances/v2/mikomo', DEAD],
    ['there is none', async () => undefined, { authorization: 'Bearer none' }, '/balances/v2/mikomo', DEAD],
    [
      'nobody is named',
      async () => undefined,
      { 'x-akoya-interaction-type': '' },
      '/balances/v2/mikomo',
      { status: 400 },
    ],
    [
      'somebody else is',
      async () => undefined,
      { 'fdx-api-actor-type': 'ADMIN' },
      '/balances/v2/mikomo',
      { status: 400 },
    ],
    ['the bank is another', async () => undefined, {}, '/balances/v2/other', { status: 403 }],
  ])('is refused and not billed where %s', async (_what, before, headers, path, expected) => {
    const token = await idToken();
    await before();
    expect(await read(token, path, headers as Record<string, string>)).toMatchObject(expected);
    expect(await rig.bills()).toEqual([]);
  });

  test('names the customer in FDX’s own header, too', async () => {
    const token = await idToken();
    const headers = { 'fdx-api-actor-type': 'USER', 'x-akoya-interaction-type': 'user' };
    expect((await read(token, '/balances/v2/mikomo', headers)).status).toBe(200);
  });

  test.each([
    ['429', { status: 429, body: { code: 1207 } }, 0],
    ['500', { status: 500, body: { code: 500 } }, 0],
    ['login-required', DEAD, 1],
    ['reconnect-required', DEAD, 1],
    ['partial', { status: 206 }, 1],
    ['silent-noop', { status: 200 }, 1],
  ])('with the fault %s', async (fault, expected, bills) => {
    const token = await idToken();
    await rig.fault({ provider: 'AKOYA', externalId: 'grant-1', fault });
    expect(await read(token)).toMatchObject(expected);
    expect(await rig.bills()).toHaveLength(bills);
    const after = fault === 'reconnect-required' ? 401 : 200;
    expect((await read(token)).status).toBe(after);
  });

  test('whose reply is lost is billed', async () => {
    const token = await idToken();
    await rig.fault({ provider: 'AKOYA', fault: 'lost-reply' });
    await expect(read(token)).rejects.toThrow();
    expect(await rig.bills()).toHaveLength(1);
  });

  test('is refused in maintenance', async () => {
    const token = await idToken();
    await rig.control('PUT', '/maintenance', { provider: 'AKOYA' });
    expect(await read(token)).toMatchObject({ status: 503, body: { code: 503 } });
    await rig.advance(HOUR);
  });
});
