import { afterEach } from '@jest/globals';
import { DEFAULT_TENANT, MINUTE } from '@freshet/domain';
import type {
  Connection,
  ConnectionId,
  CustomerPresence,
  Effect,
  LedgerEntry,
  ProviderEvent,
  Pull,
  RefreshRequest,
  StatusChange,
  Task,
  TaskId,
  TenantId,
} from '@freshet/domain';
import { buildPolicyBook, type PolicyBook, type Report } from '@freshet/policy';
import type { Connector, Store } from '@freshet/ports';
import { fixedClock, plainVault, scriptedConnector, sequentialIds } from '@freshet/ports/memory';
import type { FixedClock, Script, ScriptedConnector } from '@freshet/ports/memory';
import { createHash } from 'node:crypto';
import {
  createDispatcher,
  importConnections,
  processDueWebhooks,
  receiveWebhook,
  requestRefresh,
  runTask,
} from '../index.js';
import type { Engine, ImportRow, RefreshResult, WebhookResult } from '../index.js';

/** A Monday morning, far from the turn of any day or month. */
export const MORNING = Date.UTC(2026, 2, 2, 10);
export const TENANT = DEFAULT_TENANT;
export const OTHER_TENANT = 'ten_other' as TenantId;
export const CUSTOMER: CustomerPresence = { ip: '203.0.113.7', userAgent: 'phone' };

/** Where one story is kept. What is opened is closed after the story. */
export type OpenStore = () => Store;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const books = new Map<string, PolicyBook>();

/** The real catalogue, with these overrides and budgets. */
export const policyBook = (policyFile: unknown = null): PolicyBook => {
  const key = JSON.stringify(policyFile);
  const book = books.get(key) ?? buildPolicyBook({ policyFile, hash: sha256 });
  books.set(key, book);
  return book;
};

export interface Warning {
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface RigOptions {
  readonly policyFile?: unknown;
  readonly meld?: Script;
  readonly bud?: Script;
  /** The call's deadline. */
  readonly callTimeoutMs?: number;
  /** Tasks at work at one provider at a time. */
  readonly atOnce?: number;
}

/** One engine over one store, and what a story looks at. */
export interface Rig {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: FixedClock;
  readonly meld: ScriptedConnector;
  readonly bud: ScriptedConnector;
  readonly warnings: readonly Warning[];
  /** Effects applied so far, by whatever turn. */
  readonly written: () => number;
}

/** The store, with its effects counted: that nothing was written shows only there. */
const counting = (store: Store): { readonly store: Store; readonly written: () => number } => {
  let written = 0;
  const counted = <Decided extends { readonly effects: readonly Effect[] }>(decided: Decided): Decided => {
    written += decided.effects.length;
    return decided;
  };
  return {
    written: () => written,
    store: {
      turn: (load, decide) => store.turn(load, (facts) => counted(decide(facts))),
      read: (name, params) => store.read(name, params),
      close: () => store.close(),
    },
  };
};

const HEALTHY: Script = {
  refresh: [{ kind: 'accepted', providerTaskId: null, coalesced: false }],
  progress: [{ kind: 'pending' }],
  delete: [{ kind: 'accepted' }],
  addProducts: [{ kind: 'accepted' }],
  repair: [{ kind: 'link', connectUrl: 'https://widget.example/repair', expiresAt: null }],
  import: [{ kind: 'imported', externalId: 'brought-1', providerConnectionId: null }],
  verifyWebhook: [({ headers }) => ({ genuine: true, eventKey: headers['event-id'] ?? '' })],
  translateWebhook: (body) => JSON.parse(body) as readonly ProviderEvent[],
};

/** Engines over stores of one kind; each story gets a new one. */
export const rigsOver = (openStore: OpenStore): ((options?: RigOptions) => Rig) => {
  const opened: Store[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });
  return (options = {}) => {
    const { store, written } = counting(openStore());
    opened.push(store);
    const clock = fixedClock(MORNING);
    const meld = scriptedConnector('meld', { ...HEALTHY, ...options.meld });
    const bud = scriptedConnector('bud', { ...HEALTHY, ...options.bud });
    const warnings: Warning[] = [];
    const connectors = new Map<string, Connector>([
      ['meld', meld],
      ['bud', bud],
    ]);
    const engine: Engine = {
      store,
      clock,
      ids: sequentialIds(MORNING),
      connectorsOf: () => connectors,
      connectorNeeds: (_tenant, connector) => [`credentials of ${connector}`],
      callsThrough: () => ({ timeoutMs: options.callTimeoutMs ?? 10_000, atOnce: options.atOnce ?? 100 }),
      vault: plainVault(),
      policies: policyBook(options.policyFile),
      log: { info: () => undefined, warn: (message, facts) => warnings.push({ message, facts }) },
      workerId: 'worker-1',
      leaseMs: 20_000,
    };
    return { engine, store, clock, meld, bud, warnings, written };
  };
};

