import type { ConnectionId, TenantId } from './ids.js';
import type { DurationMs, Instant } from './time.js';

/** When the next pull of ours falls due, of a connection that nobody else refreshes. One row a connection. */
export interface PullPlan {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  readonly nextPullAt: Instant;
  /** The period by which it was planned. */
  readonly everyMs: DurationMs;
  /** When it was last pulled or tried, by whomever; null: it is meant to grow old (its customer is away, or has to be there). */
  readonly lastPullAt: Instant | null;
  /** What keeps it from its period, in a word; null: nothing. */
  readonly held: string | null;
}
