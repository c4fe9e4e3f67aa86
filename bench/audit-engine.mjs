// What an audit runs on in the benches: an engine over a store, as the service puts it together, and the thread that reads.
import { createPageThread } from '../apps/api/dist/audit/page-thread.js';
import { createIds } from '../apps/api/dist/engine/random-ids.js';
import { livedInBook } from './lived-in-book.mjs';

export const TENANT = 'ten_default';

export const benchEngine = (store) => ({
  store,
  clock: { now: Date.now, realNow: Date.now },
  ids: createIds(Date.now),
  // Switched on, and never called: the timers that would call it are not started.
  connectorsOf: () => new Map([['meld', { name: 'meld', capabilities: {} }]]),
  connectorNeeds: () => [],
  callsThrough: () => ({ timeoutMs: 1_000, atOnce: 1 }),
  vault: { seal: (plain) => plain, open: (sealed) => sealed },
  policies: livedInBook(),
  log: { info: () => undefined, warn: () => undefined },
  workerId: 'bench',
  leaseMs: 20_000,
});

export const pageThread = (engine, file) =>
  createPageThread({
    file,
    policies: engine.policies.archive,
    entry: new URL('../apps/api/dist/engine/audit-thread.js', import.meta.url),
    deadlineMs: 60_000,
  });
