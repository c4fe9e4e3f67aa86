import type { ConnectionId, TenantId } from './ids.js';
import type { Instant } from './time.js';

/** When the next pull of ours falls due, of a connection that nobody else refreshes. One row a connection. */
export interface PullPlan {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  readonly nextPullAt: Instant;
}
