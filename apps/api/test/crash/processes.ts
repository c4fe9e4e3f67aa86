import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../../..');
const START_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 25;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** A process runs what is built, so it is built first: a few seconds where nothing has changed. */
export const buildService = (): void => {
  const build = join(root, 'tooling/run/build.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [build, '@freshet/api'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the service does not build\n${stdout}${stderr}`);
};

export const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });

export interface Running {
  /** No signal handler runs, nothing is flushed: as when the power fails, but for the disk's cache. */
  readonly kill: () => Promise<void>;
  /** Everything that it has said so far. */
  readonly output: () => string;
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const launch = async (
  program: string,
  environment: Readonly<Record<string, string>>,
  upWhen: string,
): Promise<Running> => {
  const child = spawn(process.execPath, [join(root, program)], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => (said += text.toString('utf8')));
  }
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  const kill = async (): Promise<void> => {
    if (!ended(child)) child.kill('SIGKILL');
    await gone;
  };
  const giveUpAt = performance.now() + START_WITHIN_MS;
  while (!(await answers(upWhen))) {
    if (!ended(child) && performance.now() < giveUpAt) {
      await pause(LOOK_EVERY_MS);
      continue;
    }
    await kill();
    throw new Error(`${program} did not come up at ${upWhen}\n${said}`);
  }
  return { kill, output: () => said };
};

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};

export interface Place {
  readonly folder: string;
  readonly port: number;
  readonly sandboxPort: number;
  readonly policyFile: string;
  readonly apiKey: string;
}

const serviceUrl = ({ port }: Place): string => `http://127.0.0.1:${port}`;
const emulatorUrl = ({ sandboxPort }: Place): string => `http://127.0.0.1:${sandboxPort}`;

/** Ours, and not the service's child: it outlives every kill of the service. */
export const startEmulator = (place: Place): Promise<Running> =>
  launch(
    'packages/sandbox/dist/main.js',
    {
      SANDBOX_PORT: String(place.sandboxPort),
      SANDBOX_BOOKS: join(place.folder, 'sandbox-books.ndjson'),
      SANDBOX_WEBHOOK_BASE: serviceUrl(place),
    },
    `${emulatorUrl(place)}/_control/health`,
  );

export const startService = (place: Place, more: Readonly<Record<string, string>> = {}): Promise<Running> =>
  launch(
    'apps/api/dist/main.js',
    {
      PORT: String(place.port),
      HOST: '127.0.0.1',
      DATABASE_URL: `file:${join(place.folder, 'freshet.db')}`,
      SANDBOX_PORT: String(place.sandboxPort),
      POLICY_FILE: place.policyFile,
      FRESHET_API_KEY: place.apiKey,
      LOG_LEVEL: 'warn',
      ...more,
    },
    `${serviceUrl(place)}/health/ready`,
  );

export interface Answered<Body> {
  readonly status: number;
  readonly body: Body;
}

const exchange = async <Body>(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Answered<Body>> => {
  const response = await fetch(url, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(60_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
};

export const serviceAt =
  (place: Place) =>
  <Body>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
    exchange<Body>(`${serviceUrl(place)}${path}`, method, body, {
      authorization: `Bearer ${place.apiKey}`,
      ...headers,
    });

export const emulatorAt =
  (place: Place) =>
  <Body>(method: string, path: string, body?: unknown) =>
    exchange<Body>(`${emulatorUrl(place)}/_control${path}`, method, body, {});
