import { permissionsOf } from '@freshet/domain';
import type { Connection, Instant } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

/** A pull that is late by less than this part of its period is still expected at any moment: providers are not clocks. */
export const LATE_SHARE = 24;

type Timed = Pick<
  Connection,
  'status' | 'statusReason' | 'lastSuccessAt' | 'lastForcedAt' | 'lastBackgroundAt' | 'connectedAt'
>;

/**
 * When the provider's own pull is expected: one period after its last one (while none is known: after the last data),
 * for it keeps its own hours whatever is forced; but never inside the time in which our forced pull suppresses it. One that is a little late is still to come; a missed one
 * is expected a whole number of periods later. Null where none comes: the
 * provider has no background of its own, or does not pull in this status.
 */
export const nextBackgroundAt = (policy: RefreshPolicy, connection: Timed, now: Instant): Instant | null => {
  const { owner, everyMs, suppressedByForcedMs } = policy.background;
  if (owner !== 'provider' || everyMs <= 0) return null;
  if (permissionsOf({ status: connection.status, reason: connection.statusReason }).refresh !== 'yes') return null;
  const base = connection.lastBackgroundAt ?? connection.lastSuccessAt ?? connection.connectedAt;
  const suppressedUntil =
    suppressedByForcedMs === 0 || connection.lastForcedAt === null ? 0 : connection.lastForcedAt + suppressedByForcedMs;
  const first = Math.max(base + everyMs, suppressedUntil);
  if (first > now) return first;
  const lateBy = (now - first) % everyMs;
  const due = now - lateBy;
  const graceMs = everyMs / LATE_SHARE;
  return lateBy < graceMs ? due + graceMs : due + everyMs;
};

/** From when on the connection counts as stale, given its newest data. */
export const staleAt = (policy: RefreshPolicy, lastSuccessAt: Instant | null, connectedAt: Instant): Instant =>
  (lastSuccessAt ?? connectedAt) + policy.background.staleAfterMs;
