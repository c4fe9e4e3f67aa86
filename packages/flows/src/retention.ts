import { DAY, type DurationMs } from '@freshet/domain';
import { LOOK_BACK_MS, PERIODS_BACK_MS, WINDOWS_BACK_MS } from './audit/look-backs.js';

/** What is kept for a time. A refresh is its task with all its calls and money: they go together, or not at all. */
export const retentions = ['decisions', 'refreshes', 'pulls', 'webhooks', 'histories', 'audits'] as const;
export type RetentionName = (typeof retentions)[number];

export type Retention = Readonly<Record<RetentionName, DurationMs>>;

/** Somebody who still reads a record, and how far back. */
export interface Need {
  readonly who: string;
  readonly ms: DurationMs;
}

interface RetentionRule {
  /** What it holds, for a person. */
  readonly what: string;
  readonly otherwiseMs: DurationMs;
  readonly needs: readonly Need[];
  /** What stays however old it is. */
  readonly stays: string;
}

const LONGEST_PERIOD_MS = 31 * DAY;
/** `learn-posting-hours` reads so far back. */
const LEARNED_FROM_MS = 56 * DAY;
/** A task that waits for its time, or whose answer never came, has long ended by then. */
const UNDER_WAY_MS = 7 * DAY;

const audit: Need = { who: 'the audit of what was paid in the last month', ms: LOOK_BACK_MS };

/** What needs how much of each record: read by what prunes, checked at the start, and printed in the docs. */
export const retentionRules: Readonly<Record<RetentionName, RetentionRule>> = {
  decisions: {
    what: 'decisions, with the facts that they saw',
    otherwiseMs: 400 * DAY,
    needs: [audit, { who: 'an answer that is kept for its Idempotency-Key', ms: DAY }],
    stays: 'from the first row on that does not fit its hash chain',
  },
  refreshes: {
    what: 'refreshes: tasks, their calls, and what they held and cost (also of connects and repairs)',
    otherwiseMs: 400 * DAY,
    needs: [
      audit,
      {
        who: 'budgets that are checked against the ledger, and their whole period',
        ms: PERIODS_BACK_MS + LONGEST_PERIOD_MS,
      },
      { who: 'the forecast of a budget, from its last period', ms: 2 * LONGEST_PERIOD_MS },
    ],
    stays: 'what is open or still holds money, and of the connection what came after it',
  },
  pulls: {
    what: 'pulls that the provider made by itself, and calls whose refresh is gone',
    otherwiseMs: 400 * DAY,
    needs: [
      audit,
      { who: 'when in the week banks post', ms: LEARNED_FROM_MS },
      { who: 'windows of a month, recomputed for the last week', ms: LONGEST_PERIOD_MS + WINDOWS_BACK_MS },
    ],
    stays: 'what a longer window of its policy counts, and what has a refresh or money in the ledger',
  },
  webhooks: {
    what: 'what providers sent, sealed',
    otherwiseMs: 90 * DAY,
    needs: [{ who: 'events that are sent again, which are known by their first', ms: UNDER_WAY_MS }],
    stays: 'what is yet to be read',
  },
  histories: {
    what: 'status changes of connections',
    otherwiseMs: 400 * DAY,
    needs: [audit],
    stays: 'the newest change of each connection',
  },
  audits: {
    what: 'audits with their findings',
    otherwiseMs: 400 * DAY,
    needs: [{ who: 'the difference from the night before, and a month of them to look at', ms: 31 * DAY }],
    stays: 'what has not ended',
  },
};

/** The need that reaches furthest. */
export const longestNeed = (name: RetentionName): Need =>
  retentionRules[name].needs.reduce((longest, need) => (need.ms > longest.ms ? need : longest));

/** A day more than anybody looks back, so that nobody looks at an edge that is being pruned. */
export const leastRetention = (name: RetentionName): DurationMs => longestNeed(name).ms + DAY;

export const defaultRetention: Retention = Object.fromEntries(
  retentions.map((name) => [name, retentionRules[name].otherwiseMs]),
) as Record<RetentionName, DurationMs>;
