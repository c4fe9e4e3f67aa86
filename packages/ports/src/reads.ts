import type {
  ApiKey,
  AuditId,
  AuditRun,
  Breaker,
  BudgetAlert,
  BudgetCounter,
  Closure,
  Connection,
  ConnectionId,
  ConnectionRates,
  LimitDemand,
  ConnectorName,
  DecisionId,
  DecisionRecord,
  Finding,
  IdempotencyRecord,
  Instant,
  JobRun,
  LedgerEntry,
  PolicyArchive,
  PostingProfile,
  ProviderName,
  Pull,
  PullId,
  PullPlan,
  RunId,
  Setting,
  StatusChange,
  StatusLook,
  Task,
  TaskId,
  TenantId,
  TokenRenewal,
  Usage,
  WebhookId,
  WebhookRecord,
} from '@freshet/domain';
import type { ConnectionsPage, DecisionsPage, FindingsPage, Page, TasksPage } from './pages.js';
import type { UsageQuery, UsageScope } from './usage.js';

export interface Named {
  readonly tenantId: TenantId;
  readonly id: string;
}

export interface LedgerTotals {
  /** Held now: reserved and not yet settled. */
  readonly reservedMicros: number;
  readonly chargedMicros: number;
  readonly uncertainMicros: number;
}

/** What one provider cost and was forced in a stretch of time, by currency (null: forced without a known price). */
export interface ProviderSpend extends LedgerTotals {
  readonly provider: ProviderName;
  readonly currency: string | null;
  readonly forced: number;
}

/** One duplicate group of more than one living connection, or one with no or several active. */
export interface GroupShape {
  readonly tenantId: TenantId;
  readonly groupKey: string;
  readonly living: number;
  readonly active: number;
}

/** A task beside the sums of its ledger: what an audit compares. */
export interface TaskWithLedger {
  readonly task: Task;
  readonly entries: readonly LedgerEntry[];
}

/** Whose tasks at which provider. */
export interface TaskLane {
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly tenantId: TenantId;
}

/** A task that waits for a worker. */
export interface DueTask extends TaskLane {
  readonly id: TaskId;
  readonly dueAt: Instant;
}

interface Read<Params, Result> {
  readonly params: Params;
  readonly result: Result;
}

interface InTenant<Key> {
  readonly tenantId: TenantId;
  readonly id: Key;
}

/**
 * Everything that is ever read, by name: what goes in and what comes out. A store answers each; loaders put them
 * together. All of them are bounded: by a key, a `limit` or a `take`.
 */
