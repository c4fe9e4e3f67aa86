import { DEFAULT_TENANT, MINUTE } from '@freshet/domain';
import type { Connection, ConnectionId, Instant, LedgerEntry, Task, TaskId } from '@freshet/domain';
import {
  importConnections,
  processDueWebhooks,
  receiveWebhook,
  releaseDeadLeases,
  requestRefresh,
  runTask,
} from '@freshet/flows';
import type { Engine, RefreshResult } from '@freshet/flows';
import { buildPolicyBook, type PolicyBook } from '@freshet/policy';
import type { Connector, Store } from '@freshet/ports';
import { plainVault, sequentialIds } from '@freshet/ports/memory';
import { createHash } from 'node:crypto';
import type { ConnectorRow, RowConnection } from './rows.js';
import { MORNING, type World } from './world.js';

export const TENANT = DEFAULT_TENANT;
const BATCH = 200;
const LEASE_MS = 20_000;
/** Time is walked: what falls due on the way meets a clock that is at most this far off. */
const STEP_MS = 5 * MINUTE;
/** What is due by now may make more due at once, but not for ever. */
const ROUNDS = 50;
/** Long ago enough for every cooldown. */
const LAST_SUCCESS_AT = MORNING - 30 * 60 * MINUTE;

export const policyBook = (policyFile: unknown) =>
  buildPolicyBook({ policyFile, hash: (text) => createHash('sha256').update(text).digest('hex') });

const policiesAsTheyAre = policyBook(null);

export interface EngineParts {
  readonly store: Store;
  readonly connectors: readonly Connector[];
  readonly policies?: PolicyBook;
  /** How a due task is run: in one piece, unless told. */
  readonly run?: typeof runTask;
}

/** The flows over a store, a connector and the emulator, on the emulator's clock. */
export interface RunningEngine {
  readonly engine: Engine;
  readonly store: Store;
  readonly warnings: readonly string[];
  /** The deadline of each call from now on: real time. */
  setDeadline(ms: number): void;
  /** The machine's time alone: leases run out. */
  passLeases(): void;
  /** Known to the emulator and to the engine. */
  link(row: ConnectorRow, connection: RowConnection): Promise<Connection>;
  ask(row: ConnectorRow, id: ConnectionId): Promise<RefreshResult>;
  /** Everything that is due by now. */
  runDue(): Promise<void>;
  walk(ms: number): Promise<void>;
  task(id: TaskId): Promise<Task>;
  connection(id: ConnectionId): Promise<Connection>;
  ledger(): Promise<readonly LedgerEntry[]>;
}

export const startEngine = (world: World, parts: EngineParts): RunningEngine => {
  const { store, connectors, policies = policiesAsTheyAre, run = runTask } = parts;
  let [deadlineMs, realOffsetMs] = [10_000, 0];
  const warnings: string[] = [];
  const byName = new Map(connectors.map((connector) => [connector.name, connector]));
  const engine: Engine = {
    store,
    clock: { now: () => world.sandbox.now(), realNow: () => world.sandbox.now() + realOffsetMs },
    ids: sequentialIds(MORNING),
    connectorsOf: () => byName,
    connectorNeeds: () => [],
    callsThrough: () => ({ timeoutMs: deadlineMs, atOnce: BATCH }),
    vault: plainVault(),
    policies,
    log: { info: () => undefined, warn: (message) => void warnings.push(message) },
    workerId: 'worker-1',
    leaseMs: LEASE_MS,
  };
  world.onWebhook(async ({ connector, raw }) => {
    const { kind } = await receiveWebhook(engine, TENANT, connector, raw);
    return kind === 'stored' ? 200 : 401;
  });

  const runTasks = async (): Promise<number> => {
    const { now, realNow } = engine.clock;
    const due = await store.read('dueTasks', { now: now(), realNow: realNow(), limit: BATCH });
    await Promise.all(due.map(({ tenantId, id }) => run(engine, tenantId, id)));
    return due.length;
  };
  const runDue = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const freed = await releaseDeadLeases(engine, BATCH);
      const taken = await processDueWebhooks(engine, BATCH);
      if (freed + taken + (await runTasks()) === 0) return;
    }
  };
  const nextStep = async (left: number): Promise<number> => {
    const due = await store.read('nextDueAt', {});
    // What is due already is held by somebody: his lease runs out by itself.
    const untilDue = due === null || due <= engine.clock.now() ? LEASE_MS : due - engine.clock.now();
    return Math.min(left, due === null ? STEP_MS : untilDue, STEP_MS);
  };
  const found = async <Row>(row: Promise<Row | null>, what: string): Promise<Row> => {
    const there = await row;
    if (there === null) throw new Error(`no ${what}`);
    return there;
  };

  return {
    engine,
    store,
    warnings,
    setDeadline: (ms) => void (deadlineMs = ms),
    passLeases: () => void (realOffsetMs += LEASE_MS),
    link: async ({ connector, provider, products }, { credentials, providerConnectionId, ...ids }) => {
      const row = { connector, provider, products, lastSuccessAt: LAST_SUCCESS_AT, ...ids };
      const given = {
        ...(providerConnectionId === null ? {} : { providerConnectionId }),
        ...(credentials === null ? {} : { credentials }),
      };
      await world.register({ ...row, ...given, lastSuccessAt: new Date(LAST_SUCCESS_AT as Instant).toISOString() });
      const result = await importConnections(engine, TENANT, [{ ...row, ...given, historicalLoaded: true }]);
      if (result.kind !== 'imported') throw new Error(`not imported: ${JSON.stringify(result.faults)}`);
      return (result.imported[0] as { connection: Connection }).connection;
    },
    ask: ({ presence }, connectionId) =>
      requestRefresh(engine, {
        tenantId: TENANT,
        connectionId,
        request: {
          mode: 'force',
          products: null,
          maxAgeMs: null,
          from: null,
          to: null,
          attended: presence !== null,
        },
        presence,
        idempotency: null,
      }),
    runDue,
    walk: async (ms) => {
      const until = engine.clock.now() + ms;
      await runDue();
      while (engine.clock.now() < until) {
        await world.sandbox.advance(await nextStep(until - engine.clock.now()));
        await runDue();
      }
    },
    task: (id) => found(store.read('task', { tenantId: TENANT, id }), id),
    connection: (id) => found(store.read('connection', { tenantId: TENANT, id }), id),
    ledger: () => store.read('ledgerScan', { tenantId: TENANT, connectionId: '', after: '', limit: 1_000 }),
  };
};
