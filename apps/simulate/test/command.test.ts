import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../src/command.js';

let folder = '';
const file = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-simulate-'));
  writeFileSync(
    file('workload.yaml'),
    [
      'version: 1',
      'name: tiny',
      'seed: 3',
      'connections: 6',
      'days: 30',
      'changesPerDay: { median: 2, sigma: 0.5, min: 0.1, max: 10 }',
      'readsPerDay: { median: 3, sigma: 0.5, min: 0.1, max: 10 }',
      "prices: { currency: EUR, perRequest: ['0.05', '0.20'] }",
    ].join('\n'),
  );
  writeFileSync(
    file('never.yaml'),
    'version: 1\noverrides:\n  - match: {}\n    set: { forced: { available: false } }\n',
  );
  writeFileSync(file('faulty.yaml'), 'version: 1\nspeed: 3\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = async (...args: readonly string[]) => {
  const [said, complained]: [string[], string[]] = [[], []];
  const code = await runCommand(['simulate', ...args], {
    say: (line) => said.push(line),
    complain: (line) => complained.push(line),
  });
  return { code, said: said.join('\n'), complained: complained.join('\n') };
};

describe('npm run simulate', () => {
  test('prints the table and writes JSON and the picture', async () => {
    const out = file('out');
    const { code, said } = await run('--workload', file('workload.yaml'), '--spend', '0.5', '--out', out);
    expect(code).toBe(0);
    expect(said).toContain('Workload tiny, seed 3: 6 connections');
    expect(said).toContain('At 0.50 EUR per connection-month');
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as {
      readonly atSpend: readonly { readonly policy: { readonly perConnectionMonth: number } }[];
      readonly runs: readonly { readonly policyVersion: string }[];
    };
    expect(report.atSpend[0]?.policy.perConnectionMonth).toBeLessThanOrEqual(0.5);
    expect(report.runs).toHaveLength(2);
    expect(readFileSync(join(out, 'plot.svg'), 'utf8')).toContain('<svg');
  });

  test('runs the policy that it is given, and another seed where one is named', async () => {
    const { said } = await run(
      '--workload',
      file('workload.yaml'),
      '--policy',
      file('never.yaml'),
      '--spend',
      'none',
      '--seed',
      '9',
    );
    expect(said).toContain('seed 9');
    expect(said).toMatch(/^never\.yaml +0\.00/m);
    expect(said).not.toContain('At 0.50');
  });

  test.each([
    ['a faulty policy', ['--policy', 'faulty.yaml'], 'The policy cannot be used'],
    ['a policy that is not there', ['--policy', 'nowhere.yaml'], 'cannot be read: ENOENT'],
    ['an option that does not exist', ['--speed', '3'], "Unknown option '--speed'"],
    ['money that is none', ['--spend', '0,5'], 'expected amounts above zero'],
    ['a seed that is none', ['--seed', '1.5'], 'expected a whole number'],
    ['rates of another kind', ['--rates', 'guessed'], 'expected learned or true'],
  ])('%s is told in words', async (_, args, message) => {
    const named = args.map((arg) => (arg.endsWith('.yaml') ? file(arg) : arg));
    const { code, complained } = await run('--workload', file('workload.yaml'), ...named);
    expect({ code, told: complained.includes(message) }).toEqual({ code: 1, told: true });
  });

  test('help is help', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, said: expect.stringContaining('--workload FILE') });
  });
});
