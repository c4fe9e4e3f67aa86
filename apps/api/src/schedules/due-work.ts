import {
  createBackgroundWatcher,
  expireAbandonedConnects,
  forgetIdempotency,
  forgetJobRuns,
  isJobPaused,
  learnPostingHours,
  lookAtRepairs,
  LONGEST_WARNING_MS,
  planAfterPolicyChange,
  planSweeps,
  processDueWebhooks,
  prune,
  releaseDeadLeases,
  requestNightlyAudits,
  runQueuedAudits,
  sweepDue,
  watchConsents,
} from '@freshet/flows';
import type { Dispatcher, Engine } from '@freshet/flows';
import type { PageThread } from '../audit/page-thread.js';
import type { Settings } from '../engine/settings.js';
import { jobs } from './jobs.js';

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
  /** Refreshes that providers make by themselves: whether they came. */
  readonly watchBackgrounds: Step;
  /** Pulls of connections that nobody else refreshes, as they fall due. */
  readonly sweepPulls: Step;
  readonly planSweeps: Step;
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

/** Where a batch may be smaller than it could be, though more is due. */
const untilNothing =
  (step: Step): Step =>
  async () => {
    let all = 0;
    for (let done = await step(); done > 0; done = await step()) all += done;
    return all;
  };

/** They read in a thread of their own, which is there only while they run. */
const runAudits = async (engine: Engine, { pages, end }: PageThread, driftSample: number): Promise<number> => {
  try {
    return await runQueuedAudits(engine, BATCH, { pages, driftSample });
  } finally {
    await end();
  }
};

const watchingBackgrounds = (engine: Engine): Step => {
  const watcher = createBackgroundWatcher(engine);
  return () => watcher.tick(BATCH);
};

export const createDueSteps = (
  engine: Engine,
  dispatcher: Dispatcher,
  auditThread: () => PageThread,
  { retention, driftSample }: Pick<Settings, 'retention' | 'driftSample'>,
): DueSteps => ({
  dispatchTasks: () => dispatcher.tick(),
  processWebhooks: untilDone(() => processDueWebhooks(engine, BATCH)),
  releaseLeases: untilDone(() => releaseDeadLeases(engine, BATCH)),
  expireConnects: untilDone(() => expireAbandonedConnects(engine, BATCH)),
  lookAtRepairs: untilDone(() => lookAtRepairs(engine, BATCH)),
  endConsents: () => watchConsents(engine, BATCH, 0),
  warnOfConsents: () => watchConsents(engine, BATCH, LONGEST_WARNING_MS),
  sweepPulls: async () => {
    await planAfterPolicyChange(engine);
    return untilNothing(() => sweepDue(engine, BATCH))();
  },
  watchBackgrounds: watchingBackgrounds(engine),
  planSweeps: () => planSweeps(engine),
  forgetIdempotency: untilDone(() => forgetIdempotency(engine, BATCH)),
  forgetJobRuns: untilDone(() => forgetJobRuns(engine, BATCH)),
  learnPostingHours: () => learnPostingHours(engine),
  prune: () => prune(engine, retention),
  nightlyAudit: async () => (await requestNightlyAudits(engine)).length,
  runAudits: () => runAudits(engine, auditThread(), driftSample),
});

/** The same steps, but those of jobs that are paused do nothing: for whoever runs them without the jobs' own timers. */
export const heedingPauses = (engine: Engine, steps: DueSteps): DueSteps =>
  Object.fromEntries(
    jobs.map(({ name, step }) => [step, async () => ((await isJobPaused(engine, name)) ? 0 : steps[step]())]),
  ) as Record<keyof DueSteps, Step>;

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
  await steps.sweepPulls();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await steps.processWebhooks();
    await steps.dispatchTasks();
    await dispatcher.idle();
    const next = await engine.store.read('nextDueAt', {});
    if (next === null || next > engine.clock.now()) break;
  }
  await steps.watchBackgrounds();
  await runDueJobs();
  await steps.runAudits();
};
