import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEFAULT_TENANT, SECOND, type ConnectionId, type Task } from '@freshet/domain';
import { createDispatcher, importConnections, providerOverviews, requestRefresh, type Engine } from '@freshet/flows';
import { buildPolicyBook } from '@freshet/policy';
import { createMemoryStore, plainVault, sequentialIds } from '@freshet/ports/memory';
import { startEmulator, type Emulator } from './emulator.js';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const engineAt = (): Engine => ({
  store: createMemoryStore(),
  clock: { now: () => emulator.sandbox.now(), realNow: () => Date.now() },
  ids: sequentialIds(emulator.sandbox.now()),
  connectorsOf: () => new Map([['meld', emulator.meld]]),
  connectorNeeds: () => [],
  callsThrough: () => ({ timeoutMs: 5 * SECOND, atOnce: 32 }),
  vault: plainVault(),
  policies: buildPolicyBook({ hash: (text) => createHash('sha256').update(text).digest('hex') }),
  log: { info: () => undefined, warn: () => undefined },
  workerId: randomUUID(),
  leaseMs: 20 * SECOND,
});

/** Each of another customer's, at another bank. */
const linked = async (engine: Engine, count: number): Promise<readonly ConnectionId[]> => {
  const rows = Array.from({ length: count }, (_, number) => ({
    externalId: `breaker-${number}`,
    connector: 'meld',
    provider: 'MX',
    customerId: `customer-${number}`,
    institutionId: `bank-${number}`,
    providerConnectionId: `member-${number}`,
    products: ['BALANCES', 'TRANSACTIONS'] as const,
  }));
  for (const row of rows) await emulator.register(row);
  const result = await importConnections(engine, DEFAULT_TENANT, rows);
  if (result.kind !== 'imported') throw new Error('not imported');
  return result.imported.map(({ connection }) => connection.id);
};

const ask = async (engine: Engine, connectionId: ConnectionId) => {
  const request = { mode: 'force', products: null, maxAgeMs: null, from: null, to: null, attended: false } as const;
  const asked = { tenantId: DEFAULT_TENANT, connectionId, request, presence: null, idempotency: null };
  const result = await requestRefresh(engine, asked);
  if (result.kind !== 'decided') throw new Error(result.kind);
  return { decision: result.record.decision, task: result.task };
};

const runDue = async (engine: Engine): Promise<void> => {
  const dispatcher = createDispatcher(engine, 32);
  await dispatcher.tick();
  await dispatcher.idle();
};

const refreshes = async (): Promise<number> => {
  const { data } = (await emulator.control('GET', 'calls')) as { data: readonly { readonly operation: string }[] };
  return data.filter(({ operation }) => operation === 'refresh').length;
};

const taskOf = async (engine: Engine, task: Task | null): Promise<Task | null> =>
  task && engine.store.read('task', { tenantId: DEFAULT_TENANT, id: task.id });

test('five 500s shut a provider over real HTTP; one refresh tries it after the pause, and opens it', async () => {
  const engine = engineAt();
  const ids = await linked(engine, 8);
  await emulator.fault({ provider: 'MX', fault: '500', times: 5 });
  for (const id of ids.slice(0, 5)) await ask(engine, id);
  await runDue(engine);
  expect(await refreshes()).toBe(5);

  const refused = await ask(engine, ids[5] as ConnectionId);
  expect(refused.decision).toMatchObject({ verdict: 'refuse', refusal: 'provider-closed' });
  expect(refused.decision.reasons.map(({ code }) => code)).toContain('BREAKER_OPEN');
  expect(await refreshes()).toBe(5);

  await emulator.sandbox.advance((refused.decision.retryAt ?? 0) - emulator.sandbox.now());
  const waiting = [];
  for (const id of ids.slice(5)) waiting.push((await ask(engine, id)).task);
  await runDue(engine);
  expect(await refreshes()).toBe(6);
  const states = await Promise.all(waiting.map(async (task) => (await taskOf(engine, task))?.state));
  expect(states.toSorted()).toEqual(['queued', 'queued', 'running']);
  const overview = (await providerOverviews(engine, DEFAULT_TENANT)).find(({ provider }) => provider === 'MX');
  expect(overview?.blocks).toEqual([]);

  await emulator.sandbox.advance(30 * SECOND);
  await runDue(engine);
  expect(await refreshes()).toBe(8);
});
