import { DEFAULT_TENANT, idOf } from '@freshet/domain';
import type { AuditRun, Connection, Effect, Finding, LedgerEntry, Task } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import type { PolicyBook } from '@freshet/policy';
import { read, type Store } from '@freshet/ports';
import { createIds } from '../../src/engine/random-ids.js';

export const TENANT = DEFAULT_TENANT;
export const NOW = Date.UTC(2026, 4, 20, 2);
const COST = { micros: 120_000, currency: 'USD' };

const ids = createIds(() => NOW);
export const uuid = (): string => ids.next();

/** An engine that can audit: no connector, no policy. */
export const auditingEngine = (store: Store): Engine => ({
  store,
  clock: { now: () => NOW, realNow: () => NOW },
  ids,
  connectors: new Map(),
  vault: { seal: (plain) => plain, open: (sealed) => sealed },
  policies: {} as PolicyBook,
  log: { info: () => undefined, warn: () => undefined },
  workerId: 'worker-1',
  callTimeoutMs: 10_000,
  leaseMs: 20_000,
});

/** Writes rows as they are, past everything that would have kept a fault out. */
export const plant = async (store: Store, ...effects: readonly Effect[]): Promise<void> => {
  await store.turn(
    () => read('setting', { id: 'anything' }),
    () => ({ effects }),
  );
};

export const connectionRow = (changes: Partial<Connection> = {}): Connection => {
  const id = idOf('connection', uuid());
  return {
    id,
    tenantId: TENANT,
    externalId: `ext-${id}`,
    connector: 'meld',
    provider: 'MX',
    customerId: 'customer-1',
    institutionId: 'bank-1',
    providerConnectionId: null,
    loginFingerprint: null,
    groupKey: id,
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
    staleAt: null,
    consecutiveFailures: 0,
    historicalLoaded: true,
    consentExpiresAt: null,
    connectedAt: NOW,
    credentials: null,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  };
};

/** A refresh that succeeded and was charged. */
export const taskRow = (changes: Partial<Task> = {}): Task => {
  const made = uuid();
  return {
    id: idOf('task', made),
    tenantId: TENANT,
    connectionId: idOf('connection', made),
    groupKey: `group-${made}`,
    decisionId: idOf('decision', made),
    connector: 'meld',
    provider: 'MX',
    state: 'succeeded',
    executor: 'engine',
    products: ['BALANCES'],
    attended: false,
    from: null,
    to: null,
    attempts: 1,
    pullId: idOf('pull', made),
    providerTaskId: null,
    newData: true,
    error: null,
    cost: COST,
    charge: 'charged',
    queuedAt: NOW - 60_000,
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
  };
};

export const entryRow = (task: Task, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id: idOf('ledger', uuid()),
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

export const runRow = (changes: Partial<AuditRun> = {}): AuditRun => ({
  id: idOf('audit', uuid()),
  tenantId: TENANT,
  trigger: 'request',
  state: 'done',
  requestedAt: NOW,
  startedAt: NOW,
  endedAt: NOW + 1500,
  examined: { 'duplicate-groups': 12, 'stuck-tasks': 1 },
  counts: {},
  money: [],
  error: null,
  ...changes,
});

export const findingRow = (run: AuditRun, changes: Partial<Finding> = {}): Finding => ({
  id: idOf('finding', uuid()),
  tenantId: TENANT,
  auditId: run.id,
  check: 'duplicate-groups',
  severity: 'critical',
  connectionId: null,
  summary: 'two connections are active',
  action: 'Delete one.',
  money: null,
  evidence: {},
  at: NOW,
  ...changes,
});
