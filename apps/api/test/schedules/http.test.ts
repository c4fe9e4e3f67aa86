import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditingEngine } from '@freshet/flows/contract';
import { createMemoryStore } from '@freshet/ports/memory';
import type { DueSteps } from '../../src/schedules/due-work.js';
import { createJobRunner } from '../../src/schedules/job-runner.js';
import { readJobTimes } from '../../src/schedules/job-times.js';
import { jobs } from '../../src/schedules/jobs.js';
import { schedulesModule } from '../../src/schedules/schedules.module.js';
import { keys, NOW, startRig, type Rig } from '../http/rig.js';

let rig: Rig;
let release = (): void => undefined;

/** A service whose timers tick for real, once an hour; the audit's step waits to be let go. */
beforeAll(async () => {
  const store = createMemoryStore();
  const engine = auditingEngine(store, { clock: { now: () => NOW, realNow: () => NOW } });
  const step = () => Promise.resolve(0);
  const held = () => new Promise<number>((resolve) => (release = () => resolve(4)));
  const steps = Object.fromEntries(
    jobs.map((job) => [job.step, job.name === 'nightly-audit' ? held : step]),
  ) as unknown as DueSteps;
  const times = readJobTimes({ SCHEDULE_TIME_ZONE: 'Europe/London', SCHEDULE_DISPATCH_TASKS: 'PT1H' });
  rig = await startRig({ store, extraModules: [schedulesModule(createJobRunner(engine, steps, times), times)] });
});
afterAll(() => rig.close());

const named = async (name: string) => {
  const { body } = await rig.get('/v1/schedules');
  return body.data.find((one: { name: string }) => one.name === name);
};

test('every schedule is shown, with its times and its sentence', async () => {
  const { status, body } = await rig.get('/v1/schedules');
  expect([status, body.nextCursor]).toEqual([200, null]);
  expect(body.data.map(({ name }: { name: string }) => name)).toEqual(jobs.map(({ name }) => name));
  expect(await named('dispatch-tasks')).toMatchObject({ when: 'PT1H', timeZone: null, nextRunAt: null });
  expect(await named('nightly-audit')).toMatchObject({
    what: 'Asks for the audit of every tenant.',
    when: '0 2 * * *',
    timeZone: 'Europe/London',
    nextRunAt: '2026-11-22T02:00:00.000Z',
    paused: false,
    pausedAt: null,
  });
});

test('one is run by hand, alone, and its runs are shown', async () => {
  const started = await rig.post('/v1/schedules/nightly-audit/run');
  expect([started.status, started.body]).toMatchObject([
    202,
    { schedule: 'nightly-audit', dueAt: null, endedAt: null },
  ]);
  expect(await named('nightly-audit')).toMatchObject({ running: true, lastRun: { id: started.body.id } });
  const again = await rig.post('/v1/schedules/nightly-audit/run');
  expect([again.status, again.body.type]).toEqual([409, '/problems/operation-not-allowed']);
  release();
  while ((await named('nightly-audit')).running) await new Promise((resolve) => setImmediate(resolve));
  const runs = await rig.get('/v1/schedules/nightly-audit/runs');
  expect(runs.body).toMatchObject({ data: [{ id: started.body.id, did: 4, error: null }], nextCursor: null });
});

test('one is paused, and goes on', async () => {
  const patch = (paused: boolean) => rig.call('PATCH', '/v1/schedules/nightly-audit', { body: { paused } });
  expect((await patch(true)).body).toMatchObject({
    paused: true,
    pausedAt: new Date(NOW).toISOString(),
    nextRunAt: null,
  });
  expect((await patch(false)).body).toMatchObject({ paused: false, nextRunAt: '2026-11-22T02:00:00.000Z' });
});

test('only keys of the default tenant see them, and only those that manage change them', async () => {
  const key = keys.other;
  expect((await rig.get('/v1/schedules', { key })).body).toEqual({ data: [], nextCursor: null });
  expect((await rig.post('/v1/schedules/nightly-audit/run', undefined, { key })).status).toBe(404);
  expect((await rig.get('/v1/schedules/nightly-audit/runs', { key })).status).toBe(404);
  const reader = { key: keys.reader };
  expect((await rig.get('/v1/schedules', reader)).status).toBe(200);
  expect((await rig.post('/v1/schedules/nightly-audit/run', undefined, reader)).status).toBe(403);
  expect((await rig.call('PATCH', '/v1/schedules/nightly-audit', { body: { paused: true }, ...reader })).status).toBe(
    403,
  );
});

test('bad input is told apart', async () => {
  expect((await rig.post('/v1/schedules/nightly/run')).status).toBe(404);
  expect((await rig.get('/v1/schedules/%00/runs')).status).toBe(404);
  const patched = await rig.call('PATCH', '/v1/schedules/nightly-audit', { body: { paused: 'yes' } });
  expect([patched.status, patched.body.errors]).toMatchObject([400, [{ pointer: '/paused' }]]);
  expect((await rig.get('/v1/schedules/nightly-audit/runs?limit=0')).status).toBe(400);
});
