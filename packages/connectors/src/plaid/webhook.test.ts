import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND, type ProviderEvent } from '@freshet/domain';
import type { RawWebhook } from '@freshet/ports';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { NOW } from '../http/fixtures/calls.js';
import { startLocalServer, type LocalServer, type Seen } from '../http/fixtures/local-server.js';
import { createPlaidClient } from './client.js';
import { error, ITEM, webhooks } from './fixtures/documented.js';
import { verifyPlaidWebhook } from './signature.js';
import { createWebhookKeys, type WebhookKeys } from './webhook-keys.js';
import { translatePlaidWebhook, translations } from './webhook.js';

interface Pair {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK & { readonly kid: string };
}
const pair = async (kid: string): Promise<Pair> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const shown = {
    ...(await exportJWK(publicKey)),
    kid,
    alg: 'ES256',
    use: 'sig',
    created_at: 1560466150,
    expired_at: null,
  };
  return { privateKey, jwk: shown };
};

let server: LocalServer;
let keys: WebhookKeys;
let signer: Pair;
let published: Record<string, object>;
const asked = ({ body }: Seen): string => (JSON.parse(body) as { key_id: string }).key_id;
beforeEach(async () => {
  signer = await pair('k-1');
  published = { 'k-1': signer.jwk };
  server = await startLocalServer((seen) => {
    const key = published[asked(seen)];
    if (key !== undefined) return { status: 200, body: { key, request_id: 'RZ6Omi1bzzwDaLo' } };
    return { status: 400, body: error('INVALID_INPUT', 'INVALID_WEBHOOK_VERIFICATION_KEY_ID') };
  });
  const client = createPlaidClient({ clientId: 'client-1', secret: 'secret-1', baseUrl: server.url });
  keys = createWebhookKeys((keyId, signal) => client.webhookKey(keyId, signal));
});
afterEach(() => server.close());

/** Plaid's bodies are indented by two spaces, and the white space is signed. */
const body = JSON.stringify(webhooks.syncUpdates, null, 2);
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const sign = (
  key: CryptoKey | Uint8Array = signer.privateKey,
  { alg = 'ES256', kid = 'k-1', iat = NOW / SECOND, hash = hashOf(body) as unknown } = {},
): Promise<string> =>
  new SignJWT({ iat, request_body_sha256: hash }).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key);
const raw = (token: string | undefined, text = body, receivedAt = NOW): RawWebhook => ({
  headers: { 'plaid-verification': token },
  body: new TextEncoder().encode(text),
  secret: null,
  receivedAt,
});
const verify = (webhook: RawWebhook) => verifyPlaidWebhook(webhook, keys);

describe('the signature', () => {
  test('over the hash of the very bytes, by a key that Plaid gives', async () => {
    const verdict = await verify(raw(await sign()));
    expect(verdict).toEqual({ genuine: true, eventKey: `sha256:${hashOf(body)}:${NOW / SECOND}` });
    expect(server.seen).toMatchObject([
      {
        path: '/webhook_verification_key/get',
        headers: { 'plaid-client-id': 'client-1', 'plaid-secret': 'secret-1', 'plaid-version': '2020-09-14' },
        body: '{"key_id":"k-1"}',
      },
    ]);
  });

  test('another body, key, or hash, a cut or missing token: not genuine', async () => {
    const good = await sign();
    const stranger = await pair('k-1');
    const tampered = [
      raw(good, JSON.stringify(webhooks.syncUpdates)),
      raw(good, body.replace('true', 'false')),
      raw(await sign(stranger.privateKey)),
      raw(await sign(signer.privateKey, { hash: null })),
      raw(await sign(signer.privateKey, { hash: 7 })),
      raw(good.slice(0, -4)),
      raw(await sign(signer.privateKey, { kid: 'k-9' })),
      raw(await sign(signer.privateKey, { kid: '' })),
      raw(undefined),
      raw('no token'),
      raw(
        `${btoa('{"alg":"none","kid":"k-1"}')}.${btoa(JSON.stringify({ iat: NOW / SECOND, request_body_sha256: hashOf(body) }))}.`,
      ),
    ];
    for (const webhook of tampered) expect(await verify(webhook)).toMatchObject({ genuine: false });
  });

  test('signed with the public key as a shared secret: not genuine, and Plaid is not even asked', async () => {
    const forged = await sign(new TextEncoder().encode(JSON.stringify(signer.jwk)), { alg: 'HS256' });
    expect(await verify(raw(forged))).toMatchObject({ genuine: false });
    expect(server.seen).toHaveLength(0);
  });

  test.each([
    [0, true],
    [5 * MINUTE, true],
    [5 * MINUTE + SECOND, false],
    [-5 * MINUTE, true],
    [-5 * MINUTE - SECOND, false],
  ])('%i ms old: %s', async (age, genuine) => {
    expect(await verify(raw(await sign(signer.privateKey, { iat: (NOW - age) / SECOND })))).toMatchObject({ genuine });
  });

  test('the same body on another day is another event, a copy of a delivery is not', async () => {
    const [first, copy] = [await verify(raw(await sign())), await verify(raw(await sign(), body, NOW + MINUTE))];
    const next = await verify(
      raw(await sign(signer.privateKey, { iat: NOW / SECOND + 86_400 }), body, NOW + 24 * HOUR),
    );
    expect(copy).toEqual(first);
    expect(next).toMatchObject({ genuine: true });
    expect(next).not.toEqual(first);
  });
});

