import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import { createHttpClient } from '../http/client.js';
import { context, NOW } from '../http/fixtures/calls.js';
import { startLocalServer, type LocalServer } from '../http/fixtures/local-server.js';
import { createTokenSource, type TokenSource } from './token.js';

let server: LocalServer;
let tokens: TokenSource;
let issued: number;
const issue = (more: object = {}) => {
  issued += 1;
  return {
    status: 200,
    body: { data: { access_token: `t${issued}`, expires_in: 3600, refresh_token: `r${issued}`, ...more } },
  };
};
const current = (now = NOW, signal?: AbortSignal) => tokens.current(context(signal, now));
const grants = (): readonly string[] => server.seen.map(({ body }) => body);

beforeEach(async () => {
  issued = 0;
  server = await startLocalServer(() => issue());
  const settings = { clientId: 'client', clientSecret: 'hush', baseUrl: server.url };
  tokens = createTokenSource(createHttpClient(server.url), settings);
});
afterEach(() => server.close());

describe('a token', () => {
  test('is asked for with Basic and the client id, and kept', async () => {
    expect(await current()).toEqual({ kind: 'token', value: 't1' });
    expect(await current(NOW + 58 * MINUTE)).toEqual({ kind: 'token', value: 't1' });
    expect(grants()).toEqual(['grant_type=client_credentials']);
    expect(server.seen[0]?.headers).toMatchObject({
      authorization: `Basic ${btoa('client:hush')}`,
      'x-client-id': 'client',
    });
  });

  test('is renewed a minute before its end by the refresh token, without the secret', async () => {
    await current();
    expect(await current(NOW + 59 * MINUTE)).toEqual({ kind: 'token', value: 't2' });
    expect(grants()[1]).toBe('grant_type=refresh_token&refresh_token=r1');
    expect(server.seen[1]?.headers).not.toHaveProperty('authorization');
  });

  test('falls back to the credentials where the refresh token is refused', async () => {
    await current();
    server.answer = ({ body }) =>
      body.includes('refresh_token') ? { status: 401, body: { code_id: 'unauthorised' } } : issue();
    expect(await current(NOW + HOUR)).toEqual({ kind: 'token', value: 't2' });
    expect(grants()).toHaveLength(3);
  });

  test('does not fall back where Bud is down: nothing says that the refresh token is bad', async () => {
    await current();
    server.answer = () => ({ status: 503, body: {} });
    expect((await current(NOW + HOUR)).kind).toBe('unavailable');
    expect(grants()).toHaveLength(2);
  });

  test('a hundred callers at once make one renewal, and so do a hundred after its end', async () => {
    const many = (now: number) => Promise.all(Array.from({ length: 100 }, () => current(now)));
    expect(new Set((await many(NOW)).map((token) => JSON.stringify(token))).size).toBe(1);
    expect(new Set((await many(NOW + HOUR)).map((token) => JSON.stringify(token))).size).toBe(1);
    expect(server.seen).toHaveLength(2);
  });

  test("one caller's deadline does not take the renewal from the others", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    server.answer = () => held.then(() => issue());
    const [hasty, patient] = [current(NOW, AbortSignal.timeout(50)), current()];
    expect((await hasty).kind).toBe('unavailable');
    release();
    expect(await patient).toEqual({ kind: 'token', value: 't1' });
    expect(server.seen).toHaveLength(1);
  });

  test('a late complaint about an old token does not throw the new one away', async () => {
    await current();
    tokens.discard('t1');
    expect(await current()).toEqual({ kind: 'token', value: 't2' });
    tokens.discard('t1');
    expect(await current()).toEqual({ kind: 'token', value: 't2' });
  });

  test('without a told life it is kept for minutes only', async () => {
    server.answer = () => issue({ expires_in: 'soon' });
    await current();
    expect(await current(NOW + 3 * MINUTE)).toEqual({ kind: 'token', value: 't1' });
    expect(await current(NOW + 5 * MINUTE)).toEqual({ kind: 'token', value: 't2' });
  });

  test.each<[number, unknown, string]>([
    [400, { code_id: 'unknown', message: 'Unauthorised request hush' }, 'refused'],
    [401, { code_id: 'unauthorised', message: 'hush' }, 'refused'],
    [403, { code_id: 'forbidden' }, 'refused'],
    [429, {}, 'limited'],
    [500, { code_id: 'unknown' }, 'unavailable'],
    [200, '<html>', 'unavailable'],
    [200, { data: {} }, 'unavailable'],
  ])('%i %j is %s, and never tells the secret', async (status, body, kind) => {
    server.answer = () => ({ status, body });
    const answer = await current();
    expect(answer).toMatchObject(kind === 'limited' ? { kind, scope: 'provider' } : { kind });
    expect(JSON.stringify(answer)).not.toContain('hush');
  });

  test('a failed renewal is not remembered', async () => {
    server.answer = () => 'reset';
    expect((await current()).kind).toBe('unavailable');
    server.answer = () => issue();
    expect((await current()).kind).toBe('token');
  });
});
