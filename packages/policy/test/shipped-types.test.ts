import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../../..');
const installed = join(repository, 'node_modules');

const tsc = (...options: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(installed, 'typescript/bin/tsc'), ...options], {
    encoding: 'utf8',
  });
  return stdout + stderr;
};

/** A project that has installed the two packages, as they are shipped. */
let project = '';
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'freshet-consumer-'));
  const policy = join(project, 'node_modules/@freshet/policy');
  mkdirSync(policy, { recursive: true });
  copyFileSync(join(repository, 'packages/policy/package.json'), join(policy, 'package.json'));
  symlinkSync(join(repository, 'packages/domain'), join(project, 'node_modules/@freshet/domain'));
  symlinkSync(join(installed, 'zod'), join(project, 'node_modules/zod'));
  const config = join(repository, 'packages/policy/tsconfig.build.json');
  expect(tsc('-p', config, '--emitDeclarationOnly', '--outDir', join(policy, 'dist'))).toBe('');
}, 60_000);
afterAll(() => rmSync(project, { recursive: true }));

/** Strict, with nothing of this repository's own settings, and no declaration left unchecked. */
const compilerOptions = {
  ...{ strict: true, skipLibCheck: false, noEmit: true, types: [] },
  ...{ module: 'nodenext', target: 'es2023', lib: ['ES2023', 'DOM'] },
};

const sound = `
  import { formatInstant, type RefreshFacts, type RefreshRequest } from '@freshet/domain';
  import { buildPolicyBook, decideRefresh, type PolicyFile, type ProviderEntry, type RefreshPolicy } from '@freshet/policy';
  const policyFile: PolicyFile = {
    version: 1,
    overrides: [{ match: { provider: 'MX' }, set: { patience: { value: 'PT1M', source: 'us', checkedOn: '2026-11-21' } } }],
  };
  const book = buildPolicyBook({ policyFile, hash: (text) => text });
  export const decide = (facts: RefreshFacts, request: RefreshRequest, policy: RefreshPolicy): string =>
    decideRefresh(facts, request, policy).verdict + formatInstant(facts.now) + book.version;
  export type Entry = ProviderEntry;
`;
const unsound = `
  import type { PolicyFile } from '@freshet/policy';
  export const file: PolicyFile = { version: 1, overrides: [{ match: {}, set: { patience: { value: 1 } } }] };
`;

test('the types compile for one who checks every declaration, and still tell a setting that is none', () => {
  const files = { 'sound.mts': sound, 'unsound.mts': unsound };
  for (const [name, source] of Object.entries(files)) writeFileSync(join(project, name), source);
  const config = { compilerOptions, files: Object.keys(files) };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  const faults = tsc('-p', project).match(/^\S.*error TS.*$/gm) ?? [];
  expect(faults).toEqual([expect.stringMatching(/unsound\.mts\(3,\d+\): error TS2322/)]);
}, 60_000);
