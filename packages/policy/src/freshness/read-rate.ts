import { DAY } from '@freshet/domain';
import type { Instant, ReadHistory } from '@freshet/domain';
import { fading } from './change-rate.js';

/** What the prior weighs, in days of watching. */
const PRIOR_DAYS = 3;

export const noReadsSeen = (at: Instant): ReadHistory => ({ reads: 0, days: 0, countedUntil: at, lastAt: null });

/** So many requests since the last count. */
export const observeReads = (history: ReadHistory, reads: number, now: Instant): ReadHistory => {
  const elapsed = now - history.countedUntil;
  if (elapsed <= 0) return history;
  const share = fading(elapsed);
  return {
    reads: history.reads * share + reads,
    days: history.days * share + elapsed / DAY,
    countedUntil: now,
    lastAt: reads > 0 ? now : history.lastAt,
  };
};

/** Requests per day, between the prior and what was seen by how long was watched. */
export const readsPerDay = ({ reads, days }: ReadHistory, priorPerDay: number): number =>
  (reads + priorPerDay * PRIOR_DAYS) / (days + PRIOR_DAYS);
