import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, type JobRun } from '@freshet/domain';
import { setJobPaused, type Engine } from '@freshet/flows';
import { auditingEngine } from '@freshet/flows/contract';
import { openSqliteStore, type SqliteStore } from '@freshet/persistence';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heedingPauses, type DueSteps } from '../../src/schedules/due-work.js';
import { createJobRunner, type JobRunner } from '../../src/schedules/job-runner.js';
import { readJobTimes } from '../../src/schedules/job-times.js';
import { jobNamed, jobs } from '../../src/schedules/jobs.js';
import { within } from '../../src/schedules/within.js';

const START = Date.parse('2026-11-21T09:30:00.000Z');
const audit = jobNamed('nightly-audit');
const dispatch = jobNamed('dispatch-tasks');

let folder: string;
let store: SqliteStore;
let engine: Engine;
let now: number;
let ran: string[];
let answer: (step: keyof DueSteps) => Promise<number>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-jobs-'));
  store = openSqliteStore({ file: join(folder, 'freshet.db') });
  now = START;
  ran = [];
  answer = () => Promise.resolve(1);
  const clock = { now: () => now, realNow: () => now };
  engine = { ...auditingEngine(store), clock };
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const runner = (): JobRunner => {
  const step = (name: keyof DueSteps) => () => {
    ran.push(name);
    return answer(name);
  };
  const steps = Object.fromEntries(jobs.map((job) => [job.step, step(job.step)])) as unknown as DueSteps;
  return createJobRunner(engine, steps, readJobTimes({}));
};
const runsOf = (job: string): Promise<readonly JobRun[]> => store.read('jobRunsPage', { job, before: null, limit: 9 });

describe('a job with times', () => {
  test('runs when its time has come, and its record says what it did', async () => {
    const jobRunner = runner();
    await jobRunner.tick(audit);
    now = Date.parse('2026-11-22T01:59:59.999Z');
    await jobRunner.tick(audit);
    expect(ran).toEqual([]);
    now += 1;
    await jobRunner.tick(audit);
    await jobRunner.tick(audit);
    expect(ran).toEqual(['nightlyAudit']);
    expect(await runsOf('nightly-audit')).toMatchObject([{ dueAt: now, startedAt: now, endedAt: now, did: 1 }]);
  });

  test('that throws is recorded, and runs again at its next time', async () => {
    const jobRunner = runner();
    await jobRunner.runDue();
    answer = () => Promise.reject(new Error('the disk is full'));
    now += 24 * HOUR;
    await jobRunner.tick(audit);
    now += 24 * HOUR;
    answer = () => Promise.resolve(3);
    await jobRunner.tick(audit);
    expect((await runsOf('nightly-audit')).map(({ did, error }) => [did, error])).toEqual([
      [3, null],
      [null, 'Error: the disk is full'],
    ]);
  });
});

describe('a job that ticks', () => {
  test('is recorded by the minute in which it did something, and not while it finds nothing', async () => {
    const jobRunner = runner();
    answer = () => Promise.resolve(0);
    await jobRunner.tick(dispatch);
    now += 2 * MINUTE;
    answer = () => Promise.resolve(2);
    await jobRunner.tick(dispatch);
    now += MINUTE - 1;
    await jobRunner.tick(dispatch);
    expect(await runsOf('dispatch-tasks')).toEqual([]);
    now += 1;
    answer = () => Promise.resolve(0);
    await jobRunner.tick(dispatch);
    const startedAt = START + 2 * MINUTE;
    expect(await runsOf('dispatch-tasks')).toMatchObject([{ startedAt, endedAt: startedAt + MINUTE, did: 4 }]);
  });

  test('that fails is recorded at once, and what it had done when the service ends', async () => {
    const jobRunner = runner();
    await jobRunner.tick(dispatch);
    answer = () => Promise.reject(new Error('no'));
    await jobRunner.tick(dispatch);
    expect(await runsOf('dispatch-tasks')).toMatchObject([{ did: null, error: 'Error: no' }]);
    await jobRunner.stop(MINUTE);
    expect((await runsOf('dispatch-tasks')).map(({ did }) => did)).toEqual([1, null]);
  });

  test('is shown as running while it runs, and runs alone; who wants it soon waits for it', async () => {
    const jobRunner = runner();
    let release = (): void => undefined;
    answer = () => new Promise((resolve) => (release = () => resolve(1)));
    const first = jobRunner.tick(dispatch);
    while (ran.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await jobRunner.tick(dispatch);
    expect(await jobRunner.runNow(dispatch)).toBeUndefined();
    const soon = jobRunner.soon(dispatch);
    expect([ran.length, (await jobRunner.show(dispatch)).running]).toEqual([1, true]);
    answer = () => Promise.resolve(1);
    release();
    await Promise.all([first, soon]);
    expect([ran.length, (await jobRunner.show(dispatch)).running]).toEqual([2, false]);
  });
});

test('by hand a job runs at once, and after the service has begun to end nothing does', async () => {
  const jobRunner = runner();
  const run = await jobRunner.runNow(audit);
  expect(run).toMatchObject({ job: 'nightly-audit', dueAt: null, endedAt: null });
  await jobRunner.stop(MINUTE);
  expect(await runsOf('nightly-audit')).toEqual([{ ...run, endedAt: now, did: 1 }]);
  expect(await jobRunner.runNow(audit)).toBeUndefined();
  await jobRunner.tick(dispatch);
  expect(ran).toEqual(['nightlyAudit']);
});

test('a paused job does not tick, and its steps are not taken', async () => {
  const jobRunner = runner();
  await setJobPaused(engine, 'dispatch-tasks', true);
  await jobRunner.tick(dispatch);
  await jobRunner.soon(dispatch);
  expect(ran).toEqual([]);
  await setJobPaused(engine, 'dispatch-tasks', false);
  await jobRunner.tick(dispatch);
  expect(ran).toEqual(['dispatchTasks']);
});

test('whoever walks through what is due without the timers leaves paused jobs alone', async () => {
  const step = (name: keyof DueSteps) => () => {
    ran.push(name);
    return Promise.resolve(1);
  };
  const steps = Object.fromEntries(jobs.map((job) => [job.step, step(job.step)])) as unknown as DueSteps;
  const heeding = heedingPauses(engine, steps);
  await setJobPaused(engine, 'dispatch-tasks', true);
  expect([await heeding.dispatchTasks(), await heeding.sweepPulls()]).toEqual([0, 1]);
  await setJobPaused(engine, 'dispatch-tasks', false);
  expect(await heeding.dispatchTasks()).toBe(1);
  expect(ran).toEqual(['sweepPulls', 'dispatchTasks']);
});

test('what ends too late is not waited for', async () => {
  let ended = false;
  await within(1, new Promise(() => undefined));
  await within(
    MINUTE,
    Promise.resolve().then(() => (ended = true)),
  );
  expect(ended).toBe(true);
});
