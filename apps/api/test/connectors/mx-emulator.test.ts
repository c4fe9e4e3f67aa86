import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMxConnector } from '@freshet/connectors';
import { DAY, type Product, type PullId, type RefreshAnswer } from '@freshet/domain';
import type { Connector, ProgressCall, RefreshCall } from '@freshet/ports';
import { startEmulator, type Emulator } from './emulator.js';

/** MX's own SDK, which the connector is built on, against the emulator. */
const SECRET = 'sandbox-mx-webhook-secret';
const PRODUCTS: readonly Product[] = ['BALANCES', 'TRANSACTIONS'];

let emulator: Emulator;
let mx: Connector;
beforeAll(async () => {
  emulator = await startEmulator();
  const { url } = emulator.sandbox;
  mx = createMxConnector({ clientId: 'c', apiKey: 'k', baseUrl: `${url}/mx`, webhookSecret: SECRET });
});
afterAll(() => emulator.close());

let count = 0;
const linked = async (more: object = {}): Promise<RefreshCall> => {
  count += 1;
  const known = { externalId: `m-${count}`, customerId: `USR-${count}`, institutionId: 'mxbank' };
  await emulator.register({ connector: 'mx', provider: 'MX', ...known, products: PRODUCTS, ...more });
  const asked = { products: PRODUCTS, allProducts: true, from: null, to: null, presence: null };
  const call = { provider: 'MX', providerConnectionId: null, credentials: null, pullId: 'pull_1' as PullId };
  return { ...known, ...call, ...asked };
};
const run = async (call: RefreshCall, more: Partial<ProgressCall> = {}, deadlineMs = 5_000) => {
  const sentAt = emulator.sandbox.now();
  const started = await mx.refresh(call, emulator.context(deadlineMs));
  return { started, ended: () => emulator.outcome(mx, call, started, { sentAt, ...more }) };
};
const struck = async (fault: string, more: object = {}) => {
  const call = await linked();
  await emulator.fault({ provider: 'MX', externalId: call.externalId, fault, ...more });
  return { call, ...(await run(call, {}, fault === 'timeout' ? 500 : 5_000)) };
};
const told = (externalId: string) =>
  emulator.webhooks
    .map(({ connector, raw }) => ({ ...raw, secret: connector }))
    .filter(({ body }) => Buffer.from(body).toString('utf8').includes(`"${externalId}"`));

