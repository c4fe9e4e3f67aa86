import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { CUSTOMER, LOGIN, seconds, startFinicityRig, type FinicityRig } from './finicity-rig.js';
import { DAY, HOUR, MINUTE, SECOND, START } from './rig.js';

let rig: FinicityRig;
beforeEach(async () => {
  rig = await startFinicityRig();
});
afterEach(() => rig.close());

const done = (): Promise<void> => rig.advance(2 * SECOND);
const codes = async (): Promise<unknown[]> =>
  (await rig.accounts()).map((account) => account.aggregationStatusCode as unknown);
/** What was sent until now: the clock waits for webhooks when it is moved. */
const pushes = async () => {
  await rig.advance(1);
  return rig.receiver.received;
};

describe('who may call', () => {
  test('a partner with its secret gets a token for two hours', async () => {
    await rig.login();
    const path = `/finicity/aggregation/v1/customers/${CUSTOMER}/institutionLogins/${LOGIN}/accounts`;
    const { token } = (await rig.token()).body;
    const ask = (headers: Record<string, string>) => rig.send('GET', path, undefined, headers);
    const both = { 'finicity-app-key': 'key', 'finicity-app-token': token };
    expect((await ask(both)).status).toBe(200);
    expect((await ask({ 'finicity-app-key': 'key' })).body).toMatchObject({ code: '10024' });
    expect((await ask({ 'finicity-app-token': token })).body).toMatchObject({ code: '10026' });
    expect(await ask({ ...both, 'finicity-app-token': 'other' })).toMatchObject({
      status: 401,
      body: { code: '10022' },
    });
    await rig.advance(2 * HOUR - 1);
    expect((await ask(both)).status).toBe(200);
    await rig.advance(1);
    expect(await ask(both)).toMatchObject({ status: 401, body: { code: '10023' } });
  });

  test('what is missing or wrong gets none', async () => {
    expect((await rig.token({ partnerId: 'p' })).body).toMatchObject({ code: '10005' });
    expect((await rig.token({ partnerSecret: 's' })).status).toBe(400);
    expect((await rig.token({ partnerId: 'p', partnerSecret: 's' }, {})).body).toMatchObject({ code: '10026' });
    await rig.close();
    const secrets = { finicityPartnerId: 'p', finicityPartnerSecret: 'right', finicityAppKey: 'key' };
    rig = await startFinicityRig({ secrets });
    expect(await rig.token()).toMatchObject({ status: 401, body: { code: '10001' } });
    expect((await rig.token({ partnerId: 'p', partnerSecret: 'right' })).status).toBe(200);
    const wrongKey = await rig.token({ partnerId: 'p', partnerSecret: 'right' }, { 'finicity-app-key': 'other' });
    expect(wrongKey.body).toMatchObject({ code: '24302' });
  });

  test('five failures in a row lock the partner', async () => {
    await rig.close();
    rig = await startFinicityRig({ secrets: { finicityPartnerSecret: 'right' } });
    const told = async (partnerSecret: string) => (await rig.token({ partnerId: 'p', partnerSecret })).status;
    for (let turn = 0; turn < 4; turn += 1) expect(await told('wrong')).toBe(401);
    expect(await told('right')).toBe(200);
    for (let turn = 0; turn < 5; turn += 1) expect(await told('wrong')).toBe(401);
    const locked = await rig.token({ partnerId: 'p', partnerSecret: 'right' });
    expect(locked).toMatchObject({ status: 401, body: { code: '10021' } });
  });

  test('a customer and a login that are not there are told apart', async () => {
    await rig.login();
    expect((await rig.v1('1')).body).toMatchObject({ code: '38007' });
    const stranger = await rig.finicity('GET', `/aggregation/v1/customers/9/institutionLogins/${LOGIN}/accounts`);
    expect(stranger).toMatchObject({ status: 404, body: { code: '14001' } });
  });
});

