import { createHash, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFinicityConnector } from '@freshet/connectors';
import { DAY, DEFAULT_TENANT, HOUR, MINUTE, SECOND, type Connection, type Task } from '@freshet/domain';
import {
  createDispatcher,
  importConnections,
  processDueWebhooks,
  receiveWebhook,
  repairConnection,
  requestRefresh,
  type Engine,
  type ImportRow,
} from '@freshet/flows';
import { buildPolicyBook } from '@freshet/policy';
import { createMemoryStore, plainVault, sequentialIds } from '@freshet/ports/memory';
import { startSandbox, type Sandbox } from '@freshet/sandbox';

const [HOST, SECRET, CUSTOMER] = ['127.0.0.1', 'path-secret', '1005061234'];
const PRESENT = { ip: '203.0.113.7', userAgent: null };
const policies = buildPolicyBook({
  policyFile: null,
  hash: (text) => createHash('sha256').update(text).digest('hex'),
});

/** The engine with its real connector, the emulator in Finicity's place, and webhooks between them. */
let sandbox: Sandbox;
let receiver: Server;
let engine: Engine;
let verdicts: string[];

const startReceiver = async (): Promise<string> => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const secret = request.url?.split('/')[3] ?? null;
      const headers = { 'x-finicity-signature': String(request.headers['x-finicity-signature']) };
      const raw = { headers, body: Buffer.concat(chunks), secret, receivedAt: sandbox.now() };
      void receiveWebhook(engine, DEFAULT_TENANT, 'finicity', raw).then(async ({ kind }) => {
        verdicts.push(kind);
        await processDueWebhooks(engine, 10);
        response.writeHead(kind === 'stored' ? 200 : 401).end();
      });
    });
  });
  await new Promise<void>((done) => receiver.listen(0, HOST, done));
  return `http://${HOST}:${(receiver.address() as AddressInfo).port}`;
};

beforeEach(async () => {
  verdicts = [];
  const webhookBaseUrl = await startReceiver();
  const secrets = { finicityPartnerSecret: 'hush', finicityWebhookSecret: SECRET };
  // Real time stands still: only `advance` moves the emulator, and with it the engine.
  const start = Date.UTC(2026, 2, 2, 12);
  sandbox = await startSandbox({ now: () => start, webhookBaseUrl, secrets });
  const finicity = createFinicityConnector({
    partnerId: 'partner',
    partnerSecret: 'hush',
    appKey: 'key',
    baseUrl: `${sandbox.url}/finicity`,
    webhookSecret: SECRET,
    webhookUrl: `${webhookBaseUrl}/webhooks/finicity/${SECRET}`,
    checksSignature: true,
  });
  engine = {
    store: createMemoryStore(),
    clock: { now: () => sandbox.now(), realNow: () => sandbox.now() },
    ids: sequentialIds(start),
    connectorsOf: () => new Map([['finicity', finicity]]),
    connectorNeeds: () => [],
    callsThrough: () => ({ timeoutMs: 2_000, atOnce: 32 }),
    vault: plainVault(),
    policies,
    log: { info: () => undefined, warn: () => undefined },
    workerId: randomUUID(),
    leaseMs: 4_000,
  };
});
afterEach(async () => {
  await sandbox.close();
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
});

