import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createConnectors } from '@freshet/connectors';
import { sweepDue, type Engine } from '@freshet/flows';
import { scriptedConnector } from '@freshet/ports/memory';
import { startSandbox, type Sandbox } from '@freshet/sandbox';
import { emulatorAt } from '../../src/sandbox/emulator.js';
import { registerImports } from '../../src/sandbox/register-imports.js';
import { HOUR, importOne, keys, startRig, type Rig } from '../http/rig.js';

const run = promisify(execFile);
const CALLER = resolve(import.meta.dirname, '../../../../examples/permit-caller.mjs');
const DAY = 24 * HOUR;
const OWN = 'own';

let sandbox: Sandbox;
let rig: Rig;
let real: number;

beforeEach(async () => {
  real = Date.now();
  let offset = 0;
  sandbox = await startSandbox({ now: () => real + offset });
  const akoya = { clientId: 'client', clientSecret: 'hush', baseUrl: `${sandbox.url}/akoya` };
  // A team that keeps its tokens imports none: for these rows none are made up either.
  const register = registerImports(emulatorAt(sandbox.url));
  const beforeImport: Engine['beforeImport'] = async (rows) =>
    rows.every(({ externalId }) => externalId === OWN) ? rows : register(rows);
  const meld = scriptedConnector('meld', { refresh: [{ kind: 'done', asOf: real, newData: true }] });
  const connectors = new Map([...createConnectors({ akoya }), ['meld', meld] as const]);
  rig = await startRig({ engine: { connectorsOf: () => connectors, beforeImport } });
  rig.clock.set(real);
  const advance = rig.clock.advance.bind(rig.clock);
  rig.clock.advance = (ms) => {
    offset += ms;
    advance(ms);
  };
});
afterEach(async () => {
  await rig.close();
  await sandbox.close();
});