export interface Reads {
  readonly connection: Read<InTenant<ConnectionId>, Connection | null>;
  /** The next tenant, by id, that has connections: a step of a walk over them all. `after` empty: the first. */
  readonly tenantAfter: Read<{ readonly after: string }, TenantId | null>;
  /** The living members of the connection's group, and the connection itself even where it is deleted. Empty: no such connection. */
  readonly group: Read<InTenant<ConnectionId>, readonly Connection[]>;
  readonly groupByKey: Read<{ readonly tenantId: TenantId; readonly groupKey: string }, readonly Connection[]>;
  readonly connectionByExternalId: Read<
    { readonly tenantId: TenantId; readonly connector: ConnectorName; readonly externalId: string },
    Connection | null
  >;
  readonly task: Read<InTenant<TaskId>, Task | null>;
  readonly openTask: Read<{ readonly tenantId: TenantId; readonly groupKey: string }, Task | null>;
  /** The newest task that holds this job of the provider's. */
  readonly taskByProviderTask: Read<
    { readonly tenantId: TenantId; readonly connector: ConnectorName; readonly providerTaskId: string },
    Task | null
  >;
  readonly pull: Read<InTenant<PullId>, Pull | null>;
  readonly usage: Read<UsageQuery, Usage>;
  /** The newest pull that counts in such a query. */
  readonly latestPull: Read<Omit<UsageQuery, 'take'>, Pull | null>;
  /** The newest so many pulls that count in such a query, the newest first. */
  readonly countedPulls: Read<UsageQuery, readonly Pull[]>;
  /** The pulls in a scope from (inclusive) and until (exclusive), whatever became of them, the oldest first. */
  readonly pullsBetween: Read<
    {
      readonly tenantId: TenantId;
      readonly scope: UsageScope;
      readonly from: Instant;
      readonly until: Instant;
      readonly limit: number;
    },
    readonly Pull[]
  >;
  /** Of the provider (also those of every connector), the institution, the group and the connection; past ones included. */
  readonly closures: Read<
    {
      readonly tenantId: TenantId;
      readonly connector: ConnectorName;
      readonly provider: ProviderName;
      readonly institutionId: string;
      readonly groupKey: string;
      readonly connectionId: ConnectionId;
    },
    readonly Closure[]
  >;
  readonly closuresOfTenant: Read<
    { readonly tenantId: TenantId; readonly scope: Closure['scope'] },
    readonly Closure[]
  >;
  readonly breaker: Read<{ readonly id: string }, Breaker | null>;
  /** Those whose period that instant lies in. */
  readonly budgetCounters: Read<{ readonly tenantId: TenantId; readonly at: Instant }, readonly BudgetCounter[]>;
  /** Of the periods that instant lies in. */
  readonly budgetAlerts: Read<{ readonly tenantId: TenantId; readonly at: Instant }, readonly BudgetAlert[]>;
  /** What became of the money that was held from (inclusive) until (exclusive) then; provider null: of all of them. */
  readonly ledgerTotals: Read<
    {
      readonly tenantId: TenantId;
      readonly provider: ProviderName | null;
      readonly currency: string;
      readonly from: Instant;
      readonly until: Instant;
    },
    LedgerTotals
  >;
  readonly ledgerOfPull: Read<{ readonly tenantId: TenantId; readonly pullId: PullId }, readonly LedgerEntry[]>;
  readonly spend: Read<{ readonly tenantId: TenantId; readonly since: Instant }, readonly ProviderSpend[]>;
  readonly decision: Read<InTenant<DecisionId>, DecisionRecord | null>;
  /** How many of the newest `take` decisions of a connection were made later than `since`. */
  readonly requestCount: Read<
    {
      readonly tenantId: TenantId;
      readonly connectionId: ConnectionId;
      readonly since: Instant;
      readonly take: number;
    },
    number
  >;
  readonly connectionRates: Read<{ readonly id: string }, ConnectionRates | null>;
  readonly limitDemand: Read<{ readonly id: string }, LimitDemand | null>;
  readonly postingProfile: Read<{ readonly id: string }, PostingProfile | null>;
  readonly pullPlan: Read<InTenant<ConnectionId>, PullPlan | null>;
  readonly statusLook: Read<InTenant<ConnectionId>, StatusLook | null>;
  readonly tokenRenewal: Read<InTenant<ConnectionId>, TokenRenewal | null>;
  readonly idempotency: Read<{ readonly id: string }, IdempotencyRecord | null>;
  readonly webhook: Read<InTenant<WebhookId>, WebhookRecord | null>;
  readonly webhookByKey: Read<
    { readonly tenantId: TenantId; readonly connector: ConnectorName; readonly eventKey: string },
    WebhookRecord | null
  >;
  readonly audit: Read<InTenant<AuditId>, AuditRun | null>;
  readonly policyArchive: Read<{ readonly id: string }, PolicyArchive | null>;
  readonly apiKeyByHash: Read<{ readonly hash: string }, ApiKey | null>;
  readonly setting: Read<{ readonly id: string }, Setting | null>;

