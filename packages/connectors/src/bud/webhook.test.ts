import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import type { RawWebhook } from '@freshet/ports';
import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { context, NOW } from '../http/fixtures/calls.js';
import { startLocalServer, type LocalServer } from '../http/fixtures/local-server.js';
import { CONSENT, V1_CONSENT, webhooks } from './fixtures/documented.js';
import { createKeySet, type KeySet } from './jwks.js';
import { translateBudWebhook, verifyBudWebhook } from './webhook.js';

interface Pair {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}
const pair = async (alg: string, kid: string): Promise<Pair> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
};

let server: LocalServer;
let keys: KeySet;
let es: Pair;
let published: unknown;
beforeEach(async () => {
  es = await pair('ES256', 'k1');
  published = { keys: [es.jwk] };
  server = await startLocalServer(() => ({ status: 200, body: published }));
  keys = createKeySet(`${server.url}/bud-callback.jwks`);
});
afterEach(() => server.close());

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const body = JSON.stringify(webhooks.v2Success);
const sign = (text: string, key: CryptoKey | Uint8Array, header: { alg: string; kid?: string }): Promise<string> =>
  new CompactSign(bytes(text)).setProtectedHeader(header).sign(key);
const raw = (signature: string | undefined, text = body, kid: string | undefined = 'k1'): RawWebhook => ({
  headers: { 'x-signature': signature, 'x-signing-id': kid },
  body: bytes(text),
  secret: null,
  receivedAt: NOW,
});
const verify = (webhook: RawWebhook, now = NOW) => verifyBudWebhook(webhook, keys, context(undefined, now));

describe('the signature', () => {
  test.each(['RS256', 'ES256', 'PS256'])('%s over the very bytes', async (alg) => {
    const { privateKey, jwk } = await pair(alg, 'k2');
    published = { keys: [null, { kid: 7 }, jwk] };
    expect(await verify(raw(await sign(body, privateKey, { alg }), body, 'k2'))).toMatchObject({ genuine: true });
  });

  test('names its key in the header, or in the token', async () => {
    const signature = await sign(body, es.privateKey, { alg: 'ES256', kid: 'k1' });
    expect(await verify({ ...raw(signature), headers: { 'x-signature': signature } })).toMatchObject({ genuine: true });
  });

  test('another body, another key, a cut or missing one: not genuine', async () => {
    const good = await sign(body, es.privateKey, { alg: 'ES256' });
    const stranger = await pair('ES256', 'k1');
    const tampered = [
      raw(good, body.replace('success', 'failure')),
      raw(good, `${body} `),
      raw(await sign(body, stranger.privateKey, { alg: 'ES256' })),
      raw(good.slice(0, -4)),
      raw(undefined),
      raw(''),
      raw('not a token'),
      raw(`${btoa('{"alg":"none"}')}.${btoa(body)}.`),
      raw(good, body, 'k9'),
    ];
    for (const webhook of tampered) expect(await verify(webhook)).toMatchObject({ genuine: false });
  });

  test('a token signed with the public key as a shared secret: not genuine', async () => {
    const forged = await sign(body, bytes(JSON.stringify(es.jwk)), { alg: 'HS256' });
    published = { keys: [{ kty: 'oct', kid: 'k1', k: Buffer.from(JSON.stringify(es.jwk)).toString('base64url') }] };
    expect(await verify(raw(forged))).toEqual({ genuine: false, why: 'the signature is of another kind' });
  });

  test('a replay has the key of the first, also where the bytes differ', async () => {
    const again = JSON.stringify({ ...webhooks.v2Success, account_ids: [] });
    const first = await verify(raw(await sign(body, es.privateKey, { alg: 'ES256' })));
    const second = await verify(raw(await sign(again, es.privateKey, { alg: 'ES256' }), again));
    expect(second).toEqual(first);
    const other = JSON.stringify(webhooks.v2ProviderSuccess);
    expect(await verify(raw(await sign(other, es.privateKey, { alg: 'ES256' }), other))).not.toEqual(first);
  });
});

describe('the published keys', () => {
  const key = async (kid: string, now = NOW): Promise<boolean> =>
    (await keys.key(kid, context(undefined, now))) !== undefined;

  test('are fetched once for many, and again after an hour', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => key('k1')))).toEqual(Array(20).fill(true));
    expect(await key('k1', NOW + HOUR - 1)).toBe(true);
    expect(server.seen).toHaveLength(1);
    expect(await key('k1', NOW + HOUR)).toBe(true);
    expect(server.seen).toHaveLength(2);
  });

  test('are fetched again for a key that is new, but made-up ids do so once a minute only', async () => {
    await key('k1');
    published = { keys: [es.jwk, { ...es.jwk, kid: 'k2' }] };
    expect(await key('k2', NOW + MINUTE)).toBe(true);
    expect(server.seen).toHaveLength(2);
    for (let index = 0; index < 50; index += 1) expect(await key(`made-up-${index}`, NOW + MINUTE + index)).toBe(false);
    expect(server.seen).toHaveLength(2);
  });

  test('are used on where they cannot be renewed', async () => {
    await key('k1');
    for (const answer of [
      { status: 500, body: {} },
      { status: 200, body: '<html>' },
      { status: 200, body: { keys: [] } },
    ] as const) {
      server.answer = () => answer;
      expect(await key('k1', NOW + HOUR + server.seen.length * MINUTE)).toBe(true);
    }
    expect(server.seen).toHaveLength(4);
  });

  test('that cannot be had make a webhook not genuine, and do not throw', async () => {
    server.answer = () => 'reset';
    expect(await verify(raw(await sign(body, es.privateKey, { alg: 'ES256' })))).toMatchObject({ genuine: false });
  });
});

