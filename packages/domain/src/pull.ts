import type { ConnectorName, ProviderName } from './connection.js';
import type { ConnectionId, PullId, TaskId, TenantId } from './ids.js';
import type { Product } from './products.js';
import type { Instant } from './time.js';

/** Every pull counts, not only those asked for here. */
export const pullOrigins = ['forced', 'background', 'connect', 'repair', 'import', 'products'] as const;
export type PullOrigin = (typeof pullOrigins)[number];

/**
 * `reserved` holds its limits and money; `sent` is durable before the socket is touched; `accepted`: the provider took
 * it. `released`: never sent; `refused`: a typed answer says that it did not happen: neither counts.
 */
export const pullStates = [
  'reserved',
  'sent',
  'accepted',
  'succeeded',
  'partial',
  'failed',
  'unknown',
  'refused',
  'released',
] as const;
export type PullState = (typeof pullStates)[number];

/** The states that count against a window: all that happened, may have happened, or may yet happen. */
export const countedPullStates = [
  'reserved',
  'sent',
  'accepted',
  'succeeded',
  'partial',
  'failed',
  'unknown',
] as const satisfies readonly PullState[];

/** Those that succeeded, or may yet: what a limit on successes has to reckon with. */
export const succeedingPullStates = [
  'reserved',
  'sent',
  'accepted',
  'succeeded',
  'partial',
  'unknown',
] as const satisfies readonly PullState[];

/** One aggregation by the provider, whoever caused it. For a forced one it is the attempt. */
export interface Pull {
  readonly id: PullId;
  readonly tenantId: TenantId;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly connectionId: ConnectionId;
  readonly groupKey: string;
  readonly customerId: string;
  readonly institutionId: string;
  readonly taskId: TaskId | null;
  readonly origin: PullOrigin;
  readonly attended: boolean;
  readonly products: readonly Product[];
  readonly state: PullState;
  /** When it hit the provider, as far as is known: reserved, then sent, then succeeded. Windows count by it. */
  readonly at: Instant;
  readonly sentAt: Instant | null;
  readonly endedAt: Instant | null;
  /** The newest data of the group before what this one brought: what is new came in between. Null: none, or none came. */
  readonly sinceAt: Instant | null;
  readonly newData: boolean | null;
  /** The customer's address and agent, sealed; at most five minutes old, erased when sent. */
  readonly presence: string | null;
  readonly presenceUntil: Instant | null;
}
