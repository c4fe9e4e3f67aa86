import type { AuditFigures } from './audit-figures.js';
import type { BackgroundWatch, Feed } from './background-watch.js';
import type { Breaker } from './breaker.js';
import type { Closure } from './closure.js';
import type { Connection, ConnectorName, StatusChange } from './connection.js';
import type { DecisionRecord } from './decision.js';
import type { AuditId, ConnectionId, DecisionId, FindingId, RepairId, RunId, TenantId, WebhookId } from './ids.js';
import type { Invoice, InvoiceLine } from './invoice.js';
import type { BudgetAlert, BudgetCounter, LedgerEntry } from './ledger.js';
import type { Money } from './money.js';
import type { PullPlan } from './pull-plan.js';
import type { Pull } from './pull.js';
import type { ConnectionRates, LimitDemand, PostingProfile } from './rates.js';
import type { KeptSweep } from './sweep.js';
import type { Task } from './task.js';
import type { Instant } from './time.js';
import type { TokenRenewal } from './token-renewal.js';

/** What a provider sent, as it was verified. */
export interface WebhookRecord {
  readonly id: WebhookId;
  readonly tenantId: TenantId;
  readonly connector: ConnectorName;
  /** The sender's own id of the event, or a hash of the body: a replay finds the first. */
  readonly eventKey: string;
  /** The raw body, sealed. */
  readonly body: string;
  readonly state: 'received' | 'processed' | 'unmatched' | 'failed';
  readonly error: string | null;
  readonly attempts: number;
  readonly receivedAt: Instant;
  /** When it next needs a worker; null once it is done with. */
  readonly dueAt: Instant | null;
}

/** The answer to a request that carried an Idempotency-Key: kept so that the same request gets it again. */
export interface IdempotencyRecord {
  /** Tenant, route and key. */
  readonly id: string;
  readonly tenantId: TenantId;
  /** Hash of the body: the same key with another body is refused. */
  readonly fingerprint: string;
  readonly decisionId: DecisionId;
  /** The task as it stood when the answer was given. */
  readonly task: Task | null;
  readonly expiresAt: Instant;
}

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** An audit beside the one before it, as far as both asked the same. All counts are by `check/severity`. */
export interface AuditSince {
  readonly auditId: AuditId;
  readonly requestedAt: Instant;
  /** The checks that both asked. */
  readonly checks: readonly string[];
  /** What it had found. */
  readonly counts: Readonly<Record<string, number>>;
  /** Micros at stake in that, by `check/currency`. */
  readonly amounts: Readonly<Record<string, number>>;
  /** Of the findings of today, those that were there then. */
  readonly stayed: Readonly<Record<string, number>>;
  /** The same ones by the severity that they had then. */
  readonly stayedThen: Readonly<Record<string, number>>;
}

/** One run of the audit. */
export interface AuditRun {
  readonly id: AuditId;
  readonly tenantId: TenantId;
  readonly trigger: 'nightly' | 'request';
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  readonly requestedAt: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  /** How many rows each check looked at. */
  readonly examined: Readonly<Record<string, number>>;
  /** Findings by check and severity, as `check/severity`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly money: readonly Money[];
  /** What checks say whether or not they found anything: by their names, in words. */
  readonly digests: Readonly<Record<string, string>>;
  /** Micros of that by check and currency, as `check/currency`. */
  readonly amounts: Readonly<Record<string, number>>;
  /** Null: there was none before it. */
  readonly since: AuditSince | null;
  readonly error: string | null;
}

/** One thing that an audit found. */
export interface Finding {
  readonly id: FindingId;
  readonly tenantId: TenantId;
  readonly auditId: AuditId;
  readonly check: string;
  /** What it is about: the same thing found on another night has the same key, of its check. */
  readonly key: string;
  readonly severity: Severity;
  readonly connectionId: ConnectionId | null;
  readonly summary: string;
  readonly action: string;
  readonly money: Money | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly at: Instant;
  /** When an audit first found it, of those that found it one after the other. */
  readonly firstSeenAt: Instant;
  /** When a repair of it last changed something; null: none has. */
  readonly repairedAt: Instant | null;
}

