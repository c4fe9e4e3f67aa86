// A database that a service has lived in, made in minutes: some hundred template connections live through the real flows
// (the simulator's: imports, webhooks, decisions, tasks, ledger) over the in-memory store; then SQLite multiplies their rows,
// each copy under ids and names of its own. What was decided reproduces, for every fact is copied with its decision.
//
// Density of a connection-month: 30 background pulls with their webhooks, some 4 decisions, 1 to 2 forced pulls with their
// money, one status history. `days` 0: connections as they were imported, and nothing else.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { insert, put, recordNames } from '@freshet/domain';
import { openSqliteStore } from '@freshet/persistence';
import { createMemoryStore } from '@freshet/ports/memory';
import { referenceWorkload, runPolicy, traceOf } from '@freshet/simulator';
import { linkChains } from './link-chains.mjs';
import { livedInBook } from './lived-in-book.mjs';

const DAY = 86_400_000;
const MINUTE = 60_000;
const TEMPLATES = 100;

/** Two ways in which teams ask: in mode auto of a provider that merges twins, and forcing one that bills them each. */
const LIVES = [
  { place: { connector: 'meld', provider: 'MX' }, mode: 'auto', seed: 1 },
  { place: { connector: 'meld', provider: 'PLAID' }, mode: 'force', seed: 2 },
];

/** What every copy has a name of its own for: ids have their own marks. */
const NAMES = ['customer-', 'simulated-', 'background '];

/** Both lives count their customers from 0. */
const ofLife = (rows, life) =>
  JSON.parse(NAMES.reduce((text, name) => text.replaceAll(name, `${name}${life}-`), JSON.stringify(rows)));

const templateRows = async (book, lives, days, start, templates) => {
  const rows = Object.fromEntries(recordNames.map((name) => [name, []]));
  for (const [index, { place, mode, seed }] of lives.entries()) {
    const store = createMemoryStore();
    const workload = {
      ...referenceWorkload,
      seed,
      start: start + index,
      days,
      connections: templates / lives.length,
      changesPerDay: { median: 4, sigma: 0.9, min: 0.05, max: 20 },
      readsPerDay: { median: 0.1, sigma: 0.8, min: 0.03, max: 1 },
      forcedFailure: 0.03,
    };
    await runPolicy(traceOf(workload), { name: mode, book, place, mode, answersAfterMs: MINUTE, store });
    for (const name of recordNames) rows[name].push(...ofLife(store.rows(name), index));
  }
  return rows;
};

const ID = /_([0-9a-f]{8})-([0-9a-f]{4})-7000-8000-0000([0-9a-f]{8})/g;

/** Ids of the simulator count up within one millisecond; here each gets the time at which it was made. */
const timeOfIds = (rows, start) => {
  const known = new Map();
  const tell = (id, at) => {
    const [[, high, low, count]] = [...id.matchAll(ID)];
    const life = Number.parseInt(high + low, 16) - start;
    if (!known.has(life)) known.set(life, []);
    known.get(life).push([Number.parseInt(count, 16), at]);
  };
  for (const { id, decidedAt } of rows.decision) tell(id, decidedAt);
  for (const { id, receivedAt } of rows.webhook) tell(id, receivedAt);
  for (const list of known.values()) list.sort((a, b) => a[0] - b[0]);
  return (life, count) => {
    const list = known.get(life) ?? [];
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle][0] <= count) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? start : list[low - 1][1];
  };
};

const inTime = (rows, start) => {
  const timeOf = timeOfIds(rows, start);
  const retold = (text) =>
    text.replaceAll(ID, (_, high, low, count) => {
      const life = Number.parseInt(high + low, 16) - start;
      const time = timeOf(life, Number.parseInt(count, 16)).toString(16).padStart(12, '0');
      return `_${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000${life}${count}`;
    });
  return JSON.parse(retold(JSON.stringify(rows)));
};

const nothing = function* () {
  return null;
};

/** One template of everything, as the store writes it. */
const writeTemplate = async (file, rows, book, now) => {
  const store = openSqliteStore({ file });
  const effects = recordNames.flatMap((name) => rows[name].map((row) => insert(name, row)));
  const archive = put('policyArchive', { id: book.version, body: book.archive, createdAt: now });
  for (let from = 0; from < effects.length; from += 10_000)
    await store.turn(nothing, () => ({ effects: effects.slice(from, from + 10_000) }));
  await store.turn(nothing, () => ({ effects: [archive] }));
  await store.close();
};