const control = async (method: string, path: string, body?: unknown) => {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${sandbox.url}/_control/${path}`, { method, ...content });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { readonly data: readonly { readonly method: string; readonly path: string }[] };
};
const fault = (externalId: string, name: string) =>
  control('POST', 'faults', { provider: 'FINICITY', externalId, fault: name });
const billsOf = async (externalId: string) => (await control('GET', `bills?externalId=${externalId}`)).data;
/** What was asked of Finicity that is neither a reading nor a token. */
const asked = async (externalId: string): Promise<readonly string[]> =>
  (await control('GET', `calls?externalId=${externalId}`)).data
    .filter(({ method, path }) => method !== 'GET' || path.includes('/live'))
    .map(({ method, path }) => `${method} ${path.replace(/^.*(?=\/accounts|\/transactions|\/connect)/, '')}`);

let count = 0;
const linked = async (more: Partial<ImportRow> = {}): Promise<Connection> => {
  count += 1;
  const row: ImportRow = {
    connector: 'finicity',
    provider: 'FINICITY',
    externalId: String(1_007_302_000 + count),
    customerId: 'customer-1',
    institutionId: `bank-${count}`,
    products: ['BALANCES', 'TRANSACTIONS'],
    lastSuccessAt: sandbox.now() - 12 * HOUR,
    historicalLoaded: true,
    credentials: { customerId: CUSTOMER },
    ...more,
  };
  const { lastSuccessAt, historicalLoaded: _unsaid, ...known } = row;
  const registered = {
    ...known,
    ...(lastSuccessAt == null ? {} : { lastSuccessAt: new Date(lastSuccessAt).toISOString() }),
  };
  await control('PUT', 'connections', registered);
  const result = await importConnections(engine, DEFAULT_TENANT, [row]);
  if (result.kind !== 'imported' || result.imported[0] === undefined) throw new Error(JSON.stringify(result));
  return result.imported[0].connection;
};

const ask = async (connection: Connection, attended: boolean, products: Connection['products'] | null = null) => {
  const request = { mode: 'force', products, maxAgeMs: null, from: null, to: null, attended } as const;
  const presence = attended ? PRESENT : null;
  const command = { tenantId: DEFAULT_TENANT, connectionId: connection.id, request, presence, idempotency: null };
  const result = await requestRefresh(engine, command);
  if (result.kind !== 'decided') throw new Error(result.kind);
  return { decision: result.record.decision, task: result.task };
};

const work = async (): Promise<void> => {
  const dispatcher = createDispatcher(engine, 4);
  await dispatcher.tick();
  await dispatcher.idle();
};
/** The task when it has ended, with everything that falls due until then. */
const ended = async ({ id }: Pick<Task, 'id'>): Promise<Task> => {
  for (let turn = 0; turn < 60; turn += 1) {
    await work();
    const task = await engine.store.read('task', { tenantId: DEFAULT_TENANT, id });
    if (task !== null && task.endedAt !== null) return task;
    await sandbox.advance(turn < 10 ? SECOND : MINUTE);
  }
  throw new Error('it never ended');
};
const forced = async (connection: Connection, products: Connection['products'] | null = null): Promise<Task> => {
  const { task, decision } = await ask(connection, true, products);
  if (task === null) throw new Error(JSON.stringify(decision.reasons.at(-1)));
  return ended(task);
};
const now = async ({ id }: Connection): Promise<Connection> => {
  const found = await engine.store.read('connection', { tenantId: DEFAULT_TENANT, id });
  if (found === null) throw new Error('it is gone');
  return found;
};
const standing = async (connection: Connection): Promise<string> => {
  const { status, statusReason } = await now(connection);
  return `${status}/${statusReason ?? '-'}`;
};

describe('automation is not permitted', () => {
  test('an unattended force is refused before anything is asked; the same with the customer there goes out', async () => {
    const connection = await linked();
    const refused = await ask(connection, false);
    expect(refused.decision).toMatchObject({ verdict: 'refuse', refusal: 'customer-required' });
    await work();
    expect(await asked(connection.externalId)).toEqual([]);

    const task = await forced(connection);
    expect(task).toMatchObject({ state: 'succeeded', attended: true });
    expect(await asked(connection.externalId)).toEqual(['POST /accounts']);
    expect(await billsOf(connection.externalId)).toHaveLength(1);
    const { lastSuccessAt } = await now(connection);
    expect(lastSuccessAt).toBeGreaterThan(connection.lastSuccessAt ?? 0);
  });
});

describe('a forced refresh', () => {
  test.each(['lost-reply', 'timeout'])('with %s is found by the stamps, and never sent again', async (name) => {
    const connection = await linked();
    await fault(connection.externalId, name);
    expect((await forced(connection)).state).toBe('succeeded');
    expect(await asked(connection.externalId)).toEqual(['POST /accounts']);
    expect(await billsOf(connection.externalId)).toHaveLength(1);
  });

  test('that fails without a code may have happened: it ends, and is not sent again', async () => {
    const connection = await linked();
    await fault(connection.externalId, '500');
    const task = await forced(connection);
    expect(task.state).toBe('failed');
    expect(await asked(connection.externalId)).toHaveLength(1);
    expect(await billsOf(connection.externalId)).toEqual([]);
  });

  test('that is limited by HTTP is not made again before its time', async () => {
    const connection = await linked();
    await control('POST', 'faults', { provider: 'FINICITY', fault: '429', retryAfter: 60 });
    expect((await forced(connection)).state).toBe('failed');
    expect((await ask(connection, true)).decision.verdict).toBe('refuse');
    await sandbox.advance(MINUTE);
    expect((await forced(connection)).state).toBe('succeeded');
  });

  test.each(['duplicate-webhook', 'late-webhook', 'no-webhook'])('with %s is one pull, and no other', async (name) => {
    const connection = await linked();
    await fault(connection.externalId, name);
    expect((await forced(connection)).state).toBe('succeeded');
    const before = await now(connection);
    await sandbox.advance(10 * MINUTE);
    const { lastSuccessAt, lastBackgroundAt } = await now(connection);
    expect([lastSuccessAt, lastBackgroundAt]).toEqual([before.lastSuccessAt, null]);
    expect(await billsOf(connection.externalId)).toHaveLength(1);
  });

  test('that comes to nothing ends, and is not taken for a success', async () => {
    const connection = await linked();
    await fault(connection.externalId, 'silent-noop');
    expect((await forced(connection)).state).toBe('failed');
    expect((await now(connection)).lastSuccessAt).toBe(connection.lastSuccessAt);
    expect(await asked(connection.externalId)).toHaveLength(1);
  });

  test.each([
    ['partial', 'partial', 'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS', 1],
    ['login-required', 'reconnect_required', 'RECONNECT_REQUIRED/LOGIN_REQUIRED', 0],
    ['reconnect-required', 'reconnect_required', 'RECONNECT_REQUIRED/TOKEN_EXPIRED', 0],
  ])('with %s is %s', async (name, state, status, bills) => {
    const connection = await linked();
    await fault(connection.externalId, name);
    expect((await forced(connection)).state).toBe(state);
    expect(await standing(connection)).toBe(status);
    expect(await billsOf(connection.externalId)).toHaveLength(bills);
    expect(await asked(connection.externalId)).toHaveLength(1);
    const told = await engine
      .connectorsOf(DEFAULT_TENANT)
      .get('finicity')
      ?.status(
        { ...connection, credentials: { customerId: CUSTOMER } },
        {
          now: engine.clock.now,
          signal: AbortSignal.timeout(2_000),
        },
      );
    expect(`${told?.status}/${told?.reason}`).toBe(status);
  });

  test("the bank's limit closes the bank, for others there too", async () => {
    const at = { institutionId: 'small-bank', credentials: { customerId: CUSTOMER, bankCallsPerHour: '1' } };
    const [first, second, elsewhere] = [await linked(at), await linked(at), await linked()];
    expect((await forced(first)).state).toBe('succeeded');
    expect((await forced(second)).state).toBe('failed');
    expect((await ask(first, true)).decision.verdict).toBe('refuse');
    expect((await forced(elsewhere)).state).toBe('succeeded');
    expect(await billsOf(second.externalId)).toEqual([]);
  });

  test('the history is loaded by the first one, once', async () => {
    const connection = await linked({ historicalLoaded: undefined });
    const { decision, task } = await ask(connection, true);
    expect(decision.cost?.micros).toBe(700_000);
    expect(await ended(task as Task)).toMatchObject({ state: 'succeeded', providerTaskId: expect.any(String) });
    await sandbox.advance(HOUR);
    const again = await ask(connection, true);
    expect(again.decision.cost?.micros).toBe(200_000);
    expect((await ended(again.task as Task)).providerTaskId).toBeNull();
    expect(await asked(connection.externalId)).toEqual(['POST /transactions/refreshes', 'POST /accounts']);
    expect(await billsOf(connection.externalId)).toHaveLength(2);
  });

  test('of balances alone is the cheaper call, and makes nothing else fresh', async () => {
    const connection = await linked({ credentials: { customerId: CUSTOMER, accountTypes: 'checking' } });
    const { decision, task } = await ask(connection, true, ['BALANCES']);
    expect(decision.cost?.micros).toBe(50_000);
    expect(await ended(task as Task)).toMatchObject({ state: 'succeeded' });
    expect((await asked(connection.externalId))[0]).toContain('/availableBalance/live?balance_cache_interval=0');
    const { freshness } = await now(connection);
    expect(freshness.BALANCES).toBeGreaterThan(freshness.TRANSACTIONS ?? 0);
  });
});

describe('what nobody asked for', () => {
  test('a repair: the page, the end of its session by webhook, and a free aggregation', async () => {
    const connection = await linked({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    const repaired = await repairConnection(engine, DEFAULT_TENANT, connection.id);
    if (repaired.kind !== 'link') throw new Error(repaired.kind);
    expect(repaired.link.expiresAt).toBe(sandbox.now() + 2 * HOUR);
    expect(
      (
        await fetch(
          `${new URL(repaired.link.connectUrl).origin}${new URL(repaired.link.connectUrl).pathname}/complete`,
          { method: 'POST' },
        )
      ).status,
    ).toBe(200);
    // The aggregation that follows runs: one of ours would meet it.
    await sandbox.advance(5 * SECOND);
    expect(verdicts).toEqual(['stored', 'stored']);
    expect(await standing(connection)).toBe('ACTIVE/-');
    expect((await now(connection)).lastSuccessAt).toBeGreaterThan(connection.lastSuccessAt ?? 0);
    expect(await billsOf(connection.externalId)).toEqual([]);
  });

  test('the night brings what is new, for nothing', async () => {
    const connection = await linked();
    await control('POST', 'data', { provider: 'FINICITY', externalId: connection.externalId, transactions: 2 });
    await sandbox.advance(DAY);
    const { freshness, lastSuccessAt } = await now(connection);
    expect(lastSuccessAt).toBeGreaterThan(sandbox.now() - DAY);
    expect(freshness.TRANSACTIONS).toBe(lastSuccessAt);
    expect(verdicts).toEqual(['stored', 'stored']);
    expect(await billsOf(connection.externalId)).toEqual([]);
  });
});
