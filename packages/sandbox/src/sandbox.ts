import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import fastify, { type FastifyInstance } from 'fastify';

import { Books } from './books/books.js';
import { EmulatorClock } from './clock.js';
import { serveControl } from './control/control.js';
import { emulationsOf } from './emulations.js';
import { Faults } from './faults.js';
import { Schedule } from './schedule.js';
import { settingsOf, type SandboxOptions, type Settings } from './settings.js';
import { Outbox } from './webhooks/outbox.js';
import { serveWidget } from './widget/widget.js';
import { acceptBodies } from './wire/bodies.js';
import type { World } from './world.js';

const BODY_LIMIT_BYTES = 8 << 20;
const LONGEST_ID_CHARS = 500;
/** Long: an idle socket that is closed as the next call is written would look like the fault `lost-reply`. */
const IDLE_SOCKET_MS = 120_000;

export interface Sandbox {
  readonly url: string;
  /** Milliseconds of the emulator's clock. */
  now(): number;
  /** Moves the clock on; what falls due on the way has happened when it resolves. */
  advance(ms: number): Promise<void>;
  /** Ends it as a crash would, but for the port: what was under way stays in the books. */
  close(): Promise<void>;
}

/** Starts the emulator inside this process: on any free port and with books in memory, unless told otherwise. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = settingsOf(options);
  const { promise: ready, resolve: isReady } = deferred<FastifyInstance>();
  const server = createServer((request, response) => void ready.then((app) => app.routing(request, response)));
  server.keepAliveTimeout = IDLE_SOCKET_MS;
  // Bound before the books are opened: a second emulator must fail here, and not rewrite the books of the first.
  await listen(server, settings);
  try {
    return await startBehind(server, settings, isReady);
  } catch (cause) {
    server.close();
    server.closeAllConnections();
    throw cause;
  }
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function startBehind(
  server: Server,
  settings: Settings,
  isReady: (app: FastifyInstance) => void,
): Promise<Sandbox> {
  const { port } = server.address() as AddressInfo;
  const world = openWorld(settings, `http://${reachableName(settings.host)}:${port}`);
  for (const emulation of await emulationsOf(world)) world.emulations.set(emulation.connector, emulation);
  const app = await openApp(world);
  world.schedule.start();
  world.books.turn(() => world.outbox.resume());
  isReady(app);
  return {
    url: world.url,
    now: () => world.clock.now(),
    advance: (ms) => world.schedule.advanceTo(world.clock.offsetMs + ms),
    close: () => closeAll(server, app, world),
  };
}

/** As a client writes it. */
function reachableName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function openApp(world: World): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: LONGEST_ID_CHARS },
  });
  acceptBodies(app);
  for (const emulation of world.emulations.values()) {
    await app.register(async (scope) => emulation.serve(scope), { prefix: `/${emulation.connector}` });
    emulation.serveApart?.(app);
  }
  await app.register(async (scope) => serveControl(scope, world), { prefix: '/_control' });
  await app.register(async (scope) => serveWidget(scope, world), { prefix: '/widget' });
  app.setNotFoundHandler((request, reply) => {
    world.settings.log(`${world.clock.iso()} ${request.method} ${request.url} 404 unknown`);
    return reply
      .code(404)
      .send({ error: 'not-found', message: `the emulator has no ${request.method} ${request.url}` });
  });
  await app.ready();
  return app;
}

function openWorld(settings: Settings, url: string): World {
  const books = Books.open(settings.booksFile);
  const clock = new EmulatorClock(books, settings.now);
  const schedule = new Schedule(books, clock, (due, cause) => {
    settings.log(`${clock.iso()} ${due.kind} ${due.about} failed: ${String(cause)}`);
  });
  const outbox = new Outbox(books, clock, schedule, settings.webhookBaseUrl);
  return { settings, books, clock, schedule, faults: new Faults(books), outbox, emulations: new Map(), url };
}

function listen(server: Server, settings: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

async function closeAll(server: Server, app: FastifyInstance, world: World): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Sockets that a fault keeps waiting would otherwise never end.
  server.closeAllConnections();
  await closed;
  world.outbox.close();
  await world.schedule.stop();
  await app.close();
  world.books.close();
}
