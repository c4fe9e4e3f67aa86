// Runs the tests of every package, one package after another, and counts them: the last line is what CI reads.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { total } from './total.mjs';
import { turbo } from './turbo.mjs';

const results = join(root, '.jest-results');
rmSync(results, { recursive: true, force: true });

// One package at a time: Jest uses both cores itself, and tests that watch a clock or a database stay undisturbed.
const args = ['run', 'test', '--continue', '--concurrency=1', '--log-prefix=none', '--log-order=stream'];
const { status } = turbo([...args, ...process.argv.slice(2)]);

const reports = existsSync(results)
  ? readdirSync(results).map((file) => JSON.parse(readFileSync(join(results, file), 'utf8')))
  : [];
const { failed, line, summary } = total(reports);

console.log('');
for (const row of summary) console.log(row);
if (status !== 0 && failed === 0) console.log('A package did not finish its tests, or has none: see its words above.');
console.log(line);
process.exit(status !== 0 || failed > 0 ? 1 : 0);