describe('events', () => {
  const TASK = '03af1639-78a6-402d-809b-902a0b00a77d';
  const at = NOW;
  const products = ['BALANCES', 'IDENTIFIERS', 'TRANSACTIONS'];
  const told = { externalId: TASK, at: Date.parse('2023-10-02T14:05:55Z') };

  test.each<[keyof typeof webhooks, readonly object[]]>([
    ['v2Success', [{ kind: 'job-ended', externalId: CONSENT, at, providerTaskId: TASK }]],
    [
      'v2Failure',
      [{ kind: 'job-ended', externalId: CONSENT, at, providerTaskId: '03af1639-78a6-402d-809b-902a0b00a77d' }],
    ],
    ['v2ProviderSuccess', [{ kind: 'aggregated', externalId: CONSENT, at, products, newData: true }]],
    ['v2ProviderFailure', [{ kind: 'consent-ended', externalId: CONSENT, at }]],
    [
      'v1Success',
      [
        { kind: 'job-ended', externalId: V1_CONSENT, at, providerTaskId: TASK },
        { kind: 'aggregated', externalId: V1_CONSENT, at, products, newData: true },
      ],
    ],
    [
      'v1Failure',
      [
        { kind: 'job-ended', externalId: V1_CONSENT, at, providerTaskId: TASK },
        { kind: 'consent-ended', externalId: V1_CONSENT, at },
      ],
    ],
    ['v1Connect', [{ kind: 'link-completed', externalId: V1_CONSENT, at, providerConnectionId: null }]],
    ['v1Sync', [{ kind: 'job-ended', externalId: V1_CONSENT, at, providerTaskId: TASK }]],
    ['revoked', [{ kind: 'consent-ended', ...told }]],
    ['reconfirmed', [{ kind: 'consent-renewed', ...told, consentExpiresAt: null }]],
    [
      'reauthorised',
      [
        { kind: 'link-completed', ...told, providerConnectionId: null },
        { kind: 'consent-renewed', ...told, consentExpiresAt: null },
      ],
    ],
  ])('%s', (name, expected) => {
    expect(translateBudWebhook(JSON.stringify(webhooks[name]), NOW)).toEqual(expected);
  });

  test('a refresh is of its beginning, where that is told: what it left is no older', () => {
    const begun = { start_time: new Date(NOW - HOUR).toISOString() };
    for (const name of ['v2ProviderSuccess', 'v2ProviderFailure'] as const) {
      const body = JSON.stringify({ ...webhooks[name], ...begun });
      expect(translateBudWebhook(body, NOW)).toMatchObject([{ at: NOW - HOUR }]);
    }
  });

  test('a consent is renewed until then, where that is told', () => {
    const { data } = webhooks.reconfirmed as { readonly data: object };
    const details = { consent_details: { id: CONSENT, expiration_date: '2026-06-01T00:00:00Z' } };
    expect(translateBudWebhook(JSON.stringify({ data: { ...data, ...details } }), NOW)).toMatchObject([
      { kind: 'consent-renewed', consentExpiresAt: Date.parse('2026-06-01T00:00:00Z') },
    ]);
  });

  test.each([
    ['its beginning', new Date(NOW - MINUTE).toISOString(), NOW - MINUTE],
    ['its arrival, where that is told to be later', new Date(NOW + MINUTE).toISOString(), NOW],
    ['its arrival, where nothing readable is told', 'yesterday', NOW],
  ])('data of a refresh is as of %s', (_what, start_time, expected) => {
    const body = JSON.stringify({ ...webhooks.v2ProviderSuccess, start_time });
    expect(translateBudWebhook(body, NOW)).toMatchObject([{ kind: 'aggregated', at: expected }]);
  });

  test('what is unknown or names no consent is ignored', () => {
    const ignored = (event: object) => translateBudWebhook(JSON.stringify(event), NOW);
    expect(ignored({ event: 'open_banking.v3.anything' })).toEqual([
      { kind: 'ignored', type: 'open_banking.v3.anything' },
    ]);
    expect(ignored({ ...webhooks.v2ProviderSuccess, consent_ids: 'x' })).toMatchObject([{ kind: 'ignored' }]);
    expect(ignored({ data: { task_type: 'revoke', task_id: 't', consent_id: 'c' } })).toEqual([
      { kind: 'ignored', type: 'v1.revoke' },
    ]);
    expect(ignored({ event: 'toString' })).toEqual([{ kind: 'ignored', type: 'toString' }]);
    expect(ignored({ event: 'a word with <b>' })).toEqual([{ kind: 'ignored', type: 'unnamed' }]);
  });

  test('a body that is not the format gives nothing, whatever it is', () => {
    for (const text of ['', '<html>', '[]', 'null', '{"event":7}']) expect(translateBudWebhook(text, NOW)).toEqual([]);
    fc.assert(fc.property(fc.json(), (text) => Array.isArray(translateBudWebhook(text, NOW))));
  });
});
