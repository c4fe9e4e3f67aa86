import type { DurationMs, JobRun } from '@freshet/domain';
import {
  endJobRun,
  isJobPaused,
  jobView,
  startDueJob,
  startJobByHand,
  type Engine,
  type JobEnd,
  type JobView,
} from '@freshet/flows';
import type { DueSteps } from './due-work.js';
import type { JobTime, JobTimes } from './job-times.js';
import { jobs, type Job } from './jobs.js';
import { createTickRecord } from './tick-record.js';
import { within } from './within.js';

export interface ShownJob extends JobView {
  readonly job: Job;
  readonly time: JobTime;
  readonly running: boolean;
}

/** Runs jobs, each alone in this process; one that throws is recorded and told, and stops nothing. */
export interface JobRunner {
  /** Starts the job where that is due. */
  readonly tick: (job: Job) => Promise<void>;
  /** The same, after the run that may be at it now. */
  readonly soon: (job: Job) => Promise<void>;
  /** Undefined: it is running already. It goes on after this has answered. */
  readonly runNow: (job: Job) => Promise<JobRun | undefined>;
  /** Every job with times of its own that is due by now. */
  readonly runDue: () => Promise<void>;
  readonly show: (job: Job) => Promise<ShownJob>;
  /** Nothing is started any more; what runs is waited for, within a bound. */
  readonly stop: (boundMs: DurationMs) => Promise<void>;
}

/** What came of a job's step. One that throws is told, and is an end like any other. */
const outcomeAt =
  (engine: Engine, steps: DueSteps) =>
  async ({ name, step }: Job): Promise<JobEnd> => {
    try {
      return { did: await steps[step]() };
    } catch (error) {
      engine.log.warn('a scheduled job failed', { job: name, error: String(error) });
      return { error: String(error) };
    }
  };

export const createJobRunner = (engine: Engine, steps: DueSteps, times: JobTimes): JobRunner => {
  const running = new Map<string, Promise<unknown>>();
  const record = createTickRecord(engine);
  const outcomeOf = outcomeAt(engine, steps);
  let stopped = false;

  /** What keeps a run from being recorded must not keep the next one from starting. */
  const told = (job: Job, error: unknown): void =>
    engine.log.warn('a run of a job could not be recorded', { job: job.name, error: String(error) });

  const alone = (job: Job, run: () => Promise<void>): Promise<void> => {
    if (stopped || running.has(job.name)) return Promise.resolve();
    const done = run()
      .catch((error: unknown) => told(job, error))
      .finally(() => running.delete(job.name));
    running.set(job.name, done);
    return done;
  };

  const ticked = async (job: Job): Promise<void> => {
    if (await isJobPaused(engine, job.name)) return;
    const startedAt = engine.clock.now();
    await record.add(job.name, startedAt, await outcomeOf(job));
  };

  const tick = (job: Job): Promise<void> =>
    alone(job, async () => {
      const time = times.of(job);
      if (time.kind === 'ticks') return ticked(job);
      const run = await startDueJob(engine, job.name, time.next);
      if (run !== undefined) await endJobRun(engine, run, await outcomeOf(job));
    });

  const runNow = async (job: Job): Promise<JobRun | undefined> => {
    if (stopped || running.has(job.name)) return undefined;
    const starting = startJobByHand(engine, job.name);
    void alone(job, async () => endJobRun(engine, await starting, await outcomeOf(job)));
    return starting;
  };

  return {
    tick,
    soon: async (job) => {
      await running.get(job.name);
      await tick(job);
    },
    runNow,
    runDue: async () => {
      for (const job of jobs) if (times.of(job).kind === 'times') await tick(job);
    },
    show: async (job) => {
      const time = times.of(job);
      const view = await jobView(engine, job.name, time.kind === 'times' ? time.next : null);
      return { ...view, job, time, running: running.has(job.name) };
    },
    stop: async (boundMs) => {
      stopped = true;
      await within(boundMs, Promise.all(running.values()));
      await record.flush();
    },
  };
};
