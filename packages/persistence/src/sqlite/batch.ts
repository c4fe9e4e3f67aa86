import { StoreUnavailable } from '@freshet/ports';
import type Database from 'better-sqlite3';
import { isOutage, translated } from './failures.js';

/** How a turn's own part runs: first what only reads, then what writes. It may run again, from the start. */
export interface Turn<Decided> {
  readonly decide: () => Decided;
  /** How many rows `write` writes. */
  readonly writes: (decided: Decided) => number;
  readonly write: (decided: Decided) => void;
}

/** A turn in the queue, with whom to tell. */
export interface Waiting {
  readonly turn: Turn<unknown>;
  readonly resolve: (decided: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface Batches {
  /** Runs and answers turns from the front of the queue, in one commit; how many it took. */
  run(queue: readonly Waiting[]): number;
}

/** What became of one turn, to be told once its batch is committed. */
type Outcome = { readonly kept: true; readonly decided: unknown } | { readonly kept: false; readonly error: unknown };
type Run = (turn: Turn<unknown>) => Outcome;

interface Attempt {
  readonly outcomes: readonly Outcome[];
  /** Why nothing of it was kept; null where it was committed. */
  readonly failure: unknown;
}

/** A turn failed after some of its rows: the batch is run again, each turn in a savepoint. */
class HalfWritten extends Error {}

/** Bounds of one commit, so that the event loop gets its turn, too. The larger it is, the less each turn costs. */
const MOST_TURNS = 256;
const MOST_MS = 20;

/**
 * A savepoint copies every page that its turn touches, about a quarter of what a turn costs, and a turn that fails
 * half-way is a bug or a full disk. So a batch runs without them first; where a turn is left half written, all of it is
 * taken back and run again with a savepoint for each turn, so that this one fails alone.
 */
export const createBatches = (client: Database.Database): Batches => {
  const begin = client.prepare('begin immediate');
  const commit = client.prepare('commit');
  const runAlone = inSavepoint(client);

  const attempt = (queue: readonly Waiting[], run: Run): Attempt => {
    const outcomes: Outcome[] = [];
    const until = performance.now() + MOST_MS;
    try {
      begin.run();
      for (const { turn } of queue.slice(0, MOST_TURNS)) {
        const outcome = run(turn);
        outcomes.push(outcome);
        // SQLite may end the transaction by itself, with all that earlier turns of the batch wrote.
        if (!client.inTransaction) throw outcome.kept ? new Error('the transaction ended early') : outcome.error;
        if (performance.now() > until) break;
      }
      commit.run();
      return { outcomes, failure: null };
    } catch (error) {
      if (client.inTransaction) client.exec('rollback');
      return { outcomes, failure: error };
    }
  };

  return {
    run: (queue) => {
      const swift = attempt(queue, together);
      const { outcomes, failure } = swift.failure instanceof HalfWritten ? attempt(queue, runAlone) : swift;
      if (failure === null) return answerEach(queue, outcomes);
      // Where not even a transaction could be begun, all that waited would meet the same.
      return refuseAll(queue.slice(0, outcomes.length || MOST_TURNS), outcomes, failure);
    },
  };
};

const answerEach = (queue: readonly Waiting[], outcomes: readonly Outcome[]): number => {
  outcomes.forEach((outcome, index) => {
    const { resolve, reject } = queue[index] as Waiting;
    if (outcome.kept) resolve(outcome.decided);
    else reject(outcome.error);
  });
  return outcomes.length;
};

/** Nothing was kept of any of them; those that failed by themselves still hear their own error. */
const refuseAll = (waiting: readonly Waiting[], outcomes: readonly Outcome[], failure: unknown): number => {
  waiting.forEach(({ reject }, index) => {
    const outcome = outcomes[index];
    reject(outcome && !outcome.kept ? outcome.error : unavailable(failure));
  });
  return waiting.length;
};

/** Without a savepoint: reading leaves nothing to take back, and one statement is whole or nothing by itself. */
const together: Run = (turn) => {
  let writes = 0;
  try {
    const decided = turn.decide();
    writes = turn.writes(decided);
    if (writes > 0) turn.write(decided);
    return { kept: true, decided };
  } catch (error) {
    if (writes > 1) throw new HalfWritten('a turn was left half written', { cause: error });
    return { kept: false, error: translated(error) };
  }
};

const inSavepoint = (client: Database.Database): Run => {
  const savepoint = client.prepare('savepoint turn');
  const release = client.prepare('release turn');
  const back = client.prepare('rollback to turn');

  /** Half a turn is never kept: where it cannot be taken back by itself, the whole batch is. */
  const takeBack = (): void => {
    if (!client.inTransaction) return;
    try {
      back.run();
      release.run();
    } catch {
      client.exec('rollback');
    }
  };

  return (turn) => {
    savepoint.run();
    try {
      const decided = turn.decide();
      turn.write(decided);
      release.run();
      return { kept: true, decided };
    } catch (error) {
      takeBack();
      return { kept: false, error: translated(error) };
    }
  };
};

const unavailable = (failure: unknown): unknown => {
  if (isOutage(failure) || failure instanceof StoreUnavailable) return translated(failure);
  const why = failure instanceof Error ? failure.message : String(failure);
  return new StoreUnavailable(`the turn could not be committed: ${why}`, { cause: failure });
};
