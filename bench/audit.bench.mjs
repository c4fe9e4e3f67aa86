// The audit of a database that was lived in (`lived-in.mjs`), check by check, beside a bare sequential read of the same tables by
// better-sqlite3 in the same run: at 10^4 and 10^5 connections with 30 days behind them, at 10^5 and 10^6 as they were imported.
// Then the p99 of refresh requests over HTTP, with and without an audit of the largest beside them, by turns. In times of the
// processor where two are compared, so that a busy machine is busy for both; requests in milliseconds.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditChecks } from '@freshet/flows';
import { refreshLatencies } from './audit-latency.mjs';

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

const runs = [
  { connections: 10_000, days: 30 },
  { connections: 100_000, days: 30 },
  { connections: 100_000, days: 0 },
  { connections: 1_000_000, days: 0 },
];
/** `FRESHET_BENCH_MOST=10000` leaves the larger ones out. */
const most = Number(process.env.FRESHET_BENCH_MOST ?? Infinity);

/** The tables that a check walks where the database does most of it: it is measured against a bare read of them. */
const tablesOf = {
  'duplicate-groups': ['connections'],
  'ledger-against-tasks': ['tasks', 'ledger_entries'],
  'entries-without-task': ['ledger_entries', 'tasks'],
  'wasted-pulls': ['connections', 'tasks', 'pulls'],
  budgets: ['ledger_entries'],
  'billed-twins': ['connections'],
  'consents-ending': ['connections'],
};

/** Each in a process of its own, whose memory is its own. */
const told = async (file, ...args) => {
  const child = fork(script(file), args);
  const [answer] = await once(child, 'message');
  await once(child, 'exit');
  return answer;
};

const ended = async (file, ...args) => {
  const [code] = await once(fork(script(file), args), 'exit');
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
};

const named = ({ connections, days }) => `10^${Math.log10(connections)}, ${days} days`;

const ofChecks = (run, { checks }, { reads }) =>
  auditChecks.flatMap(({ name }) => {
    const { rows, cpuMs } = checks[name] ?? { rows: 0, cpuMs: 0 };
    // A ratio of a few milliseconds would be one of their rounding.
    const bareMs = (tablesOf[name] ?? []).reduce((sum, table) => sum + (reads[table]?.cpuMs ?? 0), 0);
    const line = { what: `${named(run)}: ${name}, µs a row`, value: rows === 0 ? 0 : (cpuMs * 1000) / rows };
    if (rows < 1_000)
      return tablesOf[name] && rows > 0 && bareMs > 20
        ? [{ what: `${named(run)}: ${name}, bare reads`, value: cpuMs / bareMs, most: 3 }]
        : [];
    return bareMs > 20
      ? [line, { what: `${named(run)}: ${name}, bare reads`, value: cpuMs / bareMs, most: 3 }]
      : [line];
  });

const measured = async (folder, run) => {
  const file = join(folder, `${run.connections}-${run.days}.db`);
  await ended('lived-in.mjs', file, String(run.connections), String(run.days));
  // The first reads the file into the system's cache, for both.
  await told('audit-run.mjs', 'bare', file);
  const bare = await told('audit-run.mjs', 'bare', file);
  const audit = await told('audit-run.mjs', 'audit', file);
  if (audit.state !== 'done') throw new Error(`the audit ended ${audit.state}: ${audit.error}`);
  const faults = Object.entries(audit.checks).filter(([, { critical }]) => critical > 0);
  if (faults.length > 0) throw new Error(`the audit found what is not there: ${JSON.stringify(faults)}`);
  return { file, run, bare, audit, perConnection: (audit.cpuMs * 1000) / run.connections };
};

const ofRun = ({ run, bare, audit, perConnection }) => [
  { what: `${named(run)}: audit, s`, value: audit.ms / 1000 },
  { what: `${named(run)}: µs of processor a connection`, value: perConnection },
  { what: `${named(run)}: peak memory, MiB`, value: audit.peakMiB, most: 512 },
  {
    what: `${named(run)}: longest page, ms`,
    value: Math.max(...Object.values(audit.checks).map((check) => check.longestMs)),
  },
  { what: `${named(run)}: log at its longest, MiB`, value: audit.longestLog / 2 ** 20 },
  { what: `${named(run)}: commits`, value: audit.commits },
  ...ofChecks(run, audit, bare),
];

/** Ten times as many take at most so much longer each: the tables leave the caches. */
const LINEAR = 1.5;

const growth = (all, days) => {
  const [small, large] = all.filter(({ run }) => run.days === days);
  if (large === undefined) return [];
  return [
    {
      what: `${named(large.run)}: a connection, beside ${named(small.run)}`,
      value: large.perConnection / small.perConnection,
      most: LINEAR,
    },
  ];
};

export const benchAudit = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'));
  try {
    const all = [];
    const chosen = runs.filter(({ connections }) => connections <= most);
    for (const run of chosen) {
      const last = all.at(-1);
      if (last !== undefined) for (const end of ['', '-wal', '-shm']) rmSync(`${last.file}${end}`, { force: true });
      all.push(await measured(folder, run));
    }
    return {
      name: '(f) the audit, beside a bare read of the same tables',
      lines: [
        ...all.flatMap(ofRun),
        ...growth(all, 30),
        ...growth(all, 0),
        ...(await refreshLatencies(all.at(-1).file)),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
