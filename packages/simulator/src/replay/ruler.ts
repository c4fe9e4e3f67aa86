import type { DurationMs } from '@freshet/domain';
import type { TracedConnection } from '../workload/trace.js';

/** What a ruler may look at when a customer reads. One object, filled anew for each read. */
export interface Moment {
  connection: TracedConnection;
  at: number;
  /** Since the newest pull, by whomever. */
  ageMs: DurationMs;
  /** Since the newest forced one; Infinity before the first. */
  sinceForcedMs: DurationMs;
  untilBackgroundMs: DurationMs;
  /** The truth: a change has been missed. Only bounds may look at it. */
  isStale: boolean;
  /** A signal has told of a change that no pull has brought yet. */
  isSignalled: boolean;
}

interface Named {
  readonly name: string;
  /** It holds a call back where the window is known to be closed; else the call is made, refused, and counted. */
  readonly mindsLimits: boolean;
}

/** A yardstick for policies: it forces when a customer reads, or by a timetable, and knows what it was given. */
export type Ruler =
  | (Named & { readonly kind: 'at-read'; readonly forces: (moment: Moment) => boolean })
  /** Forced refreshes a day, by connection, spread evenly between the free ones. */
  | (Named & { readonly kind: 'timetable'; readonly perDay: readonly number[] });

/** A ruler for each value of one parameter: the higher, the more or the less it spends. */
export interface RulerFamily {
  readonly name: string;
  readonly at: (parameter: number) => Ruler;
  readonly lowest: number;
  readonly highest: number;
  readonly higherSpends: 'more' | 'less';
}