/** Rows that stand once, however many connections there are. */
const ONCE = ['posting_profiles', 'policy_archives', 'settings', 'job_runs', 'breakers', 'closures', 'api_keys'];
const SUMS = ['reserved_micros', 'charged_micros', 'uncertain_micros'];

/** Every name that a copy must not share: the marks stand in ids, in customers, in external ids and in keys of events. */
const renamed = (column) =>
  [
    [`'-7000-8000-'`, `'-7' || k.high || '-8' || k.low || '-'`],
    ...NAMES.map((name) => [`'${name}'`, `'${name}' || k.n || '-'`]),
  ].reduce((text, [mark, by]) => `replace(${text}, ${mark}, ${by})`, `t."${column}"`);

const columnsOf = (client, table) => client.pragma(`table_info("${table}")`);

const copySql = (client, table) => {
  const columns = columnsOf(client, table);
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const texts = columns.map(({ name, type }) => (type.toLowerCase() === 'text' ? renamed(name) : `t."${name}"`));
  // In the order of time: of what happens in one moment, copy after copy.
  return `insert into main."${table}" (${names}) select ${texts.join(', ')}
    from (select * from template."${table}" order by id) as t cross join copies as k`;
};

const multiply = (file, template, copies) => {
  const client = new Database(file);
  try {
    // From WAL there is no way straight to none.
    client.pragma('journal_mode = delete');
    client.pragma('journal_mode = off');
    client.pragma('synchronous = off');
    client.pragma('cache_size = -262144');
    client.exec(`attach '${template}' as template`);
    client.exec('create temp table copies (n integer primary key, high text, low text)');
    const add = client.prepare('insert into copies values (?, ?, ?)');
    const hex = (number) => number.toString(16).padStart(3, '0');
    for (let n = 0; n < copies; n += 1) add.run(n, hex(n >> 12), hex(n & 0xfff));
    const indexes = client
      .prepare(`select name, sql from sqlite_master where type = 'index' and sql is not null`)
      .all();
    for (const { name } of indexes) client.exec(`drop index "${name}"`);
    const tables = client.prepare(`select name from template.sqlite_master where type = 'table'`).pluck().all();
    for (const table of tables.filter((name) => !/^(sqlite|__)/.test(name))) {
      const counters = table === 'budget_counters';
      if (counters || ONCE.includes(table))
        client.exec(`insert or ignore into main."${table}" select * from template."${table}"`);
      else client.exec(copySql(client, table));
      if (counters)
        client.exec(`update main.budget_counters set ${SUMS.map((c) => `${c} = ${c} * ${copies}`).join(', ')}`);
    }
    for (const { sql } of indexes) client.exec(sql);
    client.exec('detach template');
    client.pragma('journal_mode = wal');
  } finally {
    client.close();
  }
};

/** Makes `file`, which must not be there yet, with so many connections and so many days behind them, up to `now`. */
export const makeLivedIn = async ({ file, connections, days, lives = LIVES, now = Date.now() }) => {
  const book = livedInBook();
  const templates = Math.min(TEMPLATES, connections);
  const start = now - days * DAY - 2 * 3_600_000;
  const folder = mkdtempSync(join(tmpdir(), 'freshet-lived-'));
  try {
    const rows = await templateRows(book, lives, days, start, templates);
    // Both lives spent of one budget.
    const template = join(folder, 'template.db');
    await writeTemplate(template, merged(inTime(rows, start)), book, now);
    await openSqliteStore({ file }).close();
    multiply(file, template, Math.ceil(connections / templates));
    linkChains(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Where both lives have a row, it is theirs together. */
const merged = (rows) => {
  const counters = new Map();
  for (const counter of rows.budgetCounter) {
    const known = counters.get(counter.id);
    if (known === undefined) counters.set(counter.id, counter);
    else {
      const plus = (name) => known[name] + counter[name];
      counters.set(counter.id, {
        ...known,
        reservedMicros: plus('reservedMicros'),
        chargedMicros: plus('chargedMicros'),
        uncertainMicros: plus('uncertainMicros'),
      });
    }
  }
  const byId = (name) => [...new Map(rows[name].map((row) => [row.id, row])).values()];
  return {
    ...rows,
    budgetCounter: [...counters.values()],
    setting: byId('setting'),
    postingProfile: byId('postingProfile'),
  };
};

if (import.meta.main) {
  const [file, connections, days] = process.argv.slice(2);
  await makeLivedIn({ file, connections: Number(connections), days: Number(days) });
}
