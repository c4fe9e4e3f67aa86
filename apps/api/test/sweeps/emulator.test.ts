import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createConnectors } from '@freshet/connectors';
import { createDispatcher } from '@freshet/flows';
import { startSandbox, type Sandbox } from '@freshet/sandbox';
import { readSettings } from '../../src/engine/settings.js';
import { emulatorAt } from '../../src/sandbox/emulator.js';
import { registerImports } from '../../src/sandbox/register-imports.js';
import { createDueSteps } from '../../src/schedules/due-work.js';
import { HOUR, importOne, keys, startRig, type Rig } from '../http/rig.js';

const MINUTE = HOUR / 60;
const DAY = 24 * HOUR;

let sandbox: Sandbox;
let rig: Rig;

/** Bud of the emulator, over real HTTP; the clocks of both walk in step. */
const start = async (policyFile: unknown = null): Promise<void> => {
  const bud = {
    clientId: 'client',
    clientSecret: 'secret',
    baseUrl: `${sandbox.url}/bud`,
    jwksUrl: `${sandbox.url}/bud-callback.jwks`,
    redirectUrl: 'https://app.example/done',
  };
  const connectors = createConnectors({ bud });
  const beforeImport = registerImports(emulatorAt(sandbox.url));
  rig = await startRig({ policyFile, engine: { connectorsOf: () => connectors, beforeImport } });
  rig.clock.set(sandbox.now());
};

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await rig.close();
  await sandbox.close();
});

const settings = readSettings({});

const nobody = (): never => {
  throw new Error('no audit runs here');
};

/** What the service's timers do, as often as a step says. */
const walk = async (ms: number, stepMs = 15 * MINUTE): Promise<void> => {
  const dispatcher = createDispatcher(rig.engine, 10);
  const steps = createDueSteps(rig.engine, dispatcher, nobody, settings);
  const dispatch = async (): Promise<void> => {
    await steps.dispatchTasks();
    await dispatcher.idle();
  };
  for (let left = ms; left > 0; left -= stepMs) {
    rig.clock.advance(stepMs);
    await sandbox.advance(stepMs);
    await steps.sweepPulls();
    await dispatch();
    if ((await rig.engine.store.read('nextDueAt', {})) === null) continue;
    rig.clock.advance(MINUTE);
    await sandbox.advance(MINUTE);
    await dispatch();
  }
};

const plan = async (): Promise<void> => {
  await createDueSteps(rig.engine, createDispatcher(rig.engine, 10), nobody, settings).planSweeps();
};

const row = (number: number, ageMs = 0) => ({
  ...{ connector: 'bud', provider: 'BUD', externalId: `consent-${number}`, customerId: `customer-${number}` },
  ...{ institutionId: `bank-${number}`, providerConnectionId: null },
  lastSuccessAt: new Date(rig.clock.now() - ageMs).toISOString(),
});

const calls = async (): Promise<
  readonly { readonly headers: Record<string, string>; readonly externalId: string }[]
> => {
  const response = await fetch(`${sandbox.url}/_control/calls`);
  const { data } = (await response.json()) as { data: { operation: string; headers: never; externalId: string }[] };
  return data.filter(({ operation }) => operation === 'refresh');
};

test('a connection is refreshed each day while nobody asks, and never in the name of a customer', async () => {
  await start();
  const { id } = await importOne(rig, row(1));
  await plan();
  await walk(2 * DAY + 3 * HOUR);
  const { data } = (await rig.get(`/v1/tasks?connectionId=${id}`)).body;
  expect(data).toMatchObject([
    { state: 'succeeded', attended: false, executor: 'engine' },
    { state: 'succeeded', attended: false, executor: 'engine' },
  ]);
  const made = await calls();
  expect(made).toHaveLength(2);
  for (const { headers } of made) expect(JSON.stringify(headers).toLowerCase()).not.toMatch(/customer-ip|203\.0\.113/);
  const { body } = await rig.get('/v1/sweeps');
  expect(body).toMatchObject({ behind: 0, behindSince: null, plan: { connections: 1 } });
  expect(body.oldest).toMatchObject([{ connectionId: id, held: null }]);
  expect((await rig.get(`/v1/connections/${id}`)).body).toMatchObject({ status: 'ACTIVE', lastForcedAt: null });
});

test('an exhausted budget is not swept over, and is told', async () => {
  const budget = { name: 'sweeps', provider: 'BUD', currency: 'GBP', amount: '0.10', period: 'month', timeZone: 'UTC' };
  await start({ version: 1, budgets: [budget] });
  for (let number = 0; number < 6; number += 1) await importOne(rig, row(number, 3 * DAY));
  const preview = await rig.get('/v1/sweeps/preview?limit=3');
  expect(preview.status).toBe(200);
  expect(preview.body.connections).toBe(6);
  expect(preview.body.forecast.calls).toBeLessThanOrEqual(2);
  expect(preview.body.forecast.leftOut['no-money']).toBeGreaterThanOrEqual(4);
  expect(preview.body.leftOut[0]).toMatchObject({ cause: 'no-money' });
  expect(preview.body.pulls.length).toBe(Math.min(3, preview.body.forecast.calls));
  expect(await calls()).toEqual([]);
  await plan();
  await walk(3 * DAY, HOUR);
  expect((await calls()).length).toBeLessThanOrEqual(2);
  await plan();
  const { body } = await rig.get('/v1/sweeps');
  expect(body.plan.forecast.leftOut['no-money']).toBeGreaterThanOrEqual(4);
  expect(body.oldest.some(({ held }: { held: string | null }) => held === 'no-money')).toBe(true);
  expect(body.oldestAge).toMatch(/^P[56]D/);
});

test('what falls due while its provider is paused is not lost', async () => {
  await start();
  for (let number = 0; number < 4; number += 1) await importOne(rig, row(number));
  expect((await rig.call('PATCH', '/v1/providers/BUD', { body: { paused: true } })).status).toBe(200);
  await walk(30 * HOUR);
  expect(await calls()).toEqual([]);
  expect((await rig.get('/v1/sweeps')).body.oldest[0].held).toBe('provider-closed');
  await rig.call('PATCH', '/v1/providers/BUD', { body: { paused: false } });
  await walk(6 * HOUR + 30 * MINUTE);
  expect(new Set((await calls()).map(({ externalId }) => externalId)).size).toBe(4);
});

test('after three days in which nothing ran, they come back one by one', async () => {
  await start();
  for (let number = 0; number < 12; number += 1) await importOne(rig, row(number));
  rig.clock.advance(3 * DAY);
  await sandbox.advance(3 * DAY);
  expect((await rig.get('/v1/sweeps')).body).toMatchObject({ behind: 12, oldestAge: 'P3D' });
  const perHour: number[] = [];
  for (let hour = 0; hour < 7; hour += 1) {
    const before = (await calls()).length;
    await walk(HOUR);
    perHour.push((await calls()).length - before);
  }
  expect(perHour.reduce((sum, count) => sum + count)).toBe(12);
  expect(Math.max(...perHour)).toBeLessThanOrEqual(4);
  expect((await rig.get('/metrics', { key: null })).text).toMatch(/freshet_sweep_behind_seconds 0\n/);
});

test('another tenant sees its own', async () => {
  await start();
  await importOne(rig, row(1));
  await plan();
  const { body } = await rig.get('/v1/sweeps', { key: keys.other });
  expect(body).toEqual({ plan: null, behind: 0, behindSince: null, oldestAge: null, oldest: [] });
});
