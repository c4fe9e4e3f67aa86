import { expect, test } from '@jest/globals';
import { isInstalled, refusalOf } from './bootstrap.mjs';
import { inScratch } from './checks/scratch.mjs';

const lock = (packages) => ({ packages: { '': { name: 'freshet' }, ...packages } });
const a = { version: '1.0.0', integrity: 'sha512-a' };
const present = 'node_modules/.package-lock.json';

test.each(['v18.20.4', 'v20.18.3', '20.9.0'])('refuses Node %s and says what to do', (version) => {
  expect(refusalOf(version)).toMatch(/needs Node 20\.19 or newer.*Install a current Node/s);
});

test.each(['v20.19.0', 'v22.0.0', 'v24.21.0'])('accepts Node %s', (version) => {
  expect(refusalOf(version)).toBeNull();
});

test.each([
  ['nothing is installed', {}, false],
  ['what is installed is what is locked', { [present]: lock({ 'node_modules/a': a }) }, true],
  ['a package has another version', { [present]: lock({ 'node_modules/a': { ...a, version: '1.0.1' } }) }, false],
  ['a package has other contents', { [present]: lock({ 'node_modules/a': { ...a, integrity: 'sha512-b' } }) }, false],
  ['a package is missing', { [present]: lock({}) }, false],
])('when %s', async (_state, files, expected) => {
  const wanted = lock({ 'node_modules/a': a, 'node_modules/other-platform': { ...a, optional: true } });
  expect(await inScratch({ 'package-lock.json': wanted, ...files }, isInstalled)).toBe(expected);
});

test('says how to get a lost lock file back', async () => {
  await expect(inScratch({ 'README.md': '' }, (base) => isInstalled(base))).rejects.toThrow(
    /git checkout package-lock/,
  );
});
