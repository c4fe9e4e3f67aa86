import type { AuditPages, AuditPlace, JudgedPage } from '@freshet/flows';
import { StoreUnavailable } from '@freshet/ports';
import { Worker } from 'node:worker_threads';

export interface PageThreadOptions {
  readonly file: string;
  /** The archive of the policies in force: what the pages are judged by. */
  readonly policies: string;
  /** What runs in the thread. */
  readonly entry: URL;
  /** A page that takes longer is given up, with its thread. */
  readonly deadlineMs: number;
  readonly execArgv?: readonly string[];
}

/** A page that needs more ends its thread, and not the service. A small young generation is emptied in its cache. */
const HEAP = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 };

/** A thread that reads and judges pages, one at a time; it is started at the first. */
export interface PageThread {
  readonly pages: AuditPages;
  /** Nothing to do where no page was ever asked for. */
  readonly end: () => Promise<void>;
}

/** What the thread answers to one page. */
export type PageAnswer =
  { readonly page: JudgedPage } | { readonly error: string; /** It may work later. */ readonly isOutage: boolean };

const opened = (answer: PageAnswer): JudgedPage => {
  if ('page' in answer) return answer.page;
  throw answer.isOutage ? new StoreUnavailable(answer.error) : new Error(answer.error);
};

/** The answer to one page, or why there will be none: its thread threw, ended, or took too long. */
const answered = (worker: Worker, check: string, place: AuditPlace, deadlineMs: number): Promise<PageAnswer> =>
  new Promise((resolve, reject) => {
    const settled = (settle: () => void): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      settle();
    };
    const onMessage = (answer: PageAnswer): void => settled(() => resolve(answer));
    const onError = (error: unknown): void => settled(() => reject(error as Error));
    const onExit = (code: number): void =>
      settled(() => reject(new Error(`the thread of the audit ended with code ${code}`)));
    const tooLate = new Error(`a page of ${check} took longer than ${deadlineMs} ms`);
    const timer = setTimeout(() => settled(() => reject(tooLate)), deadlineMs);
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage({ check, place });
  });

export const createPageThread = ({
  file,
  policies,
  entry,
  deadlineMs,
  execArgv = [],
}: PageThreadOptions): PageThread => {
  let present: Worker | undefined;

  const start = (): Worker => {
    const worker = new Worker(entry, {
      workerData: { file, policies },
      execArgv: [...execArgv],
      resourceLimits: HEAP,
    });
    // Without a listener, what it throws between two pages would end the whole process.
    worker.on('error', () => undefined);
    return worker;
  };

  const end = async (): Promise<void> => {
    const worker = present;
    present = undefined;
    await worker?.terminate();
  };

  return {
    pages: async (check, place) => {
      present ??= start();
      const answer = await answered(present, check, place, deadlineMs).catch(async (error: unknown) => {
        // What it may still say is no answer to the next page.
        await end();
        throw error;
      });
      return opened(answer);
    },
    end,
  };
};
