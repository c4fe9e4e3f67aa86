import { HOUR, idOf, MINUTE, SECOND, uuidv7 } from '@freshet/domain';
import type {
  BudgetCounter,
  BudgetFacts,
  Connection,
  ConnectionFacts,
  ConnectionId,
  Instant,
  LedgerEntry,
  OpenTaskFacts,
  Pull,
  RefreshFacts,
  RefreshRequest,
  Task,
  TaskId,
  TenantId,
} from '@freshet/domain';
import type { Budget, Cooldown, LearningFacts, Lease, RefreshPolicy, TurnInputs, Window } from '../src/index.js';

/** A Monday noon: every test tells its times from here. */
export const noon: Instant = Date.UTC(2026, 2, 2, 12);
export const DAY = 24 * HOUR;
export const tenant = 'ten_test' as TenantId;

/** The id of the connection called so, readable in a failed test. */
export const connectionId = (name: string): ConnectionId => `conn_${name}` as ConnectionId;
export const taskId = (name: string): TaskId => `task_${name}` as TaskId;

/** A policy without limits, budgets or background: each test adds the one that it is about. */
export const policy = (values: Partial<RefreshPolicy> = {}): RefreshPolicy => ({
  version: 'v1',
  provider: 'MX',
  known: true,
  duplicates: 'grouped',
  background: { owner: 'engine', everyMs: DAY, staleAfterMs: 2 * DAY, suppressedByForcedMs: 0 },
  forced: { available: true, unattended: true, executor: 'engine' },
  coalesces: null,
  range: null,
  limits: [],
  limitedSigns: [],
  readOutcomes: {},
  price: {
    currency: 'USD',
    perRequestMicros: 120_000,
    productSets: [],
    historicalMicros: 0,
    billedOn: 'success',
  },
  consent: { warnMs: 7 * DAY, lapse: 'consent_ended', lifeMs: null, renewal: null },
  patienceMs: 15 * MINUTE,
  failuresToGiveUp: 3,
  worth: { valueMultiple: 2, changesPerDay: 1.2, readsPerDay: 0.6 },
  budgets: [],
  breaker: {
    failures: 3,
    of: 5,
    withinMs: 5 * MINUTE,
    pauseMs: 30 * SECOND,
    maxPauseMs: 15 * MINUTE,
    probeMs: 5 * MINUTE,
  },
  execution: {
    maxAttempts: 4,
    backoffMs: 2 * SECOND,
    maxBackoffMs: MINUTE,
    pollFirstMs: 2 * SECOND,
    pollMaxMs: 30 * SECOND,
    giveUpMs: 30 * MINUTE,
    maxBlockMs: DAY,
    untoldBlockMs: 15 * MINUTE,
  },
  ...values,
});

/** Balances cost 40, everything 120: to widen a balances task costs 80 more. */
export const priced: Partial<RefreshPolicy> = {
  price: {
    currency: 'USD',
    perRequestMicros: 120_000,
    productSets: [{ products: ['BALANCES'], micros: 40_000 }],
    historicalMicros: 0,
    billedOn: 'success',
  },
};

export const providerManaged: RefreshPolicy['background'] = {
  owner: 'provider',
  everyMs: DAY,
  staleAfterMs: 2 * DAY,
  suppressedByForcedMs: 0,
};

export const cooldown = (values: Partial<Cooldown> = {}): Cooldown => ({
  name: 'cooldown',
  kind: 'cooldown',
  scope: 'group',
  applies: 'all',
  products: null,
  after: 'success',
  forMs: 3 * HOUR,
  ...values,
});

export const window = (values: Partial<Window> = {}): Window => ({
  name: 'window',
  kind: 'window',
  scope: 'group',
  applies: 'all',
  products: null,
  count: 2,
  per: { shape: 'rolling', ms: HOUR },
  counts: { origins: ['forced'], on: 'attempt', attended: null },
  reserveForAttended: 0,
  ...values,
});

