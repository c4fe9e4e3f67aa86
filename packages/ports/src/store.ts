import type { Effect } from '@freshet/domain';
import type { Loader, ReadName, ReadParams, ReadResult } from './reads.js';

/** What a decision has to carry for its turn. */
export interface WithEffects {
  readonly effects: readonly Effect[];
}

/**
 * Where everything is kept. A turn is one isolated transaction: nobody else's effects come between its facts and its
 * own, and it has either happened durably when the promise resolves, or not at all.
 */
export interface Store {
  /** Load facts, decide, apply the decision's effects, commit. `load` and `decide` may run again on a conflict. */
  turn<Facts, Decided extends WithEffects>(
    load: () => Loader<Facts>,
    decide: (facts: Facts) => Decided,
  ): Promise<Decided>;
  /** One read outside of a turn: for showing, never for deciding. */
  read<Name extends ReadName>(name: Name, params: ReadParams<Name>): Promise<ReadResult<Name>>;
  /** Waits for the turns under way. */
  close(): Promise<void>;
}

/** The store could not keep it (disk, connection): nothing of the turn happened; it may be tried again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** An effect ran into a row that was there already (unique index or id): a bug of the decision, or a race that the store lost. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
}
