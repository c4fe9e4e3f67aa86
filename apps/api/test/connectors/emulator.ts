import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createConnectors } from '@freshet/connectors';
import type { RefreshAnswer, RefreshProgress } from '@freshet/domain';
import type { Connector, ProgressCall, RawWebhook, RefreshCall, RefreshContext } from '@freshet/ports';
import { startSandbox, type Sandbox } from '@freshet/sandbox';

const WEBHOOK_SECRET = 'webhook-secret';
const HOST = '127.0.0.1';
/** Of the emulator's time: a healthy refresh takes one to two seconds. */
const BETWEEN_LOOKS_MS = 500;
const LOOKS = 10;

export type Look = Pick<ProgressCall, 'sentAt'> & Partial<ProgressCall>;

/** The emulator, connectors set up for it, and a receiver that keeps the webhooks as they came. */
export interface Emulator {
  readonly sandbox: Sandbox;
  readonly meld: Connector;
  readonly bud: Connector;
  readonly budV1: Connector;
  readonly webhooks: { readonly connector: string; readonly raw: RawWebhook }[];
  context(deadlineMs?: number): RefreshContext;
  register(connection: Readonly<Record<string, unknown>>): Promise<void>;
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Looks again and again until it has an end, for five seconds of the emulator's time. */
  outcome(connector: Connector, call: RefreshCall, started: RefreshAnswer, look: Look): Promise<RefreshProgress>;
  close(): Promise<void>;
}

const receiver = async (webhooks: Emulator['webhooks']): Promise<Server> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      );
      const raw = { headers, body: Buffer.concat(chunks), secret: null, receivedAt: Date.now() };
      webhooks.push({ connector: request.url?.split('/').at(-1) ?? '', raw });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return server;
};

const connectorsFor = (url: string, webhookUrl: string) => {
  const bud = {
    clientId: 'client',
    clientSecret: 'secret',
    baseUrl: `${url}/bud`,
    jwksUrl: `${url}/bud-callback.jwks`,
    redirectUrl: 'https://app.example/done',
  };
  const meld = { apiKey: 'key', baseUrl: `${url}/meld`, webhookSecret: WEBHOOK_SECRET, webhookUrl };
  const both = createConnectors({ meld, bud });
  const v1 = createConnectors({ bud: { ...bud, refreshVersion: 'v1' } });
  const [one, two, three] = [both.get('meld'), both.get('bud'), v1.get('bud')];
  if (!one || !two || !three) throw new Error('a connector is off');
  return { meld: one, bud: two, budV1: three };
};

export const startEmulator = async (): Promise<Emulator> => {
  const webhooks: Emulator['webhooks'] = [];
  const server = await receiver(webhooks);
  const webhookBaseUrl = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const sandbox = await startSandbox({ webhookBaseUrl, secrets: { meldWebhookSecret: WEBHOOK_SECRET } });
  const connectors = connectorsFor(sandbox.url, `${webhookBaseUrl}/webhooks/meld`);

  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init =
      body === undefined
        ? { method }
        : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${sandbox.url}/_control/${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  const context = (deadlineMs = 5_000): RefreshContext => ({
    now: () => sandbox.now(),
    signal: AbortSignal.timeout(deadlineMs),
    sending: async () => undefined,
  });
  const outcome: Emulator['outcome'] = async (connector, call, started, look) => {
    const providerTaskId = started.kind === 'accepted' ? started.providerTaskId : null;
    const asked: ProgressCall = { ...call, providerTaskId, asOfBefore: null, ...look };
    for (let turn = 0; turn < LOOKS; turn += 1) {
      const progress = await connector.progress(asked, context());
      if (progress.kind !== 'pending') return progress;
      await sandbox.advance(BETWEEN_LOOKS_MS);
    }
    return { kind: 'pending' };
  };

  return {
    sandbox,
    ...connectors,
    webhooks,
    context,
    control,
    register: async (connection) => void (await control('PUT', 'connections', connection)),
    fault: async (fault) => void (await control('POST', 'faults', fault)),
    outcome,
    close: async () => {
      await sandbox.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
