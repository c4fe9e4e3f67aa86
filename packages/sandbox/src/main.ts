import { startSandbox } from './sandbox.js';
import { optionsFromEnvironment } from './settings.js';

async function main(): Promise<void> {
  // Whoever reads the log may end before the emulator does: it outlives the service that started it.
  process.stdout.on('error', () => undefined);
  const options = optionsFromEnvironment(process.env);
  const sandbox = await startSandbox(options);
  options.log?.(`The sandbox emulator listens on ${sandbox.url}, its books lie in ${options.booksFile}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
  }
}

main().catch((cause: unknown) => {
  process.stderr.write(
    `The sandbox emulator could not start: ${cause instanceof Error ? cause.message : String(cause)}\n`,
  );
  process.exitCode = 1;
});