describe('a refresh', () => {
  test.each<[string, Partial<RefreshCall>]>([
    ['of all', {}],
    ['of balances', { products: ['BALANCES'], allProducts: false }],
    ['of a long history', { products: ['TRANSACTIONS'], allProducts: false, from: Date.now() - 400 * DAY }],
  ])('%s: accepted with its job, then done', async (_name, more) => {
    const call = { ...(await linked()), ...more };
    const { started, ended } = await run(call, { products: call.products });
    expect(started).toMatchObject({
      kind: 'accepted',
      providerTaskId: expect.stringMatching(/^JOB-/),
      coalesced: false,
    });
    expect(await ended()).toMatchObject({ kind: 'done', told: { status: 'ACTIVE', reason: null } });
  });

  test('while one runs: busy with that one', async () => {
    const call = await linked();
    const first = await run(call);
    const job = first.started.kind === 'accepted' ? first.started.providerTaskId : null;
    expect((await run(call)).started).toEqual({ kind: 'busy', runningId: job });
  });

  test('within three hours of the last: taken, and nothing comes of it', async () => {
    const call = await linked();
    const first = await (await run(call)).ended();
    const again = await run(call, { asOfBefore: first.kind === 'done' ? first.asOf : null });
    expect(again.started).toEqual({ kind: 'accepted', providerTaskId: null, coalesced: false });
    expect((await again.ended()).kind).toBe('pending');
  });

  test.each<[string, RefreshAnswer['kind'], string]>([
    ['500', 'unknown', 'pending'],
    ['timeout', 'unknown', 'done'],
    ['lost-reply', 'unknown', 'done'],
    ['silent-noop', 'accepted', 'pending'],
    ['partial', 'accepted', 'partial'],
    ['login-required', 'accepted', 'customer-needed'],
    ['reconnect-required', 'customer-needed', 'pending'],
    ['no-webhook', 'accepted', 'done'],
  ])(
    '%s: %s, and later %s',
    async (fault, started, later) => {
      const given = await struck(fault);
      expect(given.started.kind).toBe(started);
      expect((await given.ended()).kind).toBe(later);
    },
    20_000,
  );

  test('429, told until when', async () => {
    const { started } = await struck('429', { retryAfter: 600 });
    expect(started).toMatchObject({ kind: 'limited', scope: 'group', said: '429' });
    expect(started.kind === 'limited' && started.until).toBeGreaterThan(emulator.sandbox.now());
  });

  test('a bank that asks: only with the customer there, and then they are needed', async () => {
    const call = await linked({ status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' });
    expect((await run(call)).started).toMatchObject({ kind: 'customer-needed', event: 'failed_customer_needed' });
    const present = await run({ ...call, presence: { ip: '203.0.113.7', userAgent: null } });
    expect(present.started.kind).toBe('accepted');
    expect(await present.ended()).toMatchObject({ kind: 'customer-needed', event: 'failed_customer_needed' });
  });
});

describe('webhooks', () => {
  test.each([
    ['login-required', { kind: 'status-told', status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' }],
    ['late-webhook', { kind: 'aggregated', products: PRODUCTS, newData: false }],
  ])('%s: genuine, and understood', async (fault, event) => {
    const { call, ended } = await struck(fault);
    await ended();
    await emulator.sandbox.advance(10 * 60_000);
    const [raw] = told(call.externalId);
    if (raw === undefined) throw new Error('nothing came');
    expect(await mx.verifyWebhook(raw, emulator.context())).toMatchObject({ genuine: true });
    expect((await mx.verifyWebhook({ ...raw, secret: null }, emulator.context())).genuine).toBe(false);
    const body = Buffer.from(raw.body).toString('utf8');
    expect(mx.translateWebhook(body, emulator.sandbox.now())).toMatchObject([
      { ...event, externalId: call.externalId },
    ]);
  });

  test('a duplicate has the key of the first', async () => {
    const { call, ended } = await struck('duplicate-webhook');
    await ended();
    await emulator.sandbox.advance(1_000);
    const verdicts = await Promise.all(told(call.externalId).map((raw) => mx.verifyWebhook(raw, emulator.context())));
    expect(verdicts).toHaveLength(2);
    expect(verdicts[0]).toEqual(verdicts[1]);
  });
});

test('a repair, through the widget, and a deletion', async () => {
  const call = await linked({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
  expect((await run(call)).started).toMatchObject({ kind: 'customer-needed', event: 'failed_login_required' });
  const link = await mx.repair(call, emulator.context());
  if (link.kind !== 'link') throw new Error(`no link: ${link.kind}`);
  expect((await fetch(`${link.connectUrl}/complete`, { method: 'POST' })).status).toBe(200);
  await emulator.sandbox.advance(2_000);
  expect(await mx.status(call, emulator.context())).toMatchObject({ status: 'ACTIVE', reason: null, at: null });
  const kinds = told(call.externalId).flatMap(({ body }) =>
    mx.translateWebhook(Buffer.from(body).toString('utf8'), emulator.sandbox.now()).map(({ kind }) => kind),
  );
  expect(kinds).toEqual(['link-completed', 'aggregated']);
  expect(await mx.delete(call, emulator.context())).toEqual({ kind: 'accepted' });
  expect(await mx.delete(call, emulator.context())).toEqual({ kind: 'gone' });
  expect(await mx.status(call, emulator.context())).toBeNull();
});
