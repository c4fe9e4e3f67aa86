import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** A project that has installed the two packages, with the types that are shipped of them; made of the sources. */
let project = '';
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'freshet-consumer-'));
  const emitted = join(project, 'emitted');
  const sources = ['--customConditions', 'source', '--rootDir', repository];
  for (const name of ['domain', 'policy']) {
    const config = join(repository, 'packages', name, 'tsconfig.build.json');
    expect(tsc('-p', config, ...sources, '--emitDeclarationOnly', '--outDir', emitted)).toBe('');
    const folder = join(project, 'node_modules/@freshet', name);
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(repository, 'packages', name, 'package.json'), join(folder, 'package.json'));
    renameSync(join(emitted, 'packages', name, 'src'), join(folder, 'dist'));
  }
  symlinkSync(join(installed, 'zod'), join(project, 'node_modules/zod'));
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
