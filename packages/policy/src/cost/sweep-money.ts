import type { BudgetFacts, Instant } from '@freshet/domain';
import { allowedMicros, keptMicros } from './allowance.js';
import { usedMicros } from './budget.js';

/**
 * What a sweep may spend of a budget from now until then: an even share of what is left for unattended requests; what
 * lay idle so far comes on top, and what the next period brings by then. Never more than its pace allows.
 */
export const sweepMoney = (budget: BudgetFacts, now: Instant, until: Instant): number => {
  const { periodStart, periodEnd, amountMicros } = budget;
  const most = amountMicros - keptMicros(budget);
  const used = usedMicros(budget);
  const left = Math.max(0, most - used);
  const length = periodEnd - periodStart;
  const here = Math.min(until, periodEnd);
  const evenly = (left * (here - now)) / Math.max(1, periodEnd - now);
  const saved = (most * (here - periodStart)) / length - used;
  const paced = budget.headStart === null ? left : Math.max(0, allowedMicros(budget, false, here - 1) - used);
  const then = (most * Math.max(0, until - periodEnd)) / length;
  return Math.floor(Math.min(left, paced, Math.max(evenly, saved)) + then);
};
