// What a sweep of 1,000 due connections costs among 10^6, beside the same among 10^4 (10^6 takes some 3 GB of disk): two stores in one process, by turns, each
// round another thousand. Every due connection is planned, decided on and opened as a permit, in a durable turn of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { put } from '@freshet/domain';
import { sweepDue } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import { benchEngine, TENANT } from './audit-engine.mjs';
import { makeLivedIn } from './lived-in.mjs';

/** What is measured: everything that is due now, as the job does it; how much that was. */
const sweep = async (engine) => {
  let all = 0;
  for (let done = 1; done > 0; all += done) done = await sweepDue(engine, 200);
  return all;
};

const DAY = 86_400_000;
const DUE = 1_000;
const PLAN = { tenantId: TENANT, everyMs: DAY, lastPullAt: null, held: null };
const ROUNDS = 7;
/** `FRESHET_BENCH_MOST=100000` measures among fewer. */
const SIZES = [10_000, Math.min(1_000_000, Number(process.env.FRESHET_BENCH_MOST ?? Infinity))];
const lives = [{ place: { connector: 'akoya', provider: 'AKOYA' }, mode: 'auto', seed: 1 }];

const nothing = function* () {
  return null;
};

const opened = async (folder, connections) => {
  const file = join(folder, `${connections}.db`);
  // Nobody pulled for three days; none of them is due until it is told to be.
  await makeLivedIn({ file, connections, days: 0, lives, now: Date.now() - 3 * DAY });
  const client = new Database(file);
  client.prepare('update pull_plans set next_pull_at = next_pull_at + ?').run(30 * DAY);
  // Spread over all of them, and others in each round.
  const every = connections / DUE;
  const idsOf = client.prepare(`select id from connections where rowid % ${every} = ?`).pluck();
  const batches = Array.from({ length: ROUNDS }, (_, round) => idsOf.all(round % every));
  client.close();
  const engine = { ...benchEngine(openSqliteStore({ file })) };
  const on = new Map([['akoya', { name: 'akoya', capabilities: {} }]]);
  return { engine: { ...engine, connectorsOf: () => on }, batches };
};

/** A thousand fall due, and are swept. */
const swept = async ({ engine, batches }, round) => {
  const plans = batches[round].map((id) => put('pullPlan', { ...PLAN, id, nextPullAt: engine.clock.now() - 1 }));
  await engine.store.turn(nothing, () => ({ effects: plans }));
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const done = await sweep(engine);
  const { user, system } = process.cpuUsage(cpu);
  if (done !== DUE) throw new Error(`${done} were due`);
  return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

export const benchSweep = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'));
  try {
    const stores = [];
    for (const size of SIZES) stores.push(await opened(folder, size));
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const taken = [];
      for (const store of stores) taken.push(await swept(store, round));
      rounds.push(taken);
    }
    const tasks = await Promise.all(
      stores.map(({ engine: { store } }) =>
        store.read('openTasksScan', { tenantId: TENANT, after: '', limit: 99_999 }),
      ),
    );
    if (tasks.some(({ length }) => length !== DUE * ROUNDS)) throw new Error('not all permits were opened');
    for (const { engine } of stores) await engine.store.close();
    // The first warms up.
    const of = (size, figure) => median(rounds.slice(1).map((taken) => taken[size][figure]));
    const cost = (figure) => median(rounds.slice(1).map(([few, many]) => many[figure] / few[figure]));
    const [small, large] = SIZES.map((size) => `10^${Math.log10(size)}`);
    return {
      name: `(g) a sweep of ${DUE} due connections, among ${large} and among ${small}`,
      lines: [
        { what: `among ${small}, ms`, value: of(0, 'ms') },
        { what: `among ${large}, ms`, value: of(1, 'ms') },
        { what: `among ${small}, µs of processor each`, value: of(0, 'cpuMs') },
        { what: `among ${large}, µs of processor each`, value: of(1, 'cpuMs') },
        { what: `among ${large}, beside ${small}, processor`, value: cost('cpuMs'), most: 2 },
        { what: `among ${large}, beside ${small}, time`, value: cost('ms'), most: 2 },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
