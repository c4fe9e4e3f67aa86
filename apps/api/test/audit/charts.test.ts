import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Draw, Drawing } from '../../src/audit/report/charts/chart.js';
import { drawElsewhere } from '../../src/audit/report/charts/draw-elsewhere.js';
import { drawHere } from '../../src/audit/report/charts/draw.js';
import { sharesChart } from '../../src/audit/report/charts/shares-chart.js';
import { daysOf, spendChart } from '../../src/audit/report/charts/spend-chart.js';

const ENTRY = new URL('../../src/audit/report/charts/draw-thread.ts', import.meta.url);
const HOOKS = new URL('../../../../packages/persistence/test/typescript-imports.mjs', import.meta.url);
const execArgv = ['--conditions=source', '--import', HOOKS.href];
jest.setTimeout(60_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-charts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const warnings: string[] = [];
const log = { info: () => undefined, warn: (message: string) => warnings.push(message) };

const drawing: Drawing = sharesChart({
  title: 'Shares',
  description: 'of two rows',
  kinds: [
    { name: 'one', fill: { color: '#123456' } },
    { name: 'two', fill: { color: '#ffffff', hatched: true } },
  ],
  rows: [
    { name: 'A & <b>', counts: [1, 3] },
    { name: 'B', counts: [0, 0] },
  ],
}).wide;

/** A thread that runs this instead. */
const drawnBy = (name: string, source: string, deadlineMs: number): Draw => {
  const entry = join(folder, `${name}.mjs`);
  writeFileSync(entry, `import { parentPort } from 'node:worker_threads';\n${source}`);
  return drawElsewhere({ entry: pathToFileURL(entry), deadlineMs, log });
};

/** The library numbers what it draws. */
const withoutNumbers = (svg: string | null | undefined): string | undefined => svg?.replace(/zr\d+(-cls-\d+)?/g, 'zr');

test('a thread draws what this one would, and reports that ask at once wait for each other', async () => {
  const draw = drawElsewhere({ entry: ENTRY, deadlineMs: 50_000, log, execArgv });
  const [here] = await drawHere([drawing]);
  const [first, second] = await Promise.all([draw([drawing, drawing]), draw([drawing])]);
  expect(withoutNumbers(here)).toContain('<path');
  expect(first.map(withoutNumbers)).toEqual([withoutNumbers(here), withoutNumbers(here)]);
  expect(second.map(withoutNumbers)).toEqual([withoutNumbers(here)]);
  expect(await draw([])).toEqual([]);
  expect(warnings).toEqual([]);
});

test.each([
  ['ends', `parentPort.on('message', () => process.exit(3));`],
  ['throws', `parentPort.on('message', () => { throw new Error('a bug'); });`],
  ['cannot draw', `parentPort.on('message', () => parentPort.postMessage({ error: 'no' }));`],
  ['cannot be loaded', `import './is-not-there.mjs';`],
  ['never answers', `parentPort.on('message', () => undefined);`],
])('a thread that %s leaves the report without pictures, and says so', async (what, source) => {
  warnings.length = 0;
  const draw = drawnBy(what.replaceAll(' ', '-'), source, what === 'never answers' ? 50 : 50_000);
  expect(await draw([drawing, drawing])).toEqual([null, null]);
  expect(await draw([drawing])).toEqual([null]);
  expect(warnings).toHaveLength(2);
});

test('what is drawn has the names escaped, and no bar where there is nothing', async () => {
  const [svg] = await drawHere([drawing]);
  expect(svg).toContain('A &amp; &lt;b&gt;');
  expect(drawing.option.series).toMatchObject([{ data: [25, '-'] }, { data: [75, '-'] }]);
});

test('of many providers the dearest are shown each for itself, the rest together', () => {
  const day = '2026-05-02';
  const none = { uncertainMicros: 0, reservedMicros: 0 };
  const figures = Array.from({ length: 9 }, (_, index) => ({
    ...{ provider: `P${index}`, currency: 'USD', chargedMicros: index + 1, ...none },
    days: [{ day, chargedMicros: (index + 1) * 1_000_000, ...none }],
  }));
  const range = { from: Date.UTC(2026, 4, 1), until: Date.UTC(2026, 4, 3, 12) };
  const chart = spendChart(figures, 'USD', range, () => ({ color: '#000000' }));
  expect(chart.legend.map(({ name }) => name)).toEqual(['P8', 'P7', 'P6', 'P5', 'P4', 'P3', 'P2', 'other providers']);
  expect((chart.wide.option.series as readonly { readonly data: unknown }[]).at(-1)?.data).toEqual(['-', 3, '-']);
  expect(daysOf(range)).toEqual(['2026-05-01', '2026-05-02', '2026-05-03']);
});
