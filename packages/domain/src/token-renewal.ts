import type { ConnectionId, TaskId, TenantId } from './ids.js';
import type { Instant } from './time.js';

/** `taken`: a worker is about to renew; `sent`: it has, or may have, and nothing came back yet; `resting`: nothing is under way. */
export const renewalStates = ['resting', 'taken', 'sent'] as const;
export type RenewalState = (typeof renewalStates)[number];

/**
 * How the renewal of one connection's single-use refresh token stands. The tokens themselves are the connection's
 * credentials: they are replaced as one, in the turn that ends the renewal.
 */
export interface TokenRenewal {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  readonly state: RenewalState;
  /** The renewal under way: whoever holds another one writes nothing. A new name each time, so that none comes back. */
  readonly lease: string | null;
  /** Real time: until then nobody else renews. */
  readonly leaseUntil: Instant | null;
  /** How often the present refresh token was sent and nothing came back. */
  readonly lost: number;
  /** The token service is not asked again before this (engine clock). */
  readonly notBefore: Instant | null;
  /** The permit that the token was lent for last, and the one that it was renewed for because it had been refused. */
  readonly lentFor: TaskId | null;
  readonly renewedFor: TaskId | null;
  /** When the last step was made. */
  readonly at: Instant;
}
