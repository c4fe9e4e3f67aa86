import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answered, isSigned, ITEM, plaidApi, stamp, startPlaidRig, TOKEN, type PlaidRig } from './plaid-rig.js';
import { DAY, HOUR, MINUTE, SECOND, START } from './rig.js';

let rig: PlaidRig;
beforeEach(async () => {
  rig = await startPlaidRig();
  await rig.item();
});
afterEach(() => rig.close());

const of = { access_token: TOKEN };
const transactions = () => answered(rig.api.transactionsRefresh(of));
const investments = () => answered(rig.api.investmentsRefresh(of));
const balance = () => answered(rig.api.accountsBalanceGet(of));
const calls = { transactions, investments, balance };
const strike = (fault: string, more: object = {}) => rig.fault({ provider: 'PLAID', externalId: ITEM, fault, ...more });
const data = () => rig.control('POST', '/data', { provider: 'PLAID', externalId: ITEM, transactions: 3 });

describe('a refresh', () => {
  test('answers at once, and its stamp moves when the pull has ended', async () => {
    const { status, data: body } = await transactions();
    expect([status, Object.keys(body)]).toEqual([200, ['request_id']]);
    expect((await rig.shown()).status.transactions.last_successful_update).toBeNull();
    await rig.advance(2 * SECOND);
    const { transactions: moved, investments: other } = (await rig.shown()).status;
    expect(Date.parse(moved.last_successful_update)).toBeGreaterThanOrEqual(START + SECOND);
    expect(other.last_successful_update).toBeNull();
    expect(rig.codes()).toEqual([]);
    expect(await rig.bills(ITEM)).toMatchObject([{ products: ['TRANSACTIONS'] }]);
  });

  test('that finds something new tells it, signed over its very bytes', async () => {
    await data();
    await transactions();
    await rig.advance(2 * SECOND);
    expect(rig.codes()).toEqual(['TRANSACTIONS/SYNC_UPDATES_AVAILABLE']);
    const [webhook] = rig.receiver.received;
    expect(webhook?.raw).toContain('\n  "webhook_type"');
    expect(webhook && (await isSigned(rig.api, webhook, rig.sandbox.now()))).toBe(true);
    expect((await rig.shown()).status.last_webhook).toMatchObject({ code_sent: 'SYNC_UPDATES_AVAILABLE' });
  });

  test('of investments is of both their products', async () => {
    expect((await investments()).status).toBe(200);
    await rig.advance(2 * SECOND);
    const { investments: moved, transactions: other } = (await rig.shown()).status;
    expect([moved.last_successful_update === null, other.last_successful_update]).toEqual([false, null]);
    expect(await rig.bills(ITEM)).toMatchObject([{ products: ['INVESTMENT_HOLDINGS'] }]);
  });

  test('of balances has them in the reply, and moves no stamp', async () => {
    const { data: body } = await balance();
    expect(body.accounts[0].balances).toMatchObject({ available: 100, current: 110 });
    expect(body.item).toMatchObject({ item_id: ITEM, error: null, update_type: 'background' });
    await rig.advance(2 * SECOND);
    expect((await rig.shown()).status.transactions.last_successful_update).toBeNull();
    expect(await rig.bills(ITEM)).toMatchObject([{ products: ['BALANCES'] }]);
  });

  test('of a product that the Item does not have is refused', async () => {
    await rig.item({ externalId: 'other', products: ['TRANSACTIONS'], credentials: { accessToken: 'access-2' } });
    const refused = await answered(rig.api.investmentsRefresh({ access_token: 'access-2' }));
    expect(refused).toMatchObject({
      status: 400,
      data: { error_type: 'ITEM_ERROR', error_code: 'PRODUCTS_NOT_SUPPORTED' },
    });
  });
});

