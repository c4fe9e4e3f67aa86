import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RawWebhook } from '@freshet/ports';
import fc from 'fast-check';
import { createHarborConnector, harborRows, harborSignature } from '../examples/harbor.js';
import { context, NOW, progressCall, refreshCall, refreshContext } from '../src/http/fixtures/calls.js';
import { deadUrl, startLocalServer, type LocalReply, type LocalServer } from '../src/http/fixtures/local-server.js';

const SECRET = 'webhook-secret';

let server: LocalServer;
beforeEach(async () => {
  server = await startLocalServer(() => ({ status: 202, body: { id: 'r-1' } }));
});
afterEach(() => server.close());

const connector = (baseUrl = server.url) =>
  createHarborConnector({ apiKey: 'sk-live-1', baseUrl, webhookSecret: SECRET });
const call = refreshCall({ externalId: 'login/1' });
const refresh = (baseUrl?: string, signal?: AbortSignal) => connector(baseUrl).refresh(call, refreshContext(signal));

describe('a forced refresh', () => {
  test('is one request, sent once `sent` is durable', async () => {
    const order: string[] = [];
    server.answer = () => {
      order.push('request');
      return { status: 202, body: { id: 'r-1' } };
    };
    const watched = refreshContext(undefined, async () => void order.push('sending'));
    expect(await connector().refresh(call, watched)).toEqual({
      kind: 'accepted',
      providerTaskId: 'r-1',
      coalesced: false,
    });
    expect(order).toEqual(['sending', 'request']);
    expect(server.seen).toMatchObject([
      { method: 'POST', path: '/logins/login%2F1/refreshes', headers: { authorization: 'Bearer sk-live-1' } },
    ]);
  });

  test('is not sent where the lease was lost', async () => {
    const lost = refreshContext(undefined, () => Promise.reject(new Error('the lease was lost')));
    await expect(connector().refresh(call, lost)).rejects.toThrow('the lease was lost');
    expect(server.seen).toEqual([]);
  });

  const faults: readonly (readonly [string, LocalReply, object])[] = [
    [
      '429 with a time',
      { status: 429, headers: { 'retry-after': '7' }, body: {} },
      { kind: 'limited', until: NOW + 7_000 },
    ],
    ['429 without', { status: 429, body: { code: 'slow_down' } }, { kind: 'limited', until: null, said: 'slow_down' }],
    ['500', { status: 500, body: { code: 'oops' } }, { kind: 'unknown' }],
    ['503', { status: 503 }, { kind: 'unknown' }],
    ['404', { status: 404, body: { code: 'no_login' } }, { kind: 'refused' }],
    ['a redirect', { status: 308, headers: { location: '/elsewhere' } }, { kind: 'refused' }],
    ['a page', { status: 200, body: '<html>sign in</html>' }, { kind: 'unknown' }],
    ['invalid JSON', { status: 202, body: '{"id":' }, { kind: 'unknown' }],
    ['no id', { status: 202, body: { id: 7 } }, { kind: 'unknown' }],
    ['a cut connection', 'reset', { kind: 'unknown' }],
    ['half a head', { raw: 'HTTP/1.1 202 Acc' }, { kind: 'unknown' }],
    ['half a body', { raw: 'HTTP/1.1 202 OK\r\ncontent-length: 90\r\n\r\n{"id"' }, { kind: 'unknown' }],
    ['an endless body', { status: 202, body: 'x'.repeat(2 ** 20 + 1) }, { kind: 'unknown' }],
  ];

  test.each(faults)('answered by %s', async (_what, reply, expected) => {
    server.answer = () => reply;
    const answer = await refresh();
    expect(answer).toMatchObject(expected);
    expect(JSON.stringify(answer)).not.toContain('sk-live');
    expect(server.seen).toHaveLength(1);
  });

  test('that surely was not sent is unavailable, and one that was and has no answer unknown', async () => {
    expect(await refresh(await deadUrl())).toMatchObject({ kind: 'unavailable', who: 'provider' });
    expect(await refresh(undefined, AbortSignal.abort())).toMatchObject({ kind: 'unavailable' });
    server.answer = () => 'hang';
    expect(await refresh(undefined, AbortSignal.timeout(100))).toMatchObject({ kind: 'unknown' });
    expect(server.seen).toHaveLength(1);
  });
});

