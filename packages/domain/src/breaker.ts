import type { ClosureScope } from './closure.js';
import type { ConnectorName, ProviderName } from './connection.js';
import type { TaskId, TenantId } from './ids.js';
import type { Instant } from './time.js';

/** A breaker guards a provider through one connector, or one institution behind that. */
export const breakerScopes = ['provider', 'institution'] as const satisfies readonly ClosureScope[];
export type BreakerScope = (typeof breakerScopes)[number];

/** How a task's call, or its job, ended: as far as that tells of an outage. */
export interface BreakerEnd {
  readonly taskId: TaskId;
  readonly at: Instant;
  readonly failed: boolean;
  /** The institution that may have been at fault instead; null: surely none. */
  readonly perhaps: string | null;
}

/** What a breaker remembers. While it is open, a closure of the same id keeps the door shut. */
export interface Breaker {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly scope: BreakerScope;
  /** The institution; empty for the provider. */
  readonly scopeKey: string;
  /** The last ends, the oldest first: kept only while one of them failed, so that a healthy provider has none. */
  readonly ends: readonly BreakerEnd[];
  /** How often it opened since it last was closed by a success. */
  readonly opened: number;
  readonly at: Instant;
}
