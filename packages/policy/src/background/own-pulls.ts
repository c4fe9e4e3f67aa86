import { DAY, isTerminal, MINUTE, put, remove } from '@freshet/domain';
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
import { isEngineManaged } from './engine-managed.js';
import { LATE_SHARE } from './next-background.js';
import {
  lastPullOf,
  nothingKnown,
  ownCandidate,
  ownPullAt,
  type OwnPullFacts,
  type OwnPullTime,
  type Pulled,
} from './own-candidate.js';

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

/** Its own part of a stretch of time, always the same: what was imported together does not come together. */
export const ownPart = (id: string, ofMs: DurationMs): DurationMs => Math.floor((offsetSeed(id) / 2 ** 32) * ofMs);

/** One period after it was last pulled or tried, by whomever, and a little more, which is its own. */
const dueAt = (everyMs: DurationMs, of: Pulled): Instant =>
  lastPullOf(of) + everyMs + ownPart(of.id, everyMs / LATE_SHARE);

/** Its place among those that all come back at once: `share` of the way, from 0 to 1. */
const comesBackAt = (everyMs: DurationMs, share: number, now: Instant): Instant =>
  now + 1 + Math.floor((share * everyMs) / CATCH_UP_SHARE);

/** The same where nobody counts the others: at its own place in each such part, so that asking again does not put it off. */
export const caughtUpAt = (everyMs: DurationMs, id: string, now: Instant): Instant => {
  const part = Math.max(1, Math.floor(everyMs / CATCH_UP_SHARE));
  const since = (now - ownPart(id, part)) % part;
  return now + part - (since < 0 ? since + part : since);
};

/**
 * When it goes where nothing is short: a period after its last pull. An overdue one that has a time keeps its time of day,
 * so that planning again moves nobody; one that has none gets one soon.
 */
export const anchorOf = (
  policy: RefreshPolicy,
  of: Pulled,
  plan: Pick<PullPlan, 'nextPullAt'> | null,
  now: Instant,
): Instant => {
  const { everyMs } = policy.background;
  const due = dueAt(everyMs, of);
  if (due > now) return due;
  if (plan === null) return caughtUpAt(everyMs, of.id, now);
  const daysAhead = Math.max(0, Math.ceil((plan.nextPullAt - now) / DAY) - 1);
  return plan.nextPullAt - daysAhead * DAY;
};

/** Its row; one that has no time of its own is looked at again at `otherwise`. */
export const planRow = (
  of: Pulled & Pick<Connection, 'tenantId'>,
  policy: RefreshPolicy,
  { at, held, mayAge }: OwnPullTime,
  otherwise: Instant,
): PullPlan => ({
  id: of.id,
  tenantId: of.tenantId,
  nextPullAt: at ?? otherwise,
  everyMs: policy.background.everyMs,
  lastPullAt: mayAge ? null : lastPullOf(of),
  held,
});

/** When a connection is next pulled by us, at the prices in force and without looking at the others; null: never. */
export const nextOwnPull = (
  connection: Connection,
  policy: RefreshPolicy,
  known: OwnPullFacts,
  now: Instant,
): PullPlan | null => {
  if (!isEngineManaged(policy) || isTerminal(connection.status)) return null;
  const anchor = anchorOf(policy, connection, null, now);
  const time = ownPullAt(ownCandidate(policy, connection, known, anchor), known.terms, { from: now, anchor });
  return planRow(connection, policy, time, anchor);
};

/** The plan of a connection that came, was pulled, or whose status was told anew; none where it is not ours to pull. */
export const planOwnPull = (
  connection: Connection,
  policy: RefreshPolicy,
  now: Instant,
  known: OwnPullFacts = nothingKnown,
): readonly Effect[] => {
  const plan = nextOwnPull(connection, policy, known, now);
  return plan === null ? [] : [put('pullPlan', plan)];
};

/** Whether its time has passed by more than a tick may be late: nothing ran, or nothing could. */
export const isMissed = ({ nextPullAt, everyMs }: Pick<PullPlan, 'nextPullAt' | 'everyMs'>, now: Instant): boolean =>
  now - nextPullAt > Math.max(everyMs / LATE_SHARE, LEAST_LATE_MS);

/** One of those that were missed, as number `rank` of so many: the longest behind first, over a part of the period. */
export const catchUp = (plan: PullPlan, rank: number, of: number, now: Instant): Effect =>
  put('pullPlan', { ...plan, nextPullAt: comesBackAt(plan.everyMs, Math.min(1, rank / Math.max(1, of)), now) });

