import type { Breaker, BreakerEnd, DurationMs, Instant } from '@freshet/domain';
import { doubling } from '../outcome/backoff.js';
import type { BreakerRule } from '../policy.js';

/** The provider is to blame for sure, or for more than one institution at a time. */
const isBeyondOneInstitution = (failures: readonly BreakerEnd[]): boolean =>
  failures.some(({ perhaps }) => perhaps === null) || new Set(failures.map(({ perhaps }) => perhaps)).size > 1;

/**
 * Whether these ends open a breaker: enough of the last so many failed. A provider's does not open for what one
 * institution's own breaker holds back.
 */
export const trips = (ends: readonly BreakerEnd[], scope: Breaker['scope'], rule: BreakerRule): boolean => {
  const failures = ends.filter(({ failed }) => failed);
  return failures.length >= rule.failures && (scope === 'institution' || isBeyondOneInstitution(failures));
};

/**
 * The ends that count once another has come: the last so many, within the time, and of each task its last alone, so that
 * one task that is tried again and again opens nothing. None while nothing has failed.
 */
export const withEnd = (ends: readonly BreakerEnd[], end: BreakerEnd, rule: BreakerRule): readonly BreakerEnd[] => {
  const others = ends.filter(({ taskId, at }) => taskId !== end.taskId && end.at - at < rule.withinMs);
  const last = [...others, end].slice(-rule.of);
  return last.some(({ failed }) => failed) ? last : [];
};

/**
 * How long it stays shut when it opens for the `opened`th time in a row: doubling, up to a bound; the upper half is spread by `jitter`,
 * from 0 to 1, so that what opened together is not tried together.
 */
export const pauseOf = (rule: BreakerRule, opened: number, jitter: number): DurationMs => {
  const whole = doubling(rule.pauseMs, rule.maxPauseMs, Math.max(0, opened - 1));
  return Math.round(whole / 2 + (whole / 2) * jitter);
};

/** What is kept of a breaker, and until when its door is shut: null where it is open to all. */
export interface BreakerState {
  readonly ends: readonly BreakerEnd[];
  readonly opened: number;
  readonly until: Instant | null;
}

const closed: BreakerState = { ends: [], opened: 0, until: null };

/** An end while it was closed. */
export const afterEnd = (
  ends: readonly BreakerEnd[],
  end: BreakerEnd,
  scope: Breaker['scope'],
  rule: BreakerRule,
  jitter: number,
): BreakerState => {
  const counted = withEnd(ends, end, rule);
  if (!trips(counted, scope, rule)) return { ...closed, ends: counted };
  return { ends: [], opened: 1, until: end.at + pauseOf(rule, 1, jitter) };
};

/** The end of the one task that tried it: a success closes it, a failure opens it longer. */
export const afterProbe = (opened: number, end: BreakerEnd, rule: BreakerRule, jitter: number): BreakerState =>
  end.failed ? { ends: [], opened: opened + 1, until: end.at + pauseOf(rule, opened + 1, jitter) } : closed;
