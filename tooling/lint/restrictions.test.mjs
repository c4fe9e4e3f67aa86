import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ESLint } from 'eslint';
import { root } from '../run/root.mjs';

const eslint = new ESLint({ cwd: root });

const rulesBroken = async (filePath, code) => {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  return result.messages.map(({ ruleId, message }) => ruleId ?? message);
};

test.each([
  ['Date.now()', 'export const now = Date.now();'],
  ['new Date()', 'export const now = new Date();'],
  ['Math.random()', 'export const luck = Math.random();'],
])('refuses %s in the packages that decide', async (_name, code) => {
  for (const name of ['domain', 'policy', 'ports', 'flows']) {
    expect(await rulesBroken(`packages/${name}/src/x.ts`, code)).toEqual(['no-restricted-syntax']);
  }
});

test('leaves new Date(5) alone, and the clock to the app', async () => {
  expect(await rulesBroken('packages/domain/src/x.ts', 'export const then = new Date(5);')).toEqual([]);
  expect(await rulesBroken('apps/api/src/clock.ts', 'export const now = Date.now();')).toEqual([]);
});

test('refuses an async transaction', async () => {
  const code = 'export const run = (db: { transaction(f: () => unknown): void }) => db.transaction(async () => 1);';
  expect(await rulesBroken('packages/persistence/src/x.ts', code)).toEqual(['no-restricted-syntax']);
});

test('refuses a store in a module of the app, and not in the composition root', async () => {
  const code = "import { openStore } from '@freshet/persistence';\nexport const store = openStore;";
  expect(await rulesBroken('apps/api/src/refresh/x.ts', code)).toEqual(['@typescript-eslint/no-restricted-imports']);
  expect(await rulesBroken('apps/api/src/engine/build-engine.ts', code)).toEqual([]);
});

test('refuses a timer in flows', async () => {
  expect(await rulesBroken('packages/flows/src/x.ts', 'setTimeout(() => undefined, 1);')).toEqual([
    'no-restricted-globals',
  ]);
});

test.each([
  ['any', 'export const x: any = 1;', '@typescript-eslint/no-explicit-any'],
  ['an unused name', 'const x = 1;', '@typescript-eslint/no-unused-vars'],
  [
    'a value import of a type',
    "import { X } from './y.js';\nexport type Y = X;",
    '@typescript-eslint/consistent-type-imports',
  ],
  ['a long file', 'export {};\n'.repeat(301), 'max-lines'],
  ['a long function', `export function f(): void {\n${'void 0;\n'.repeat(60)}}`, 'max-lines-per-function'],
])('refuses %s', async (_name, code, rule) => {
  expect(await rulesBroken('packages/domain/src/x.ts', code)).toContain(rule);
});

test('a test file may be longer', async () => {
  expect(await rulesBroken('packages/domain/src/x.test.ts', 'export {};\n'.repeat(301))).toEqual([]);
});

// Under CI=true the parser reads each file from the disk once and for all; this test lints a text that is not there.
process.env.TSESTREE_SINGLE_RUN = 'false';

test('refuses a promise that nobody waits for', async () => {
  // The types of one small package are enough here, and load ten times faster than those of all.
  const oneProject = { languageOptions: { parserOptions: { project: './packages/domain/tsconfig.json' } } };
  const overrideConfigFile = join(root, 'eslint.promises.config.mjs');
  const typed = new ESLint({ cwd: root, overrideConfigFile, overrideConfig: oneProject });
  const code = 'const work = async (): Promise<number> => 1;\nwork();\n';
  const [result] = await typed.lintText(code, { filePath: 'packages/domain/src/index.ts' });
  expect(result.messages.map(({ ruleId }) => ruleId)).toEqual(['@typescript-eslint/no-floating-promises']);
}, 60_000);
