import { pagesOver, type AuditPlace } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import { rebuildPolicyBook } from '@freshet/policy';
import { StoreUnavailable } from '@freshet/ports';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { PageAnswer } from '../audit/page-thread.js';

/*
 * The thread in which an audit reads, put together: a connection of its own that cannot write, beside the owner's. It is
 * sent the place of a page, and answers with what was found there.
 */

// Requests go first. On Linux this is the thread's own; elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

const { file, policies } = workerData as { readonly file: string; readonly policies: string };
const pages = pagesOver(openSqliteStore({ file, readonly: true }), rebuildPolicyBook(policies));
const port = parentPort as MessagePort;
const answer = (to: PageAnswer): void => port.postMessage(to);

port.on('message', ({ check, place }: { readonly check: string; readonly place: AuditPlace }) => {
  pages(check, place).then(
    (page) => answer({ page }),
    (error: unknown) => answer({ error: String(error), isOutage: error instanceof StoreUnavailable }),
  );
});
