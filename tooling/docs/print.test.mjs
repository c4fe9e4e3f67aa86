import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inScratch } from '../checks/scratch.mjs';
import { printedDocumentProblems } from './print.mjs';

const page = { file: 'docs/page.md', module: 'dist/index.mjs', print: 'printPage' };
const prints = (text) => `export const printPage = () => ${JSON.stringify(text)};`;
const compare = (base) => printedDocumentProblems(base, [page], { write: false });

test('prints the page, and then finds nothing to say', async () => {
  await inScratch({ 'dist/index.mjs': prints('# A') }, async (base) => {
    expect(await printedDocumentProblems(base, [page], { write: true })).toEqual([]);
    expect(readFileSync(join(base, page.file), 'utf8')).toBe('# A\n');
    expect(await compare(base)).toEqual([]);
  });
});

test('replaces the part between two marks of a page, and nothing else', async () => {
  const marked = (inside) =>
    `# By hand\n\n<!-- a: printed by npm run docs -->\n\n${inside}\n\n<!-- end of a -->\n\nmore\n`;
  const part = { ...page, part: 'a' };
  const files = { 'dist/index.mjs': prints('| A |'), 'docs/page.md': marked('old') };
  await inScratch(files, async (base) => {
    expect(await printedDocumentProblems(base, [part], { write: false })).toEqual([
      expect.stringMatching(/differs from what printPage/),
    ]);
    expect(await printedDocumentProblems(base, [part], { write: true })).toEqual([]);
    expect(readFileSync(join(base, page.file), 'utf8')).toBe(marked('| A |'));
    expect(await printedDocumentProblems(base, [part], { write: false })).toEqual([]);
    const shown = { file: page.file, part: 'a', source: 'dist/index.mjs' };
    expect(await printedDocumentProblems(base, [shown], { write: true })).toEqual([]);
    expect(readFileSync(join(base, page.file), 'utf8')).toContain('```ts\nexport const printPage');
    expect(await printedDocumentProblems(base, [{ ...part, part: 'b' }], { write: true })).toEqual([
      expect.stringMatching(/has no marks of the part b/),
    ]);
  });
});

test('waits for a page that takes a while', async () => {
  await inScratch({ 'dist/index.mjs': "export const printPage = async () => '# A';" }, async (base) => {
    expect(await printedDocumentProblems(base, [page], { write: true })).toEqual([]);
    expect(readFileSync(join(base, page.file), 'utf8')).toBe('# A\n');
  });
});

test.each([
  ['a page that differs', { 'dist/index.mjs': prints('# B'), 'docs/page.md': '# A\n' }, /differs from what printPage/],
  ['a page that is not there', { 'dist/index.mjs': prints('# B') }, /differs from what printPage/],
  ['an export that is missing', { 'dist/index.mjs': 'export const other = 1;' }, /does not export printPage/],
  ['a package that is not built', {}, /is missing: run `npm run build`/],
  ['an empty page', { 'dist/index.mjs': prints(' ') }, /printed nothing/],
])('fails over %s', async (_kind, files, message) => {
  const problems = await inScratch(files, compare);
  expect(problems).toEqual([expect.stringMatching(message)]);
});
