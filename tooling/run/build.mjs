// Builds every package (turbo skips what has not changed) and says only what a reader needs.
import { turbo } from './turbo.mjs';

/** Stops the process with the compiler's words when something does not build. */
export function build(...filters) {
  process.stdout.write('Building ... ');
  const began = performance.now();
  const chosen = filters.map((name) => `--filter=${name}`);
  const args = ['run', 'build', ...chosen, '--output-logs=errors-only', '--log-prefix=none', '--log-order=grouped'];
  const { status, output } = turbo(args, { capture: true });
  if (status === 0) {
    console.log(`done in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return;
  }
  console.log('failed');
  console.error(output);
  process.exit(1);
}

if (import.meta.main) build(...process.argv.slice(2));
