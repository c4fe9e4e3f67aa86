// One audit of a database, as the service runs it: the store in this thread, the pages in a thread of their own. Tells what each
// check took, how many rows it looked at and what it found, how many commits it made, how far the log grew, and the most memory
// that the process had. With `bare` instead, it reads the tables one after the other by better-sqlite3 and does nothing with them.
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { requestAudit, runAudit } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import { createPageThread } from '../apps/api/dist/audit/page-thread.js';
import { createIds } from '../apps/api/dist/engine/random-ids.js';
import { livedInBook } from './lived-in-book.mjs';

const [what, file] = process.argv.slice(2);
const TENANT = 'ten_default';

const cpuMs = () => (({ user, system }) => (user + system) / 1000)(process.cpuUsage());

const bareReads = () => {
  const client = new Database(file, { readonly: true });
  client.pragma('cache_size = -65536');
  const tables = client.prepare(`select name from sqlite_master where type = 'table'`).pluck().all();
  const reads = {};
  for (const table of tables.filter((name) => !/^(sqlite|__)/.test(name))) {
    const [startedAt, cpu] = [performance.now(), cpuMs()];
    let rows = 0;
    for (const row of client.prepare(`select * from "${table}"`).raw().iterate()) rows += row.length > 0 ? 1 : 0;
    reads[table] = { rows, ms: performance.now() - startedAt, cpuMs: cpuMs() - cpu };
  }
  client.close();
  return { reads };
};

const engineOver = (store) => ({
  store,
  clock: { now: Date.now, realNow: Date.now },
  ids: createIds(Date.now),
  connectorsOf: () => new Map(),
  connectorNeeds: () => [],
  callsThrough: () => ({ timeoutMs: 1_000, atOnce: 1 }),
  vault: { seal: (plain) => plain, open: (sealed) => sealed },
  policies: livedInBook(),
  log: { info: () => undefined, warn: (...said) => console.error(...said) },
  workerId: 'bench',
  leaseMs: 20_000,
});

const logSize = () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;

const audited = async () => {
  let commits = 0;
  const store = openSqliteStore({ file, onCommit: () => (commits += 1) });
  const engine = engineOver(store);
  const thread = createPageThread({
    file,
    policies: engine.policies.archive,
    entry: new URL('../apps/api/dist/engine/audit-thread.js', import.meta.url),
    deadlineMs: 60_000,
  });
  const checks = {};
  let longestLog = 0;
  const pages = async (check, place) => {
    const [startedAt, cpu] = [performance.now(), cpuMs()];
    const page = await thread.pages(check, place);
    const ms = performance.now() - startedAt;
    const known = (checks[check] ??= { ms: 0, cpuMs: 0, pages: 0, rows: 0, longestMs: 0, found: 0, examples: [] });
    known.ms += ms;
    known.cpuMs += cpuMs() - cpu;
    known.pages += 1;
    known.rows += page.examined;
    known.longestMs = Math.max(known.longestMs, ms);
    known.found += page.found.filter(({ severity }) => severity === 'critical').length;
    known.examples.push(...page.found.slice(0, 2 - Math.min(2, known.examples.length)).map(({ summary }) => summary));
    longestLog = Math.max(longestLog, logSize());
    return page;
  };
  await thread.pages('stuck-tasks', { tenantId: TENANT, now: Date.now(), after: '', limit: 1 });
  const startedAt = performance.now();
  const asked = await requestAudit(engine, TENANT, 'request');
  const run = await runAudit(engine, TENANT, asked.id, {
    pages,
    ...(process.env.PAGE && { pageSize: Number(process.env.PAGE) }),
  });
  const ms = performance.now() - startedAt;
  await thread.end();
  await store.close();
  return {
    state: run.state,
    error: run.error,
    ms,
    commits,
    longestLog,
    checks,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
};

const answer = what === 'bare' ? bareReads() : await audited();
if (process.send) process.send(answer, () => process.exit(0));
else {
  const { checks, reads, ...rest } = answer;
  console.log(rest);
  console.table(checks ?? reads);
}
