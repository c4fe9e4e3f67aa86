import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { put, type TenantId } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { buildPolicyBook } from '@freshet/policy';
import { read, type Store } from '@freshet/ports';
import {
  createMemoryStore,
  fixedClock,
  plainVault,
  scriptedConnector,
  sequentialIds,
  type Script,
} from '@freshet/ports/memory';
import { createApp, type AppParts } from '../../src/app.js';
import { readSettings } from '../../src/engine/settings.js';
import { createContract, type Document } from './contract.js';

export const NOW = Date.parse('2026-11-21T09:30:00.000Z');
export const HOUR = 3_600_000;
export const TENANT = 'ten_default' as TenantId;
export const OTHER_TENANT = 'ten_other' as TenantId;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

export const keys = {
  admin: 'admin-key-of-the-first-tenant',
  reader: 'reader-key-of-the-first-tenant',
  refresher: 'refresher-key-of-the-first-tenant',
  other: 'admin-key-of-another-tenant',
} as const;

const keyRows = [
  { id: 'key_admin', tenantId: TENANT, hash: hash(keys.admin), scopes: ['admin'], createdAt: NOW },
  { id: 'key_reader', tenantId: TENANT, hash: hash(keys.reader), scopes: ['read'], createdAt: NOW },
  { id: 'key_refresher', tenantId: TENANT, hash: hash(keys.refresher), scopes: ['refresh'], createdAt: NOW },
  { id: 'key_other', tenantId: OTHER_TENANT, hash: hash(keys.other), scopes: ['admin'], createdAt: NOW },
];

export interface Sent {
  readonly body?: unknown;
  /** Sent as it is, instead of as JSON. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly key?: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Whatever it is: tests look into it. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  readonly text: string;
}

export interface RigOptions {
  readonly policyFile?: unknown;
  readonly script?: Script;
  readonly store?: Store;
  /** In the place of what the rig would put there. */
  readonly engine?: Partial<Engine>;
  readonly extraModules?: AppParts['extraModules'];
  /** Environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

const bodyOf = ({ body, raw }: Sent): string | Uint8Array<ArrayBuffer> | undefined => {
  if (raw !== undefined) return typeof raw === 'string' ? raw : new Uint8Array(raw);
  return body === undefined ? undefined : JSON.stringify(body);
};

const engineOf = ({ policyFile, script, store, engine: more }: RigOptions) => {
  const clock = fixedClock(NOW);
  const meld = scriptedConnector('meld', {
    refresh: [{ kind: 'done', asOf: NOW, newData: true }],
    repair: [{ kind: 'link', connectUrl: 'https://connect.example/1', expiresAt: NOW + HOUR }],
    addProducts: [{ kind: 'accepted' }],
    delete: [{ kind: 'accepted' }],
    verifyWebhook: [
      (raw) =>
        raw.headers['x-signed'] === 'yes' ? genuine(raw.body) : { genuine: false, why: 'the signature does not match' },
    ],
    ...script,
  });
  const told: {
    readonly level: string;
    readonly message: string;
    readonly facts: Readonly<Record<string, unknown>>;
  }[] = [];
  const connectors = new Map([['meld', meld]]);
  const engine: Engine = {
    store: store ?? createMemoryStore(),
    clock,
    ids: sequentialIds(NOW),
    connectorsOf: () => connectors,
    connectorNeeds: (_tenant, connector) => [`${connector.toUpperCase()}_API_KEY`],
    callsThrough: () => ({ timeoutMs: 1_000, atOnce: 10 }),
    vault: plainVault(),
    policies: buildPolicyBook({ policyFile, hash }),
    log: {
      info: (message, facts) => void told.push({ level: 'info', message, facts }),
      warn: (message, facts) => void told.push({ level: 'warn', message, facts }),
    },
    workerId: 'test',
    leaseMs: 2_000,
    ...more,
  };
  return { engine, clock, meld, told };
};

const genuine = (body: Uint8Array) => ({ genuine: true, eventKey: hash(Buffer.from(body).toString()) }) as const;

/** The service on a port of its own, over a store in memory, with a clock that stands still. */
export const startRig = async (options: RigOptions = {}) => {
  const parts = engineOf(options);
  const { engine } = parts;
  await engine.store.turn(
    () => read('setting', { id: 'none' }),
    () => ({ effects: keyRows.map((row) => put('apiKey', row)) }),
  );
  let nudges = 0;
  const app: NestFastifyApplication = await createApp({
    engine,
    settings: readSettings(options.settings ?? {}),
    nudge: () => void (nudges += 1),
    extraModules: options.extraModules ?? [],
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const contract = createContract((await (await fetch(`${url}/openapi.json`)).json()) as Document);

  const call = async (method: string, path: string, sent: Sent = {}): Promise<Answer> => {
    const { key = keys.admin, headers = {} } = sent;
    const body = bodyOf(sent);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
    contract.check(method, path, answer);
    return answer;
  };

  return {
    ...parts,
    app,
    url,
    port,
    call,
    contract,
    nudges: () => nudges,
    get: (path: string, sent?: Sent) => call('GET', path, sent),
    post: (path: string, body?: unknown, sent?: Sent) => call('POST', path, { body, ...sent }),
    close: () => app.close(),
  };
};

export type Rig = Awaited<ReturnType<typeof startRig>>;

let imported = 0;

/** A row that can be imported: a healthy MX connection through Meld, nobody's twin. */
export const row = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => {
  imported += 1;
  return {
    externalId: `external-${imported}`,
    connector: 'meld',
    provider: 'MX',
    customerId: `customer-${imported}`,
    institutionId: 'bank',
    providerConnectionId: `member-${imported}`,
    products: ['BALANCES', 'TRANSACTIONS'],
    lastSuccessAt: new Date(NOW - 20 * HOUR).toISOString(),
    ...more,
  };
};

/** Imports one connection and answers with it. */
export const importOne = async (rig: Rig, more: Readonly<Record<string, unknown>> = {}, key: string = keys.admin) => {
  const { status, body } = await rig.post('/v1/connections/import', { connections: [row(more)] }, { key });
  if (status !== 201) throw new Error(`the import failed: ${JSON.stringify(body)}`);
  return body.data[0];
};
