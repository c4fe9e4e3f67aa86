import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../run/root.mjs';
import { turbo } from '../run/turbo.mjs';
import { inScratch } from './scratch.mjs';

const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const { packageManager } = read('package.json');
const { boundaries } = read('turbo.json');

/** Two packages of this repository, with its real tags, where the first imports the second. */
const pair = (from, to) => {
  const folder = ([parent, name], dependencies) => ({
    [`${parent}/${name}/package.json`]: { name: `@freshet/${name}`, version: '0.1.0', dependencies },
    [`${parent}/${name}/turbo.json`]: read(`${parent}/${name}/turbo.json`),
  });
  return {
    'package.json': { name: 'scratch', private: true, packageManager, workspaces: ['apps/*', 'packages/*'] },
    'package-lock.json': { name: 'scratch', lockfileVersion: 3, packages: {} },
    'turbo.json': { boundaries },
    ...folder(from, { [`@freshet/${to[1]}`]: '0.1.0' }),
    ...folder(to, {}),
    [`${from.join('/')}/src/index.ts`]: `import '@freshet/${to[1]}';\n`,
  };
};

const run = (from, to) => inScratch(pair(from, to), (cwd) => turbo(['boundaries'], { capture: true, cwd }));

test.each([
  [
    ['packages', 'domain'],
    ['packages', 'policy'],
  ],
  [
    ['packages', 'ports'],
    ['packages', 'policy'],
  ],
  [
    ['packages', 'persistence'],
    ['packages', 'flows'],
  ],
  [
    ['packages', 'connectors'],
    ['packages', 'persistence'],
  ],
  [
    ['packages', 'sandbox'],
    ['packages', 'ports'],
  ],
  [
    ['packages', 'flows'],
    ['apps', 'api'],
  ],
])('refuses that %p uses %p', async (from, to) => {
  const { status, output } = await run(from, to);
  expect(output).toContain(`@freshet/${to[1]}`);
  expect(status).not.toBe(0);
});

test.each([
  [
    ['packages', 'flows'],
    ['packages', 'policy'],
  ],
  [
    ['apps', 'api'],
    ['packages', 'persistence'],
  ],
])('allows that %p uses %p', async (from, to) => {
  expect(await run(from, to)).toMatchObject({ status: 0 });
});
