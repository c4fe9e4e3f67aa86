import type {
  AuditId,
  ConnectionId,
  ConnectorName,
  Instant,
  ProviderName,
  PullPlan,
  Records,
  RunId,
  TaskId,
  TenantId,
  WebhookId,
} from '@freshet/domain';
import type { Read } from './read.js';

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

/** What has fallen due or grown old, for whoever takes it up. */
export interface DueReads {
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
}
