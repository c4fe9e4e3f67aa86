import type { EngineLog } from '@freshet/flows';
import { Worker } from 'node:worker_threads';
import type { Draw } from './chart.js';

export interface DrawElsewhere {
  /** What runs in the thread. */
  readonly entry: URL;
  /** A report whose charts take longer goes without them. */
  readonly deadlineMs: number;
  readonly log: EngineLog;
  readonly execArgv?: readonly string[];
}

type Answer = { readonly pictures: readonly (string | null)[] } | { readonly error: string };

const answered = (worker: Worker, drawings: Parameters<Draw>[0], deadlineMs: number): ReturnType<Draw> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`they took longer than ${deadlineMs} ms`)), deadlineMs);
    const settled = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
    };
    worker.on('message', (answer: Answer) =>
      settled(() => ('pictures' in answer ? resolve(answer.pictures) : reject(new Error(answer.error)))),
    );
    worker.on('error', (error) => settled(() => reject(error as Error)));
    worker.on('exit', (code) => settled(() => reject(new Error(`their thread ended with code ${code}`))));
    worker.postMessage(drawings);
  });

/**
 * Draws in a thread that is there only meanwhile, one report after the other: loading the library alone would keep every
 * request waiting for a second. A report without its pictures still has its tables.
 */
export const drawElsewhere = ({ entry, deadlineMs, log, execArgv = [] }: DrawElsewhere): Draw => {
  let last: Promise<unknown> = Promise.resolve();

  const inThread: Draw = async (drawings) => {
    const worker = new Worker(entry, { execArgv: [...execArgv] });
    try {
      return await answered(worker, drawings, deadlineMs);
    } catch (error) {
      log.warn('the charts of a report could not be drawn', { error: String(error) });
      return drawings.map(() => null);
    } finally {
      await worker.terminate();
    }
  };

  return (drawings) => {
    if (drawings.length === 0) return Promise.resolve([]);
    const drawn = last.then(() => inThread(drawings));
    last = drawn;
    return drawn;
  };
};
