import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_TENANT, HOUR } from '@freshet/domain';
import { exportHistory } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import { buildPolicyBook } from '@freshet/policy';
import { recordedCost, runPolicy, traceOf, type LiveTally } from '@freshet/simulator';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../src/command.js';
import { readHistory, writeHistory } from '../src/history/history-file.js';
import { contentHash } from '../src/policy-file.js';
import { readWorkload } from '../src/workload/read-workload.js';
import { workloadSchema } from '../src/workload/workload-schema.js';

let folder = '';
const file = (name: string): string => join(folder, name);
const workload = workloadSchema.parse({
  version: 1,
  name: 'tiny',
  seed: 5,
  connections: 3,
  days: 6,
  changesPerDay: { median: 2, sigma: 0, min: 1, max: 3 },
  readsPerDay: { median: 4, sigma: 0, min: 1, max: 5 },
  prices: { currency: 'USD', perRequest: ['0.10'] },
});
let live: LiveTally;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-history-'));
  const store = openSqliteStore({ file: file('freshet.db') });
  live = await runPolicy(traceOf(workload), {
    name: 'recorded',
    book: buildPolicyBook({ hash: contentHash }),
    store,
    place: { connector: 'meld', provider: 'MX' },
  });
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = async (...args: readonly string[]) => {
  const [said, complained]: [string[], string[]] = [[], []];
  const code = await runCommand(args, { say: (line) => said.push(line), complain: (line) => complained.push(line) });
  return { code, said: said.join('\n'), complained: complained.join('\n') };
};

describe('a history of a database file', () => {
  test('is exported while its owner has it open, and read back as it was', async () => {
    const owner = openSqliteStore({ file: file('freshet.db') });
    const { code, said } = await run('export-history', '--database', file('freshet.db'), '--out', file('all.ndjson'));
    const told = [];
    for await (const line of exportHistory(
      { store: owner },
      { tenantId: DEFAULT_TENANT, from: 0, until: workload.start * 2 },
    )) {
      told.push(line);
    }
    await owner.close();
    expect({ code, said }).toEqual({ code: 0, said: `Written: ${file('all.ndjson')}, ${told.length} lines` });
    const { course } = await readHistory(file('all.ndjson'));
    expect(course).toHaveLength(told.filter(({ line }) => line === 'decision' || line === 'pull').length);
    expect(recordedCost(await readHistory(file('all.ndjson')))).toEqual({
      verdicts: live.verdicts,
      forced: live.forced,
      spent: { USD: live.spentMicros },
    });
  });

  test('instants are written so that a person can read them', () => {
    const lines = readFileSync(file('all.ndjson'), 'utf8').trim().split('\n');
    expect(lines.find((line) => line.includes('"decision"'))).toMatch(/"at":"2028-01-0\dT/);
  });

  test('from and until choose the stretch', async () => {
    const day = ['--from', '2028-01-03T00:00:00Z', '--until', '2028-01-04T00:00:00Z'];
    await run('export-history', '--database', file('freshet.db'), '--out', file('day.ndjson'), ...day);
    const { course, from, until } = await readHistory(file('day.ndjson'));
    expect(until - from).toBe(24 * HOUR);
    expect(course.length).toBeGreaterThan(0);
    expect(course.every(({ at }) => at >= from && at < until)).toBe(true);
  });

  test.each([
    ['no database', ['--out', 'x'], '--database and --out are needed'],
    ['one that is not there', ['--database', 'nowhere.db', '--out', 'x'], 'does not exist'],
    [
      'a time that is none',
      ['--database', 'freshet.db', '--out', 'x', '--from', 'May'],
      'expected an ISO-8601 instant',
    ],
    ['an option that does not exist', ['--speed'], "Unknown option '--speed'"],
  ])('%s is told in words', async (_, args, message) => {
    const { code, complained } = await run(
      'export-history',
      ...args.map((arg) => (/\.db$|^x$/.test(arg) ? file(arg) : arg)),
    );
    expect({ code, told: complained.includes(message) }).toEqual({ code: 1, told: true });
  });
});

describe('npm run simulate -- --history', () => {
  test('says what it would have cost', async () => {
    await writeHistory(file('made.ndjson'), lines());
    writeFileSync(file('dear.yaml'), DEAR);
    const out = file('out');
    const { code, said } = await run(
      'simulate',
      '--history',
      file('made.ndjson'),
      '--policy',
      file('dear.yaml'),
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(said).toMatch(new RegExp(`^answered force +${live.verdicts.force} +${live.verdicts.force}$`, 'm'));
    expect(said).toMatch(new RegExp(`^USD spent .* ${live.forced}\\.000000$`, 'm'));
    const report = JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as { readonly requests: number };
    expect(report.requests).toBe(live.reads);
  });

  test('a file that is no history is told with its line', async () => {
    writeFileSync(
      file('wrong.ndjson'),
      '{"line":"history","version":1,"from":"2028-01-01T00:00:00Z","until":"2028-02-01T00:00:00Z"}\n\n{}\n',
    );
    expect(await run('simulate', '--history', file('wrong.ndjson'))).toMatchObject({
      code: 1,
      complained: expect.stringContaining('line 3, is no line of a history'),
    });
    expect((await run('simulate', '--history', file('nowhere.ndjson'))).complained).toContain('ENOENT');
    writeFileSync(file('empty.ndjson'), '');
    expect((await run('simulate', '--history', file('empty.ndjson'))).complained).toContain(
      'the first line of a history',
    );
  });

  test('the example in the repository holds the requests of its workload', async () => {
    const example = (name: string): string =>
      fileURLToPath(new URL(`../../../examples/history/${name}`, import.meta.url));
    const { course, from } = await readHistory(example('history.ndjson'));
    const asked = course.filter(({ line }) => line === 'decision').map(({ at }) => at - from);
    const reads = traceOf(readWorkload(example('workload.yaml'))).connections.flatMap((one) => [...one.reads]);
    expect(asked).toEqual(reads.toSorted((a, b) => a - b));
    const written = file('again.ndjson');
    await run('simulate', '--record', written, '--workload', example('workload.yaml'));
    expect((await readHistory(written)).course.filter(({ line }) => line === 'decision')).toHaveLength(asked.length);
  });
});

const DEAR = `version: 1
overrides:
  - match: { provider: MX }
    set: { price: { currency: USD, perRequest: '1.00', billedOn: attempt } }
`;

async function* lines() {
  const store = openSqliteStore({ file: file('freshet.db'), readonly: true });
  yield* exportHistory(
    { store },
    { tenantId: DEFAULT_TENANT, from: workload.start, until: workload.start + 7 * 24 * HOUR },
  );
  await store.close();
}
