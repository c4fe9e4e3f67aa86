/** Only this: what is imported further on crashes on an old Node before it could say why. */
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `Freshet runs on Node 24, this is ${process.versions.node}. Start it with npm start: it brings its own Node.\n`,
  );
  process.exit(1);
}
const { runService } = await import('./service.js');
await runService(process.env);
