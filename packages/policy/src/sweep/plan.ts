import { DAY, HOUR } from '@freshet/domain';
import type { DurationMs, Instant, SweepForecast, SweepPrices, SweepRules } from '@freshet/domain';
import type { SweepCandidate, SweepColumns } from './candidates.js';

export { leftOutCauses } from '@freshet/domain';
export type { LeftOutCause, SweepForecast, SweepPrices, SweepRules } from '@freshet/domain';

/** Money for the pulls of one horizon; provider null: of every provider. */
export interface SweepBudget {
  readonly name: string;
  readonly provider: string | null;
  readonly currency: string;
  readonly micros: number;
}

/** At most `count` pulls of the account or institution in any stretch of `perMs`; `usedAt`: those already made in the last one. */
export interface SweepCap {
  readonly scope: 'account' | 'institution';
  readonly key: string;
  readonly count: number;
  readonly perMs: DurationMs;
  readonly usedAt: readonly Instant[];
}

/** Yodlee's own table for absent customers; a week for everything else. */
export const defaultSweepRules: SweepRules = {
  maxAgeMs: 7 * DAY,
  dormancy: [
    { afterMs: 30 * DAY, everyMs: 3 * DAY },
    { afterMs: 45 * DAY, everyMs: 7 * DAY },
    { afterMs: 90 * DAY, everyMs: null },
  ],
  worthAtLeast: 1,
  reopeningMs: HOUR,
};

export interface SweepInput {
  readonly now: Instant;
  /** A day where it is left out. */
  readonly horizonMs?: DurationMs;
  readonly candidates: Iterable<SweepCandidate> | SweepColumns;
  /** A connection that no budget covers is held by `worthAtLeast` alone. */
  readonly budgets: readonly SweepBudget[];
  readonly caps: readonly SweepCap[];
  readonly rules?: Partial<SweepRules>;
}

/** Why a pull is planned. */
export const pullCauses = ['worth', 'starving'] as const;
export type PullCause = (typeof pullCauses)[number];

/** What kept it from coming sooner or more often. */
export const pullBounds = [
  'nothing',
  'money',
  'gap',
  'allowance',
  'dormancy',
  'closed',
  'account-cap',
  'institution-cap',
] as const;
export type PullBound = (typeof pullBounds)[number];

/** One planned pull with its numbers. */
export interface PlannedPull {
  readonly connectionId: string;
  readonly at: Instant;
  readonly cause: PullCause;
  readonly bound: PullBound;
  /** When it would go if no cap and no closure stood in the way. */
  readonly dueAt: Instant;
  /** From one pull to the next at the present prices; null: only so that it does not starve. */
  readonly everyMs: DurationMs | null;
  /** What it brings at that time, and what a pull has to bring at the present prices: micros of value. */
  readonly worthMicros: number;
  readonly shadowMicros: number;
  readonly priceMicros: number;
  readonly currency: string | null;
  /** Changes expected to have been missed by then; null: never pulled. */
  readonly missedChanges: number | null;
}

/** The planned pulls in columns, in the order of time. */
export interface PlannedColumns {
  /** The row of the candidate. */
  readonly candidates: Int32Array;
  readonly at: Float64Array;
  readonly dueAt: Float64Array;
  /** The pull before it, -Infinity: none; the interval, Infinity: none; and the shadow price. */
  readonly previousAt: Float64Array;
  readonly everyMs: Float64Array;
  readonly shadowMicros: Float64Array;
  /** Rows of `pullCauses` and `pullBounds`. */
  readonly causes: Uint8Array;
  readonly bounds: Uint8Array;
}

export interface SweepPlan {
  readonly from: Instant;
  readonly until: Instant;
  readonly columns: SweepColumns;
  readonly pulls: PlannedColumns;
  /** Of each candidate without a pull the row of `leftOutCauses`, 255 where it has one. */
  readonly leftOut: Uint8Array;
  readonly prices: SweepPrices;
  readonly rules: SweepRules;
  readonly forecast: SweepForecast;
}
