import { DAY, HOUR, idOf, insert, put, remove, update } from '@freshet/domain';
import type { Effect, Instant, JobRun, Setting } from '@freshet/domain';
import { read, StoreConflict, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';

/** What is kept of a job between its runs. */
interface JobState {
  /** It is due at the first of its times after this. */
  readonly since: Instant;
  readonly pausedAt: Instant | null;
}

/** The first time of a job after an instant. */
export type NextTime = (after: Instant) => Instant;

const settingOf = (job: string): string => `job ${job}`;

const stateIn = (setting: Setting | null): JobState | null =>
  setting === null ? null : (JSON.parse(setting.value) as JobState);

const keep = (job: string, state: JobState): Effect =>
  put('setting', { id: settingOf(job), value: JSON.stringify(state) });

/** A job of another process may still be at it for so long; then that process is taken to have ended. */
const LONGEST_RUN_MS = 6 * HOUR;
const RUNS_LOOKED_AT = 5;

interface JobLoad {
  readonly state: JobState | null;
  readonly earlier: readonly JobRun[];
}

function* loadJob(job: string): Loader<JobLoad> {
  return {
    state: stateIn(yield* read('setting', { id: settingOf(job) })),
    earlier: yield* read('jobRunsPage', { job, before: null, limit: RUNS_LOOKED_AT }),
  };
}

/** Those whose process ended in the middle: nobody else will ever say so. */
const endLost = (earlier: readonly JobRun[], now: Instant): readonly Effect[] =>
  earlier
    .filter(({ endedAt, startedAt }) => endedAt === null && now - startedAt > LONGEST_RUN_MS)
    .map(({ id }) => update('jobRun', id, { endedAt: now, error: 'the process that ran it ended before it did' }));

const started = (engine: Engine, job: string, dueAt: Instant | null, now: Instant): JobRun => ({
  id: idOf('run', engine.ids.next()),
  job,
  dueAt,
  startedAt: now,
  endedAt: null,
  did: null,
  error: null,
});

/**
 * The run of a job whose time has come; undefined: it has not, or the job is paused, or another process was faster. Times
 * that were missed are made up for once. A job that is seen for the first time waits for the next of its times.
 */
export const startDueJob = async (engine: Engine, job: string, nextTime: NextTime): Promise<JobRun | undefined> => {
  const now = engine.clock.now();
  try {
    const decided = await engine.store.turn(
      () => loadJob(job),
      ({ state, earlier }): { readonly run?: JobRun; readonly effects: readonly Effect[] } => {
        if (state === null) return { effects: [keep(job, { since: now, pausedAt: null })] };
        const dueAt = nextTime(state.since);
        if (state.pausedAt !== null || dueAt > now) return { effects: [] };
        const run = started(engine, job, dueAt, now);
        return { run, effects: [...endLost(earlier, now), insert('jobRun', run), keep(job, { ...state, since: now })] };
      },
    );
    return decided.run;
  } catch (error) {
    if (error instanceof StoreConflict) return undefined;
    throw error;
  }
};

/** A run that somebody started, paused or not. */
export const startJobByHand = async (engine: Engine, job: string): Promise<JobRun> => {
  const now = engine.clock.now();
  const run = started(engine, job, null, now);
  await engine.store.turn(
    () => loadJob(job),
    ({ earlier }) => ({ effects: [...endLost(earlier, now), insert('jobRun', run)] }),
  );
  return run;
};

export type JobEnd = { readonly did: number } | { readonly error: string };

/** Longer words of an error help nobody. */
const MOST_WORDS = 500;

const ended = (end: JobEnd, now: Instant): Pick<JobRun, 'endedAt' | 'did' | 'error'> =>
  'did' in end
    ? { endedAt: now, did: end.did, error: null }
    : { endedAt: now, did: null, error: end.error.slice(0, MOST_WORDS) };

export const endJobRun = async (engine: Engine, run: JobRun, end: JobEnd): Promise<void> => {
  await engine.store.turn(
    () => read('setting', { id: settingOf(run.job) }),
    () => ({ effects: [update('jobRun', run.id, ended(end, engine.clock.now()))] }),
  );
};

/** A run of a job that ticks all the time: told of when it is over, and only where it did something or failed. */
export const recordJobRun = async (engine: Engine, job: string, startedAt: Instant, end: JobEnd): Promise<void> => {
  const now = engine.clock.now();
  const run: JobRun = { ...started(engine, job, null, startedAt), ...ended(end, now) };
  await engine.store.turn(
    () => read('setting', { id: settingOf(job) }),
    () => ({ effects: [insert('jobRun', run)] }),
  );
};

export interface JobView {
  readonly pausedAt: Instant | null;
  /** The next of its times, paused or not; null for a job that ticks. */
  readonly nextAt: Instant | null;
  readonly lastRun: JobRun | null;
}

export const jobView = async (engine: Engine, job: string, nextTime: NextTime | null): Promise<JobView> => {
  const state = stateIn(await engine.store.read('setting', { id: settingOf(job) }));
  const [lastRun] = await engine.store.read('jobRunsPage', { job, before: null, limit: 1 });
  const nextAt = nextTime === null ? null : nextTime(state?.since ?? engine.clock.now());
  return { pausedAt: state?.pausedAt ?? null, nextAt, lastRun: lastRun ?? null };
};

export const isJobPaused = async (engine: Engine, job: string): Promise<boolean> =>
  (stateIn(await engine.store.read('setting', { id: settingOf(job) }))?.pausedAt ?? null) !== null;

/** A paused job does not start by itself. Times that it missed are not made up for when it goes on. */
export const setJobPaused = async (engine: Engine, job: string, paused: boolean): Promise<void> => {
  const now = engine.clock.now();
  await engine.store.turn(
    () => read('setting', { id: settingOf(job) }),
    (setting) => {
      const state = stateIn(setting) ?? { since: now, pausedAt: null };
      if ((state.pausedAt !== null) === paused) return { effects: [] };
      return { effects: [keep(job, paused ? { ...state, pausedAt: now } : { since: now, pausedAt: null })] };
    },
  );
};

const RUNS_KEPT_MS = 30 * DAY;

export const forgetJobRuns = async (engine: Engine, limit: number): Promise<number> => {
  const before = engine.clock.now() - RUNS_KEPT_MS;
  const decided = await engine.store.turn(
    () => read('oldJobRuns', { before, limit }),
    (old) => ({ count: old.length, effects: old.map(({ id }) => remove('jobRun', id)) }),
  );
  return decided.count;
};
