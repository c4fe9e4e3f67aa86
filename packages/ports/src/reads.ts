import type {
  ApiKey,
  BackgroundWatch,
  Breaker,
  BudgetAlert,
  BudgetCounter,
  Closure,
  Connection,
  ConnectionId,
  ConnectionRates,
  ConnectorName,
  DecisionId,
  DecisionRecord,
  Feed,
  IdempotencyRecord,
  Instant,
  JobRun,
  KeptSweep,
  LedgerEntry,
  LimitDemand,
  PolicyArchive,
  PostingProfile,
  ProviderName,
  Pull,
  PullId,
  PullPlan,
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
import type { AuditReads } from './audit-reads.js';
import type { DueReads, TaskLane } from './due-reads.js';
import type { InvoiceReads } from './invoice-reads.js';
import type { ConnectionsPage, DecisionsPage, Page, TasksPage } from './pages.js';
import type { InTenant, Read } from './read.js';
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

/** How many feeds of one kind are silent, of all tenants together. */
export interface SilentFeedCount {
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly scope: Feed['scope'];
  readonly count: number;
}

/**
 * Everything that is ever read, by name: what goes in and what comes out. A store answers each; loaders put them
 * together. All of them are bounded: by a key, a `limit` or a `take`.
 */
export interface Reads extends AuditReads, DueReads, InvoiceReads {
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
  readonly policyArchive: Read<{ readonly id: string }, PolicyArchive | null>;
  readonly apiKeyByHash: Read<{ readonly hash: string }, ApiKey | null>;
  readonly setting: Read<{ readonly id: string }, Setting | null>;

  readonly connectionsPage: Read<ConnectionsPage, readonly Connection[]>;
  readonly decisionsPage: Read<DecisionsPage, readonly DecisionRecord[]>;
  readonly tasksPage: Read<TasksPage, readonly Task[]>;
  readonly historyPage: Read<Page & { readonly connectionId: ConnectionId }, readonly StatusChange[]>;
  readonly jobRunsPage: Read<Pick<Page, 'before' | 'limit'> & { readonly job: string }, readonly JobRun[]>;
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