describe('a refresh', () => {
  test('by login answers with the accounts, whose stamps move when it has ended', async () => {
    await rig.login(LOGIN, { lastSuccessAt: new Date(START - HOUR).toISOString() });
    const reply = await rig.v1();
    expect(reply.status).toBe(200);
    expect(reply.body.accounts).toHaveLength(2);
    expect(reply.body.accounts[0]).toMatchObject({
      aggregationStatusCode: 0,
      aggregationSuccessDate: seconds(START - HOUR),
      institutionLoginId: Number(LOGIN),
      customerId: CUSTOMER,
      type: 'checking',
    });
    await done();
    for (const account of await rig.accounts()) {
      expect(account.aggregationSuccessDate).toBeGreaterThan(seconds(START));
      expect(account.aggregationAttemptDate).toBe(account.aggregationSuccessDate);
    }
    expect(await rig.bills(LOGIN)).toHaveLength(1);
  });

  test('while one runs is a 325 in a 500, and costs nothing', async () => {
    await rig.login();
    await rig.v1();
    expect(await rig.v2()).toMatchObject({ status: 500, body: { code: 325 } });
    expect(await rig.bills(LOGIN)).toHaveLength(1);
    await done();
    expect((await rig.v2()).status).toBe(204);
  });

  test('v2 shows nothing', async () => {
    await rig.login();
    expect(await rig.v2()).toMatchObject({ status: 204, body: '' });
    await done();
    expect(await codes()).toEqual([0, 0]);
  });

  test('a job is looked at by its id', async () => {
    await rig.login();
    const { status, body } = await rig.job('historic');
    expect([status, body.status]).toEqual([202, 'NEW']);
    expect(await rig.jobState(body.refreshId)).toMatchObject({ status: 'IN_PROGRESS', accounts: [] });
    const [{ oldestTransactionDate: before }] = await rig.accounts();
    await done();
    expect(await rig.jobState(body.refreshId)).toMatchObject({
      status: 'COMPLETED',
      accounts: [{ aggregationStatusCode: 0 }, { aggregationStatusCode: 0 }],
    });
    expect((await rig.accounts())[0].oldestTransactionDate).toBeLessThan(before);
    expect((await rig.job('everything')).status).toBe(400);
    expect(await rig.jobState('none')).toMatchObject({ code: '14001' });
  });

  test("the bank's limit is a 44002 in a 202", async () => {
    await rig.login(LOGIN, { credentials: { customerId: CUSTOMER, bankCallsPerHour: '1' } });
    await rig.v1();
    await done();
    expect(await rig.v1()).toMatchObject({ status: 202, body: { code: 44002 } });
    expect(await rig.bills(LOGIN)).toHaveLength(1);
    await rig.advance(HOUR);
    expect((await rig.v1()).status).toBe(200);
  });

  test('of a bank in maintenance is a 102 in a 500', async () => {
    await rig.login();
    await rig.control('PUT', '/maintenance', { provider: '4222' });
    expect(await rig.v1()).toMatchObject({ status: 500, body: { code: 102 } });
  });

  test.each([
    ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED', 103],
    ['RECONNECT_REQUIRED', 'TOKEN_EXPIRED', 947],
    ['DEGRADED', 'INSTITUTION_ACTION_REQUIRED', 108],
  ])('of a login that was registered as %s/%s is a %s in a 500', async (status, statusReason, code) => {
    await rig.login(LOGIN, { status, statusReason });
    expect(await codes()).toEqual([code, code]);
    expect(await rig.v1()).toMatchObject({ status: 500, body: { code } });
    expect(await rig.bills(LOGIN)).toEqual([]);
  });
});

