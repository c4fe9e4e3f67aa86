import type { ConnectionId, Effect } from '@freshet/domain';
import type { TracedConnection } from '../workload/trace.js';

/** What the engine is told of its connections before the first day: nothing, or the rates that the workload drew. */
export type KnownRates = 'learned' | 'true';

/** A connection in the store beside the one in the trace. */
export interface Placed {
  readonly id: ConnectionId;
  readonly traced: TracedConnection;
}

/** The rows that a run with true rates starts from. No record holds a rate yet, so there is nothing to write. */
export const trueRates = (_placed: readonly Placed[]): readonly Effect[] => [];
