import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createDispatcher, type Engine } from '@freshet/flows';
import { pino, type Logger } from 'pino';
import { createApp } from './app.js';
import { auditModule } from './audit/audit.module.js';
import { createPageThread } from './audit/page-thread.js';
import { drawElsewhere } from './audit/report/charts/draw-elsewhere.js';
import { InvoicesModule } from './invoices/invoices.module.js';
import { createMetrics } from './health/metrics.js';
import { buildEngine, type BuiltEngine } from './engine/build-engine.js';
import { SettingsError } from './engine/settings-error.js';
import { readSettings, type Settings } from './engine/settings.js';
import { createNudge } from './schedules/nudge.js';
import { createDueSteps, heedingPauses, runAllDue } from './schedules/due-work.js';
import { createJobRunner } from './schedules/job-runner.js';
import { readJobTimes, type JobTimes } from './schedules/job-times.js';
import { schedulesModule, SHUTDOWN_BOUND_MS } from './schedules/schedules.module.js';
import { within } from './schedules/within.js';
import { importExamples } from './sandbox/import-examples.js';
import { ensureEmulator, type EmulatorProcess } from './sandbox/emulator-process.js';
import { registerImports } from './sandbox/register-imports.js';
import { sandboxModule } from './sandbox/sandbox.module.js';
import { createClockWalk } from './sandbox/walk-clock.js';

/** Tasks at work at a time, at all providers: several slow ones leave room for the rest. */
const CONCURRENT_TASKS = 128;

/** Inside the lease that an audit runs under; the first page waits for its thread to start. */
const AUDIT_PAGE_MS = 15_000;
const AUDIT_THREAD = new URL('./engine/audit-thread.js', import.meta.url);
/** A second on an idle machine. */
const CHARTS_MS = 20_000;
const CHARTS_THREAD = new URL('./audit/report/charts/draw-thread.js', import.meta.url);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** What a person reads at the start; everything else is a log line. */
const greet = (settings: Settings, built: BuiltEngine, imported: number): void => {
  const url = `http://${settings.host}:${settings.port}`;
  say(`Freshet listens on ${url} (docs at ${url}/docs), its data lie in ${settings.databaseFile}`);
  if (settings.sandbox) {
    say(`Sandbox mode: no provider is configured, an emulator on port ${settings.sandboxPort} stands in for them.`);
  }
  if (imported > 0) say(`Imported ${imported} example connections.`);
  if (built.madeApiKey !== null) say(`API key (shown only now): ${built.madeApiKey}`);
};

const complain = (error: unknown): void => {
  const code = (error as NodeJS.ErrnoException).code;
  const message = error instanceof Error ? error.message : String(error);
  const text = code === 'EADDRINUSE' ? `The port is in use already: ${message}. Set PORT to another.` : message;
  process.stderr.write(`Freshet could not start. ${text}\n`);
  if (!(error instanceof SettingsError) && process.env.LOG_LEVEL === 'debug') console.error(error);
};

interface Service {
  readonly app: NestFastifyApplication;
  readonly close: () => Promise<void>;
}

const assemble = async (
  settings: Settings,
  times: JobTimes,
  built: BuiltEngine,
  emulator: EmulatorProcess | null,
): Promise<Service> => {
  const metrics = createMetrics();
  const engine: Engine = {
    ...built.engine,
    store: metrics.watch(built.engine.store),
    ...(emulator === null ? {} : { beforeImport: registerImports(emulator.emulator) }),
  };
  const dispatcher = createDispatcher(engine, CONCURRENT_TASKS);
  const auditThread = () =>
    createPageThread({
      file: settings.databaseFile,
      policies: engine.policies.archive,
      entry: AUDIT_THREAD,
      deadlineMs: AUDIT_PAGE_MS,
    });
  const steps = createDueSteps(engine, dispatcher, auditThread, settings);
  const runner = createJobRunner(engine, steps, times);
  const draw = drawElsewhere({ entry: CHARTS_THREAD, deadlineMs: CHARTS_MS, log: engine.log });
  const extraModules = [auditModule(draw), InvoicesModule, schedulesModule(runner, times)];
  if (emulator !== null) {
    const offset = await emulator.emulator.offsetMs();
    await built.clock.moveTo(offset);
    await emulator.emulator.moveTo(built.clock.offsetMs());
    const runDue = () => runAllDue(engine, dispatcher, heedingPauses(engine, steps), runner.runDue);
    extraModules.push(sandboxModule(createClockWalk(built.clock, emulator.emulator, runDue)));
  }
  const app = await createApp({ engine, settings, nudge: createNudge(runner, engine.log), extraModules, metrics });
  await app.listen(settings.port, settings.host);
  const imported = settings.sandbox && built.isFirstStart ? await importExamples(engine) : 0;
  greet(settings, built, imported);
  return {
    app,
    close: async () => {
      const until = performance.now() + SHUTDOWN_BOUND_MS;
      await app.close();
      // A call may have minutes until its deadline. One that is cut off is found `sent` by the next start.
      await within(Math.max(0, until - performance.now()), dispatcher.idle());
      await engine.store.close();
      await emulator?.stop();
    },
  };
};

const closeOnSignal = (service: Service, log: Logger): void => {
  let closing: Promise<void> | undefined;
  const close = (): void => {
    // A Ctrl-C in a terminal reaches us twice, from the terminal and from npm: it is one wish.
    closing ??= service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: String(error) }, 'closing failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', close);
  process.on('SIGTERM', close);
};

/** Starts everything, or says in one message why it cannot and leaves nothing behind. */
export const runService = async (environment: Readonly<Record<string, string | undefined>>): Promise<void> => {
  let built: BuiltEngine | undefined;
  let emulator: EmulatorProcess | null = null;
  try {
    const settings = readSettings(environment);
    const times = readJobTimes(environment);
    const logger = pino({ level: settings.logLevel });
    const log = {
      info: (message: string, facts: Readonly<Record<string, unknown>>) => logger.info(facts, message),
      warn: (message: string, facts: Readonly<Record<string, unknown>>) => logger.warn(facts, message),
    };
    built = await buildEngine(settings, log);
    emulator = settings.sandbox ? await ensureEmulator(settings) : null;
    closeOnSignal(await assemble(settings, times, built, emulator), logger);
  } catch (error) {
    complain(error);
    await built?.engine.store.close();
    await emulator?.stop();
    process.exit(1);
  }
};
