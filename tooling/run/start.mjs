// Builds, then becomes the program named: `node tooling/run/start.mjs apps/api/dist/main.js`. Packages named after it
// are built instead of all; what follows them is for the program.
//
// The program is imported, not spawned: signals from npm and the terminal then reach it without a process between that
// would have to pass them on, and its exit code is ours. `exec` in package.json is for the same: without it the shell stays
// between, dies of a SIGTERM alone and leaves the service running. Ctrl-C arrives twice (from the terminal and from npm),
// so the program must take a second signal while it closes for the same wish.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { root } from './root.mjs';

const [program, ...rest] = process.argv.slice(2);
const named = rest.findIndex((argument) => !argument.startsWith('@'));
const [filters, own] = named === -1 ? [rest, []] : [rest.slice(0, named), rest.slice(named)];
const file = resolve(root, program);
build(...filters);
if (!existsSync(file)) {
  console.error(`The build left no ${program}: its source is missing.`);
  process.exit(1);
}
process.argv.splice(1, process.argv.length, file, ...own);
await import(pathToFileURL(file).href);