const control = async (method: string, path: string, body?: unknown) => {
  const headers = { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await fetch(`${sandbox.url}/_control${path}`, { method, ...sent });
  return (await response.json()) as { readonly data: readonly Record<string, unknown>[] };
};

/** One round of the example, as a team would run it. */
const callerRuns = async (): Promise<string> => {
  const env = {
    PATH: process.env['PATH'] ?? '',
    FRESHET_URL: rig.url,
    FRESHET_API_KEY: keys.admin,
    AKOYA_URL: `${sandbox.url}/akoya`,
  };
  return (await run(process.execPath, [CALLER], { env })).stdout;
};

const row = { connector: 'akoya', provider: 'AKOYA', institutionId: 'mikomo', externalId: 'grant-1' };
const bring = (more: object = {}) => importOne(rig, { ...row, providerConnectionId: null, ...more });
const permitOf = async (id: string, body: object = { mode: 'force' }) =>
  (await rig.post(`/v1/connections/${id}/refresh`, body)).body.task;
const taskOf = async (id: string) => (await rig.get(`/v1/tasks/${id}`)).body;
const actors = async (): Promise<readonly unknown[]> => {
  const { data } = await control('GET', '/calls?externalId=grant-1&operation=refresh');
  return data.map((call) => (call['headers'] as Record<string, string>)['x-akoya-interaction-type']);
};

describe('the example caller', () => {
  test('takes a permit, borrows the token, reads at the bank and reports', async () => {
    const { id } = await bring();
    const task = await permitOf(id);
    expect(task.permit).toEqual({
      actorType: 'BATCH',
      presentUntil: null,
      reportBy: new Date(real + HOUR / 2).toISOString(),
    });
    await control('POST', '/data', { provider: 'AKOYA', externalId: 'grant-1', transactions: 3 });
    expect(await callerRuns()).toBe(`${task.id} BATCH BALANCES+TRANSACTIONS: succeeded\n`);
    expect(await taskOf(task.id)).toMatchObject({ state: 'succeeded', newData: true, charge: 'charged' });
    expect((await rig.get(`/v1/connections/${id}`)).body.lastSuccessAt).toBe(new Date(real).toISOString());
    expect(await actors()).toEqual(['batch', 'batch', 'batch']);
    expect(await callerRuns()).toBe('');
  });

  test('names the customer only where they caused it, and only while they are there', async () => {
    const { id } = await bring({ products: ['BALANCES'] });
    const present = { mode: 'force', customerPresent: { ip: '203.0.113.7' } };
    const attended = await permitOf(id, present);
    expect(attended.permit).toMatchObject({
      actorType: 'USER',
      presentUntil: new Date(real + HOUR / 12).toISOString(),
    });
    await callerRuns();
    // Freshet's clock is behind the machine's: to the caller, the customer has left.
    rig.clock.set(real - HOUR);
    await permitOf(id, present);
    await callerRuns();
    expect(await actors()).toEqual(['user', 'batch']);
  });

  test('finds what falls due by itself', async () => {
    const { id } = await bring({ lastSuccessAt: new Date(real).toISOString() });
    rig.clock.advance(DAY + HOUR);
    await sweepDue(rig.engine, 10);
    const { data } = (await rig.get('/v1/tasks?executor=caller&state=running')).body;
    expect(data).toMatchObject([{ connectionId: id, attended: false, permit: { actorType: 'BATCH' } }]);
    await callerRuns();
    expect(await taskOf(data[0].id)).toMatchObject({ state: 'succeeded' });
  });

  test.each([
    ['partial', { state: 'partial', charge: 'charged' }, 'PARTIALLY_ACTIVE'],
    ['429', { state: 'failed', error: { kind: 'limited' } }, 'ACTIVE'],
    ['500', { state: 'failed', error: { kind: 'unavailable' } }, 'DEGRADED'],
    ['reconnect-required', { state: 'reconnect_required', charge: 'charged' }, 'RECONNECT_REQUIRED'],
  ])('reports the fault %s as what it is', async (fault, expected, status) => {
    const { id } = await bring();
    const task = await permitOf(id);
    await control('POST', '/faults', { provider: 'AKOYA', externalId: 'grant-1', fault, retryAfter: 600 });
    await callerRuns();
    expect(await taskOf(task.id)).toMatchObject(expected);
    expect((await rig.get(`/v1/connections/${id}`)).body.status).toBe(status);
  });

  test('leaves a read whose reply was lost unreported: nobody can tell what became of it', async () => {
    const { id } = await bring();
    const task = await permitOf(id);
    await control('POST', '/faults', { provider: 'AKOYA', fault: 'lost-reply' });
    expect(await callerRuns()).toContain('not reported');
    expect(await taskOf(task.id)).toMatchObject({ state: 'running', charge: 'reserved' });
  });
});

describe('POST /v1/tasks/{id}/token', () => {
  const borrow = (id: string, body?: object) => rig.post(`/v1/tasks/${id}/token`, body);

  test('lends the token, and nobody in between keeps it', async () => {
    const { id } = await bring();
    const task = await permitOf(id);
    const { status, body, headers } = await borrow(task.id);
    expect(status).toBe(200);
    expect(body).toEqual({ token: expect.any(String), expiresAt: new Date(real + DAY - (real % 1000)).toISOString() });
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await borrow(task.id)).body).toEqual(body);
    expect(JSON.stringify(rig.told)).not.toContain(body.token);
  });

  test('asks for patience while the token service is down', async () => {
    const { id } = await bring();
    const task = await permitOf(id);
    await control('POST', '/faults', { provider: 'AKOYA', fault: '500', operation: 'token' });
    const refused = await borrow(task.id);
    expect(refused).toMatchObject({ status: 503, body: { type: '/problems/provider-closed' } });
    expect(Number(refused.headers.get('retry-after'))).toBe(30);
    rig.clock.advance(30_000);
    expect((await borrow(task.id)).status).toBe(200);
  });

  test('says that only the customer helps where the reply with the new pair was lost', async () => {
    const { id } = await bring();
    const task = await permitOf(id);
    await control('POST', '/faults', { provider: 'AKOYA', fault: 'lost-reply', operation: 'token' });
    expect((await borrow(task.id)).status).toBe(503);
    rig.clock.advance(120_000);
    expect(await borrow(task.id)).toMatchObject({
      status: 409,
      body: { type: '/problems/not-refreshable', operation: 'repair', connectionId: id },
    });
    expect(await taskOf(task.id)).toMatchObject({ state: 'reconnect_required', charge: 'released' });
    expect((await borrow(task.id)).body.type).toBe('/problems/operation-not-allowed');
  });

  test('is not for tasks of the engine’s, nor where its team keeps the token', async () => {
    const { id } = await importOne(rig);
    const { body } = await rig.post(`/v1/connections/${id}/refresh`, { mode: 'force' });
    expect((await borrow(body.task.id)).body.type).toBe('/problems/operation-not-allowed');
    const task = await permitOf((await bring({ externalId: OWN })).id);
    const own = await borrow(task.id);
    expect(own).toMatchObject({ status: 409, body: { type: '/problems/operation-not-allowed' } });
    expect(own.body.detail).toContain('its team does');
  });

  test.each([[{ refused: 'yes' }], [{ other: 1 }]])('refuses %j', async (body) => {
    const task = await permitOf((await bring()).id);
    expect(await borrow(task.id, body)).toMatchObject({ status: 400, body: { type: '/problems/invalid-request' } });
  });
});

describe('POST /v1/tasks/{id}/outcome', () => {
  test.each([
    [{ httpStatus: 401, code: 602 }, 'RECONNECT_REQUIRED', 'TOKEN_EXPIRED'],
    [{ code: '602' }, 'RECONNECT_REQUIRED', 'TOKEN_EXPIRED'],
    [{ outcome: 'customer-needed', code: '601' }, 'RECONNECT_REQUIRED', 'OTHER'],
    [{ httpStatus: 504 }, 'DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE'],
  ])('%j makes the connection %s', async (outcome, status, statusReason) => {
    const { id } = await bring();
    const task = await permitOf(id);
    expect((await rig.post(`/v1/tasks/${task.id}/outcome`, outcome)).status).toBe(200);
    expect((await rig.get(`/v1/connections/${id}`)).body).toMatchObject({ status, statusReason });
  });

  test.each([{ code: '999' }, {}, { newData: true }])('%j says nothing, and the permit stays open', async (outcome) => {
    const task = await permitOf((await bring()).id);
    expect(await rig.post(`/v1/tasks/${task.id}/outcome`, outcome)).toMatchObject({
      status: 400,
      body: {
        detail: expect.stringMatching(/^outcome: needed, .*\.$/),
        errors: [{ pointer: '/outcome', message: expect.stringMatching(/^outcome: needed/) }],
      },
    });
    expect((await taskOf(task.id)).state).toBe('running');
  });
});
