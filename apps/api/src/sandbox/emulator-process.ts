import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../engine/settings.js';
import { emulatorAt, type Emulator } from './emulator.js';
import { emulatorUrl } from './sandbox-connectors.js';

const START_TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 50;

export interface EmulatorProcess {
  readonly emulator: Emulator;
  /** It ran already, outside of this service: it is left running at the end. */
  readonly found: boolean;
  readonly stop: () => Promise<void>;
}

const program = (): string => join(dirname(fileURLToPath(import.meta.resolve('@freshet/sandbox'))), 'main.js');

export const booksFile = (settings: Settings): string => join(dirname(settings.databaseFile), 'sandbox-books.ndjson');

/** In a group of its own, so that neither a Ctrl-C nor a kill of the service takes the providers' books with it. */
const launch = (settings: Settings): ChildProcess =>
  spawn(process.execPath, [program()], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      SANDBOX_PORT: String(settings.sandboxPort),
      SANDBOX_BOOKS: booksFile(settings),
      SANDBOX_WEBHOOK_BASE: settings.publicUrl,
      LOG_LEVEL: 'silent',
    },
  });

const waitUntilUp = async (emulator: Emulator, child: ChildProcess): Promise<void> => {
  let complaint = '';
  child.stderr?.on('data', (text: Buffer) => (complaint += text.toString('utf8')));
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`The sandbox emulator stopped at its start. ${complaint.trim()}`);
    if ((await emulator.health()) !== null) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`The sandbox emulator did not answer within ${START_TIMEOUT_MS / 1000} s. ${complaint.trim()}`);
};

const stopChild = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });

/** The emulator on its port: one that runs already (it outlives a killed service) is used as it is. */
export const ensureEmulator = async (settings: Settings): Promise<EmulatorProcess> => {
  const emulator = emulatorAt(emulatorUrl(settings));
  if ((await emulator.health()) !== null) {
    await emulator.sendWebhooksTo(settings.publicUrl);
    return { emulator, found: true, stop: async () => undefined };
  }
  const child = launch(settings);
  try {
    await waitUntilUp(emulator, child);
  } catch (error) {
    await stopChild(child);
    throw error;
  }
  child.stderr?.destroy();
  child.unref();
  return { emulator, found: false, stop: () => stopChild(child) };
};
