/** Only this: what is imported further on needs a newer Node than many systems have. */
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`Freshet runs on Node 24, this is ${process.versions.node}. Start it with npm run import.\n`);
  process.exit(2);
}
const { runImport } = await import('./run-import.js');
process.exitCode = await runImport(process.argv.slice(2), process.env, {
  out: process.stdout,
  err: process.stderr,
});
