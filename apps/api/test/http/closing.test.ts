import { once } from 'node:events';
import { connect } from 'node:net';
import fastify from 'fastify';
import { closeWithin } from '../../src/http/closing.js';
import { startRig } from './rig.js';

const opened = async (port: number) => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
};

it('the service closes though somebody is connected who never says anything', async () => {
  const rig = await startRig();
  const socket = await opened(rig.port);
  await rig.get('/health/live');
  await rig.close();
  socket.destroy();
});

it.each([
  [
    'a request that is never complete',
    'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n12',
  ],
  ['a request that is refused before it is complete', 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12'],
  ['a request that is never answered', 'GET /never HTTP/1.1\r\nHost: x\r\n\r\n'],
])('is not held open for ever by %s', async (_what, sent) => {
  const server = fastify();
  closeWithin(server, 50);
  const asked = new Promise<void>((resolve) => server.addHook('onRequest', async () => resolve()));
  server.get('/never', () => new Promise(() => undefined));
  server.post('/slow', async () => 'done');
  await server.listen({ port: 0, host: '127.0.0.1' });
  const socket = await opened((server.server.address() as { port: number }).port);
  socket.write(sent);
  await asked;
  const closed = once(socket, 'close');
  await server.close();
  await closed;
});

it('answers what was asked in time', async () => {
  const server = fastify();
  closeWithin(server, 60_000);
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    server.get('/', () => new Promise((reply) => ((answer = () => reply('here')), resolve())));
  });
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  const answered = fetch(url).then((response) => response.text());
  await asked;
  const closed = server.close();
  answer();
  expect(await answered).toBe('here');
  await closed;
});