describe('a look', () => {
  test.each([
    [{ state: 'running' }, { kind: 'pending' }],
    [{ state: 'resting' }, { kind: 'pending' }],
    [
      { state: 'done', read_at: '2026-03-01T11:59:00Z', news: true },
      { kind: 'done', asOf: NOW - 60_000, newData: true },
    ],
    [{ state: 'done' }, { kind: 'done', asOf: null, newData: null }],
    [
      { state: 'failed', reason: 'bad_login' },
      { kind: 'customer-needed', event: 'failed_login_required' },
    ],
    [
      { state: 'failed', reason: 'bank_down' },
      { kind: 'unavailable', who: 'institution' },
    ],
    [
      { state: 'failed', reason: 'constructor' },
      { kind: 'unavailable', who: 'provider' },
    ],
  ])('that shows %j', async (body, expected) => {
    server.answer = () => ({ status: 200, body });
    expect(await connector().progress(progressCall({ providerTaskId: 'r-1' }), context())).toMatchObject(expected);
  });

  test('that fails says nothing of the refresh', async () => {
    server.answer = () => ({ status: 500 });
    expect(await connector().progress(progressCall({ providerTaskId: 'r-1' }), context())).toMatchObject({
      kind: 'unknown',
    });
    expect(await connector().progress(progressCall(), context())).toEqual({ kind: 'pending' });
  });
});

test.each([
  [{ status: 204 }, 'accepted'],
  [{ status: 404, body: { code: 'no_login' } }, 'gone'],
  [{ status: 404, body: '<html>' }, 'refused'],
  [{ status: 500 }, 'unknown'],
] as const)('a delete that is answered %j is %s', async (reply, kind) => {
  server.answer = () => reply;
  expect((await connector().delete(call, context())).kind).toBe(kind);
});

describe('a webhook', () => {
  const raw = (body: string, signature?: string): RawWebhook => ({
    headers: { 'harbor-signature': signature ?? harborSignature(SECRET, Buffer.from(body)) },
    body: Buffer.from(body),
    secret: null,
    receivedAt: NOW,
  });
  const event = JSON.stringify({ id: 'e-1', type: 'refresh.ended', login: 'l-1', refresh: 'r-1' });

  test('is genuine by its bytes and the secret, and by nothing else', async () => {
    expect(await connector().verifyWebhook(raw(event), context())).toEqual({ genuine: true, eventKey: 'e-1' });
    const forged = [raw(`${event} `, harborSignature(SECRET, Buffer.from(event))), raw(event, ''), raw('{}')];
    for (const other of forged) {
      expect(await connector().verifyWebhook(other, context())).toMatchObject({ genuine: false });
    }
    const without = createHarborConnector({ apiKey: 'k' });
    expect(await without.verifyWebhook(raw(event), context())).toMatchObject({ genuine: false });
    expect(without.capabilities.webhooks).toBe(false);
  });

  test('is a hint in our words, and never an error', () => {
    const { translateWebhook } = connector();
    expect(translateWebhook(event, NOW)).toEqual([
      { kind: 'job-ended', externalId: 'l-1', at: NOW, providerTaskId: 'r-1' },
    ]);
    expect(translateWebhook('{"type":"login.removed","login":"l-1"}', NOW)).toMatchObject([{ kind: 'deleted' }]);
    expect(translateWebhook('{"type":"something.new"}', NOW)).toEqual([{ kind: 'ignored', type: 'something.new' }]);
    expect(translateWebhook('not JSON', NOW)).toEqual([]);
    fc.assert(fc.property(fc.json(), (body) => Array.isArray(translateWebhook(body, NOW))));
  });
});

test('what it does not do, it refuses', async () => {
  const { repair, addProducts, import: bringIn, status, capabilities } = connector();
  expect(await repair(call, context())).toMatchObject({ kind: 'refused' });
  expect(await addProducts({ ...call, products: [] }, context())).toMatchObject({ kind: 'refused' });
  const asked = { provider: 'HARBOR', customerId: 'c', institutionId: 'b', products: [], credentials: {} };
  expect(await bringIn(asked, context())).toMatchObject({ kind: 'refused' });
  expect(await status(call, context())).toBeNull();
  expect(capabilities).toMatchObject({ repair: false, addProducts: false, imports: [] });
  expect(Object.keys(harborRows)).toEqual(['apiKey', 'baseUrl', 'webhookSecret']);
});
