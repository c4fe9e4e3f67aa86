import { expect, test } from '@jest/globals';
import { dependencyProblems } from './dependencies.mjs';
import { inScratch } from './scratch.mjs';

const manifest = (name, dependencies = {}) => ({ name: `@freshet/${name}`, dependencies });
const problemsOf = (files) => inScratch(files, dependencyProblems);

test('finds a node: import in domain', async () => {
  const files = { 'packages/domain/package.json': manifest('domain'), 'packages/domain/src/a.ts': "import 'node:fs';" };
  expect(await problemsOf(files)).toEqual(['packages/domain/src/a.ts imports node:fs, which this folder may not use']);
});

test('finds an npm package that flows only declares', async () => {
  const files = { 'packages/flows/package.json': manifest('flows', { undici: '8' }) };
  expect(await problemsOf(files)).toEqual([
    'packages/flows/package.json declares undici, which this folder may not use',
  ]);
});

test('finds a workspace package that ports may not use', async () => {
  const files = { 'packages/ports/package.json': manifest('ports', { '@freshet/policy': '0.1.0' }) };
  expect(await problemsOf(files)).toHaveLength(1);
});

test('finds zod in policy outside the schema of the catalogue, and leaves its types alone', async () => {
  const found = await problemsOf({
    'packages/policy/package.json': manifest('policy', { zod: '4' }),
    'packages/policy/src/catalogue/schema/limit.ts': "import { z } from 'zod';",
    'packages/policy/src/catalogue/schema.ts': "import { z } from 'zod';",
    'packages/policy/src/catalogue/error.ts': "import type { z } from 'zod';",
    'packages/policy/src/refresh/decide.ts': "import { z } from 'zod';",
  });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^packages\/policy\/src\/refresh\/decide\.ts imports zod; only files like/);
});

test.each([
  ['a dynamic import', "const fs = await import('node:fs');"],
  ['a re-export', "export * from 'node:fs';"],
  ['a type', "import type { Stats } from 'node:fs';"],
])('sees %s', async (_kind, text) => {
  const files = { 'packages/domain/package.json': manifest('domain'), 'packages/domain/src/a.ts': text };
  expect(await problemsOf(files)).toHaveLength(1);
});

test('finds an import that an app does not declare', async () => {
  const files = { 'apps/api/package.json': manifest('api'), 'apps/api/src/main.ts': "import 'pino';" };
  expect(await problemsOf(files)).toEqual([
    'apps/api/src/main.ts imports pino, which apps/api/package.json does not declare',
  ]);
});

test('finds a package without a row in the table', async () => {
  expect(await problemsOf({ 'packages/extra/package.json': manifest('extra') })).toHaveLength(1);
});

test('leaves tests, contract suites and allowed imports alone', async () => {
  const found = await problemsOf({
    'packages/ports/package.json': manifest('ports', { '@freshet/domain': '0.1.0' }),
    'packages/ports/src/a.ts': "import type { Id } from '@freshet/domain';\nimport { b } from './b.js';",
    'packages/ports/src/a.test.ts': "import 'node:fs';",
    'packages/ports/src/contract/store.ts': "import { test } from '@jest/globals';",
    'packages/persistence/package.json': manifest('persistence', { 'drizzle-orm': '0' }),
    'packages/persistence/src/a.ts': "import 'drizzle-orm/sqlite-core';\nimport 'node:fs';",
  });
  expect(found).toEqual([]);
});