/** The same engine in another process: another worker over the same store. */
export const anotherWorker = (rig: Rig, workerId = 'worker-2'): Engine => ({ ...rig.engine, workerId });

/** The engine with another connector in the place of the one of that name. */
export const withConnector = (engine: Engine, connector: Connector): Engine => ({
  ...engine,
  connectorsOf: (tenantId) => new Map([...engine.connectorsOf(tenantId), [connector.name, connector]]),
});

let named = 0;

/** A row as a caller imports it: MX through Meld, linked yesterday, its data an engine's day old. */
export const mxRow = (changes: Partial<ImportRow> = {}): ImportRow => {
  named += 1;
  return {
    externalId: `meld-${named}`,
    connector: 'meld',
    provider: 'MX',
    customerId: 'customer-1',
    institutionId: 'bank-1',
    products: ['BALANCES', 'TRANSACTIONS'],
    lastSuccessAt: MORNING - 12 * 60 * MINUTE,
    ...changes,
  };
};

export const budRow = (changes: Partial<ImportRow> = {}): ImportRow =>
  mxRow({ connector: 'bud', provider: 'BUD', ...changes });

/** Reached directly: the caller reads, and the task is a permit. */
export const akoyaRow = (changes: Partial<ImportRow> = {}): ImportRow =>
  mxRow({ connector: 'akoya', provider: 'AKOYA', ...changes });

/** Brings the rows in; throws where the batch is faulty. */
export const bringIn = async (
  rig: Rig,
  rows: readonly ImportRow[],
  tenantId = TENANT,
): Promise<readonly Connection[]> => {
  const result = await importConnections(rig.engine, tenantId, rows);
  if (result.kind !== 'imported') throw new Error(`not imported: ${JSON.stringify(result.faults)}`);
  return result.imported.map(({ connection }) => connection);
};

export const bringInOne = async (rig: Rig, row: ImportRow = mxRow(), tenantId = TENANT): Promise<Connection> =>
  (await bringIn(rig, [row], tenantId))[0] as Connection;

/** Members of one MX login: the one refreshed last is the active one, the rest are inactive duplicates. */
export const bringInTwins = (rig: Rig, count: number): Promise<readonly Connection[]> =>
  bringIn(
    rig,
    Array.from({ length: count }, (_, index) =>
      mxRow({ providerConnectionId: 'mx-member-1', lastSuccessAt: MORNING - (12 * 60 + index) * MINUTE }),
    ),
  );

export const request = (changes: Partial<RefreshRequest> = {}): RefreshRequest => ({
  mode: 'force',
  products: null,
  maxAgeMs: null,
  from: null,
  to: null,
  attended: false,
  ...changes,
});

type Decided = Extract<RefreshResult, { kind: 'decided' }>;

export interface Asking {
  readonly request?: Partial<RefreshRequest>;
  readonly presence?: CustomerPresence;
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
  readonly tenantId?: TenantId;
}

export const command = (connectionId: ConnectionId, asking: Asking = {}) => ({
  tenantId: asking.tenantId ?? TENANT,
  connectionId,
  request: request({ attended: asking.presence !== undefined, ...asking.request }),
  presence: asking.presence ?? null,
  idempotency: asking.idempotency ?? null,
});

/** Asks for a refresh of a connection that is there. */
export const ask = async (rig: Rig, connectionId: ConnectionId, asking: Asking = {}): Promise<Decided> => {
  const result = await requestRefresh(rig.engine, command(connectionId, asking));
  if (result.kind !== 'decided') throw new Error(`not decided: ${result.kind}`);
  return result;
};

/** Asks, and expects a task. */
export const force = async (rig: Rig, connectionId: ConnectionId, asking: Asking = {}): Promise<Task> => {
  const { task, record } = await ask(rig, connectionId, asking);
  if (task === null) throw new Error(`no task: ${JSON.stringify(record.decision.reasons.at(-1))}`);
  return task;
};