/** An ACTIVE connection without twins, connected a month ago, with data a day old. */
export const connection = (name = 'a', values: Partial<Connection> = {}): Connection => ({
  id: connectionId(name),
  tenantId: tenant,
  externalId: `ext-${name}`,
  connector: 'meld',
  provider: 'MX',
  customerId: 'customer-1',
  institutionId: 'bank-1',
  providerConnectionId: null,
  loginFingerprint: null,
  groupKey: connectionId(name),
  active: true,
  status: 'ACTIVE',
  statusReason: null,
  statusToldAt: null,
  products: ['BALANCES', 'TRANSACTIONS'],
  optionalProducts: [],
  freshness: { BALANCES: noon - DAY, TRANSACTIONS: noon - DAY },
  lastSuccessAt: noon - DAY,
  lastAttemptAt: noon - DAY,
  lastForcedAt: null,
  lastBackgroundAt: null,
  staleAt: noon + DAY,
  consecutiveFailures: 0,
  historicalLoaded: true,
  consentExpiresAt: null,
  connectedAt: noon - 30 * DAY,
  credentials: 'sealed',
  createdAt: noon - 30 * DAY,
  updatedAt: noon - DAY,
  ...values,
});

/** An active connection and its inactive twin: one provider connection. */
export const twins = (
  active: Partial<Connection> = {},
  inactive: Partial<Connection> = {},
): [Connection, Connection] => {
  const shared = { providerConnectionId: 'mem-1', groupKey: '["connection","MX","mem-1"]' };
  return [
    connection('a', { ...shared, ...active }),
    connection('b', {
      ...shared,
      active: false,
      status: 'PARTIALLY_ACTIVE',
      statusReason: 'INACTIVE_DUPLICATE',
      lastSuccessAt: noon - 2 * DAY,
      ...inactive,
    }),
  ];
};

export const connectionFacts = (from: Connection): ConnectionFacts => ({
  id: from.id,
  connector: from.connector,
  provider: from.provider,
  customerId: from.customerId,
  institutionId: from.institutionId,
  groupKey: from.groupKey,
  active: from.active,
  status: from.status,
  statusReason: from.statusReason,
  products: from.products,
  lastSuccessAt: from.lastSuccessAt,
  lastAttemptAt: from.lastAttemptAt,
  lastForcedAt: from.lastForcedAt,
  lastBackgroundAt: from.lastBackgroundAt,
  connectedAt: from.connectedAt,
  consentExpiresAt: from.consentExpiresAt,
  historicalLoaded: from.historicalLoaded,
});

/** Nothing has been learned of any connection yet. */
export const unlearned: LearningFacts = { rates: null, hours: null, requests: 0 };

/** Facts of a request for the connection `a`, against which nothing stands. */
export const facts = (values: Partial<RefreshFacts> = {}): RefreshFacts => {
  const asked = values.asked ?? connectionFacts(connection());
  return {
    now: noon,
    asked,
    active: asked,
    freshness: { BALANCES: noon - DAY, TRANSACTIONS: noon - DAY },
    openTask: null,
    recent: null,
    latest: null,
    usage: {},
    closures: [],
    connectorOn: true,
    budgets: [],
    forcing: null,
    ...values,
  };
};

export const request = (values: Partial<RefreshRequest> = {}): RefreshRequest => ({
  mode: 'auto',
  products: null,
  maxAgeMs: null,
  from: null,
  to: null,
  attended: false,
  ...values,
});

/** A budget of a calendar month in UTC, as it is configured where nothing but that is said. */
export const configured = (values: Partial<Budget> = {}): Budget => ({
  name: 'monthly',
  provider: null,
  currency: 'USD',
  amountMicros: 1_000_000,
  period: 'month',
  timeZone: 'UTC',
  enforcement: 'hard',
  headStart: null,
  reserveForAttended: 0,
  alertAt: [],
  ...values,
});

/** The same as a decision sees it, before anything of it was used. */
export const budget = (values: Partial<BudgetFacts> = {}): BudgetFacts => ({
  name: 'monthly',
  provider: null,
  currency: 'USD',
  amountMicros: 1_000_000,
  period: 'month',
  timeZone: 'UTC',
  enforcement: 'hard',
  headStart: null,
  reserveForAttended: 0,
  alertAt: [],
  alerted: [],
  periodStart: Date.UTC(2026, 2, 1),
  periodEnd: Date.UTC(2026, 3, 1),
  counterId: 'monthly@1',
  reservedMicros: 0,
  chargedMicros: 0,
  uncertainMicros: 0,
  shadow: null,
  ...values,
});

