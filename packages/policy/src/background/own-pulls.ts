import { isTerminal, MINUTE, put, remove } from '@freshet/domain';
import type {
  Connection,
  Decision,
  DurationMs,
  Effect,
  Instant,
  PullPlan,
  RefreshFacts,
  RefreshRequest,
} from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from '../refresh/decide-refresh.js';
import { offsetSeed } from '../sweep/candidates.js';
import { LATE_SHARE } from './next-background.js';
import { pullsByPermit } from './pulls-by-permit.js';

/** What was missed while nothing ran comes back over this part of a period. */
const CATCH_UP_SHARE = 4;
/** A pull that is later than this was missed, however short its period is. */
export const LEAST_LATE_MS = 10 * MINUTE;
/** What was refused until a moment ago is not asked for again at once. */
const LEAST_PAUSE_MS = MINUTE;

/** What a pull that nobody asked for asks for: all there is, without the customer. */
export const OWN_PULL: RefreshRequest = {
  mode: 'force',
  products: null,
  maxAgeMs: null,
  from: null,
  to: null,
  attended: false,
};

type Pulled = Pick<Connection, 'id' | 'lastSuccessAt' | 'lastAttemptAt' | 'connectedAt'>;

/** Its own part of a stretch of time, always the same: what was imported together does not come together. */
export const ownPart = (id: string, ofMs: DurationMs): DurationMs => Math.floor((offsetSeed(id) / 2 ** 32) * ofMs);

/** One period after it was last pulled or tried, by whomever, and a little more, which is its own. */
const dueAt = ({ background: { everyMs } }: RefreshPolicy, of: Pulled): Instant => {
  const base = Math.max(of.lastSuccessAt ?? of.connectedAt, of.lastAttemptAt ?? Number.NEGATIVE_INFINITY);
  return base + everyMs + ownPart(of.id, everyMs / LATE_SHARE);
};

/** Its place among those that all come back at once. */
export const caughtUpAt = ({ background: { everyMs } }: RefreshPolicy, id: string, now: Instant): Instant =>
  now + 1 + ownPart(id, everyMs / CATCH_UP_SHARE);

/** When a connection that has no plan yet is first pulled; null: never by us. */
export const firstOwnPullAt = (
  policy: RefreshPolicy,
  of: Pulled & Pick<Connection, 'status'>,
  now: Instant,
): Instant | null => {
  if (!pullsByPermit(policy) || isTerminal(of.status)) return null;
  const due = dueAt(policy, of);
  return due > now ? due : caughtUpAt(policy, of.id, now);
};

/** The plan of a connection that came, or whose status was told anew; none where it is not ours to pull. */
export const planOwnPull = (connection: Connection, policy: RefreshPolicy, now: Instant): readonly Effect[] => {
  const nextPullAt = firstOwnPullAt(policy, connection, now);
  return nextPullAt === null ? [] : [put('pullPlan', { id: connection.id, tenantId: connection.tenantId, nextPullAt })];
};

export interface OwnPullDecision {
  /** Where it opens a permit. */
  readonly decision: Decision | null;
  readonly effects: readonly Effect[];
}

/** When a pull that was not made is thought of again. */
const againAt = (policy: RefreshPolicy, id: string, { verdict, refusal, retryAt }: Decision, now: Instant): Instant => {
  const { everyMs } = policy.background;
  // Shut by an operator, who may open it at any moment: what fell due meanwhile is not left out for a whole period.
  if (refusal === 'provider-closed' && retryAt === null)
    return Math.max(now + LEAST_PAUSE_MS, caughtUpAt(policy, id, now));
  // Joined, or handed back: the pull that ran tells when the next is due.
  if (verdict !== 'refuse') return now + Math.max(LEAST_PAUSE_MS, everyMs / LATE_SHARE);
  if (retryAt === null) return now + everyMs;
  const opensAt = Math.min(Math.max(retryAt, now + LEAST_PAUSE_MS), now + everyMs);
  return opensAt + ownPart(id, everyMs / LATE_SHARE);
};

/**
 * A connection whose own pull has fallen due: it is pulled if a request would be; where it was pulled meanwhile, or
 * cannot be now, its time is moved; what was missed while nothing ran comes back one by one. Null facts: it is gone.
 */
export const decideOwnPull = (
  plan: PullPlan,
  facts: RefreshFacts | null,
  policy: RefreshPolicy | null,
  now: Instant,
): OwnPullDecision => {
  if (facts === null || policy === null || !pullsByPermit(policy) || isTerminal(facts.asked.status))
    return { decision: null, effects: [remove('pullPlan', plan.id)] };
  const at = (nextPullAt: Instant): readonly Effect[] => [put('pullPlan', { ...plan, nextPullAt })];
  const { everyMs } = policy.background;
  // Its twin stands for it; should that one go, this one is looked at again.
  if (facts.asked.id !== facts.active.id) return { decision: null, effects: at(now + everyMs) };
  const due = dueAt(policy, facts.active);
  if (due > now) return { decision: null, effects: at(due) };
  const isMissed = now - plan.nextPullAt > Math.max(everyMs / LATE_SHARE, LEAST_LATE_MS);
  if (isMissed) return { decision: null, effects: at(caughtUpAt(policy, plan.id, now)) };
  const decision = decideRefresh(facts, OWN_PULL, policy);
  if (decision.verdict !== 'force') return { decision: null, effects: at(againAt(policy, plan.id, decision, now)) };
  return { decision, effects: at(dueAt(policy, { ...facts.active, lastAttemptAt: now })) };
};
