import {
  expireAbandonedConnects,
  forgetIdempotency,
  learnPostingHours,
  openDuePermits,
  planOwnPulls,
  processDueWebhooks,
  releaseDeadLeases,
  requestNightlyAudits,
  runQueuedAudits,
} from '@freshet/flows';
import type { Dispatcher, Engine } from '@freshet/flows';
import type { PageThread } from '../audit/page-thread.js';

/** How much of each kind is taken up at a time. */
const BATCH = 200;
/** A walk of the clock stops looking for more after so many rounds: what comes later runs at the next tick. */
const MAX_ROUNDS = 50;

/** Everything that falls due by itself, each by name. The timers only tick: what is due is read from the engine's clock. */
export interface DueWork {
  readonly dispatchTasks: () => Promise<void>;
  readonly processWebhooks: () => Promise<void>;
  readonly releaseLeases: () => Promise<void>;
  readonly expireConnects: () => Promise<void>;
  /** Permits of connections that nobody else refreshes, as they fall due. */
  readonly openPermits: () => Promise<void>;
  readonly forgetIdempotency: () => Promise<void>;
  readonly learnPostingHours: () => Promise<void>;
  readonly nightlyAudit: () => Promise<void>;
  readonly runAudits: () => Promise<void>;
  /** All of it, until nothing more is due now. */
  readonly everything: () => Promise<void>;
}

const untilDone = async (step: () => Promise<number>): Promise<void> => {
  while ((await step()) >= BATCH);
};

/** They read in a thread of their own, which is there only while they run. */
const runAudits = async (engine: Engine, { pages, end }: PageThread): Promise<void> => {
  try {
    await runQueuedAudits(engine, BATCH, { pages });
  } finally {
    await end();
  }
};

export const createDueWork = (engine: Engine, dispatcher: Dispatcher, auditThread: () => PageThread): DueWork => {
  const work = {
    dispatchTasks: () => dispatcher.tick(),
    processWebhooks: () => untilDone(() => processDueWebhooks(engine, BATCH)),
    releaseLeases: () => untilDone(() => releaseDeadLeases(engine, BATCH)),
    expireConnects: () => untilDone(() => expireAbandonedConnects(engine, BATCH)),
    openPermits: async () => {
      await planOwnPulls(engine);
      await untilDone(() => openDuePermits(engine, BATCH));
    },
    forgetIdempotency: () => untilDone(() => forgetIdempotency(engine, BATCH)),
    learnPostingHours: async () => void (await learnPostingHours(engine)),
    nightlyAudit: async () => void (await requestNightlyAudits(engine)),
    runAudits: () => runAudits(engine, auditThread()),
  };

  const tasksAndWebhooks = async (): Promise<void> => {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      await work.processWebhooks();
      await work.dispatchTasks();
      await dispatcher.idle();
      const next = await engine.store.read('nextDueAt', {});
      if (next === null || next > engine.clock.now()) return;
    }
  };

  const everything = async (): Promise<void> => {
    await work.releaseLeases();
    await work.expireConnects();
    await work.openPermits();
    await tasksAndWebhooks();
    await work.nightlyAudit();
    await work.runAudits();
  };

  return { ...work, everything };
};
