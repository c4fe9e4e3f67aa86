import type {
  ApiKey,
  AuditFigures,
  AuditId,
  AuditRun,
  BackgroundWatch,
  Breaker,
  BudgetAlert,
  BudgetCounter,
  ChainCheckpoint,
  ChainHead,
  ChainLink,
  ChainName,
  Charge,
  Closure,
  Connection,
  ConnectionId,
  ConnectionRates,
  LimitDemand,
  ConnectorName,
  DecisionId,
  DecisionRecord,
  DurationMs,
  Feed,
  Finding,
  IdempotencyRecord,
  Instant,
  JobRun,
  KeptSweep,
  LedgerEntry,
  PolicyArchive,
  PostingProfile,
  ProviderName,
  Pull,
  PullId,
  PullPlan,
  Records,
  RunId,
  Setting,
  StatusChange,
  StatusLook,
  Task,
  TaskId,
  TaskState,
  TenantId,
  TokenRenewal,
  Usage,
  WebhookId,
  WebhookRecord,
} from '@freshet/domain';
import type { InvoiceReads } from './invoice-reads.js';
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

/** What became of the money that was held with one provider in one currency. */
export interface HeldWith extends LedgerTotals {
  readonly provider: ProviderName;
  readonly currency: string;
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

/** A connection with its newest status changes, the newest first. */
export interface ConnectionWithHistory {
  readonly connection: Connection;
  readonly changes: readonly StatusChange[];
}

/** Where a scan has got to: the rows behind that key, at most so many. */
export interface Scan {
  readonly tenantId: TenantId;
  readonly after: string;
  readonly limit: number;
}

/** The same of rows by their connection: those behind that row of that connection. */
export interface ConnectionScan extends Scan {
  readonly connectionId: string;
}

/** A stretch of a scan, of which a store leaves out what is surely well. */
export interface Sifted<Row> {
  /** How many rows lie in it, left out or not. */
  readonly examined: number;
  /** The key of its last row; null: there is none. */
  readonly last: string | null;
  readonly rows: readonly Row[];
}

/** How many refreshes at one provider ended in one way. */
export interface RefreshCount {
  readonly provider: ProviderName;
  readonly state: TaskState;
  readonly newData: boolean | null;
  readonly count: number;
}

/** Money of one provider on one day, which begins at `day`. `reserved`: what was held then for a refresh, and is not settled. */
export interface MoneyOfDay {
  readonly provider: ProviderName;
  readonly currency: string;
  readonly kind: Exclude<Charge, 'released'>;
  readonly day: Instant;
  readonly micros: number;
}

/** A row of a chain as it is kept, beside what its link should be. Of a row that somebody changed, anything may be anything. */
export interface KeptLink extends ChainLink {
  readonly id: string;
  readonly connectionId: ConnectionId;
  readonly madeAt: Instant;
  /** The hash of the row as it is now, behind `previous`. */
  readonly computed: string;
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

/** How many feeds of one kind are silent, of all tenants together. */
export interface SilentFeedCount {
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly scope: Feed['scope'];
  readonly count: number;
}

/** Records that are kept for a time. */
export const retainedNames = ['decision', 'task', 'ledgerEntry', 'pull', 'webhook', 'statusChange', 'audit'] as const;
export type RetainedName = (typeof retainedNames)[number];

/** When it was made, in its own terms. */
export const madeColumns = {
  decision: 'decidedAt',
  task: 'queuedAt',
  ledgerEntry: 'at',
  pull: 'at',
  webhook: 'receivedAt',
  statusChange: 'at',
  audit: 'requestedAt',
} as const satisfies { readonly [Name in RetainedName]: keyof Records[Name] };

export interface OldRow {
  readonly id: string;
  readonly tenantId: TenantId;
  /** Null of records that are no connection's. */
  readonly connectionId: ConnectionId | null;
  readonly madeAt: Instant;
}

/** Where a walk through rows by their connection goes on; both empty: at its beginning. */
export interface ChainPlace {
  readonly tenantId: TenantId;
  readonly connectionId: string;
  readonly after: string;
  readonly limit: number;
}

export interface Read<Params, Result> {
  readonly params: Params;
  readonly result: Result;
}

export interface InTenant<Key> {
  readonly tenantId: TenantId;
  readonly id: Key;
}

/**
 * Everything that is ever read, by name: what goes in and what comes out. A store answers each; loaders put them
 * together. All of them are bounded: by a key, a `limit` or a `take`.
 */
export interface Reads extends InvoiceReads {
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
  /** Of what was charged in that time, what nobody here decided: history that a provider loads at a connect, and bills. */
  readonly unaskedMoney: Read<
    {
      readonly tenantId: TenantId;
      readonly provider: ProviderName | null;
      readonly currency: string;
      readonly from: Instant;
      readonly until: Instant;
    },
    number
  >;
  /** Since when money has been held at all; null: never. */
  readonly oldestMoney: Read<{ readonly tenantId: TenantId }, Instant | null>;
  /** The same of each provider and currency, ordered by them. */
  readonly heldTotals: Read<
    { readonly tenantId: TenantId; readonly from: Instant; readonly until: Instant },
    readonly HeldWith[]
  >;
  readonly ledgerOfTask: Read<{ readonly tenantId: TenantId; readonly taskId: TaskId }, readonly LedgerEntry[]>;
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
  readonly keptSweep: Read<{ readonly tenantId: TenantId }, KeptSweep | null>;
  readonly statusLook: Read<InTenant<ConnectionId>, StatusLook | null>;
  readonly tokenRenewal: Read<InTenant<ConnectionId>, TokenRenewal | null>;
  readonly backgroundWatch: Read<InTenant<ConnectionId>, BackgroundWatch | null>;
  readonly feed: Read<{ readonly id: string }, Feed | null>;
  readonly silentFeedsOfTenant: Read<{ readonly tenantId: TenantId }, readonly Feed[]>;
  readonly silentFeedCounts: Read<Record<string, never>, readonly SilentFeedCount[]>;
  /** How many are watched of a feed, counted up to `take`; institution null: of all of them. */
  readonly watchedOfFeed: Read<TaskLane & { readonly institutionId: string | null; readonly take: number }, number>;
  readonly idempotency: Read<{ readonly id: string }, IdempotencyRecord | null>;
  readonly webhook: Read<InTenant<WebhookId>, WebhookRecord | null>;
  readonly webhookByKey: Read<
    { readonly tenantId: TenantId; readonly connector: ConnectorName; readonly eventKey: string },
    WebhookRecord | null
  >;
  readonly audit: Read<InTenant<AuditId>, AuditRun | null>;
  readonly auditFigures: Read<InTenant<AuditId>, AuditFigures | null>;
  /** The newest done audit of that trigger before that one. */
  readonly doneAuditBefore: Read<InTenant<AuditId> & { readonly trigger: AuditRun['trigger'] }, AuditRun | null>;
  /** What an audit found of that, by the key of the finding. */
  readonly findingByKey: Read<
    { readonly tenantId: TenantId; readonly auditId: AuditId; readonly check: string; readonly key: string },
    Finding | null
  >;
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
  readonly duePullPlans: Read<{ readonly now: Instant; readonly limit: number }, readonly PullPlan[]>;
  /** The same of one tenant. */
  readonly duePullPlansOfTenant: Read<
    { readonly tenantId: TenantId; readonly now: Instant; readonly limit: number },
    readonly PullPlan[]
  >;
  /** The next tenant, by id, that has own pulls, due or not. `after` empty: the first. */
  readonly pullPlanTenantAfter: Read<{ readonly after: string }, TenantId | null>;
  /** How many own pulls of all tenants were due by then, counted up to `most`. */
  readonly countDuePullPlans: Read<{ readonly now: Instant; readonly most: number }, number>;
  /** The same of one tenant. */
  readonly countDuePullPlansOfTenant: Read<
    { readonly tenantId: TenantId; readonly now: Instant; readonly most: number },
    number
  >;
  /** Those of a tenant that were pulled longest ago, but for those that are meant to grow old. */
  readonly oldestPullPlans: Read<{ readonly tenantId: TenantId; readonly limit: number }, readonly PullPlan[]>;
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
  /** Connections whose background refresh has to be asked for by then, the longest due first. */
  readonly dueBackgroundWatches: Read<
    { readonly now: Instant; readonly limit: number },
    readonly { readonly tenantId: TenantId; readonly id: ConnectionId }[]
  >;
  /** The next lane, by connector, provider and tenant, of which a connection waits to be read. All empty: the first. */
  readonly lookLaneAfter: Read<TaskLane, TaskLane | null>;
  /** Connections of a lane that wait to be read at their provider, the longest first. */
  readonly looksOfLane: Read<
    TaskLane & { readonly limit: number },
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
  /** Rows of a record by their ids, over all tenants: ids are made upwards in time, so the oldest come first. */
  readonly oldestRows: Read<
    { readonly record: RetainedName; readonly after: string; readonly limit: number },
    readonly OldRow[]
  >;
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
  /** The findings of an audit that `laterId` found no more, the newest first. */
  readonly goneFindingsPage: Read<Page & { readonly auditId: AuditId; readonly laterId: AuditId }, readonly Finding[]>;

