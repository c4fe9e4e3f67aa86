import { MINUTE } from '@freshet/domain';
import type { Connection, DurationMs, Instant, Pull, PullState } from '@freshet/domain';
import { LATE_SHARE } from '../background/next-background.js';
import type { RefreshPolicy } from '../policy.js';

/**
 * One aggregation is told of by several events, and one of ours by the provider's own after its task has ended. What comes
 * so soon after a pull is that pull's, unless the provider's own was due.
 */
export const ECHO_MS: DurationMs = 15 * MINUTE;

/** Whether the provider's own pull was due around then, by its own hours. */
const isInItsHours = (group: readonly Connection[], at: Instant, { background }: RefreshPolicy): boolean =>
  group.some(({ lastBackgroundAt: before }) => {
    if (before === null || background.everyMs <= 0 || at - before <= ECHO_MS) return false;
    const off = (at - before) % background.everyMs;
    return Math.min(off, background.everyMs - off) <= background.everyMs / LATE_SHARE;
  });

const happened: ReadonlySet<PullState> = new Set(['sent', 'accepted', 'succeeded', 'partial', 'unknown']);

const distance = ({ at, endedAt }: Pull, moment: Instant): DurationMs =>
  Math.max(at - moment, moment - Math.max(endedAt ?? at, at), 0);

/** Of pulls of one group, the one that happened nearest to that moment. */
export const nearestPull = (pulls: readonly Pull[], moment: Instant): Pull | null =>
  pulls.filter(({ state }) => happened.has(state)).toSorted((a, b) => distance(a, moment) - distance(b, moment))[0] ??
  null;

/** The pull that data of that moment belongs to, where that is counted already: events come in any order. */
export const echoedPull = (
  lastPull: Pull | null,
  group: readonly Connection[],
  at: Instant,
  policy: RefreshPolicy,
): Pull | null => {
  if (lastPull === null || distance(lastPull, at) > ECHO_MS) return null;
  return isInItsHours(group, at, policy) ? null : lastPull;
};

/** Of several words on one pull: something was new if any says so, nothing if all do. */
export const togetherNew = (one: boolean | null, other: boolean | null): boolean | null => {
  if (one === true || other === true) return true;
  return one === false && other === false ? false : null;
};