/** A safe repair of what an audit found, as it was made. One that found nothing to change leaves none. */
export interface Repair {
  readonly id: RepairId;
  readonly tenantId: TenantId;
  readonly auditId: AuditId;
  readonly findingId: FindingId;
  readonly check: string;
  /** What was done, in words. */
  readonly what: string;
  /** The values that it changed, by the id of their row. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  /** The request that asked for it. */
  readonly by: string;
  readonly at: Instant;
}

/** A connection whose customer was sent to repair it: its status is looked at until it is mended, or for some hours. */
export interface StatusLook {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  /** When the customer was sent. */
  readonly since: Instant;
  readonly dueAt: Instant;
}

/** One run of a job: at its time, or by hand. Jobs are the service's, of no tenant. */
export interface JobRun {
  readonly id: RunId;
  readonly job: string;
  /** The time that it ran for: one run for each, however many replicas tick. Null: started by hand. */
  readonly dueAt: Instant | null;
  readonly startedAt: Instant;
  /** Null while it runs, or where its process ended in the middle. */
  readonly endedAt: Instant | null;
  /** How much it did, in the job's own things; null where it failed, or has not ended. */
  readonly did: number | null;
  readonly error: string | null;
}

/** A policy as it was in force, so that its decisions can be decided again. */
export interface PolicyArchive {
  /** The content hash: the decision's `policyVersion`. */
  readonly id: string;
  readonly body: string;
  readonly createdAt: Instant;
}

/** One key of a tenant; only the hash is kept. */
export interface ApiKey {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly hash: string;
  readonly scopes: readonly string[];
  readonly createdAt: Instant;
}

/** A single value of the engine's own (the sandbox clock's offset). */
export interface Setting {
  readonly id: string;
  readonly value: string;
}

/** Everything that is stored, by the name that effects and stores use. Each has an `id`. */
export interface Records {
  readonly connection: Connection;
  readonly statusChange: StatusChange;
  readonly task: Task;
  readonly pull: Pull;
  readonly decision: DecisionRecord;
  readonly ledgerEntry: LedgerEntry;
  readonly budgetCounter: BudgetCounter;
  readonly budgetAlert: BudgetAlert;
  readonly closure: Closure;
  readonly breaker: Breaker;
  readonly connectionRates: ConnectionRates;
  readonly limitDemand: LimitDemand;
  readonly postingProfile: PostingProfile;
  readonly pullPlan: PullPlan;
  readonly backgroundWatch: BackgroundWatch;
  readonly feed: Feed;
  readonly keptSweep: KeptSweep;
  readonly tokenRenewal: TokenRenewal;
  readonly webhook: WebhookRecord;
  readonly idempotency: IdempotencyRecord;
  readonly audit: AuditRun;
  readonly finding: Finding;
  readonly auditFigures: AuditFigures;
  readonly repair: Repair;
  readonly invoice: Invoice;
  readonly invoiceLine: InvoiceLine;
  readonly statusLook: StatusLook;
  readonly jobRun: JobRun;
  readonly policyArchive: PolicyArchive;
  readonly apiKey: ApiKey;
  readonly setting: Setting;
}

export type RecordName = keyof Records;

export const recordNames = [
  'connection',
  'statusChange',
  'task',
  'pull',
  'decision',
  'ledgerEntry',
  'budgetCounter',
  'budgetAlert',
  'closure',
  'breaker',
  'connectionRates',
  'limitDemand',
  'postingProfile',
  'pullPlan',
  'backgroundWatch',
  'feed',
  'keptSweep',
  'tokenRenewal',
  'webhook',
  'idempotency',
  'audit',
  'finding',
  'auditFigures',
  'repair',
  'invoice',
  'invoiceLine',
  'statusLook',
  'jobRun',
  'policyArchive',
  'apiKey',
  'setting',
] as const satisfies readonly RecordName[];
