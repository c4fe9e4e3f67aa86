import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { keys, startRig, type Rig } from './rig.js';

const settings = { HEADERS_TIMEOUT: 'PT0.6S', REQUEST_TIMEOUT: 'PT0.9S', MAX_CONNECTIONS: '8' };

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({ settings });
});
afterEach(() => rig.close());

const HEAD = `POST /v1/connections/import HTTP/1.1\r\nHost: freshet\r\nAuthorization: Bearer ${keys.admin}\r\nContent-Type: application/json\r\n`;

const opened = async (): Promise<Socket> => {
  const socket = connect(rig.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

/** Sends the first part, then a byte at a time for as long as the other side listens. Everything it was answered. */
const dribbled = async (first: string, bytes: string): Promise<string> => {
  const socket = await opened();
  let answered = '';
  socket.on('data', (chunk) => (answered += String(chunk)));
  socket.on('error', () => undefined);
  socket.write(first);
  let at = 0;
  const drip = setInterval(() => socket.write(bytes[at++ % bytes.length] ?? ''), 50);
  await once(socket, 'close');
  clearInterval(drip);
  return answered;
};

it.each([
  ['a head', 'GET /v1/connections HTTP/1.1\r\nHost: freshet\r\n', 'x'],
  ['a body', `${HEAD}Content-Length: 100000\r\n\r\n`, ' '],
  ['a body in chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
])('%s that drips in is told 408 and closed; others are served meanwhile', async (_, first, bytes) => {
  const dripping = dribbled(first, bytes);
  expect((await rig.get('/v1/connections')).status).toBe(200);
  expect(await dripping).toMatch(
    /^HTTP\/1.1 408 Request Timeout\r\n.*application\/problem\+json.*"\/problems\/request-timeout"/s,
  );
  expect(rig.told).toEqual([]);
});

it('a connection that says nothing at all is told 408 and closed', async () => {
  expect(await dribbled('', '')).toMatch(/^HTTP\/1.1 408 /);
});

it('connections over the cap are closed at once, and their places are free again when others go', async () => {
  // The rig's own client holds one.
  const held = await Promise.all(Array.from({ length: 7 }, opened));
  const tooMany = connect(rig.port, '127.0.0.1');
  tooMany.on('error', () => undefined);
  await once(tooMany, 'close');
  expect((await rig.get('/v1/connections')).status).toBe(200);
  const gone = new Promise((resolve) => rig.app.getHttpServer().once('connection', resolve));
  for (const socket of held) socket.end();
  await Promise.all(held.map((socket) => once(socket, 'close')));
  (await opened()).destroy();
  await gone;
});
