import { expect, test } from '@jest/globals';
import { root } from './root.mjs';
import { testedPackages } from './tested-packages.mjs';
import { total } from './total.mjs';

const report = (over) => ({ package: '@freshet/domain', passed: 2, failed: 0, skipped: 0, broken: 0, ...over });

test('adds up all packages in one line', () => {
  expect(total([report(), report({ passed: 3, failed: 1 })]).line).toBe('5 passed, 1 failed');
});

test('a test file that could not be run is a failure', () => {
  const { failed, summary } = total([report({ broken: 1 })]);
  expect(failed).toBe(1);
  expect(summary[0]).toContain('1 test files could not be run');
});

test('a package that reported nothing is a failure', () => {
  const { line, summary } = total([report()], ['@freshet/api']);
  expect(line).toBe('2 passed, 1 failed');
  expect(summary[0]).toMatch(/^@freshet\/api +reported nothing/);
});

test('knows every package that has tests to run', () => {
  expect(testedPackages(root)).toEqual(expect.arrayContaining(['@freshet/api', '@freshet/domain', '@freshet/tooling']));
});