export const openTask = (values: Partial<OpenTaskFacts> = {}): OpenTaskFacts => ({
  id: taskId('open'),
  pullId: idOf('pull', 'open'),
  cost: { micros: 120_000, currency: 'USD' },
  state: 'queued',
  products: ['BALANCES'],
  attended: false,
  from: null,
  to: null,
  ...values,
});

/** A task of connection `a` that waits for a worker. */
export const queued = (values: Partial<Task> = {}): Task => ({
  id: taskId('1'),
  tenantId: tenant,
  connectionId: connectionId('a'),
  groupKey: connectionId('a'),
  decisionId: idOf('decision', '1'),
  connector: 'meld',
  provider: 'MX',
  state: 'queued',
  executor: 'engine',
  products: ['BALANCES', 'TRANSACTIONS'],
  attended: false,
  from: null,
  to: null,
  attempts: 0,
  pullId: idOf('pull', '1'),
  providerTaskId: null,
  newData: null,
  error: null,
  cost: { micros: 120_000, currency: 'USD' },
  charge: 'reserved',
  queuedAt: noon,
  wantedFrom: noon,
  startedAt: null,
  endedAt: null,
  dueAt: noon,
  polls: 0,
  giveUpAt: null,
  leaseOwner: null,
  leaseUntil: null,
  fence: 0,
  tries: 0,
  ...values,
});

/** The same once its call was sent, still in its worker's hand. */
export const running = (values: Partial<Task> = {}): Task =>
  queued({
    state: 'running',
    attempts: 1,
    startedAt: noon,
    giveUpAt: noon + 30 * MINUTE,
    leaseOwner: 'worker',
    leaseUntil: noon + MINUTE,
    fence: 1,
    ...values,
  });

export const pull = (values: Partial<Pull> = {}): Pull => ({
  id: idOf('pull', '1'),
  tenantId: tenant,
  connector: 'meld',
  provider: 'MX',
  connectionId: connectionId('a'),
  groupKey: connectionId('a'),
  customerId: 'customer-1',
  institutionId: 'bank-1',
  taskId: taskId('1'),
  origin: 'forced',
  attended: false,
  products: ['BALANCES', 'TRANSACTIONS'],
  state: 'reserved',
  at: noon,
  sentAt: null,
  endedAt: null,
  newData: null,
  presence: null,
  sinceAt: null,
  presenceUntil: null,
  ...values,
});

/** The money held for that pull. */
export const reserved = (values: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id: idOf('ledger', '1'),
  tenantId: tenant,
  connectionId: connectionId('a'),
  connector: 'meld',
  provider: 'MX',
  taskId: taskId('1'),
  pullId: idOf('pull', '1'),
  kind: 'reserved',
  micros: 120_000,
  currency: 'USD',
  cause: 'dec_1',
  at: noon,
  ...values,
});

export const counter = (values: Partial<BudgetCounter> = {}): BudgetCounter => ({
  id: 'monthly@1',
  tenantId: tenant,
  provider: null,
  currency: 'USD',
  periodStart: Date.UTC(2026, 2, 1),
  periodEnd: Date.UTC(2026, 3, 1),
  reservedMicros: 120_000,
  chargedMicros: 0,
  uncertainMicros: 0,
  shadow: null,
  alerted: [],
  ...values,
});

let made = 0;

/** Fresh ids, rising; the same twice is never made in one run of the tests. */
export const newUuid = (now: Instant = noon): string => {
  made += 1;
  const bytes = new Uint8Array(10);
  new DataView(bytes.buffer).setUint32(4, made);
  return uuidv7(now, bytes);
};

export const inputs = (now: Instant = noon, cause = 'whk_1'): TurnInputs => ({
  now,
  newId: () => newUuid(now),
  cause,
});

export const lease = (values: Partial<Lease> = {}): Lease => ({
  owner: 'worker',
  until: noon + MINUTE,
  realNow: noon,
  ...values,
});
