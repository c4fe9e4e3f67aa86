// Runs the tests of every package, one package after another, and counts them: the last line is what CI reads.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { testedPackages } from './tested-packages.mjs';
import { total } from './total.mjs';
import { turbo } from './turbo.mjs';

const results = join(root, '.jest-results');
rmSync(results, { recursive: true, force: true });

// One package at a time: Jest uses both cores itself, and tests that watch a clock or a database stay undisturbed.
const options = process.argv.slice(2);
const args = ['run', 'test', '--continue', '--concurrency=1', '--log-prefix=none', '--log-order=stream'];
const { status } = turbo([...args, ...options]);

const reports = existsSync(results)
  ? readdirSync(results).map((file) => JSON.parse(readFileSync(join(results, file), 'utf8')))
  : [];
// A package that stopped before it could count (no tests, a broken configuration, a crash) must not look like a success.
const silent =
  options.length > 0 ? [] : testedPackages(root).filter((name) => !reports.some((one) => one.package === name));
const { failed, line, summary } = total(reports, silent);

console.log('');
for (const row of summary) console.log(row);
console.log(line);
process.exit(status !== 0 || failed > 0 ? 1 : 0);
