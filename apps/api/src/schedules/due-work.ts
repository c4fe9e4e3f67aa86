import {
  expireAbandonedConnects,
  forgetIdempotency,
  forgetJobRuns,
  learnPostingHours,
  lookAtRepairs,
  LONGEST_WARNING_MS,
  openDuePermits,
  planOwnPulls,
  processDueWebhooks,
  prune,
  releaseDeadLeases,
  requestNightlyAudits,
  runQueuedAudits,
  watchConsents,
} from '@freshet/flows';
import type { Dispatcher, Engine, Retention } from '@freshet/flows';
import type { PageThread } from '../audit/page-thread.js';

/** How much of each kind is taken up at a time. */
const BATCH = 200;
/** A walk of the clock stops looking for more after so many rounds: what comes later runs at the next tick. */
const MAX_ROUNDS = 50;

/** Does what is due now, and says how much that was. */
type Step = () => Promise<number>;

/** Everything that falls due by itself, each by name. The timers only tick: what is due is read from the engine's clock. */
export interface DueSteps {
  readonly dispatchTasks: Step;
  readonly processWebhooks: Step;
  readonly releaseLeases: Step;
  readonly expireConnects: Step;
  readonly lookAtRepairs: Step;
  readonly endConsents: Step;
  readonly warnOfConsents: Step;
  /** Permits of connections that nobody else refreshes, as they fall due. */
  readonly openPermits: Step;
  readonly forgetIdempotency: Step;
  readonly forgetJobRuns: Step;
  readonly learnPostingHours: Step;
  readonly prune: Step;
  readonly nightlyAudit: Step;
  readonly runAudits: Step;
}

const untilDone =
  (step: Step): Step =>
  async () => {
    let all = 0;
    for (let done = BATCH; done >= BATCH; all += done) done = await step();
    return all;
  };

/** They read in a thread of their own, which is there only while they run. */
const runAudits = async (engine: Engine, { pages, end }: PageThread): Promise<number> => {
  try {
    return await runQueuedAudits(engine, BATCH, { pages });
  } finally {
    await end();
  }
};

export const createDueSteps = (
  engine: Engine,
  dispatcher: Dispatcher,
  auditThread: () => PageThread,
  retention: Retention,
): DueSteps => ({
  dispatchTasks: () => dispatcher.tick(),
  processWebhooks: untilDone(() => processDueWebhooks(engine, BATCH)),
  releaseLeases: untilDone(() => releaseDeadLeases(engine, BATCH)),
  expireConnects: untilDone(() => expireAbandonedConnects(engine, BATCH)),
  lookAtRepairs: untilDone(() => lookAtRepairs(engine, BATCH)),
  endConsents: () => watchConsents(engine, BATCH, 0),
  warnOfConsents: () => watchConsents(engine, BATCH, LONGEST_WARNING_MS),
  openPermits: async () => {
    await planOwnPulls(engine);
    return untilDone(() => openDuePermits(engine, BATCH))();
  },
  forgetIdempotency: untilDone(() => forgetIdempotency(engine, BATCH)),
  forgetJobRuns: untilDone(() => forgetJobRuns(engine, BATCH)),
  learnPostingHours: () => learnPostingHours(engine),
  prune: () => prune(engine, retention),
  nightlyAudit: async () => (await requestNightlyAudits(engine)).length,
  runAudits: () => runAudits(engine, auditThread()),
});

/** All of it, until nothing more is due now. */
export const runAllDue = async (
  engine: Engine,
  dispatcher: Dispatcher,
  steps: DueSteps,
  runDueJobs: () => Promise<void>,
): Promise<void> => {
  await steps.releaseLeases();
  await steps.expireConnects();
  await steps.lookAtRepairs();
  await steps.warnOfConsents();
  await steps.openPermits();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await steps.processWebhooks();
    await steps.dispatchTasks();
    await dispatcher.idle();
    const next = await engine.store.read('nextDueAt', {});
    if (next === null || next > engine.clock.now()) break;
  }
  await runDueJobs();
  await steps.runAudits();
};
