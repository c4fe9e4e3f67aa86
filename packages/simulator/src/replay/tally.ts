import type { Trace } from '../workload/trace.js';

/** What came of a replay, of a ruler or of the real policy: the same numbers, so that they can be set side by side. */
export interface Tally {
  readonly name: string;
  readonly reads: number;
  /** Reads that were served a copy without a missed change. */
  readonly fresh: number;
  readonly spentMicros: number;
  /** Forced refreshes that the provider took. */
  readonly forced: number;
  /** Of those, the ones that failed at the bank. */
  readonly failed: number;
  /** Calls into a window that was closed: refused by the provider, for nothing. */
  readonly violations: number;
}

const DAYS_PER_MONTH = 30;

/** How many connection-months a trace is. */
export const connectionMonths = ({ workload }: Trace): number =>
  (workload.connections * workload.days) / DAYS_PER_MONTH;

/** Money per connection and 30 days, in units of the currency. */
export const perConnectionMonth = (trace: Trace, micros: number): number =>
  micros / 1_000_000 / connectionMonths(trace);

/** And back: an amount per connection and 30 days as the micros of the whole trace. */
export const microsOf = (trace: Trace, amountPerConnectionMonth: number): number =>
  amountPerConnectionMonth * 1_000_000 * connectionMonths(trace);

/** The share of reads that were fresh; a trace without reads has missed none. */
export const freshShare = ({ fresh, reads }: Pick<Tally, 'fresh' | 'reads'>): number =>
  reads === 0 ? 1 : fresh / reads;
