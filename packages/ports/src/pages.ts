import type {
  AuditId,
  ConnectionId,
  Instant,
  ProviderName,
  Severity,
  Task,
  TaskState,
  TenantId,
  Verdict,
} from '@freshet/domain';

/** One page of a list: the newest first, from just below the id `before`. */
export interface Page {
  readonly tenantId: TenantId;
  readonly limit: number;
  readonly before: string | null;
}

export interface ConnectionsPage extends Page {
  readonly customerId?: string | undefined;
  readonly provider?: ProviderName | undefined;
  readonly status?: string | undefined;
  readonly duplicate?: 'active' | 'inactive' | undefined;
  /** Stale at this instant: of those that are active in their group and that data is expected of. */
  readonly staleAt?: Instant | undefined;
}

export interface DecisionsPage extends Page {
  readonly connectionId?: ConnectionId | undefined;
  readonly verdict?: Verdict | undefined;
  /** Decided from (inclusive) and to (exclusive). */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

export interface TasksPage extends Page {
  readonly connectionId?: ConnectionId | undefined;
  readonly state?: TaskState | undefined;
  readonly executor?: Task['executor'] | undefined;
}

export interface FindingsPage extends Page {
  readonly auditId: AuditId;
  readonly check?: string | undefined;
  readonly severity?: Severity | undefined;
}