export const step = async ({ engine, store }: Pick<Rig, 'engine' | 'store'>, id: TaskId): Promise<Task> => {
  await runTask(engine, TENANT, id);
  return taskOf({ store }, id);
};

/** Everything that is due now, and what falls due by it. */
export const runDue = async ({ engine }: Pick<Rig, 'engine'>): Promise<void> => {
  const dispatcher = createDispatcher(engine, 100);
  await dispatcher.tick();
  await dispatcher.idle();
};

/** Time passes in steps, and what falls due on the way is run. */
export const pass = async (rig: Rig, ms: number, stepMs = MINUTE): Promise<void> => {
  for (let left = ms; left > 0; left -= stepMs) {
    rig.clock.advance(Math.min(left, stepMs));
    await runDue(rig);
  }
};

type Over = { readonly store: Store };

export const taskOf = async ({ store }: Over, id: TaskId): Promise<Task> => {
  const task = await store.read('task', { tenantId: TENANT, id });
  if (task === null) throw new Error(`no task ${id}`);
  return task;
};

export const pullOf = async ({ store }: Over, task: Pick<Task, 'pullId'>): Promise<Pull> => {
  const pull = await store.read('pull', { tenantId: TENANT, id: task.pullId });
  if (pull === null) throw new Error(`no pull ${task.pullId}`);
  return pull;
};

export const connectionOf = async ({ store }: Over, id: ConnectionId): Promise<Connection> => {
  const connection = await store.read('connection', { tenantId: TENANT, id });
  if (connection === null) throw new Error(`no connection ${id}`);
  return connection;
};

export const ledgerOf = ({ store }: Over, task: Pick<Task, 'pullId'>): Promise<readonly LedgerEntry[]> =>
  store.read('ledgerOfPull', { tenantId: TENANT, pullId: task.pullId });

export const kindsOf = (entries: readonly LedgerEntry[]): readonly string[] => entries.map(({ kind }) => kind);

/** What happened to it, the oldest first. */
export const historyOf = async ({ store }: Over, connectionId: ConnectionId): Promise<readonly StatusChange[]> => {
  const page = { tenantId: TENANT, connectionId, limit: 500, before: null };
  return (await store.read('historyPage', page)).toReversed();
};

export const statusOf = async (over: Over, id: ConnectionId): Promise<string> => {
  const { status, statusReason } = await connectionOf(over, id);
  return statusReason === null ? status : `${status}/${statusReason}`;
};

export const allTasks = ({ store }: Over): Promise<readonly Task[]> =>
  store.read('tasksPage', { tenantId: TENANT, limit: 500, before: null });

export const allConnections = ({ store }: Over): Promise<readonly Connection[]> =>
  store.read('connectionsPage', { tenantId: TENANT, limit: 500, before: null });

export const reasonsOf = ({ record }: Decided): readonly string[] => record.decision.reasons.map(({ code }) => code);

/** The provider sends a webhook that says these things; it is verified and stored. */
export const receive = (rig: Rig, eventKey: string, ...events: readonly ProviderEvent[]): Promise<WebhookResult> =>
  receiveFrom('meld', rig, eventKey, ...events);

const receiveFrom = (
  connector: string,
  rig: Rig,
  eventKey: string,
  ...events: readonly ProviderEvent[]
): Promise<WebhookResult> =>
  receiveWebhook(rig.engine, TENANT, connector, {
    headers: { 'event-id': eventKey },
    body: new TextEncoder().encode(JSON.stringify(events)),
    secret: null,
    receivedAt: rig.clock.now(),
  });

export const deliverFromBud = async (
  rig: Rig,
  eventKey: string,
  ...events: readonly ProviderEvent[]
): Promise<void> => {
  await receiveFrom('bud', rig, eventKey, ...events);
  await processDueWebhooks(rig.engine, 100);
};

/** ... and taken in. */
export const deliver = async (rig: Rig, eventKey: string, ...events: readonly ProviderEvent[]): Promise<void> => {
  await receive(rig, eventKey, ...events);
  await processDueWebhooks(rig.engine, 100);
};

/** The present error of a promise that has to fail. */
export const failure = async (failing: Promise<unknown>): Promise<unknown> => {
  try {
    await failing;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
};

/** A report of a permit's read in which nothing is told. */
export const UNTOLD: Report = {
  outcome: null,
  code: null,
  httpStatus: null,
  newData: null,
  asOf: null,
  retryAt: null,
  products: null,
  scope: null,
};
