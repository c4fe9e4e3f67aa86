import { afterEach, describe, expect, test } from '@jest/globals';
import { createHttpClient, pathSegment, type HttpCall } from './client.js';
import { isSuccess, type Exchange } from './exchange.js';
import { deadUrl, startLocalServer, type Answering, type LocalServer } from './fixtures/local-server.js';
import { MAX_BODY_BYTES } from './reply-collector.js';

const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const serve = async (answer: Answering): Promise<LocalServer> => {
  const server = await startLocalServer(answer);
  servers.push(server);
  return server;
};

const call: HttpCall = { method: 'POST', path: '/refresh', json: { a: 1 }, headers: { 'x-one': '1' } };
const send = (url: string, timeoutMs = 3_000, asked: HttpCall = call): Promise<Exchange> =>
  createHttpClient(url).send(asked, AbortSignal.timeout(timeoutMs));
const exchanged = async (answer: Answering, timeoutMs?: number): Promise<Exchange> =>
  send((await serve(answer)).url, timeoutMs);

describe('what an exchange proves', () => {
  test('a JSON reply, whatever its code, with headers in lower case', async () => {
    const exchange = await exchanged(() => ({ status: 429, headers: { 'Retry-After': '7' }, body: { code: 'X' } }));
    expect(exchange).toMatchObject({ kind: 'reply', status: 429, body: { kind: 'json', value: { code: 'X' } } });
    expect(exchange.kind === 'reply' && exchange.headers['retry-after']).toBe('7');
  });

  test('connection refused: surely not sent', async () => {
    expect(await send(await deadUrl())).toEqual({ kind: 'unsent', why: 'ECONNREFUSED', lasting: false });
  });

  test('no such host: surely not sent', async () => {
    expect(await send('http://nobody.invalid')).toMatchObject({ kind: 'unsent', lasting: false });
  });

  test('a header that cannot be written: surely not sent, and never will be', async () => {
    const server = await serve(() => ({ status: 200 }));
    const exchange = await send(server.url, 3_000, { ...call, headers: { 'x-customer-id': 'a\r\nb: c' } });
    expect(exchange).toEqual({ kind: 'unsent', why: 'UND_ERR_INVALID_ARG', lasting: true });
    expect(server.seen).toHaveLength(0);
  });

  test('a deadline that had passed: surely not sent', async () => {
    const server = await serve(() => ({ status: 200 }));
    const exchange = await createHttpClient(server.url).send(call, AbortSignal.abort());
    expect(exchange).toEqual({ kind: 'unsent', why: 'deadline', lasting: false });
    expect(server.seen).toHaveLength(0);
  });

  test('a deadline while it waits for a socket: surely not sent, and not sent later either', async () => {
    const server = await serve(() => 'hang');
    const client = createHttpClient(server.url);
    const busy = new AbortController();
    const first = Array.from({ length: 64 }, () => client.send(call, busy.signal));
    while (server.seen.length < 64) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await client.send({ ...call, path: '/late' }, AbortSignal.timeout(50))).toMatchObject({ kind: 'unsent' });
    server.answer = () => ({ status: 200, body: {} });
    busy.abort();
    expect(await Promise.all(first)).toEqual(first.map(() => ({ kind: 'lost', why: 'deadline' })));
    expect(await client.send({ ...call, path: '/after' }, AbortSignal.timeout(3_000))).toMatchObject({ status: 200 });
    expect(server.seen.map(({ path }) => path)).not.toContain('/late');
  });

  test('a deadline after it was written: lost', async () => {
    expect(await exchanged(() => 'hang', 100)).toEqual({ kind: 'lost', why: 'deadline' });
  });

  test('a reset after it was written: lost', async () => {
    expect(await exchanged(() => 'reset')).toMatchObject({ kind: 'lost' });
  });

  test('a reset inside the head of the reply: lost', async () => {
    expect(await exchanged(() => ({ raw: 'HTTP/1.1 202 Acc' }))).toMatchObject({ kind: 'lost' });
  });

  test('a reset inside the body: the code is known, the body is cut off', async () => {
    const raw = 'HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n{"data":';
    const exchange = await exchanged(() => ({ raw }));
    expect(exchange).toMatchObject({ kind: 'reply', status: 202, body: { kind: 'unreadable', why: 'cut off' } });
    expect(isSuccess(exchange)).toBe(false);
  });

  test('something that is not HTTP: lost', async () => {
    expect(await exchanged(() => ({ raw: 'SSH-2.0-OpenSSH_9.9\r\n' }))).toMatchObject({ kind: 'lost' });
  });

  test('an early hint is not the answer', async () => {
    const raw = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}';
    expect(await exchanged(() => ({ raw }))).toMatchObject({ kind: 'reply', status: 202, body: { kind: 'json' } });
  });

  test('an early hint and then a reset: lost', async () => {
    const raw = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
    expect(await exchanged(() => ({ raw }))).toMatchObject({ kind: 'lost' });
  });
});

