import { DAY, HOUR } from '@freshet/domain';
import type { Trace, TracedConnection } from '@freshet/simulator';

/** A Monday: the pictures count days from it. */
export const FIRST_MONDAY = Date.UTC(2028, 0, 3);

/** The trace with some of its connections' lives changed: what a reader has to follow is given, the rest stays drawn. */
export const changedTrace = (trace: Trace, change: (one: TracedConnection) => TracedConnection): Trace => {
  const connections = trace.connections.map(change);
  return { ...trace, connections, reads: connections.reduce((sum, { reads }) => sum + reads.length, 0) };
};

/** Reads at the same hours each week: by day from Monday, in hours of the day. */
export const weekly = (hours: readonly (readonly number[])[], days: number): Float64Array =>
  Float64Array.from(
    Array.from({ length: days }, (_, day) =>
      (hours[day % hours.length] ?? []).map((hour) => Math.round(day * DAY + hour * HOUR)),
    ).flat(),
  );