export interface OwnPullDecision {
  /** Where it pulls. */
  readonly decision: Decision | null;
  readonly effects: readonly Effect[];
}

/** When a pull that was not made is thought of again. */
const againAt = (
  { everyMs }: RefreshPolicy['background'],
  id: string,
  { verdict, refusal, retryAt }: Decision,
  now: Instant,
): Instant => {
  // Shut by an operator, who may open it at any moment: what fell due meanwhile is not left out for a whole period.
  if (refusal === 'provider-closed' && retryAt === null)
    return Math.max(now + LEAST_PAUSE_MS, caughtUpAt(everyMs, id, now));
  // Joined, or handed back: the pull that ran tells when the next is due.
  if (verdict !== 'refuse') return now + Math.max(LEAST_PAUSE_MS, everyMs / LATE_SHARE);
  if (retryAt === null) return now + everyMs;
  const opensAt = Math.min(Math.max(retryAt, now + LEAST_PAUSE_MS), now + everyMs);
  return opensAt + ownPart(id, everyMs / LATE_SHARE);
};

/** What keeps a refused pull, for a person who looks. */
const heldBy = (policy: RefreshPolicy, facts: RefreshFacts, decision: Decision) => ({
  held: decision.refusal ?? decision.verdict,
  lastPullAt:
    decision.refusal === 'customer-required' || decision.refusal === 'not-refreshable'
      ? null
      : lastPullOf(facts.active),
  everyMs: policy.background.everyMs,
});

/**
 * A connection whose own pull has fallen due: it is pulled if a request would be; where it was pulled meanwhile, is not
 * worth the money at the prices in force, or cannot be now, its time is moved. Null facts: it is gone.
 */
export const decideOwnPull = (
  plan: PullPlan,
  facts: RefreshFacts | null,
  policy: RefreshPolicy | null,
  known: OwnPullFacts,
  now: Instant,
): OwnPullDecision => {
  if (facts === null || policy === null || !isEngineManaged(policy) || isTerminal(facts.asked.status))
    return { decision: null, effects: [remove('pullPlan', plan.id)] };
  const { tenantId } = plan;
  const { everyMs } = policy.background;
  const moved = (values: Partial<PullPlan>): OwnPullDecision => ({
    decision: null,
    effects: [put('pullPlan', { ...plan, everyMs, ...values })],
  });
  // Its twin stands for it; should that one go, this one is looked at again.
  if (facts.asked.id !== facts.active.id) return moved({ nextPullAt: now + everyMs, lastPullAt: null, held: 'twin' });
  const timeOf = (of: Pulled, from: Instant, anchor: Instant): OwnPullTime =>
    ownPullAt(ownCandidate(policy, of, known, anchor), known.terms, { from, anchor });
  const due = dueAt(everyMs, facts.active);
  const anchor = due > now ? due : plan.nextPullAt;
  // What the plan lets go so that nobody starves, of those that it sees together, is not weighed alone.
  const isLetGo = due <= now && plan.held === 'starving';
  const time: OwnPullTime = isLetGo
    ? { at: plan.nextPullAt, held: 'starving', mayAge: false }
    : timeOf(facts.active, Math.min(anchor, now), anchor);
  if (time.at !== null && time.at > now)
    return moved({ ...planRow({ ...facts.active, tenantId }, policy, time, time.at), id: plan.id });
  // Its customer is away, or has to be there: it is looked at again, and sooner where that is told.
  if (time.at === null)
    return moved({ ...planRow({ ...facts.active, tenantId }, policy, time, now + everyMs), id: plan.id });
  if (isMissed({ ...plan, everyMs }, now)) return moved({ nextPullAt: caughtUpAt(everyMs, plan.id, now) });
  const decision = decideRefresh(facts, OWN_PULL, policy);
  if (decision.verdict !== 'force')
    return moved({
      nextPullAt: againAt(policy.background, plan.id, decision, now),
      ...heldBy(policy, facts, decision),
    });
  const pulled = { ...facts.active, tenantId, lastAttemptAt: now };
  const next = dueAt(everyMs, pulled);
  return {
    decision,
    effects: [put('pullPlan', planRow(pulled, policy, timeOf(pulled, now, next), next))],
  };
};
