// Everything that a change must pass besides its tests. All checks run, so that one run shows every problem.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './root.mjs';

const require = createRequire(import.meta.url);
const binOf = (name, path) => join(require.resolve(`${name}/package.json`), '..', path);
const turbo = 'tooling/run/turbo.mjs';
const quietly = ['--output-logs=errors-only', '--log-prefix=none', '--log-order=grouped'];
const promises = ['--config=eslint.promises.config.mjs', 'apps', 'packages'];

const steps = [
  {
    name: 'build',
    args: [turbo, 'run', 'build', '--continue=dependencies-successful', ...quietly],
    remedy: 'npm run build',
  },
  { name: 'types', args: [turbo, 'run', 'typecheck', '--continue', ...quietly], remedy: 'npm run typecheck' },
  { name: 'lint', args: [binOf('eslint', 'bin/eslint.js'), '--max-warnings=0', '.'], remedy: 'npm run lint' },
  { name: 'promises', args: [binOf('eslint', 'bin/eslint.js'), ...promises], remedy: 'npm run lint:promises' },
  {
    name: 'format',
    args: [binOf('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.'],
    remedy: 'npm run format',
  },
  { name: 'boundaries', args: [turbo, 'boundaries'], remedy: 'npm run boundaries' },
  { name: 'dependencies', args: ['tooling/checks/dependencies.mjs'], remedy: 'node tooling/checks/dependencies.mjs' },
  { name: 'addresses', args: ['tooling/checks/addresses.mjs'], remedy: 'node tooling/checks/addresses.mjs' },
  { name: 'printed docs', args: ['tooling/docs/print.mjs', '--check'], remedy: 'npm run docs' },
];

function run({ name, args }) {
  process.stdout.write(`${name} ... `);
  const began = performance.now();
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(result.status === 0 ? `ok (${seconds} s)` : `FAILED (${seconds} s)`);
  if (result.status !== 0) console.log(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  return result.status === 0;
}

const failed = steps.filter((step) => !run(step));
if (failed.length === 0) {
  console.log('All checks passed.');
} else {
  for (const { name, remedy } of failed) console.log(`${name} failed; alone: ${remedy}`);
  process.exit(1);
}
