// One audit of a database, as the service runs it: the store in this thread, the pages in a thread of their own. Tells what each
// check took, how many rows it looked at and what it found, how many commits it made, how far the log grew, and the most memory
// that the process had. With `bare` instead, it reads the tables one after the other by better-sqlite3 and does nothing with them.
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { requestAudit, runAudit } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import { benchEngine, pageThread, TENANT } from './audit-engine.mjs';

const [what, file] = process.argv.slice(2);

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

const logSize = () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;

const audited = async () => {
  let commits = 0;
  const store = openSqliteStore({ file, onCommit: () => (commits += 1) });
  const engine = benchEngine(store);
  const thread = pageThread(engine, file);
  const checks = {};
  let longestLog = 0;
  const pages = async (check, place) => {
    const [startedAt, cpu] = [performance.now(), cpuMs()];
    const page = await thread.pages(check, place);
    const ms = performance.now() - startedAt;
    const known = (checks[check] ??= { ms: 0, cpuMs: 0, pages: 0, rows: 0, longestMs: 0, critical: 0 });
    known.ms += ms;
    known.cpuMs += cpuMs() - cpu;
    known.pages += 1;
    known.rows += page.examined;
    known.longestMs = Math.max(known.longestMs, ms);
    known.critical += page.found.filter(({ severity }) => severity === 'critical').length;
    longestLog = Math.max(longestLog, logSize());
    return page;
  };
  // A thread is started at its first page.
  await thread.pages('stuck-tasks', { tenantId: TENANT, now: Date.now(), after: '', limit: 1 });
  const [startedAt, cpu] = [performance.now(), cpuMs()];
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
    cpuMs: cpuMs() - cpu,
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
