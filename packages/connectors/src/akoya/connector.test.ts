import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { Connector, Credentials, TokenKeeping } from '@freshet/ports';
import type { Exchange } from '../http/exchange.js';
import { context, NOW } from '../http/fixtures/calls.js';
import { deadUrl, startLocalServer, type LocalReply, type LocalServer } from '../http/fixtures/local-server.js';
import { createAkoyaConnector } from './connector.js';
import { renewalOf, tokenIn } from './tokens.js';

const SECRETS = /hush|r-old|i-old|r-new|i-new/;
const jwt = (claims: unknown): string =>
  ['header', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'signature'].join('.');
const pair = { id_token: 'i-new', refresh_token: 'r-new', expires_in: 86_400, token_type: 'bearer' };
const credentials: Credentials = { refreshToken: 'r-old', idToken: 'i-old', userId: 'kept' };

let server: LocalServer;
let akoya: Connector;
let sent: number;

beforeEach(async () => {
  sent = 0;
  server = await startLocalServer(() => ({ status: 200, body: pair }));
  akoya = createAkoyaConnector({ clientId: 'client', clientSecret: 'hush', baseUrl: server.url });
});
afterEach(() => server.close());

const call = (given: Credentials | null = credentials) => ({
  externalId: 'e',
  provider: 'AKOYA',
  customerId: 'c',
  institutionId: 'mikomo',
  providerConnectionId: null,
  credentials: given,
});

const renew = (given: Credentials | null = credentials, connector = akoya, signal?: AbortSignal) =>
  (connector.tokens as TokenKeeping).renew(call(given), {
    ...context(signal),
    sending: async () => {
      expect(server.seen).toEqual([]);
      sent += 1;
    },
  });

describe('a renewal', () => {
  test('sends the refresh token once, with the client in the body, after `sending`', async () => {
    const answer = await renew();
    expect(answer).toEqual({
      kind: 'renewed',
      credentials: {
        userId: 'kept',
        refreshToken: 'r-new',
        idToken: 'i-new',
        idTokenExpiresAt: new Date(NOW + DAY).toISOString(),
      },
    });
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        path: '/token',
        body: 'grant_type=refresh_token&client_id=client&client_secret=hush&refresh_token=r-old',
      },
    ]);
    expect(server.seen[0]?.headers).not.toHaveProperty('authorization');
    expect(sent).toBe(1);
  });

  test.each<[string, LocalReply, object]>([
    ['claimed', { status: 400, body: { error: 'invalid_request' } }, { kind: 'customer-needed' }],
    ['invalid, as OAuth says it', { status: 400, body: { error: 'invalid_grant' } }, { kind: 'customer-needed' }],
    ['refused for the client', { status: 401, body: { error: 'invalid_client' } }, { kind: 'refused' }],
    ['refused without a word', { status: 400, body: {} }, { kind: 'refused' }],
    ['refused with another', { status: 400, body: { error: 'unsupported_grant_type' } }, { kind: 'refused' }],
    ['limited', { status: 429, headers: { 'retry-after': '60' } }, { kind: 'limited', until: NOW + MINUTE }],
    ['limited without a time', { status: 429, body: { code: 1207 } }, { kind: 'limited', until: null }],
    ['redirected', { status: 308, headers: { location: 'https://elsewhere.example' } }, { kind: 'refused' }],
    ['in maintenance', { status: 503, body: '<html>' }, { kind: 'unavailable', who: 'provider' }],
    ['failed by a gateway', { status: 504 }, { kind: 'unavailable', who: 'provider' }],
    ['answered with nothing', { status: 200, body: {} }, { kind: 'unknown' }],
    ['answered in HTML', { status: 200, body: '<html>' }, { kind: 'unknown' }],
    ['answered with another type', { status: 200, body: [pair] }, { kind: 'unknown' }],
    ['cut off', 'reset', { kind: 'unknown' }],
    ['cut off in its body', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"id_' }, { kind: 'unknown' }],
  ])('that is %s', async (_what, reply, expected) => {
    server.answer = () => reply;
    const answer = await renew();
    expect(answer).toMatchObject(expected);
    expect(JSON.stringify(answer)).not.toMatch(SECRETS);
    expect(server.seen).toHaveLength(1);
  });

  test('without a reply by the deadline is unknown', async () => {
    server.answer = () => 'hang';
    expect(await renew(credentials, akoya, AbortSignal.timeout(50))).toMatchObject({ kind: 'unknown' });
  });

  test('to where nobody listens surely did not happen', async () => {
    const nobody = createAkoyaConnector({ clientId: 'c', clientSecret: 's', baseUrl: await deadUrl() });
    expect(await renew(credentials, nobody)).toMatchObject({ kind: 'unavailable' });
  });

  test('whose deadline has passed, or that has nothing to send, is not even `sent`', async () => {
    expect(await renew(credentials, akoya, AbortSignal.abort())).toMatchObject({ kind: 'unavailable' });
    expect(await renew({ idToken: 'i-old' })).toMatchObject({ kind: 'refused' });
    expect(await renew(null)).toMatchObject({ kind: 'refused' });
    expect([sent, server.seen.length]).toEqual([0, 0]);
  });

  test('sends nothing where `sending` is refused', async () => {
    const stop = new Error('taken over');
    const tokens = akoya.tokens as TokenKeeping;
    const context2 = { ...context(), sending: () => Promise.reject(stop) };
    await expect(tokens.renew(call(), context2)).rejects.toBe(stop);
    expect(server.seen).toEqual([]);
  });

  test('that brings half a pair keeps that half, and nothing of the old one', async () => {
    server.answer = () => ({ status: 200, body: { refresh_token: 'r-new' } });
    expect(await renew()).toEqual({ kind: 'renewed', credentials: { userId: 'kept', refreshToken: 'r-new' } });
    server.seen.length = 0;
    server.answer = () => ({ status: 200, body: { id_token: 'i-new' } });
    expect(await renew()).toEqual({ kind: 'renewed', credentials: { userId: 'kept', idToken: 'i-new' } });
  });

  test('lives as long as the shorter of what the token and the reply say', async () => {
    const idToken = jwt({ exp: (NOW + HOUR) / 1000 });
    server.answer = () => ({ status: 200, body: { ...pair, id_token: idToken } });
    const answer = await renew();
    const kept = answer.kind === 'renewed' ? answer.credentials : {};
    expect(tokenIn(kept)).toEqual({ token: idToken, expiresAt: NOW + HOUR, renewable: true });
  });
});