describe('the keys', () => {
  const at = async (receivedAt: number, pairOf = signer): Promise<boolean> => {
    const token = await sign(pairOf.privateKey, { kid: pairOf.jwk.kid, iat: Math.floor(receivedAt / SECOND) });
    return (await verify(raw(token, body, receivedAt))).genuine;
  };

  test('are asked for once, also by many at a time, and again after an hour', async () => {
    expect(await Promise.all([at(NOW), at(NOW), at(NOW)])).toEqual([true, true, true]);
    expect(await at(NOW + HOUR - 1)).toBe(true);
    expect(server.seen).toHaveLength(1);
    expect(await at(NOW + HOUR)).toBe(true);
    expect(server.seen).toHaveLength(2);
  });

  test('a rotated key is met and asked for, and the ended one is refused as soon as that is known', async () => {
    expect(await at(NOW)).toBe(true);
    const second = await pair('k-2');
    published = { 'k-1': { ...signer.jwk, expired_at: NOW / SECOND + 60 }, 'k-2': second.jwk };
    expect(await at(NOW + 2 * MINUTE, second)).toBe(true);
    expect(await at(NOW + HOUR)).toBe(false);
    expect(await at(NOW + HOUR, second)).toBe(true);
  });

  test('one that ends later is good until then', async () => {
    published = { 'k-1': { ...signer.jwk, expired_at: NOW / SECOND + 60 } };
    expect(await at(NOW + MINUTE - SECOND)).toBe(true);
    expect(await at(NOW + MINUTE)).toBe(false);
  });

  test('one that cannot be renewed is used on; one that never came is asked for again after a minute', async () => {
    expect(await at(NOW)).toBe(true);
    server.answer = () => 'reset';
    expect(await at(NOW + 2 * HOUR)).toBe(true);
    const second = await pair('k-2');
    expect(await at(NOW + 2 * HOUR, second)).toBe(false);
    server.answer = () => ({ status: 200, body: { key: second.jwk } });
    expect(await at(NOW + 2 * HOUR + MINUTE - 1, second)).toBe(false);
    expect(await at(NOW + 2 * HOUR + MINUTE, second)).toBe(true);
  });

  test('made-up ids do not make us ask each time', async () => {
    for (let turn = 0; turn < 40; turn += 1) await keys.key(`made-up-${turn}`, NOW);
    expect(server.seen.length).toBe(20);
    expect(await at(NOW + MINUTE)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['another id', { kid: 'k-7' }],
    ['another curve', { crv: 'P-384' }],
    ['a shared secret', { kty: 'oct' }],
    ['no point', { x: 7 }],
  ])('%s in the place of the key: refused', async (_name, more) => {
    published = { 'k-1': { ...signer.jwk, ...(more as object) } };
    expect(await at(NOW)).toBe(false);
  });
});

describe('what a webhook says', () => {
  const about = { externalId: ITEM, at: NOW };
  const told = (status: string, reason: string | null): ProviderEvent => ({
    ...about,
    kind: 'status-told',
    status,
    reason,
  });
  const data = (
    products: Extract<ProviderEvent, { kind: 'aggregated' }>['products'],
    newData: boolean | null,
  ): ProviderEvent => ({
    ...about,
    kind: 'aggregated',
    products,
    newData,
  });
  const ignored = (type: string): ProviderEvent => ({ kind: 'ignored', type });
  const rows: Readonly<Record<keyof typeof webhooks, ProviderEvent>> = {
    syncUpdates: data(['TRANSACTIONS'], true),
    transactions: data(['TRANSACTIONS'], true),
    transactionsNone: data(['TRANSACTIONS'], false),
    initial: data(['TRANSACTIONS'], true),
    historical: data(['TRANSACTIONS'], true),
    removed: data(['TRANSACTIONS'], true),
    recurring: ignored('TRANSACTIONS/RECURRING_TRANSACTIONS_UPDATE'),
    holdings: data(['INVESTMENT_HOLDINGS'], true),
    investments: data(['INVESTMENT_TRANSACTIONS'], false),
    liabilities: ignored('LIABILITIES/DEFAULT_UPDATE'),
    itemError: told('RECONNECT_REQUIRED', 'LOGIN_REQUIRED'),
    itemErrorless: ignored('ITEM/ERROR'),
    loginRepaired: { ...about, kind: 'link-completed', providerConnectionId: null },
    pendingExpiration: told('ACTIVE', 'ACCESS_EXPIRING_SOON'),
    pendingDisconnect: told('ACTIVE', 'ACCESS_EXPIRING_SOON'),
    newAccounts: { ...about, kind: 'new-accounts' },
    permissionRevoked: { ...about, kind: 'consent-ended' },
    accountRevoked: ignored('ITEM/USER_ACCOUNT_REVOKED'),
    acknowledged: ignored('ITEM/WEBHOOK_UPDATE_ACKNOWLEDGED'),
    sessionFinished: ignored('LINK/SESSION_FINISHED'),
  };
  test.each(Object.entries(rows))('%s', (name, expected) => {
    expect(translatePlaidWebhook(JSON.stringify(webhooks[name as keyof typeof webhooks]), NOW)).toEqual([expected]);
  });

  test('every translation is of a documented body above', () => {
    const documented = Object.values(webhooks).map(
      ({ webhook_type, webhook_code }) => `${webhook_type}/${webhook_code}`,
    );
    const [, ...rest] = ['INVESTMENTS_TRANSACTIONS/HISTORICAL_UPDATE', ...documented];
    for (const type of Object.keys(translations)) {
      if (type !== 'INVESTMENTS_TRANSACTIONS/HISTORICAL_UPDATE') expect(rest).toContain(type);
    }
  });

  test('unknown types, and those about no Item, are ignored', () => {
    const of = (more: object) => translatePlaidWebhook(JSON.stringify({ ...webhooks.itemError, ...more }), NOW);
    expect(of({ webhook_code: 'toString' })).toEqual([ignored('ITEM/toString')]);
    expect(of({ webhook_type: 'MOON', webhook_code: 'FULL' })).toEqual([ignored('MOON/FULL')]);
    expect(of({ item_id: 7 })).toEqual([ignored('ITEM/ERROR')]);
    expect(of({ error: 'broken' })).toEqual([ignored('ITEM/ERROR')]);
    expect(of({ error: error('ITEM_ERROR', 'ITEM_ASLEEP') })).toEqual([told('ITEM_ASLEEP', null)]);
  });

  test('a body that is not the format gives nothing, whatever it is', () => {
    for (const text of ['', '<html>', '[]', 'null', '{"webhook_type":7}'])
      expect(translatePlaidWebhook(text, NOW)).toEqual([]);
    fc.assert(fc.property(fc.json(), (text) => Array.isArray(translatePlaidWebhook(text, NOW))));
  });
});
