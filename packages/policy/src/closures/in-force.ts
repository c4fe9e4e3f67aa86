import type { ClosureFacts, Instant, TaskId } from '@freshet/domain';

/** Something that nobody says the end of, or whose end may come at any time, is looked at again after this. */
export const LOOK_AGAIN_MS = 30_000;

/** Closures in force: those without an end, and those whose end is still to come. */
export const inForce = (closures: readonly ClosureFacts[], now: Instant): readonly ClosureFacts[] =>
  closures.filter((closure) => closure.until === null || closure.until > now);

/** What keeps this task out: all that is in force but a breaker that the task itself is to try. */
export const shutTo = (closures: readonly ClosureFacts[], taskId: TaskId, now: Instant): readonly ClosureFacts[] =>
  inForce(closures, now).filter(({ probe = null }) => probe !== taskId);

/** When a closure in force may be open: one that is being tried, at any time; null: nobody knows. */
export const opensAt = ({ until, probe = null }: ClosureFacts, now: Instant): Instant | null =>
  until === null || probe === null ? until : Math.min(until, now + LOOK_AGAIN_MS);
