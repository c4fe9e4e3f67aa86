import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, type Instant } from '@freshet/domain';
import {
  endJobRun,
  forgetJobRuns,
  isJobPaused,
  jobView,
  recordJobRun,
  setJobPaused,
  startDueJob,
  startJobByHand,
} from '../index.js';
import { MORNING, rigsOver, type OpenStore, type Rig } from './rig.js';

/** On the hour. */
const hourly = (after: Instant): Instant => (Math.floor(after / HOUR) + 1) * HOUR;
const JOB = 'sweep';

const runsOf = ({ store }: Rig) => store.read('jobRunsPage', { job: JOB, before: null, limit: 99 });
const due = ({ engine }: Rig) => startDueJob(engine, JOB, hourly);

/** A job that was seen before, so that its next hour is its time. */
const known = async (rig: Rig): Promise<Rig> => {
  expect(await due(rig)).toBeUndefined();
  return rig;
};

export const jobStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a job', () => {
    test('runs at its time, not a moment before, and once', async () => {
      const rig = await known(newRig());
      rig.clock.advance(hourly(MORNING) - MORNING - 1);
      expect(await due(rig)).toBeUndefined();
      rig.clock.advance(1);
      const run = await due(rig);
      expect(run).toMatchObject({ job: JOB, dueAt: hourly(MORNING), startedAt: rig.clock.now(), endedAt: null });
      expect(await due(rig)).toBeUndefined();
      expect(await runsOf(rig)).toEqual([run]);
    });

    test('makes up once for all the times that were missed', async () => {
      const rig = await known(newRig());
      rig.clock.advance(5 * HOUR + MINUTE);
      expect(await due(rig)).toMatchObject({ dueAt: hourly(MORNING) });
      expect(await due(rig)).toBeUndefined();
      rig.clock.advance(HOUR);
      expect(await due(rig)).toMatchObject({ dueAt: hourly(MORNING + 5 * HOUR + MINUTE) });
    });

    test('runs once for each of its times, however many tick', async () => {
      const rig = await known(newRig());
      rig.clock.advance(HOUR);
      const started = await Promise.all(Array.from({ length: 20 }, () => due(rig)));
      expect(started.filter((run) => run !== undefined)).toHaveLength(1);
      expect(await runsOf(rig)).toHaveLength(1);
    });

    test('says what it did, or why it failed', async () => {
      const rig = newRig();
      const [good, bad] = [await startJobByHand(rig.engine, JOB), await startJobByHand(rig.engine, JOB)];
      rig.clock.advance(MINUTE);
      await endJobRun(rig.engine, good, { did: 7 });
      await endJobRun(rig.engine, bad, { error: 'x'.repeat(9_000) });
      const endedAt = MORNING + MINUTE;
      const [second, first] = await runsOf(rig);
      expect(first).toEqual({ ...good, dueAt: null, endedAt, did: 7 });
      expect(second).toEqual({ ...bad, endedAt, error: 'x'.repeat(500) });
    });

    test('that was paused does not start by itself, starts by hand, and goes on with its next time', async () => {
      const rig = await known(newRig());
      await setJobPaused(rig.engine, JOB, true);
      rig.clock.advance(2 * HOUR);
      expect([await due(rig), await isJobPaused(rig.engine, JOB)]).toEqual([undefined, true]);
      expect(await startJobByHand(rig.engine, JOB)).toMatchObject({ dueAt: null });
      await setJobPaused(rig.engine, JOB, false);
      expect(await due(rig)).toBeUndefined();
      rig.clock.advance(HOUR);
      expect(await due(rig)).toMatchObject({ dueAt: hourly(MORNING + 2 * HOUR) });
    });

    test('is shown with its last run and its next time', async () => {
      const rig = await known(newRig());
      expect(await jobView(rig.engine, JOB, hourly)).toEqual({
        pausedAt: null,
        nextAt: hourly(MORNING),
        lastRun: null,
      });
      rig.clock.advance(HOUR);
      const run = await due(rig);
      await setJobPaused(rig.engine, JOB, true);
      expect(await jobView(rig.engine, JOB, hourly)).toEqual({
        pausedAt: MORNING + HOUR,
        nextAt: hourly(MORNING + HOUR),
        lastRun: run,
      });
      expect(await jobView(rig.engine, 'ticking', null)).toEqual({ pausedAt: null, nextAt: null, lastRun: null });
    });

    test('whose process ended in the middle is told of by a later run, and not while another may be at it', async () => {
      const rig = await known(newRig());
      await startJobByHand(rig.engine, JOB);
      rig.clock.advance(6 * HOUR);
      await due(rig);
      expect((await runsOf(rig)).map(({ error }) => error)).toEqual([null, null]);
      rig.clock.advance(HOUR);
      await due(rig);
      const [, , lost] = await runsOf(rig);
      expect(lost).toMatchObject({ endedAt: MORNING + 7 * HOUR, did: null, error: expect.stringContaining('process') });
    });

    test('that ticks is recorded when it is over', async () => {
      const rig = newRig();
      rig.clock.advance(10);
      await recordJobRun(rig.engine, JOB, MORNING, { did: 2 });
      expect(await runsOf(rig)).toMatchObject([{ startedAt: MORNING, endedAt: MORNING + 10, did: 2, dueAt: null }]);
    });

    test('is forgotten run by run after a month', async () => {
      const rig = newRig();
      for (let count = 0; count < 3; count += 1) await startJobByHand(rig.engine, JOB);
      rig.clock.advance(30 * DAY);
      expect(await forgetJobRuns(rig.engine, 2)).toBe(0);
      rig.clock.advance(1);
      expect(await forgetJobRuns(rig.engine, 2)).toBe(2);
      expect(await forgetJobRuns(rig.engine, 2)).toBe(1);
      expect(await runsOf(rig)).toEqual([]);
    });
  });
};
