import { DEFAULT_TENANT, MINUTE } from '@freshet/domain';
import type { Connection, ConnectionId, Instant, LedgerEntry, Task, TaskId } from '@freshet/domain';
import {
  createDispatcher,
  importConnections,
  processDueWebhooks,
  receiveWebhook,
  releaseDeadLeases,
  requestRefresh,
} from '@freshet/flows';
import type { Engine, RefreshResult } from '@freshet/flows';
import { buildPolicyBook } from '@freshet/policy';
import type { Connector, Store } from '@freshet/ports';
import { plainVault, sequentialIds } from '@freshet/ports/memory';
import { createHash } from 'node:crypto';
import type { ConnectorRow, RowConnection } from './rows.js';
import { MORNING, type World } from './world.js';

export const TENANT = DEFAULT_TENANT;
const BATCH = 200;
/** Time is walked: what falls due on the way meets a clock that is at most this far off. */
const STEP_MS = 5 * MINUTE;
/** What is due by now may make more due at once, but not for ever. */
const ROUNDS = 50;
/** Long ago enough for every cooldown. */
const LAST_SUCCESS_AT = MORNING - 30 * 60 * MINUTE;

const policies = buildPolicyBook({
  policyFile: null,
  hash: (text) => createHash('sha256').update(text).digest('hex'),
});

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

const LEASE_MS = 20_000;

export const startEngine = (world: World, store: Store, connectors: readonly Connector[]): RunningEngine => {
  let [deadlineMs, realOffsetMs] = [10_000, 0];
  const warnings: string[] = [];
  const engine: Engine = {
    store,
    clock: { now: () => world.sandbox.now(), realNow: () => world.sandbox.now() + realOffsetMs },
    ids: sequentialIds(MORNING),
    connectors: new Map(connectors.map((connector) => [connector.name, connector])),
    vault: plainVault(),
    policies,
    log: { info: () => undefined, warn: (message) => void warnings.push(message) },
    workerId: 'worker-1',
    get callTimeoutMs() {
      return deadlineMs;
    },
    leaseMs: LEASE_MS,
  };
  const dispatcher = createDispatcher(engine, BATCH);
  world.onWebhook(async ({ connector, raw }) => {
    const { kind } = await receiveWebhook(engine, TENANT, connector, raw);
    return kind === 'stored' ? 200 : 401;
  });

  const runDue = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await releaseDeadLeases(engine, BATCH);
      await processDueWebhooks(engine, BATCH);
      await dispatcher.tick();
      await dispatcher.idle();
      const next = await store.read('nextDueAt', {});
      if (next === null || next > engine.clock.now()) return;
    }
  };
  const nextStep = async (left: number): Promise<number> => {
    const due = await store.read('nextDueAt', {});
    const untilDue = due === null ? STEP_MS : Math.max(1, due - engine.clock.now());
    return Math.min(left, untilDue, STEP_MS);
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
      const result = await importConnections(engine, TENANT, [{ ...row, ...given }]);
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
    ledger: () => store.read('ledgerScan', { tenantId: TENANT, after: '', limit: 1_000 }),
  };
};