describe('bodies', () => {
  test('HTML is no JSON, and no success', async () => {
    const exchange = await exchanged(() => ({ status: 200, body: '<html>sign in</html>' }));
    expect(exchange).toMatchObject({ body: { kind: 'unreadable', why: 'not JSON' } });
    expect(isSuccess(exchange)).toBe(false);
  });

  test('nothing at all is a success', async () => {
    const exchange = await exchanged(() => ({ status: 204 }));
    expect(exchange).toMatchObject({ body: { kind: 'empty' } });
    expect(isSuccess(exchange)).toBe(true);
  });

  test('a body over the cap is left alone, announced or not, and its code is kept', async () => {
    const huge = 'x'.repeat(MAX_BODY_BYTES + 1);
    const announced = await exchanged(() => ({ status: 429, body: huge }));
    const chunked = `HTTP/1.1 429 Too Many\r\ntransfer-encoding: chunked\r\n\r\n${huge.length.toString(16)}\r\n${huge}\r\n`;
    const streamed = await exchanged(() => ({ raw: chunked }));
    for (const exchange of [announced, streamed]) {
      expect(exchange).toMatchObject({ status: 429, body: { kind: 'unreadable', why: 'too large' } });
    }
  });

  test('a body at the cap is read', async () => {
    const body = JSON.stringify('x'.repeat(MAX_BODY_BYTES - 2));
    expect(await exchanged(() => ({ status: 200, body }))).toMatchObject({ body: { kind: 'json' } });
  });
});

describe('what is sent', () => {
  test('a redirect is not followed', async () => {
    const server = await serve(({ path }) => ({ status: 308, headers: { location: `${path}/elsewhere` } }));
    expect(await send(server.url)).toMatchObject({ kind: 'reply', status: 308 });
    expect(server.seen).toHaveLength(1);
  });

  test('nothing is sent again by itself, also not on a kept socket that was dropped', async () => {
    const server = await serve((_seen, count) => (count === 1 ? { status: 200, body: {} } : 'reset'));
    const client = createHttpClient(server.url);
    await client.send(call, AbortSignal.timeout(3_000));
    expect(await client.send(call, AbortSignal.timeout(3_000))).toMatchObject({ kind: 'lost' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.seen).toHaveLength(2);
  });

  test('below the path of the base URL, with query and form', async () => {
    const server = await serve(() => ({ status: 200, body: {} }));
    const client = createHttpClient(`${server.url}/meld/`);
    await client.send({ method: 'GET', path: '/a', query: { q: 'x y' }, headers: {} }, AbortSignal.timeout(3_000));
    await client.send({ method: 'POST', path: '/b', form: { g: 'a&b' }, headers: {} }, AbortSignal.timeout(3_000));
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/meld/a?q=x+y', body: '' });
    expect(server.seen[1]).toMatchObject({ path: '/meld/b', body: 'g=a%26b' });
    expect(server.seen[1]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  test('an id is one segment of a path, whatever is in it', () => {
    expect(pathSegment('a/../b?c#d')).toBe('a%2F..%2Fb%3Fc%23d');
    expect(pathSegment('..')).toBe('%2E%2E');
  });

  test('an address that is none stops the start', () => {
    expect(() => createHttpClient('api.meld.io')).toThrow();
    expect(() => createHttpClient('file:///etc/passwd')).toThrow(TypeError);
  });
});
