/** Only this: what is imported further on crashes on an old Node before it could say why. */
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`Freshet runs on Node 24, this is ${process.versions.node}. Start it with npm run audit.\n`);
  process.exit(2);
}
const { runAuditCommand } = await import('./command.js');
process.exitCode = await runAuditCommand(process.argv.slice(2), {
  say: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
});
