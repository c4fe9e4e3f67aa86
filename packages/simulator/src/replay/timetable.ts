import { DAY } from '@freshet/domain';
import type { Trace, TracedConnection } from '../workload/trace.js';

/**
 * The times of a timetable: so many a day, and within each stretch between two free refreshes evenly apart from both, as
 * the bound for it has them. A fraction of one comes in every so many stretches.
 */
export const timetableOf = (
  { workload, spanMs }: Trace,
  connection: TracedConnection,
  perDay: number,
): Float64Array => {
  const { backgroundEveryMs } = workload;
  const perStretch = (perDay * backgroundEveryMs) / DAY;
  const times: number[] = [];
  // Connections of one rate do not all begin at the same stretch.
  let due = (connection.index * 0.618_033_988_749_895) % 1;
  for (let from = connection.phaseMs - backgroundEveryMs; from < spanMs; from += backgroundEveryMs) {
    const planned = Math.floor(due + perStretch);
    due += perStretch - planned;
    for (let nth = 1; nth <= planned; nth += 1) {
      const at = Math.floor(from + (backgroundEveryMs * nth) / (planned + 1));
      if (at > 0 && at < spanMs) times.push(at);
    }
  }
  return Float64Array.from(times);
};
