import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadPolicyBook } from '../../src/engine/policy-file.js';

const folder = mkdtempSync(join(tmpdir(), 'freshet-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string): string => {
  const path = join(folder, 'policy.yaml');
  writeFileSync(path, text);
  return path;
};

describe('the policy file', () => {
  test('is not needed', () => {
    expect(loadPolicyBook(null).providers).toContain('MX');
  });

  test('changes the version of every decision', () => {
    const budget =
      'version: 1\nbudgets: [{ name: month, period: month, timeZone: UTC, amount: "10", currency: USD }]\n';
    expect(loadPolicyBook(file(budget)).version).not.toBe(loadPolicyBook(null).version);
  });

  test.each([
    ['a file that is not there', () => join(folder, 'none.yaml'), /none\.yaml cannot be read: ENOENT/],
    ['no YAML', () => file('overrides: [}'), /policy\.yaml is not YAML/],
    ['an unknown field', () => file('version: 1\nbudget: []\n'), /policy\.yaml.*budget/s],
    [
      'a wrong value',
      () => file('version: 1\noverrides: [{ match: { provider: MX }, set: { patience: soon } }]\n'),
      /patience/,
    ],
  ])('%s stops the start and is named', (_what, path, says) => {
    expect(() => loadPolicyBook(path())).toThrow(says);
  });
});
