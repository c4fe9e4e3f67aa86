import { StoreUnavailable } from '@freshet/ports';
import type Database from 'better-sqlite3';
import { createBatches, type Turn, type Waiting } from './batch.js';

/** One commit, with the turns that it made durable. */
export interface Commit {
  readonly turns: number;
  readonly tookMs: number;
}

export interface Turns {
  take<Decided>(turn: Turn<Decided>): Promise<Decided>;
  /** Runs what waits, then takes no more. */
  close(): void;
}

/**
 * Group commit. Turns that wait together share one transaction and one sync of the disk, and each is answered when
 * that is durable. `setImmediate` lets all requests that arrived in one round of the event loop in.
 */
export const createTurns = (client: Database.Database, onCommit: (commit: Commit) => void): Turns => {
  let queue: Waiting[] = [];
  let scheduled = false;
  let closed = false;
  const batches = createBatches(client);

  const flush = (): void => {
    scheduled = false;
    const startedAt = performance.now();
    const turns = batches.run(queue);
    queue = queue.slice(turns);
    if (queue.length > 0) schedule();
    onCommit({ turns, tookMs: performance.now() - startedAt });
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
