import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Configuration as MxConfiguration, MembersApi } from 'mx-platform-node';
import { Configuration, PlaidApi } from 'plaid';

import { createHttpClient } from './client.js';
import { deadUrl, startLocalServer, type LocalServer } from './fixtures/local-server.js';
import { sdkExchange } from './sdk-exchange.js';

let server: LocalServer;
beforeEach(async () => {
  server = await startLocalServer(() => ({ status: 429, headers: { 'Retry-After': '7' }, body: { error_code: 'X' } }));
});
afterEach(() => server.close());

const headers = { 'PLAID-CLIENT-ID': 'client', 'PLAID-SECRET': 'secret', 'Plaid-Version': '2020-09-14' };
const configuration = new Configuration({ baseOptions: { headers } });
const refresh = (url: string, signal = AbortSignal.timeout(3_000), request = { access_token: 'access-1' }) =>
  sdkExchange(createHttpClient(url), signal, (transport) =>
    new PlaidApi(configuration, '', transport).transactionsRefresh(request),
  );

test('an SDK writes the request, and its reply comes back as an exchange, whatever its code', async () => {
  expect(await refresh(server.url)).toMatchObject({
    kind: 'reply',
    status: 429,
    headers: { 'retry-after': '7' },
    body: { kind: 'json', value: { error_code: 'X' } },
  });
  expect(server.seen).toMatchObject([
    {
      method: 'POST',
      path: '/transactions/refresh',
      headers: { 'content-type': 'application/json', 'plaid-client-id': 'client', 'plaid-secret': 'secret' },
      body: '{"access_token":"access-1"}',
    },
  ]);
});

test('a base address with a path leads all calls there', async () => {
  await refresh(`${server.url}/below/`);
  expect(server.seen.map(({ path }) => path)).toEqual(['/below/transactions/refresh']);
});

test('a call without a body has none, and its parameters are in the path', async () => {
  const login = new MxConfiguration({ username: 'client', password: 'key' });
  await sdkExchange(createHttpClient(server.url), AbortSignal.timeout(3_000), (transport) =>
    new MembersApi(login, '', transport).readMemberStatus('MBR-1', 'USR/1'),
  );
  expect(server.seen).toMatchObject([{ method: 'GET', path: '/users/USR%2F1/members/MBR-1/status', body: '' }]);
  expect(server.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('client:key').toString('base64')}`);
});

test('what was not sent is known, and what was lost is not', async () => {
  expect(await refresh(await deadUrl())).toEqual({ kind: 'unsent', why: 'ECONNREFUSED', lasting: false });
  expect(await refresh(server.url, AbortSignal.abort())).toMatchObject({ kind: 'unsent', lasting: false });
  server.answer = () => 'reset';
  expect(await refresh(server.url)).toMatchObject({ kind: 'lost' });
  server.answer = () => 'hang';
  expect(await refresh(server.url, AbortSignal.timeout(100))).toEqual({ kind: 'lost', why: 'deadline' });
});

test('what the SDK refuses to write was surely not sent', async () => {
  const nothing = null as unknown as { access_token: string };
  expect(await refresh(server.url, undefined, nothing)).toMatchObject({ kind: 'unsent', lasting: true });
  expect(server.seen).toEqual([]);
});
