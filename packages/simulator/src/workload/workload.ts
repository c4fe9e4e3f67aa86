import { DAY } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';

/** A lognormal distribution, cut off at both ends. */
export interface Spread {
  readonly median: number;
  readonly sigma: number;
  readonly min: number;
  readonly max: number;
}

/** What tells of changes at the bank before anybody pulls. */
export type Signals =
  | { readonly kind: 'none' }
  /** Each change at once. */
  | { readonly kind: 'exact' }
  /** A share of them is lost, the rest comes after a while. */
  | { readonly kind: 'webhooks'; readonly loss: number; readonly delayMs: Spread };

/** At most so many forced refreshes over the whole account in any stretch of this length. */
export interface PullCap {
  readonly count: number;
  readonly perMs: DurationMs;
}

/**
 * A made-up world, described: everything that happens in it follows from these numbers. Rates are per day, money is in
 * micros of the currency.
 */
export interface Workload {
  readonly name: string;
  readonly seed: number;
  readonly start: Instant;
  readonly days: number;
  readonly connections: number;
  readonly changesPerDay: Spread;
  readonly readsPerDay: Spread;
  readonly currency: string;
  /** One of these for each connection, all equally likely. */
  readonly priceMicros: readonly number[];
  readonly billedOn: 'success' | 'attempt';
  /** The provider's own pull, at a phase of each connection's own. */
  readonly backgroundEveryMs: DurationMs;
  /** When changes come: a weight for each hour of the week in UTC, the first one Monday's; null: evenly. */
  readonly hourWeights: readonly number[] | null;
  readonly signals: Signals;
  /** The share of forced refreshes that fail at the bank. */
  readonly forcedFailure: number;
  readonly cap: PullCap | null;
  /** Between two forced refreshes of one connection. */
  readonly minGapMs: DurationMs;
}

/**
 * The first of January of a leap year: 60 days from there are two whole calendar months, so that a budget by the month
 * and an amount per 30 days are the same money.
 */
export const USUAL_START: Instant = Date.UTC(2028, 0, 1);

/** The workload that freshness is measured on where nothing else is said. */
export const referenceWorkload: Workload = {
  name: 'reference',
  seed: 1,
  start: USUAL_START,
  days: 60,
  connections: 800,
  changesPerDay: { median: 1.2, sigma: 0.9, min: 0.05, max: 20 },
  readsPerDay: { median: 0.6, sigma: 1, min: 0.03, max: 20 },
  currency: 'USD',
  priceMicros: [50_000, 100_000, 300_000],
  billedOn: 'attempt',
  backgroundEveryMs: DAY,
  hourWeights: null,
  signals: { kind: 'none' },
  forcedFailure: 0,
  cap: null,
  minGapMs: 0,
};

export const HOURS_OF_WEEK = 168;
