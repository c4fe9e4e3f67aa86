import { permissionsOf } from '@freshet/domain';
import type { Connection, Instant } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

type Timed = Pick<
  Connection,
  'status' | 'statusReason' | 'lastSuccessAt' | 'lastForcedAt' | 'lastBackgroundAt' | 'connectedAt'
>;

/**
 * When the provider's own pull is expected: one period after its last one (while none is known: after the last data),
 * for it keeps its own hours whatever is forced; but never inside the time in which our forced pull suppresses it. A missed one is expected a whole number of periods later. Null where none comes: the
 * provider has no background of its own, or does not pull in this status.
 */
export const nextBackgroundAt = (policy: RefreshPolicy, connection: Timed, now: Instant): Instant | null => {
  const { owner, everyMs, suppressedByForcedMs } = policy.background;
  if (owner !== 'provider' || everyMs <= 0) return null;
  if (permissionsOf({ status: connection.status, reason: connection.statusReason }).refresh !== 'yes') return null;
  const base = connection.lastBackgroundAt ?? connection.lastSuccessAt ?? connection.connectedAt;
  const suppressedUntil = (connection.lastForcedAt ?? Number.NEGATIVE_INFINITY) + suppressedByForcedMs;
  const first = Math.max(base + everyMs, suppressedUntil);
  if (first > now) return first;
  return first + (Math.floor((now - first) / everyMs) + 1) * everyMs;
};

/** From when on the connection counts as stale, given its newest data. */
export const staleAt = (policy: RefreshPolicy, lastSuccessAt: Instant | null, connectedAt: Instant): Instant =>
  (lastSuccessAt ?? connectedAt) + policy.background.staleAfterMs;