  /** Open tasks (a caller's permit too, which ends by itself if nobody reports) whose time has come (engine clock) and that nobody holds (real time), the longest due first. */
  readonly dueTasks: Read<
    { readonly now: Instant; readonly realNow: Instant; readonly limit: number },
    readonly DueTask[]
  >;
  /** The same of one tenant at one provider. */
  readonly dueTasksOfLane: Read<
    TaskLane & { readonly now: Instant; readonly realNow: Instant; readonly limit: number },
    readonly DueTask[]
  >;
  /** The next lane, by connector, provider and tenant, that has an open task, due or not. All empty: the first. */
  readonly laneAfter: Read<TaskLane, TaskLane | null>;
  /** Open tasks whose lease has run out (real time). */
  readonly deadLeases: Read<
    { readonly realNow: Instant; readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: TaskId }[]
  >;
  /** Connections whose own pull has fallen due, the longest first. */
  readonly duePullPlans: Read<
    { readonly now: Instant; readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: ConnectionId }[]
  >;
  readonly dueWebhooks: Read<
    { readonly now: Instant; readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: WebhookId }[]
  >;
  /** IN_PROGRESS since before that instant. */
  readonly abandonedConnects: Read<
    { readonly connectedBefore: Instant; readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: ConnectionId }[]
  >;
  /** Of active connections that work, whose consent ends no later than `until`, by end and id, from just after those. */
  readonly endingConsents: Read<
    { readonly until: Instant; readonly afterAt: Instant; readonly afterId: string; readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: ConnectionId; readonly endsAt: Instant }[]
  >;
  /** Connections whose status is to be looked at by then, the longest due first. */
  readonly dueStatusLooks: Read<
    { readonly now: Instant; readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: ConnectionId }[]
  >;
  /** The earliest instant (engine clock) at which a task or webhook falls due, held or not; null: none will. */
  readonly nextDueAt: Read<Record<string, never>, Instant | null>;
  readonly queuedAudits: Read<
    { readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: AuditId }[]
  >;
  /** Runs of jobs that were started before that instant, the oldest first. */
  readonly oldJobRuns: Read<{ readonly before: Instant; readonly limit: number }, readonly { readonly id: RunId }[]>;
  readonly expiredIdempotency: Read<
    { readonly now: Instant; readonly limit: number },
    readonly { readonly id: string }[]
  >;

  readonly connectionsPage: Read<ConnectionsPage, readonly Connection[]>;
  readonly decisionsPage: Read<DecisionsPage, readonly DecisionRecord[]>;
  readonly tasksPage: Read<TasksPage, readonly Task[]>;
  readonly historyPage: Read<Page & { readonly connectionId: ConnectionId }, readonly StatusChange[]>;
  readonly auditsPage: Read<Page, readonly AuditRun[]>;
  readonly jobRunsPage: Read<Pick<Page, 'before' | 'limit'> & { readonly job: string }, readonly JobRun[]>;
  readonly findingsPage: Read<FindingsPage, readonly Finding[]>;

  /** Audit scans go up by key, so that a page is found again however long the last one took. */
  readonly groupShapes: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly GroupShape[]
  >;
  readonly openTasksScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly Task[]
  >;
  readonly tasksWithLedgerScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly TaskWithLedger[]
  >;
  readonly ledgerScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly LedgerEntry[]
  >;
  /** Deleted ones too. */
  readonly connectionsScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly Connection[]
  >;
  readonly decisionsScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly DecisionRecord[]
  >;
  /** Budget counters by the end of their period, then their id: those behind that one. */
  readonly budgetCountersScan: Read<
    { readonly tenantId: TenantId; readonly at: Instant; readonly after: string; readonly limit: number },
    readonly BudgetCounter[]
  >;
  /** Forced pulls by their time, then their id: those behind that one, whatever became of them. */
  readonly forcedPullsScan: Read<
    { readonly tenantId: TenantId; readonly at: Instant; readonly after: string; readonly limit: number },
    readonly Pull[]
  >;
}

export type ReadName = keyof Reads;
export type ReadParams<Name extends ReadName> = Reads[Name]['params'];
export type ReadResult<Name extends ReadName> = Reads[Name]['result'];

/** One read, as data. */
export type ReadRequest = { [Name in ReadName]: { readonly read: Name; readonly params: ReadParams<Name> } }[ReadName];

/**
 * Puts facts together from reads. It yields what it wants to know and is handed the answer: a synchronous store
 * drives it in one go, an asynchronous one awaits each, and neither has a copy of it.
 */
export type Loader<Facts> = Generator<ReadRequest, Facts, unknown>;

/** One read inside a loader: `const task = yield* read('task', { tenantId, id })`. */
export function* read<Name extends ReadName>(name: Name, params: ReadParams<Name>): Loader<ReadResult<Name>> {
  return (yield { read: name, params } as ReadRequest) as ReadResult<Name>;
}
