import { startSandbox, type Sandbox, type SandboxOptions } from '../src/index.js';
import { startReceiver, type Json, type Receiver } from './receiver.js';

/** A Monday, at noon. */
export const START = Date.parse('2026-03-02T12:00:00.000Z');
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const iso = (time: number): string => new Date(time).toISOString();

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface Rig {
  readonly sandbox: Sandbox;
  readonly receiver: Receiver;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  control(method: string, path: string, body?: unknown): Promise<Reply>;
  meld(method: string, path: string, body?: unknown): Promise<Reply>;
  refresh(externalId: string, body?: unknown): Promise<Reply>;
  /** Meld's view of it. */
  connection(externalId: string): Promise<Reply['body']>;
  register(...connections: object[]): Promise<Reply>;
  fault(fault: object): Promise<Reply>;
  calls(externalId?: string): Promise<Reply['body'][]>;
  bills(externalId?: string): Promise<Reply['body'][]>;
  advance(ms: number): Promise<void>;
  /** Ends the emulator and starts another one over the same books. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** An emulator whose real time stands still, so that only `advance` moves it, and a receiver of its webhooks. */
export async function startRig(options: SandboxOptions = {}): Promise<Rig> {
  const receiver = await startReceiver();
  const start = () => startSandbox({ now: () => START, webhookBaseUrl: receiver.url, ...options });
  let sandbox = await start();
  const send: Rig['send'] = async (method, path, body, headers = {}) => {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const payload = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(sandbox.url + path, { method, headers: { ...type, ...headers }, body: payload });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json');
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  };
  const control: Rig['control'] = (method, path, body) => send(method, `/_control${path}`, body);
  const meld: Rig['meld'] = (method, path, body) =>
    send(method, `/meld/bank-linking${path}`, body, { authorization: 'BASIC any-key' });
  const listed = async (path: string, externalId?: string) => {
    const query = externalId === undefined ? '' : `?externalId=${encodeURIComponent(externalId)}`;
    return (await control('GET', path + query)).body.data;
  };
  return {
    get sandbox() {
      return sandbox;
    },
    receiver,
    send,
    control,
    meld,
    refresh: (externalId, body) => meld('POST', `/connections/${externalId}/refresh`, body),
    connection: async (externalId) => (await meld('GET', `/connections/${externalId}`)).body,
    register: (...connections) => control('PUT', '/connections', { connections }),
    fault: (fault) => control('POST', '/faults', fault),
    calls: (externalId) => listed('/calls', externalId),
    bills: (externalId) => listed('/bills', externalId),
    advance: (ms) => sandbox.advance(ms),
    restart: async () => {
      await sandbox.close();
      sandbox = await start();
    },
    close: async () => {
      await sandbox.close();
      await receiver.close();
    },
  };
}

export const meldConnection = (externalId: string, more: object = {}): object => ({
  connector: 'meld',
  provider: 'MX',
  externalId,
  customerId: 'cust-1',
  institutionId: 'inst-1',
  products: ['BALANCES', 'TRANSACTIONS'],
  ...more,
});
