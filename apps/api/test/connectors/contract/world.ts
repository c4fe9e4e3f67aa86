import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createConnectors } from '@freshet/connectors';
import type { Instant, RefreshAnswer, RefreshProgress } from '@freshet/domain';
import type { Connector, ProgressCall, RawWebhook, RefreshCall, RefreshContext } from '@freshet/ports';
import { startSandbox, type Sandbox, type SandboxOptions } from '@freshet/sandbox';
import { startProxy, type MisbehavingProxy } from './misbehaving-proxy.js';
import { addressesAt, type AnyConnectorRow, type ConnectorRow } from './rows.js';

const HOST = '127.0.0.1';
/** A Monday morning, far from the turn of any day or month. */
export const MORNING: Instant = Date.UTC(2026, 2, 2, 10);
/** Of the emulator's time: a healthy refresh takes one to two seconds. */
const BETWEEN_LOOKS_MS = 500;
const LOOKS = 10;

export interface SentWebhook {
  readonly connector: string;
  readonly raw: RawWebhook;
}

/** What the emulator shows of a connection, in the service's own words. */
export interface Shown {
  readonly externalId: string;
  readonly status: string;
  readonly statusReason: string | null;
}

export interface Bill {
  readonly externalId: string;
  readonly provider: string;
  readonly at: Instant;
}

export interface ProviderCall {
  readonly externalIds: readonly string[];
  readonly operation: string;
  readonly at: Instant;
  readonly billed: boolean;
  readonly status: number | null;
}

/** One emulator, whose time stands still but for `advance`, a proxy before it, and whoever gets its webhooks. */
export interface World {
  readonly sandbox: Sandbox;
  readonly proxy: MisbehavingProxy;
  readonly connector: (row: AnyConnectorRow) => Connector;
  /** As they came. */
  readonly webhooks: readonly SentWebhook[];
  /** From now on each webhook is answered by what this says; nobody there: 200. */
  onWebhook(receive: (webhook: SentWebhook) => Promise<number>): void;
  context(deadlineMs?: number): RefreshContext;
  control<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
  register(connection: Readonly<Record<string, unknown>>): Promise<void>;
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  shown(externalId: string): Promise<Shown>;
  bills(): Promise<readonly Bill[]>;
  calls(operation: string): Promise<readonly ProviderCall[]>;
  /** Looks again and again until it has an end, for five seconds of the emulator's time. */
  outcome(row: ConnectorRow, call: RefreshCall, started: RefreshAnswer, sentAt: Instant): Promise<RefreshProgress>;
  close(): Promise<void>;
}

type Receive = (webhook: SentWebhook) => Promise<number>;

const startReceiver = async (
  webhooks: SentWebhook[],
  now: () => Instant,
  receive: () => Receive | null,
): Promise<Server> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      );
      const [, , connector = '', secret = null] = (request.url ?? '').split('/');
      const webhook = { connector, raw: { headers, body: Buffer.concat(chunks), secret, receivedAt: now() } };
      webhooks.push(webhook);
      void (receive()?.(webhook) ?? Promise.resolve(200)).then((status) => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return server;
};

export const startWorld = async (options: Pick<SandboxOptions, 'backgroundPulls' | 'now'> = {}): Promise<World> => {
  const webhooks: SentWebhook[] = [];
  let receive: Receive | null = null;
  // The emulator's clock is known once it runs, and it sends nothing before.
  let now = (): Instant => MORNING;
  const server = await startReceiver(
    webhooks,
    () => now(),
    () => receive,
  );
  const webhookBaseUrl = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const sandbox = await startSandbox({ webhookBaseUrl, now: () => MORNING, ...options });
  now = () => sandbox.now();
  const proxy = await startProxy(sandbox.url);
  const made = new Map<string, Connector>();

  const connector = (row: AnyConnectorRow): Connector => {
    const known = made.get(row.title);
    if (known !== undefined) return known;
    const addresses = addressesAt(proxy.url, sandbox.url, webhookBaseUrl);
    const switchedOn = createConnectors(row.settings(addresses)).get(row.connector);
    if (switchedOn === undefined) throw new Error(`${row.connector} is off`);
    made.set(row.title, switchedOn);
    return switchedOn;
  };
  const control = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const init =
      body === undefined
        ? { method }
        : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${sandbox.url}/_control/${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  };
  const listed = async <Item>(path: string): Promise<readonly Item[]> =>
    (await control<{ readonly data: readonly Item[] }>('GET', path)).data;
  const inMs = <Item extends { readonly at: unknown }>(item: Item) => ({
    ...item,
    at: typeof item.at === 'string' ? Date.parse(item.at) : Number(item.at),
  });
  const context = (deadlineMs = 10_000): RefreshContext => ({
    now: () => sandbox.now(),
    signal: AbortSignal.timeout(deadlineMs),
    sending: async () => undefined,
  });

  return {
    sandbox,
    proxy,
    connector,
    webhooks,
    onWebhook: (next) => void (receive = next),
    context,
    control,
    register: async (connection) => void (await control('PUT', 'connections', connection)),
    fault: async (fault) => void (await control('POST', 'faults', fault)),
    shown: async (externalId) => {
      const [shown] = await listed<Shown>(`connections?externalId=${encodeURIComponent(externalId)}`);
      if (shown === undefined) throw new Error(`the emulator does not know ${externalId}`);
      return shown;
    },
    bills: async () => (await listed<Bill>('bills')).map(inMs),
    calls: async (operation) => (await listed<ProviderCall>(`calls?operation=${operation}`)).map(inMs),
    outcome: async (row, call, started, sentAt) => {
      const providerTaskId = started.kind === 'accepted' ? started.providerTaskId : null;
      const statusBefore = { status: 'ACTIVE', reason: null };
      const asked: ProgressCall = { ...call, providerTaskId, asOfBefore: null, statusBefore, sentAt };
      for (let turn = 0; turn < LOOKS; turn += 1) {
        const progress = await connector(row).progress(asked, context());
        if (progress.kind !== 'pending') return progress;
        await sandbox.advance(BETWEEN_LOOKS_MS);
      }
      return { kind: 'pending' };
    },
    close: async () => {
      await proxy.close();
      await sandbox.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
