import { expect, test } from '@jest/globals';
import { addressProblems } from './addresses.mjs';
import { inScratch } from './scratch.mjs';

const problemsOf = (files) => inScratch(files, addressProblems);

// Put together here, so that the check does not find its own test.
const registry = ['registry', 'npmjs', 'org'].join('.');
const home = ['', 'home', 'someone', 'freshet'].join('/');

test.each([
  ['a registry in a doc', { 'README.md': `Install from https://${registry}/.` }],
  ['a mirror in a script', { 'run.sh': ['npm ci --registry=http:', '', 'registry.example.test', 'npm'].join('/') }],
  ['a registry setting', { '.npmrc': ['registry', 'https://example.test'].join('=') }],
  ['a path of one machine', { 'docs/a.md': `See ${home}/README.md.` }],
])('finds %s, naming file and line', async (_kind, files) => {
  const problems = await problemsOf(files);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(new RegExp(`^${Object.keys(files)[0]}:1 holds `));
});

test('finds an address in the lock file', async () => {
  const packages = {
    'node_modules/a': { resolved: 'https://example.test/a.tgz' },
    'node_modules/b': { resolved: 'packages/b' },
  };
  expect(await problemsOf({ 'package-lock.json': { packages } })).toEqual([
    'package-lock.json: node_modules/a has an address in "resolved"',
  ]);
});

test('leaves links, relative paths and routes alone', async () => {
  const text = 'https://example.test/work/list ./home/page ~/work/x GET /v1/work packages/work/a';
  expect(await problemsOf({ 'a.md': text })).toEqual([]);
});

test('does not look into what programs made', async () => {
  expect(await problemsOf({ 'node_modules/a/README.md': registry, 'a/dist/b.js': registry })).toEqual([]);
});