  /** Audit scans go up by key, so that a page is found again however long the last one took. */
  readonly groupShapes: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly GroupShape[]
  >;
  readonly openTasksScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly Task[]
  >;
  /** Tasks whose money may not have been reserved once and settled once, as they say. */
  readonly tasksAgainstLedger: Read<Scan, Sifted<Task>>;
  /** The tasks of such a stretch that were queued since then, by what became of them. */
  readonly refreshCounts: Read<Scan & { readonly since: Instant }, readonly RefreshCount[]>;
  /** The entries of such a stretch, by connection, since then: added up. */
  readonly moneyOfDays: Read<ConnectionScan & { readonly since: Instant }, readonly MoneyOfDay[]>;
  /** Entries of the ledger without a task, or a pull that nobody forced, behind them; the last one's key is `<connection> <entry>`. */
  readonly entriesAstray: Read<ConnectionScan, Sifted<LedgerEntry>>;
  /** Connections that were charged since then for what may have brought nothing new, or came so soon before a free pull. */
  readonly wastefulConnections: Read<
    Scan & { readonly since: Instant; readonly soonMs: DurationMs },
    Sifted<Connection>
  >;
  /** Complete connections beside another one of the same customer at the same institution of the provider. */
  readonly twinConnections: Read<Scan, Sifted<Connection>>;
  /** Active connections whose consent ends no later than then, or has ended. */
  readonly consentsEndingBy: Read<Scan & { readonly until: Instant }, Sifted<Connection>>;
  /** Connections, deleted ones too, each with at most so many of its changes. */
  readonly historiesScan: Read<Scan & { readonly mostChanges: number }, readonly ConnectionWithHistory[]>;
  /** By connection, then by id: from just behind that entry of that connection. */
  readonly ledgerScan: Read<ChainPlace, readonly LedgerEntry[]>;
  /** The rows of a chain, in the same order. */
  readonly chainLinks: Read<ChainPlace & { readonly chain: ChainName }, readonly KeptLink[]>;
  /** By connection. */
  readonly chainHeads: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly ChainHead[]
  >;
  /** Of one kind of chain, by connection. */
  readonly chainCheckpoints: Read<
    { readonly tenantId: TenantId; readonly chain: ChainName; readonly after: string; readonly limit: number },
    readonly ChainCheckpoint[]
  >;
  readonly pullPlansScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly PullPlan[]
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
