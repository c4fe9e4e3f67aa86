import { StoreUnavailable } from '@freshet/ports';
import type Database from 'better-sqlite3';
import { isOutage, translated } from './failures.js';

/** One commit, with the turns that it made durable. */
export interface Commit {
  readonly turns: number;
  readonly tookMs: number;
}

/** How a turn's own part runs: first what only reads, then what writes. */
interface Turn<Decided> {
  readonly decide: () => Decided;
  /** How many rows `write` writes. */
  readonly writes: (decided: Decided) => number;
  readonly write: (decided: Decided) => void;
}

interface Waiting {
  readonly turn: Turn<unknown>;
  readonly resolve: (decided: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface Turns {
  take<Decided>(turn: Turn<Decided>): Promise<Decided>;
  /** Runs what waits, then takes no more. */
  close(): void;
}

/** Bounds of one commit, so that the event loop gets its turn, too. */
const MOST_TURNS = 256;
const MOST_MS = 8;

/**
 * Group commit. Turns that wait together share one transaction and one sync of the disk; each has a savepoint, so that
 * it fails alone, and each is answered when the commit is durable. `setImmediate` lets all requests that arrived in one
 * round of the event loop in.
 */
export const createTurns = (client: Database.Database, onCommit: (commit: Commit) => void): Turns => {
  let queue: Waiting[] = [];
  let scheduled = false;
  let closed = false;
  const batch = createBatch(client);

  const flush = (): void => {
    scheduled = false;
    const startedAt = performance.now();
    const ran = batch.run(queue, startedAt + MOST_MS);
    queue = queue.slice(ran);
    if (queue.length > 0) schedule();
    onCommit({ turns: ran, tookMs: performance.now() - startedAt });
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };

  return {
    take: <Decided>(turn: Turn<Decided>) =>
      new Promise<Decided>((resolve, reject) => {
        if (closed) {
          reject(new StoreUnavailable('the store is closed'));
          return;
        }
        queue.push({ turn: turn as Turn<unknown>, resolve: resolve as (decided: unknown) => void, reject });
        schedule();
      }),
    close: () => {
      closed = true;
      while (queue.length > 0) flush();
    },
  };
};

/** What became of one turn, to be told once its batch is committed. */
type Outcome = { readonly kept: true; readonly decided: unknown } | { readonly kept: false; readonly error: unknown };

const createBatch = (client: Database.Database) => {
  const begin = client.prepare('begin immediate');
  const commit = client.prepare('commit');
  const rollback = client.prepare('rollback');
  const runAlone = createSavepoint(client);

  /** Runs turns until a bound is met. Throws where the transaction ended under them. */
  const runAll = (waiting: readonly Waiting[], until: number, outcomes: Outcome[]): void => {
    while (outcomes.length < waiting.length && outcomes.length < MOST_TURNS) {
      const outcome = runAlone((waiting[outcomes.length] as Waiting).turn);
      outcomes.push(outcome);
      // A full disk may end the transaction, with all that earlier turns of the batch wrote.
      if (!client.inTransaction) throw outcome.kept ? new Error('the transaction ended early') : outcome.error;
      if (performance.now() > until) return;
    }
  };

  /** Nothing was kept of any of them; those that failed by themselves still hear their own error. */
  const refuseAll = (waiting: readonly Waiting[], outcomes: readonly Outcome[], error: unknown): void => {
    waiting.forEach(({ reject }, index) => {
      const outcome = outcomes[index];
      reject(outcome && !outcome.kept ? outcome.error : unavailable(error));
    });
  };

  return {
    /** Runs a batch from the front of the queue and answers it; how many turns it took. */
    run: (queue: readonly Waiting[], until: number): number => {
      const outcomes: Outcome[] = [];
      try {
        begin.run();
        runAll(queue, until, outcomes);
        commit.run();
      } catch (error) {
        if (client.inTransaction) rollback.run();
        const taken = queue.slice(0, Math.max(outcomes.length, 1));
        // Where not even a transaction could be begun, all that waited would meet the same.
        const refused = outcomes.length === 0 ? queue.slice(0, MOST_TURNS) : taken;
        refuseAll(refused, outcomes, error);
        return refused.length;
      }
      outcomes.forEach((outcome, index) => {
        const { resolve, reject } = queue[index] as Waiting;
        if (outcome.kept) resolve(outcome.decided);
        else reject(outcome.error);
      });
      return outcomes.length;
    },
  };
};

const createSavepoint = (client: Database.Database) => {
  const savepoint = client.prepare('savepoint turn');
  const release = client.prepare('release turn');
  const back = client.prepare('rollback to turn');

  const write = (turn: Turn<unknown>, decided: unknown): void => {
    // One statement is whole or nothing by itself, and reading leaves nothing to take back.
    const writes = turn.writes(decided);
    if (writes < 2) {
      if (writes === 1) turn.write(decided);
      return;
    }
    savepoint.run();
    try {
      turn.write(decided);
      release.run();
    } catch (error) {
      takeBack();
      throw error;
    }
  };

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

  return (turn: Turn<unknown>): Outcome => {
    try {
      const decided = turn.decide();
      write(turn, decided);
      return { kept: true, decided };
    } catch (error) {
      return { kept: false, error: translated(error) };
    }
  };
};

const unavailable = (error: unknown): unknown =>
  isOutage(error) || error instanceof StoreUnavailable
    ? translated(error)
    : new StoreUnavailable(
        `the turn could not be committed: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
