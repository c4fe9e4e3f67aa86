import type { Trace } from '../workload/trace.js';
import { cappedRescues } from './capped.js';
import { concavePurchases, mostForMoney, type Purchase } from './envelope.js';
import { mostRescued } from './spaced.js';
import { stalenessOf, type StaleWindow } from './stale-windows.js';

/** Knows the whole trace beforehand: what no policy can beat. */
export interface Oracle {
  readonly reads: number;
  /** The share of reads that are fresh without any forced refresh. */
  readonly base: number;
  /** The highest share of fresh reads that this much money can buy in the trace. */
  readonly freshAt: (micros: number) => number;
  /** What it costs to reach every read that can be reached, at the most. */
  readonly enoughMicros: number;
}

const purchasesOf = (windows: readonly StaleWindow[], priceMicros: number, gapMs: number): readonly Purchase[] =>
  gapMs === 0
    ? windows.map(({ reads }) => ({ reads: reads.length, micros: priceMicros }))
    : concavePurchases(mostRescued(windows, gapMs), priceMicros);

/**
 * Without limits it is exact within one window: each stale window is rescued by one call, the most reads for the money
 * first. With gaps and caps it is a bound from above. It never fails, where a policy's calls may.
 */
export const oracleOf = ({ workload, spanMs, connections, reads }: Trace): Oracle => {
  const { backgroundEveryMs, minGapMs, cap } = workload;
  const stale = connections.map((connection) => ({
    priceMicros: connection.priceMicros,
    ...stalenessOf(connection, backgroundEveryMs, spanMs),
  }));
  const freshReads = stale.reduce((sum, one) => sum + one.freshReads, 0);
  const purchases = stale.flatMap(({ windows, priceMicros }) => purchasesOf(windows, priceMicros, minGapMs));
  const uncapped = mostForMoney(purchases);
  const capped =
    cap === null
      ? uncapped
      : cappedRescues(
          stale.flatMap(({ windows, priceMicros }) => windows.map((window) => ({ window, micros: priceMicros }))),
          cap,
        );
  const share = (fresh: number): number => (reads === 0 ? 1 : fresh / reads);
  return {
    reads,
    base: share(freshReads),
    freshAt: (micros) => share(freshReads + Math.min(uncapped(micros), capped(micros))),
    enoughMicros: purchases.reduce((sum, { micros }) => sum + micros, 0),
  };
};