test('a life that is no time is believed for a year at most', async () => {
  for (const more of [{ expires_in: 1e300 }, { id_token: jwt({ exp: 1e300 }), expires_in: '9'.repeat(30) }]) {
    const exchange: Exchange = {
      kind: 'reply',
      status: 200,
      headers: {},
      body: { kind: 'json', value: { ...pair, ...more } },
    };
    const answer = renewalOf(exchange, credentials, NOW);
    expect(answer.kind === 'renewed' && tokenIn(answer.credentials).expiresAt).toBe(NOW + 366 * DAY);
  }
});

describe('the token among the credentials', () => {
  const exp = NOW + HOUR;
  test.each<[string, Credentials, object]>([
    ['with its end', { idToken: 'i', idTokenExpiresAt: new Date(exp).toISOString() }, { token: 'i', expiresAt: exp }],
    ['that tells its end itself', { idToken: jwt({ exp: exp / 1000 }) }, { expiresAt: exp }],
    ['with an end that is none', { idToken: 'i', idTokenExpiresAt: 'soon' }, { token: 'i', expiresAt: null }],
    ['with a claim that is none', { idToken: jwt({ exp: 'soon' }) }, { expiresAt: null }],
    ['that is no JWT', { idToken: 'a.%%%.c' }, { token: 'a.%%%.c', expiresAt: null }],
    ['that is not there', { refreshToken: 'r' }, { token: null, expiresAt: null, renewable: true }],
    ['that is empty', { idToken: '', refreshToken: '' }, { token: null, expiresAt: null, renewable: false }],
  ])('%s', (_what, given, expected) => {
    expect(tokenIn(given)).toMatchObject(expected);
  });
});

test('nothing that is sent throws, and no word of it comes back', () => {
  const bodies = fc.oneof(
    fc.constant(pair),
    fc.jsonValue(),
    fc.record({ error: fc.string(), id_token: fc.jsonValue() }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 599 }), bodies, (status, value) => {
      const exchange: Exchange = { kind: 'reply', status, headers: {}, body: { kind: 'json', value } };
      const answer = renewalOf(exchange, credentials, NOW);
      if (answer.kind === 'renewed') expect(answer.credentials['userId']).toBe('kept');
      else expect(JSON.stringify(answer)).not.toMatch(SECRETS);
    }),
  );
});

describe('a deletion', () => {
  const remove = (given: Credentials | null = credentials) => akoya.delete(call(given), context());

  test('revokes the refresh token', async () => {
    server.answer = () => ({ status: 200 });
    expect(await remove()).toEqual({ kind: 'accepted' });
    expect(server.seen).toMatchObject([
      { path: '/revoke', body: 'client_id=client&client_secret=hush&token=r-old&token_type_hint=refresh_token' },
    ]);
  });

  test.each<[string, LocalReply, string]>([
    ['is not known any more', { status: 400, body: { error: 'invalid_request' } }, 'gone'],
    ['is refused for the client', { status: 401, body: { error: 'unauthorized_client' } }, 'refused'],
    ['is not answered', 'reset', 'unknown'],
    ['fails', { status: 500 }, 'unknown'],
  ])('of a token that %s', async (_what, reply, kind) => {
    server.answer = () => reply;
    expect((await remove()).kind).toBe(kind);
  });

  test('has nothing to revoke where its team keeps the tokens', async () => {
    expect(await remove(null)).toEqual({ kind: 'accepted' });
    expect(await remove({ idToken: 'i-old' })).toEqual({ kind: 'accepted' });
    expect(server.seen).toEqual([]);
  });
});

test('everything else is the caller’s, and is answered without a call', async () => {
  const rest = [
    await akoya.refresh({ ...call(), products: [] } as never, { ...context(), sending: async () => undefined }),
    await akoya.repair(call(), context()),
    await akoya.addProducts({ ...call(), products: [] }, context()),
    await akoya.import(call() as never, context()),
  ];
  expect(rest.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused', 'refused']);
  expect(await akoya.progress(call() as never, context())).toMatchObject({ kind: 'unknown' });
  expect(await akoya.status(call(), context())).toBeNull();
  expect(await akoya.verifyWebhook({} as never, context())).toMatchObject({ genuine: false });
  expect(akoya.translateWebhook('{}', NOW)).toEqual([]);
  expect(server.seen).toEqual([]);
});
