/** Only this: what is imported further on needs a newer Node than many systems have. */
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`Freshet runs on Node 24, this is ${process.versions.node}. Start it with npm run simulate.\n`);
  process.exit(1);
}
const { runCommand } = await import('./command.js');
process.exitCode = await runCommand(process.argv.slice(2), {
  say: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
});
