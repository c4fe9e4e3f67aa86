import { idOf, insert, uuidv7 } from '@freshet/domain';
import type { AuditRun, Connection, Effect, Finding, LedgerEntry, Pull, StatusChange, Task } from '@freshet/domain';
import { buildPolicyBook } from '@freshet/policy';
import { read, type Ids, type Store } from '@freshet/ports';
import { plainVault } from '@freshet/ports/memory';
import type { Engine } from '../index.js';
import { TENANT } from './rig.js';

export const NOW = Date.UTC(2026, 4, 20, 2);

/** Ids that rise by one, so that a test can say which row comes after which. */
export const risingIds = (): Ids => {
  let made = 0;
  return {
    next: () => {
      made += 1;
      const bytes = new Uint8Array(10);
      new DataView(bytes.buffer).setUint32(6, made);
      return uuidv7(NOW, bytes);
    },
  };
};

/** The catalogue as it is: what these engines judge by. */
export const catalogue = buildPolicyBook({ hash: () => 'the catalogue' });

/** An engine that can audit: no connector. */
export const auditingEngine = (store: Store, more: Partial<Engine> = {}): Engine => ({
  store,
  clock: { now: () => NOW, realNow: () => NOW },
  ids: risingIds(),
  connectorsOf: () => new Map(),
  connectorNeeds: () => [],
  callsThrough: () => ({ timeoutMs: 20_000, atOnce: 100 }),
  vault: plainVault(),
  policies: catalogue,
  log: { info: () => undefined, warn: () => undefined },
  workerId: 'worker-1',
  leaseMs: 60_000,
  ...more,
});

/** Writes rows as they are, past everything that would have kept a fault out. */
export const plant = async (store: Store, ...effects: readonly Effect[]): Promise<void> => {
  await store.turn(
    () => read('setting', { id: 'anything' }),
    () => ({ effects }),
  );
};

export const connectionRow = (uuid: string, changes: Partial<Connection> = {}): Connection => ({
  id: idOf('connection', uuid),
  tenantId: TENANT,
  externalId: `ext-${uuid}`,
  connector: 'meld',
  provider: 'MX',
  customerId: 'customer-1',
  institutionId: 'bank-1',
  providerConnectionId: null,
  loginFingerprint: null,
  groupKey: idOf('connection', uuid),
  active: true,
  status: 'ACTIVE',
  statusReason: null,
  statusToldAt: null,
  products: ['BALANCES'],
  optionalProducts: [],
  freshness: {},
  lastSuccessAt: null,
  lastAttemptAt: null,
  lastForcedAt: null,
  lastBackgroundAt: null,
  staleAt: null,
  consecutiveFailures: 0,
  historicalLoaded: true,
  consentExpiresAt: null,
  connectedAt: NOW,
  credentials: null,
  createdAt: NOW,
  updatedAt: NOW,
  ...changes,
});

export const historyRow = (
  uuid: string,
  connection: Connection,
  changes: Partial<StatusChange> = {},
): StatusChange => ({
  id: idOf('history', uuid),
  tenantId: connection.tenantId,
  connectionId: connection.id,
  event: 'imported',
  fromStatus: null,
  fromReason: null,
  toStatus: connection.status,
  toReason: connection.statusReason,
  cause: 'import',
  at: connection.createdAt,
  ...changes,
});

/** A connection as an import leaves it: with the beginning of its history. */
export const imported = (connection: Connection): readonly Effect[] => [
  insert('connection', connection),
  insert('statusChange', historyRow(connection.id.slice('conn_'.length), connection)),
];

const COST = { micros: 120_000, currency: 'USD' };

/** A refresh that succeeded and was charged. */
export const taskRow = (uuid: string, changes: Partial<Task> = {}): Task => ({
  id: idOf('task', uuid),
  tenantId: TENANT,
  connectionId: idOf('connection', uuid),
  groupKey: `group-${uuid}`,
  decisionId: idOf('decision', uuid),
  connector: 'meld',
  provider: 'MX',
  state: 'succeeded',
  executor: 'engine',
  products: ['BALANCES'],
  attended: false,
  from: null,
  to: null,
  attempts: 1,
  pullId: idOf('pull', uuid),
  providerTaskId: null,
  newData: true,
  error: null,
  cost: COST,
  charge: 'charged',
  queuedAt: NOW - 60_000,
  wantedFrom: NOW - 60_000,
  startedAt: NOW - 59_000,
  endedAt: NOW - 50_000,
  dueAt: null,
  polls: 1,
  giveUpAt: null,
  leaseOwner: null,
  leaseUntil: null,
  fence: 1,
  tries: 0,
  ...changes,
});

/** One that waits for a worker, with its money held. */
export const openTaskRow = (uuid: string, changes: Partial<Task> = {}): Task =>
  taskRow(uuid, {
    state: 'queued',
    charge: 'reserved',
    startedAt: null,
    endedAt: null,
    dueAt: NOW,
    newData: null,
    ...changes,
  });

export const entryRow = (uuid: string, task: Task, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id: idOf('ledger', uuid),
  tenantId: task.tenantId,
  connectionId: task.connectionId,
  connector: task.connector,
  provider: task.provider,
  taskId: task.id,
  pullId: task.pullId,
  kind: 'reserved',
  micros: task.cost?.micros ?? 0,
  currency: task.cost?.currency ?? 'USD',
  cause: task.decisionId,
  at: task.queuedAt,
  ...changes,
});

export const pullRow = (uuid: string, changes: Partial<Pull> = {}): Pull => ({
  id: idOf('pull', uuid),
  tenantId: TENANT,
  connector: 'meld',
  provider: 'MX',
  connectionId: idOf('connection', uuid),
  groupKey: `group-${uuid}`,
  customerId: 'customer-1',
  institutionId: 'bank-1',
  taskId: null,
  origin: 'connect',
  attended: false,
  products: ['BALANCES'],
  state: 'succeeded',
  at: NOW,
  sentAt: NOW,
  endedAt: NOW,
  newData: null,
  presence: null,
  sinceAt: null,
  presenceUntil: null,
  ...changes,
});

export const runRow = (uuid: string, changes: Partial<AuditRun> = {}): AuditRun => ({
  id: idOf('audit', uuid),
  tenantId: TENANT,
  trigger: 'request',
  state: 'done',
  requestedAt: NOW,
  startedAt: NOW,
  endedAt: NOW + 1500,
  examined: { 'duplicate-groups': 12, 'stuck-tasks': 1 },
  digests: {},
  counts: {},
  money: [],
  amounts: {},
  since: null,
  error: null,
  ...changes,
});

export const findingRow = (uuid: string, run: AuditRun, changes: Partial<Finding> = {}): Finding => ({
  id: idOf('finding', uuid),
  tenantId: TENANT,
  auditId: run.id,
  check: 'duplicate-groups',
  key: uuid,
  severity: 'critical',
  connectionId: null,
  summary: 'two connections are active',
  action: 'Delete one.',
  money: null,
  evidence: {},
  at: NOW,
  firstSeenAt: NOW,
  repairedAt: null,
  ...changes,
});
