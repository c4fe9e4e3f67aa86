import type { DurationMs, Instant, LimitState, Product, Usage } from '@freshet/domain';
import type { Cooldown, Limit, RefreshPolicy, Window } from '../policy.js';
import { concerns, placesFor, windowBounds } from './reads.js';

/** One limit, judged for one request at one time. */
export interface LimitVerdict {
  readonly limit: Limit;
  /** Whether this request, once made, is counted by it. */
  readonly takes: boolean;
  readonly state: LimitState;
  readonly open: boolean;
  /** When this very request would first pass: now where it is open, null where it never will. */
  readonly allowedAt: Instant | null;
  /** When it will next let one pass if this one is made now. */
  readonly afterThisAt: Instant | null;
}

const unused: Usage = { count: 0, oldestAt: null, latestAt: null };

/** One without a time is reserved: it is taken to be sent now, the earliest that it can be. Never a time that is past. */
const leavesAt = (sentAt: Instant | null, length: DurationMs, now: Instant): Instant =>
  sentAt === null || sentAt + length <= now ? now + length : sentAt + length;

const judgeCooldown = (limit: Cooldown, usage: Usage, now: Instant): LimitVerdict => {
  const last = usage.count === 0 ? null : (usage.latestAt ?? now) + limit.forMs;
  const until = last !== null && last > now ? last : null;
  const open = until === null;
  return {
    limit,
    takes: true,
    state: { name: limit.name, scope: limit.scope, limit: 1, remaining: open ? 1 : 0, resetAt: until },
    open,
    allowedAt: until ?? now,
    afterThisAt: now + limit.forMs,
  };
};

/** Whether the limit would count the pull that this request asks for. */
export const takesPlace = (limit: Limit, attended: boolean): boolean =>
  limit.kind === 'cooldown' ||
  (limit.counts.origins.includes('forced') && (limit.counts.attended === null || limit.counts.attended === attended));

/**
 * `usage` holds the newest pulls, at most as many as there are places. So in a full rolling window the oldest of them is
 * exactly the one that has to leave before the next may enter; where all of them are reserved, any of those.
 */
const judgeWindow = (limit: Window, usage: Usage, attended: boolean, now: Instant): LimitVerdict => {
  const places = placesFor(limit, attended);
  const remaining = Math.max(0, places - usage.count);
  const { end } = windowBounds(limit, now);
  const length = limit.per.shape === 'rolling' ? limit.per.ms : 0;
  const givesBackAt = end ?? (usage.count === 0 ? null : leavesAt(usage.oldestAt, length, now));
  const open = remaining > 0;
  const takes = takesPlace(limit, attended);
  const leftAfterThis = remaining - (takes ? 1 : 0);
  return {
    limit,
    takes,
    state: {
      name: limit.name,
      scope: limit.scope,
      limit: places,
      remaining,
      resetAt: usage.count === 0 ? null : givesBackAt,
    },
    open,
    allowedAt: open ? now : places === 0 ? null : givesBackAt,
    afterThisAt: leftAfterThis > 0 ? now : places === 0 ? null : (givesBackAt ?? now + length),
  };
};

const judge = (limit: Limit, usage: Usage, attended: boolean, now: Instant): LimitVerdict =>
  limit.kind === 'cooldown' ? judgeCooldown(limit, usage, now) : judgeWindow(limit, usage, attended, now);

/** Every limit that concerns the request, judged at `now`. */
export const judgeLimits = (
  policy: RefreshPolicy,
  usage: Readonly<Record<string, Usage>>,
  products: readonly Product[],
  attended: boolean,
  now: Instant,
): readonly LimitVerdict[] =>
  policy.limits
    .filter((limit) => concerns(limit, products, attended))
    .map((limit) => judge(limit, usage[limit.name] ?? unused, attended, now));

/** The latest of several instants, null (never) being later than any. */
export const latestOf = (instants: readonly (Instant | null)[]): Instant | null =>
  instants.some((at) => at === null) ? null : Math.max(...(instants as readonly Instant[]));