describe('a live balance', () => {
  const alone = { credentials: { customerId: CUSTOMER, accountTypes: 'checking' } };

  test('is of the moment, or of the cache where the caller takes that', async () => {
    await rig.login(LOGIN, { ...alone, lastSuccessAt: new Date(START - 10 * MINUTE).toISOString() });
    expect((await rig.live()).body).toMatchObject({ availableBalanceDate: seconds(START - 10 * MINUTE) });
    expect((await rig.live('0')).body).toMatchObject({
      availableBalanceDate: seconds(START),
      aggregationStatusCode: 0,
    });
    const [account] = await rig.accounts();
    expect(account).toMatchObject({
      balanceDate: seconds(START),
      aggregationSuccessDate: seconds(START - 10 * MINUTE),
    });
    expect(await rig.bills(LOGIN)).toHaveLength(2);
    expect((await rig.bills(LOGIN))[0]).toMatchObject({ products: ['BALANCES'] });
  });

  test('is not of a card, nor of a broken login', async () => {
    await rig.login(LOGIN, { credentials: { customerId: CUSTOMER, accountTypes: 'creditCard' } });
    expect(await rig.live('0')).toMatchObject({ status: 400, body: { code: '14020' } });
    await rig.login('2', { ...alone, status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    const [account] = await rig.accounts('2');
    const path = `/aggregation/v1/customers/${CUSTOMER}/accounts/${account.id}/availableBalance/live`;
    expect(await rig.finicity('GET', path)).toMatchObject({ status: 500, body: { code: 103 } });
    expect(await rig.bills()).toEqual([]);
  });
});

describe('faults', () => {
  const struck = (fault: string, more: object = {}) =>
    rig.fault({ provider: 'FINICITY', externalId: LOGIN, fault, ...more });

  test('429 and 500 say nothing that was done', async () => {
    await rig.login();
    await struck('429', { retryAfter: 60 });
    const limited = await rig.v1();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '60']);
    await struck('500');
    expect((await rig.v1()).status).toBe(500);
    expect(await rig.bills()).toEqual([]);
  });

  test('a lost reply has happened', async () => {
    await rig.login();
    await struck('lost-reply');
    await expect(rig.v1()).rejects.toThrow();
    await done();
    expect((await rig.accounts())[0].aggregationSuccessDate).toBeGreaterThan(seconds(START));
    expect(await rig.bills()).toHaveLength(1);
  });

  test('login-required is a 103 at the end, and stays until the customer was there', async () => {
    await rig.login();
    await struck('login-required');
    expect((await rig.v1()).status).toBe(200);
    await done();
    expect(await codes()).toEqual([103, 103]);
    expect(await rig.v1()).toMatchObject({ status: 500, body: { code: 103 } });
    expect(await rig.bills()).toEqual([]);
  });

  test('reconnect-required is a 947 at once', async () => {
    await rig.login();
    await struck('reconnect-required');
    expect(await rig.v1()).toMatchObject({ status: 500, body: { code: 947 } });
    expect(await codes()).toEqual([947, 947]);
  });

  test('partial fails one account of two, and the next heals it', async () => {
    await rig.login();
    await struck('partial');
    await rig.v1();
    await done();
    expect(await codes()).toEqual([0, 102]);
    expect(await rig.bills()).toHaveLength(1);
    await rig.v1();
    await done();
    expect(await codes()).toEqual([0, 0]);
  });

  test('silent-noop moves nothing, and a job of it never ends', async () => {
    await rig.login();
    await struck('silent-noop', { times: 2 });
    expect((await rig.v1()).status).toBe(200);
    const { refreshId } = (await rig.job('standard')).body;
    await rig.advance(HOUR);
    expect((await rig.accounts())[0]).not.toHaveProperty('aggregationAttemptDate');
    expect(await rig.jobState(refreshId)).toMatchObject({ status: 'IN_PROGRESS' });
    expect(await rig.bills()).toEqual([]);
  });

  test.each([
    ['no-webhook', 0],
    ['duplicate-webhook', 2],
  ])('%s: %i TxPush', async (fault, count) => {
    await rig.login();
    await struck(fault);
    await rig.v1();
    await done();
    expect(rig.receiver.received).toHaveLength(count);
  });

  test('late-webhook', async () => {
    await rig.login();
    await struck('late-webhook');
    await rig.v1();
    await rig.advance(4 * MINUTE);
    expect(rig.receiver.received).toHaveLength(0);
    await rig.advance(2 * MINUTE);
    expect(rig.receiver.received).toHaveLength(1);
  });
});

