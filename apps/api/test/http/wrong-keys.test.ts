import { jest } from '@jest/globals';
import { keys, NOW, startRig, type Rig, type RigOptions } from './rig.js';

const MINUTE = 60_000;
const LIMIT = 3;

let rig: Rig;
const start = async (settings: RigOptions['settings'] = {}): Promise<void> => {
  rig = await startRig({ settings: { WRONG_KEYS_PER_MINUTE: String(LIMIT), ...settings } });
};
// The counter reads the real time, and only that is held: sockets need their timers.
const timers = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;
beforeEach(() => void jest.useFakeTimers({ now: NOW, doNotFake: [...timers] }));
afterEach(async () => {
  jest.useRealTimers();
  await rig.close();
});

const guess = (from?: string) =>
  rig.get('/v1/connections', {
    key: 'wrong-key-wrong-key',
    headers: from === undefined ? {} : { 'x-forwarded-for': from },
  });
const statuses = async (times: number, from?: string): Promise<readonly number[]> => {
  const seen: number[] = [];
  while (seen.length < times) seen.push((await guess(from)).status);
  return seen;
};

it('so many wrong keys are told 401, the next one 429 with the time to wait', async () => {
  await start();
  expect(await statuses(LIMIT)).toEqual([401, 401, 401]);
  jest.setSystemTime(NOW + 20_000);
  const { status, headers, body } = await guess();
  expect([status, body.type]).toEqual([429, '/problems/too-many-attempts']);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('retry-after')).toBe('40');
  expect(body.retryAt).toBe(new Date(NOW + 40_000).toISOString());
});

it('a request without a key counts too', async () => {
  await start();
  for (let sent = 0; sent < LIMIT; sent += 1) await rig.get('/v1/tasks', { key: null });
  expect((await guess()).status).toBe(429);
});

it('it ends a minute after the first, not a millisecond earlier', async () => {
  await start();
  await statuses(LIMIT);
  jest.setSystemTime(NOW + MINUTE - 1);
  expect((await guess()).status).toBe(429);
  jest.setSystemTime(NOW + MINUTE);
  expect((await guess()).status).toBe(401);
});

it('a right key is served all the while, also one that was not asked for lately, and a missing scope is no wrong key', async () => {
  await start();
  for (let sent = 0; sent <= LIMIT; sent += 1) {
    expect((await rig.post('/v1/connections/import', {}, { key: keys.reader })).status).toBe(403);
  }
  expect(await statuses(LIMIT + 1)).toEqual([401, 401, 401, 429]);
  expect((await rig.get('/v1/connections')).status).toBe(200);
  rig.clock.advance(MINUTE);
  expect((await rig.get('/v1/connections')).status).toBe(200);
  expect((await rig.get('/health/live', { key: null })).status).toBe(200);
});

describe('the address', () => {
  it('is that of the socket, whatever the request says of itself', async () => {
    await start();
    const seen = [];
    for (let at = 0; at <= LIMIT; at += 1) seen.push((await guess(`198.51.100.${at}`)).status);
    expect(seen).toEqual([401, 401, 401, 429]);
  });

  it('is what a trusted proxy says, and each has its own count', async () => {
    await start({ TRUSTED_PROXIES: '127.0.0.0/8' });
    expect(await statuses(LIMIT + 1, '198.51.100.1')).toEqual([401, 401, 401, 429]);
    expect((await guess('198.51.100.2')).status).toBe(401);
    expect((await guess('203.0.113.9, 198.51.100.1')).status).toBe(429);
  });

  it('of IPv6 is a whole /64: its owner has all of it', async () => {
    await start({ TRUSTED_PROXIES: '127.0.0.1' });
    for (let at = 0; at < LIMIT; at += 1) expect((await guess(`2001:db8:1:1::${at}`)).status).toBe(401);
    expect((await guess('2001:db8:1:1:ffff::1')).status).toBe(429);
    expect((await guess('2001:db8:1:2::1')).status).toBe(401);
  });

  it('is forgotten when thousands of others have come since', async () => {
    await start({ TRUSTED_PROXIES: '127.0.0.1', WRONG_KEYS_PER_MINUTE: '1' });
    const others = async (count: number): Promise<void> => {
      const addresses = Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
      for (let at = 0; at < count; at += 100) await Promise.all(addresses.slice(at, at + 100).map(guess));
    };
    expect(await statuses(2, '198.51.100.1')).toEqual([401, 429]);
    await others(100);
    expect((await guess('198.51.100.1')).status).toBe(429);
    await others(5_000);
    expect((await guess('198.51.100.1')).status).toBe(401);
  }, 30_000);
});
