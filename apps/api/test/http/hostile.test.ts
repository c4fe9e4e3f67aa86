import { connect } from 'node:net';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { StoreUnavailable, type Store } from '@freshet/ports';
import { createMemoryStore } from '@freshet/ports/memory';
import { importOne, keys, row, startRig, type Rig } from './rig.js';

let rig: Rig;
let path: string;
beforeAll(async () => {
  rig = await startRig();
  path = `/v1/connections/${(await importOne(rig)).id}/refresh/preview`;
});
afterAll(() => rig.close());

const send = (raw: string | Uint8Array, headers: Record<string, string> = {}) =>
  rig.call('POST', path, { raw, headers });

describe('bodies', () => {
  it.each([
    ['broken JSON', '{"mode":'],
    ['two values', '{} {}'],
    ['NaN', '{"maxAge":NaN}'],
    ['__proto__', '{"__proto__":{"mode":"force"}}'],
    ['__proto__ in disguise', '{"\\u005f_proto__":{"mode":"force"}}'],
    ['constructor.prototype', '{"constructor":{"prototype":{"x":1}}}'],
    ['a field twice', '{"mode":"auto","mode":"force"}'],
    ['a field twice, spelled differently', '{"mode":"auto","mod\\u0065":"force"}'],
    ['a field twice, further in', '{"customerPresent":{"ip":"::1","ip":"::2"}}'],
    ['a byte order mark', '\ufeff{}'],
    ['1e400', '{"maxAge":1e400}'],
    ['a lone surrogate', '{"customerPresent":{"ip":"::1","userAgent":"\\ud800"}}'],
    ['NUL', '{"customerPresent":{"ip":"::1","userAgent":"\\u0000"}}'],
    ['100,000 lists in each other', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['50,000 objects in each other', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
    ['70,000 fields', `{${Array.from({ length: 70_000 }, (_, index) => `"f${index}":1`).join()}}`],
  ])('%s: 400', async (_, raw) => {
    const { status, body } = await send(raw);
    expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
  });

  it('invalid UTF-8: 400', async () => {
    const bytes = Buffer.concat([Buffer.from('{"mode":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect((await send(bytes)).status).toBe(400);
  });

  it('colons and quotes inside of strings are no fields', async () => {
    const raw = '{"customerPresent":{"ip":"::1","userAgent":"a\\":\\"b::\\\\"}}';
    expect((await send(raw)).status).toBe(200);
  });

  it('two MiB: 413', async () => {
    const { status, headers, body } = await send(JSON.stringify({ mode: 'x'.repeat(2 * 1024 * 1024) }));
    expect([status, body.type]).toEqual([413, '/problems/payload-too-large']);
    expect(headers.get('x-request-id')).toEqual(expect.any(String));
  });

  it('an import may have 8 MiB, and no more', async () => {
    const of = (mib: number) => ({ connections: [row({ externalId: 'x'.repeat(mib * 1024 * 1024) })] });
    expect((await rig.post('/v1/connections/import', of(7))).status).toBe(400);
    expect((await rig.post('/v1/connections/import', of(9))).status).toBe(413);
  });

  it('a body without a key is not read: 401 before 413 and 415', async () => {
    const raw = 'x'.repeat(2 * 1024 * 1024);
    const { status } = await rig.call('POST', path, { raw, key: null, headers: { 'content-type': 'text/plain' } });
    expect(status).toBe(401);
  });
});

describe('content types', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('%s is validated', async (type) => {
    expect((await send('{"mode":"force"}', { 'content-type': type })).status).toBe(200);
    expect((await send('{"mode":"x"}', { 'content-type': type })).status).toBe(400);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'text/json',
    'application/vnd.api+json',
    '*/*',
    'application',
  ])('%s: 415, whatever it holds', async (type) => {
    const { status, body } = await send('{"mode":"force"}', { 'content-type': type });
    expect([status, body.type]).toEqual([415, '/problems/unsupported-media-type']);
  });

  it('gzip: 415', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect((await send(gzipSync('{}'), headers)).status).toBe(415);
  });

  it('no body at all needs no type', async () => {
    expect((await rig.call('POST', path)).status).toBe(200);
    const empty = await rig.call('POST', path, { raw: '', headers: { 'content-type': 'text/plain' } });
    expect(empty.status).toBe(200);
    expect((await send('')).status).toBe(200);
  });
});

describe('methods and addresses', () => {
  it('HEAD answers like GET, without a body', async () => {
    const { status, text } = await rig.call('HEAD', '/v1/connections');
    expect([status, text]).toEqual([200, '']);
    expect((await rig.call('HEAD', '/v1/connections', { key: null })).status).toBe(401);
  });

  it.each([
    ['OPTIONS', '/v1/connections'],
    ['PUT', '/v1/connections'],
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/connections/'],
    ['GET', '/v1/Connections'],
    ['GET', '/v2/connections'],
    ['POST', '/v1/connections/import/'],
    ['GET', '/%zz'],
    ['GET', `/${'x'.repeat(5_000)}`],
  ])('%s %s is not found', async (method, address) => {
    const answer = await rig.call(method, address);
    expect([answer.status, answer.body.type]).toEqual([404, '/problems/not-found']);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('every answer has a request id: the one given where it is sane', async () => {
    const given = await rig.get('/health/live', { headers: { 'x-request-id': 'order-7.3:a_b' } });
    expect(given.headers.get('x-request-id')).toBe('order-7.3:a_b');
    for (const insane of ['a b', 'x'.repeat(129), '<script>']) {
      const made = await rig.get('/nowhere', { headers: { 'x-request-id': insane } });
      expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(made.body.requestId).toBe(made.headers.get('x-request-id'));
    }
  });

  it('a problem does not repeat the query: it may hold what should not be shown', async () => {
    expect((await rig.get('/v1/connections?token=sesame')).body.instance).toBe('/v1/connections');
  });

  it('what is not HTTP is told so, and closed', async () => {
    const socket = connect(rig.port, '127.0.0.1');
    socket.write('NONSENSE\r\n\r\n');
    const [reply] = await once(socket, 'data');
    expect(String(reply)).toMatch(/^HTTP\/1.1 400 .*application\/problem\+json.*\/problems\/invalid-request/s);
    await once(socket, 'close');
  });
});

describe('our own faults', () => {
  const failing = async (error: Error) => {
    const store: Store = createMemoryStore();
    let fails = false;
    const watched: Store = {
      turn: (load, decide) => (fails ? Promise.reject(error) : store.turn(load, decide)),
      read: (name, params) => (fails ? Promise.reject(error) : store.read(name, params)),
      close: () => store.close(),
    };
    const failingRig = await startRig({ store: watched });
    await failingRig.get('/v1/connections');
    fails = true;
    return failingRig;
  };

  it('an unexpected error is 500 without a word of it; the log has it under the request id', async () => {
    const broken = await failing(new Error('select secret from table'));
    const { status, headers, text, body } = await broken.get('/v1/connections');
    expect([status, body.type]).toEqual([500, '/problems/internal']);
    expect(text).not.toContain('secret');
    expect(broken.told.at(-1)).toMatchObject({
      level: 'warn',
      facts: { requestId: headers.get('x-request-id'), route: '/v1/connections' },
    });
    expect(String(broken.told.at(-1)?.facts.error)).toContain('select secret');
    expect((await broken.get('/health/ready')).status).toBe(503);
    expect((await broken.get('/health/live')).status).toBe(200);
    await broken.close();
  });

  it('a store that cannot serve is 503, with Retry-After', async () => {
    const broken = await failing(new StoreUnavailable('disk full'));
    for (const answer of [await broken.get('/v1/connections'), await broken.get('/health/ready')]) {
      expect([answer.status, answer.body.type]).toEqual([503, '/problems/unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    // Not 401: the key may well be right.
    broken.clock.advance(60_000);
    expect((await broken.get('/v1/connections')).status).toBe(503);
    await broken.close();
  });
});

it('a key that was revoked stops working within seconds', async () => {
  const { store } = rig.engine;
  expect((await rig.get('/v1/connections', { key: keys.reader })).status).toBe(200);
  await store.turn(
    function* () {
      return null;
    },
    () => ({ effects: [{ do: 'remove', record: 'apiKey', id: 'key_reader' }] as const }),
  );
  rig.clock.advance(2_001);
  expect((await rig.get('/v1/connections', { key: keys.reader })).status).toBe(401);
});
