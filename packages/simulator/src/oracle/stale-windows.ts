import type { DurationMs } from '@freshet/domain';
import type { TracedConnection } from '../workload/trace.js';

/** From a change to the next change or free refresh: one forced refresh in it makes all later reads of it fresh. */
export interface StaleWindow {
  readonly start: number;
  readonly end: number;
  /** The reads in it, in order. */
  readonly reads: Float64Array;
}

/** A connection without forced refreshes: reads that are fresh anyway, and the windows in which they are not. */
export interface Staleness {
  readonly freshReads: number;
  /** Only those with reads in them. */
  readonly windows: readonly StaleWindow[];
}

const backgroundTimes = (phaseMs: number, everyMs: DurationMs, spanMs: number): readonly number[] => {
  const times: number[] = [];
  for (let at = phaseMs; at < spanMs; at += everyMs) times.push(at);
  return times;
};

/** Cuts the connection's timeline at changes and free refreshes. */
export const stalenessOf = (connection: TracedConnection, everyMs: DurationMs, spanMs: number): Staleness => {
  const { changes, reads, phaseMs } = connection;
  const cuts = [
    ...Array.from(changes, (at) => ({ at, isChange: true })),
    ...backgroundTimes(phaseMs, everyMs, spanMs).map((at) => ({ at, isChange: false })),
    // At the same moment the change comes first: the pull brings it.
  ].toSorted((a, b) => a.at - b.at || Number(b.isChange) - Number(a.isChange));
  const windows: StaleWindow[] = [];
  let [freshReads, read, start, isStale] = [0, 0, 0, false];
  for (const { at: end, isChange } of [...cuts, { at: spanMs, isChange: false }]) {
    const first = read;
    while (read < reads.length && (reads[read] as number) < end) read += 1;
    if (!isStale) freshReads += read - first;
    else if (read > first) windows.push({ start, end, reads: reads.subarray(first, read) });
    [start, isStale] = [end, isChange];
  }
  return { freshReads, windows };
};
