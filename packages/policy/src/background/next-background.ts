import { permissionsOf } from '@freshet/domain';
import type { Connection, DurationMs, Instant } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

/** A pull that is late by less than this part of its period is still expected at any moment: providers are not clocks. */
export const LATE_SHARE = 24;

/** How late a pull may be before it counts as missed. */
export const graceMsOf = ({ background: { everyMs } }: Pick<RefreshPolicy, 'background'>): DurationMs =>
  everyMs / LATE_SHARE;

export type Timed = Pick<
  Connection,
  'status' | 'statusReason' | 'lastSuccessAt' | 'lastForcedAt' | 'lastBackgroundAt' | 'connectedAt'
>;

/**
 * When the provider's own pull is, or was, first expected: one period after its last one (while none is known: after the
 * last data), for it keeps its own hours whatever is forced; but never inside the time in which our forced pull suppresses
 * it. Null where none comes: the provider has no background of its own, or does not pull in this status.
 */
export const expectedBackgroundAt = (policy: RefreshPolicy, connection: Timed): Instant | null => {
  const { owner, everyMs, suppressedByForcedMs } = policy.background;
  if (owner !== 'provider' || everyMs <= 0) return null;
  if (permissionsOf({ status: connection.status, reason: connection.statusReason }).refresh !== 'yes') return null;
  const base = connection.lastBackgroundAt ?? connection.lastSuccessAt ?? connection.connectedAt;
  const suppressedUntil =
    suppressedByForcedMs === 0 || connection.lastForcedAt === null ? 0 : connection.lastForcedAt + suppressedByForcedMs;
  return Math.max(base + everyMs, suppressedUntil);
};

/**
 * When the provider's own pull is expected next. One that is a little late is still to come; a missed one is expected a
 * whole number of periods later.
 */
export const nextBackgroundAt = (policy: RefreshPolicy, connection: Timed, now: Instant): Instant | null => {
  const first = expectedBackgroundAt(policy, connection);
  if (first === null || first > now) return first;
  const { everyMs } = policy.background;
  const lateBy = (now - first) % everyMs;
  const due = now - lateBy;
  const graceMs = graceMsOf(policy);
  return lateBy < graceMs ? due + graceMs : due + everyMs;
};

/**
 * From when on one that was expected then counts as missed. While its hours are not known, the last data may be of a pull
 * that pushed it away as a forced one does.
 */
export const missedFrom = (
  policy: RefreshPolicy,
  { lastBackgroundAt }: Pick<Connection, 'lastBackgroundAt'>,
  expectedAt: Instant,
): Instant => expectedAt + graceMsOf(policy) + (lastBackgroundAt === null ? policy.background.suppressedByForcedMs : 0);

/** From when on the connection counts as stale, given its newest data. */
export const staleAt = (policy: RefreshPolicy, lastSuccessAt: Instant | null, connectedAt: Instant): Instant =>
  (lastSuccessAt ?? connectedAt) + policy.background.staleAfterMs;
