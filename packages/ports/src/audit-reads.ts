import type {
  AuditFigures,
  AuditId,
  AuditRun,
  BudgetCounter,
  ChainCheckpoint,
  ChainHead,
  ChainLink,
  ChainName,
  Charge,
  Connection,
  ConnectionId,
  DecisionRecord,
  DurationMs,
  Finding,
  Instant,
  LedgerEntry,
  ProviderName,
  Pull,
  PullPlan,
  StatusChange,
  Task,
  TaskState,
  TenantId,
} from '@freshet/domain';
import type { FindingsPage, Page } from './pages.js';
import type { InTenant, Read } from './read.js';

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

/** Where a walk through rows by their connection goes on; both empty: at its beginning. */
export interface ChainPlace {
  readonly tenantId: TenantId;
  readonly connectionId: string;
  readonly after: string;
  readonly limit: number;
}

/** What audits were made and what they have found, and the walks over all rows of a record that they are made of. */
export interface AuditReads {
  readonly audit: Read<InTenant<AuditId>, AuditRun | null>;
  readonly auditFigures: Read<InTenant<AuditId>, AuditFigures | null>;
  /** The newest done audit of that trigger before that one. */
  readonly doneAuditBefore: Read<InTenant<AuditId> & { readonly trigger: AuditRun['trigger'] }, AuditRun | null>;
  /** What an audit found of that, by the key of the finding. */
  readonly findingByKey: Read<
    { readonly tenantId: TenantId; readonly auditId: AuditId; readonly check: string; readonly key: string },
    Finding | null
  >;
  readonly auditsPage: Read<Page, readonly AuditRun[]>;
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
