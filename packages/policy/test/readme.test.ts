import { expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import * as everything from '../src/index.js';

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const readme = read('README.md');
const block = (language: string, place = 0): string =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))][place]?.[1] ?? '';
const examples = ['decide', 'sweep'].map((name, place) => ({ name, place }));

test.each(examples)('the README shows the example $name that is compiled', ({ name, place }) => {
  expect(block('ts', place)).toBe(read(`examples/${name}.ts`));
});

test.each(examples)('the example $name prints what the README says', async ({ name, place }) => {
  const printed: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((...words: unknown[]) => {
    printed.push(words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' '));
  });
  await import(`../examples/${name}.js`);
  log.mockRestore();
  expect(`${printed.join('\n')}\n`).toBe(block('text', place));
});

test('the README names every function and value that is exported, and none that is not', () => {
  const section = readme.slice(readme.indexOf('## What is exported'), readme.indexOf('## The shapes'));
  const firstCells = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|')[1] ?? '');
  const named = firstCells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.keys(everything).sort());
});

test('the overrides that the README shows are a policy file', () => {
  const policyFile: unknown = new Function(`return (${block('js')})`)();
  const book = everything.buildPolicyBook({ policyFile, hash: (text) => `${text.length}` });
  const selector = {
    tenantId: 'ten_1',
    connector: 'meld',
    provider: 'MX',
    institutionId: 'chase',
    connectionId: 'conn_1',
  };
  const policy = book.policyFor(selector);
  expect(policy.limits).toMatchObject([{ name: 'mx-cooldown', forMs: 3_600_000 }]);
  expect(policy).toMatchObject({ patienceMs: 60_000, budgets: [{ name: 'monthly', amountMicros: 100_000_000 }] });
});

test('links in the README lead somewhere', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path ?? '');
  expect(links.length).toBeGreaterThan(0);
  for (const path of links) expect(() => readFileSync(new URL(`../${path}`, import.meta.url))).not.toThrow();
});
