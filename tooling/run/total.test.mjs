import { expect, test } from '@jest/globals';
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

test('no report at all is no success story', () => {
  expect(total([]).line).toBe('0 passed, 0 failed');
});