describe('by itself', () => {
  test('once a night, accounts that are well alone, and told only where something was new', async () => {
    await rig.login(LOGIN, { lastSuccessAt: new Date(START - HOUR).toISOString() });
    await rig.fault({ provider: 'FINICITY', externalId: LOGIN, fault: 'partial' });
    await rig.v1();
    await done();
    const [, broken] = await rig.accounts();
    await rig.advance(DAY);
    const [well, still] = await rig.accounts();
    expect(well.aggregationSuccessDate).toBeGreaterThan(seconds(START + HOUR));
    expect(still.aggregationAttemptDate).toBe(broken.aggregationAttemptDate);
    expect(rig.receiver.received).toHaveLength(1);
    await rig.control('POST', '/data', { provider: 'FINICITY', externalId: LOGIN, transactions: 2 });
    await rig.advance(DAY);
    const told = await pushes();
    expect(told.map(({ body }) => body.event.class)).toEqual(['account', 'account', 'transaction']);
    expect(told[2]?.body.event.records).toHaveLength(2);
    expect(await rig.bills()).toHaveLength(1);
  });

  test('webhooks go to the secret path, and are signed where the secret is known', async () => {
    await rig.close();
    rig = await startFinicityRig({ secrets: { finicityPartnerSecret: 's', finicityWebhookSecret: 'path' } });
    await rig.login();
    await rig.v1();
    await done();
    const [webhook] = await pushes();
    expect(webhook?.path).toBe('/webhooks/finicity/path');
    const signature = createHmac('sha256', 's')
      .update(webhook?.raw ?? '')
      .digest('hex');
    expect(webhook?.headers['x-finicity-signature']).toBe(signature);
  });
});

describe('repair and removal', () => {
  const fix = { partnerId: 'p', customerId: CUSTOMER, institutionLoginId: LOGIN };

  test('Data Connect Fix: the customer goes through the page, and a free aggregation follows', async () => {
    await rig.login(LOGIN, { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    const webhookData = { institutionLoginId: LOGIN };
    const asked = { ...fix, redirectUri: 'https://app.example/done', webhook: 'https://w.example', webhookData };
    const { link } = (await rig.finicity('POST', '/connect/v2/generate/fix', asked)).body;
    expect(new URL(link).searchParams.get('ttl')).toBe(String(START + 2 * HOUR));
    const page = new URL(link).pathname;
    expect((await rig.send('POST', `${page}/complete`)).body).toMatchObject({ completed: true });
    expect(await codes()).toEqual([0, 0]);
    await done();
    const told = await pushes();
    expect(told[0]?.body).toMatchObject({ eventType: 'done', customerId: CUSTOMER, webhookData });
    expect(told[1]?.body).toMatchObject({ event: { class: 'account' } });
    expect(await rig.bills()).toEqual([]);
  });

  test('without an address nobody is told of the session', async () => {
    await rig.login();
    const { link } = (await rig.finicity('POST', '/connect/v2/generate/fix', fix)).body;
    await rig.send('POST', `${new URL(link).pathname}/complete`);
    await done();
    expect((await pushes()).map(({ body }) => body.eventType ?? body.event.class)).toEqual(['account']);
  });

  test.each(['partnerId', 'customerId', 'institutionLoginId'])('a page needs %s', async (field) => {
    await rig.login();
    const { [field as keyof typeof fix]: _left, ...rest } = fix;
    expect(await rig.finicity('POST', '/connect/v2/generate/fix', rest)).toMatchObject({
      status: 400,
      body: { code: '10005' },
    });
  });

  test('a deleted login is gone, and nothing looks at it by night', async () => {
    await rig.login();
    const path = `/aggregation/v1/customers/${CUSTOMER}/institutionLogins/${LOGIN}`;
    expect((await rig.finicity('DELETE', path)).status).toBe(204);
    expect(await rig.finicity('DELETE', path)).toMatchObject({ status: 404, body: { code: '38007' } });
    expect((await rig.v1()).status).toBe(404);
    await rig.control('POST', '/data', { provider: 'FINICITY', externalId: LOGIN, transactions: 1 });
    await rig.advance(2 * DAY);
    expect(rig.receiver.received).toEqual([]);
  });

  test('a status that is announced shows on the accounts, and is told', async () => {
    await rig.login();
    await rig.login(LOGIN, { status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED', notify: true });
    expect(await codes()).toEqual([947, 947]);
    const [told] = await pushes();
    expect(told?.body.event.records[0]).toMatchObject({ aggregationStatusCode: 947 });
  });
});

test('what was under way survives the end of the emulator', async () => {
  await rig.close();
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-finicity-'));
  rig = await startFinicityRig({ booksFile: join(folder, 'books.ndjson') });
  try {
    await rig.login();
    const { refreshId } = (await rig.job('standard')).body;
    await rig.restart();
    await done();
    expect(await rig.jobState(refreshId)).toMatchObject({ status: 'COMPLETED' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