describe('limits of a minute', () => {
  test.each([
    ['transactions', 2, 'TRANSACTIONS_REFRESH_LIMIT'],
    ['investments', 1, 'INVESTMENTS_REFRESH_LIMIT'],
    ['balance', 5, 'BALANCE_LIMIT'],
  ] as const)('%s: %i an Item', async (name, count, code) => {
    for (let turn = 0; turn < count; turn += 1) expect((await calls[name]()).status).toBe(200);
    const refused = await calls[name]();
    expect(refused).toMatchObject({ status: 429, data: { error_type: 'RATE_LIMIT_EXCEEDED', error_code: code } });
    expect((await rig.bills(ITEM)).length).toBe(count);
    await rig.advance(MINUTE);
    expect((await calls[name]()).status).toBe(200);
  });

  test('a hundred transaction refreshes a client, whosever Items', async () => {
    const items = Array.from({ length: 51 }, (_, place) => `item-${place}`);
    for (const externalId of items)
      await rig.item({ externalId, credentials: { accessToken: `access-${externalId}` } });
    const statuses: number[] = [];
    for (const externalId of items) {
      const access_token = `access-${externalId}`;
      statuses.push((await answered(rig.api.transactionsRefresh({ access_token }))).status);
      statuses.push((await answered(rig.api.transactionsRefresh({ access_token }))).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.slice(100)).toEqual([429, 429]);
  });
});

describe('faults', () => {
  test('429 and 500 are refusals of Plaid, with the time where one is set, and bill nothing', async () => {
    await strike('429', { retryAfter: 7 });
    const limited = await fetch(`${rig.sandbox.url}/plaid/transactions/refresh`, {
      method: 'POST',
      headers: { 'plaid-client-id': 'c', 'plaid-secret': 's', 'content-type': 'application/json' },
      body: JSON.stringify(of),
    });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    await strike('500');
    expect(await transactions()).toMatchObject({ status: 500, data: { error_type: 'API_ERROR' } });
    expect(await rig.bills(ITEM)).toEqual([]);
  });

  test('a lost reply happened all the same', async () => {
    await strike('lost-reply');
    await expect(transactions()).rejects.toThrow();
    await rig.advance(2 * SECOND);
    expect((await rig.shown()).status.transactions.last_successful_update).not.toBeNull();
    expect((await rig.bills(ITEM)).length).toBe(1);
  });

  test('login-required: taken, and the Item breaks as it is pulled', async () => {
    await strike('login-required');
    expect((await transactions()).status).toBe(200);
    await rig.advance(2 * SECOND);
    const { item, status } = await rig.shown();
    expect(item.error).toMatchObject({ error_type: 'ITEM_ERROR', error_code: 'ITEM_LOGIN_REQUIRED' });
    expect(status.transactions).toMatchObject({ last_successful_update: null });
    expect(status.transactions.last_failed_update).not.toBeNull();
    expect(rig.codes()).toEqual(['ITEM/ERROR']);
    expect(rig.receiver.received[0]?.body.error).toMatchObject({ error_code: 'ITEM_LOGIN_REQUIRED', status: 400 });
    expect(await transactions()).toMatchObject({ status: 400, data: { error_code: 'ITEM_LOGIN_REQUIRED' } });
    expect(await rig.bills(ITEM)).toEqual([]);
  });

  test.each([
    ['reconnect-required', transactions],
    ['reconnect-required', balance],
    ['login-required', balance],
  ])('%s: noticed at the call', async (fault, call) => {
    await strike(fault);
    expect(await call()).toMatchObject({ status: 400, data: { error_code: 'ITEM_LOGIN_REQUIRED' } });
    await rig.advance(0);
    expect(rig.codes()).toEqual(['ITEM/ERROR']);
    expect(await rig.bills(ITEM)).toEqual([]);
  });

  test('partial: one of the calls fails at the bank, the others go well', async () => {
    await strike('partial');
    expect((await transactions()).status).toBe(200);
    expect((await balance()).status).toBe(200);
    await rig.advance(2 * SECOND);
    const { item, status } = await rig.shown();
    expect([item.error, status.transactions.last_successful_update]).toEqual([null, null]);
    expect(status.transactions.last_failed_update).not.toBeNull();
    await strike('partial');
    expect(await balance()).toMatchObject({ status: 400, data: { error_type: 'INSTITUTION_ERROR' } });
    expect((await rig.bills(ITEM)).length).toBe(1);
  });

  test('silent-noop: taken, and nothing comes of it', async () => {
    await data();
    await strike('silent-noop');
    await transactions();
    await rig.advance(MINUTE);
    expect((await rig.shown()).status.transactions).toEqual({ last_successful_update: null, last_failed_update: null });
    expect([rig.codes(), await rig.bills(ITEM)]).toEqual([[], []]);
  });

  test.each([
    ['no-webhook', 0, 0],
    ['duplicate-webhook', 2, 2],
    ['late-webhook', 0, 1],
  ])('%s: %i at once, %i in the end', async (fault, soon, later) => {
    await data();
    await strike(fault);
    await transactions();
    await rig.advance(2 * SECOND);
    expect(rig.codes()).toHaveLength(soon);
    const sentAt = soon > 0 ? rig.sandbox.now() : rig.sandbox.now() + 5 * MINUTE;
    await rig.advance(5 * MINUTE);
    expect(rig.codes()).toHaveLength(later);
    const last = rig.receiver.received.at(-1);
    if (last !== undefined) expect(await isSigned(rig.api, last, sentAt)).toBe(true);
  });
});

describe('the background', () => {
  test('pulls one to four times a day, and tells only what is new', async () => {
    await rig.advance(2 * DAY);
    const first = Date.parse((await rig.shown()).status.transactions.last_successful_update);
    expect(first).toBeGreaterThan(START);
    expect(rig.codes()).toEqual([]);
    await data();
    await rig.advance(DAY + HOUR);
    expect(rig.codes()).toEqual(['TRANSACTIONS/SYNC_UPDATES_AVAILABLE']);
    expect(await rig.bills(ITEM)).toEqual([]);
  });

  test('of a broken Item fails, and one that needs its customer has none', async () => {
    await rig.item({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    await rig.item({
      externalId: 'other',
      status: 'DEGRADED',
      statusReason: 'INTERACTIVE_REFRESH',
      credentials: { accessToken: 'access-2' },
    });
    await rig.advance(2 * DAY);
    const { status } = await rig.shown();
    expect([status.transactions.last_successful_update, status.transactions.last_failed_update === null]).toEqual([
      null,
      false,
    ]);
    const { item, status: other } = (await rig.api.itemGet({ access_token: 'access-2' })).data;
    expect([item.update_type, other?.transactions?.last_failed_update]).toEqual(['user_present_required', null]);
    expect(rig.codes()).toEqual([]);
  });

  test('a consent that ends is warned of a week before, and breaks the Item', async () => {
    await rig.item({ consentExpiresAt: new Date(START + 10 * DAY).toISOString() });
    await rig.advance(4 * DAY);
    expect(rig.codes()).toEqual(['ITEM/PENDING_EXPIRATION']);
    expect(rig.receiver.received[0]?.body.consent_expiration_time).toBe(stamp(START + 10 * DAY));
    await rig.advance(6 * DAY);
    expect((await rig.shown()).item.error).toMatchObject({ error_code_reason: 'OAUTH_CONSENT_EXPIRED' });
  });
});

test('a client that it does not know is refused', async () => {
  await rig.close();
  rig = await startPlaidRig({ secrets: { plaidClientId: 'client-1', plaidSecret: 'secret-1' } });
  await rig.item();
  expect((await answered(rig.api.itemGet(of))).status).toBe(200);
  const refused = await answered(plaidApi(rig.sandbox.url, 'secret-2').itemGet(of));
  expect(refused).toMatchObject({ status: 400, data: { error_type: 'INVALID_INPUT', error_code: 'INVALID_API_KEYS' } });
});
