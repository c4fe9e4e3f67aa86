import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CountryCode, Products } from 'plaid';
import { answered, isSigned, ITEM, startPlaidRig, TOKEN, type PlaidRig } from './plaid-rig.js';
import { HOUR, SECOND } from './rig.js';

let rig: PlaidRig;
beforeEach(async () => {
  rig = await startPlaidRig();
  await rig.item();
});
afterEach(() => rig.close());

const of = { access_token: TOKEN };
const link = (more: object = {}) =>
  rig.api.linkTokenCreate({
    client_name: 'Budgets',
    language: 'en',
    country_codes: [CountryCode.Us],
    user: { client_user_id: 'cust-1' },
    ...of,
    hosted_link: {},
    ...more,
  });
const complete = (url: string) => fetch(`${url}/complete`, { method: 'POST', headers: { accept: 'application/json' } });

describe('update mode', () => {
  test('mends a broken Item by its page, pulls what it has, and names no Item in its webhook', async () => {
    await rig.item({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    expect((await rig.shown()).item.error).toMatchObject({ error_code: 'ITEM_LOGIN_REQUIRED' });
    const { data } = await link();
    expect(await (await fetch(data.hosted_link_url ?? '')).text()).toContain('Log in again');
    expect((await complete(data.hosted_link_url ?? '')).status).toBe(200);
    expect((await rig.shown()).item.error).toBeNull();
    await rig.advance(2 * SECOND);
    expect((await rig.shown()).status.transactions.last_successful_update).not.toBeNull();
    expect(rig.codes()).toEqual(['LINK/SESSION_FINISHED']);
    expect(rig.receiver.received[0]?.body).not.toHaveProperty('item_id');
    expect(rig.receiver.received[0]?.body.link_token).toBe(data.link_token);
    expect(await rig.bills()).toEqual([]);
  });

  test('its page leads back, and is good for half an hour', async () => {
    const { data } = await link({ hosted_link: { completion_redirect_uri: 'https://app.example/done' } });
    const done = await (await complete(data.hosted_link_url ?? '')).json();
    expect(done).toMatchObject({ redirectUrl: 'https://app.example/done?status=success' });
    const late = (await link()).data.hosted_link_url ?? '';
    await rig.advance(HOUR);
    expect((await complete(late)).status).toBe(410);
  });

  test('has no page without Hosted Link, and none for an Item that is gone', async () => {
    expect((await link({ hosted_link: undefined })).data.hosted_link_url).toBeUndefined();
    await rig.api.itemRemove(of);
    expect(await answered(link())).toMatchObject({ status: 400, data: { error_code: 'ITEM_NOT_FOUND' } });
    expect(await answered(link({ access_token: 'access-9' }))).toMatchObject({
      data: { error_code: 'INVALID_ACCESS_TOKEN' },
    });
    expect(await answered(link({ language: undefined }))).toMatchObject({ data: { error_code: 'MISSING_FIELDS' } });
  });
});

test('an Item that was removed is not found again, and a running pull of it brings nothing', async () => {
  await rig.api.transactionsRefresh(of);
  expect((await rig.api.itemRemove(of)).status).toBe(200);
  await rig.advance(2 * SECOND);
  const gone = { status: 400, data: { error_type: 'ITEM_ERROR', error_code: 'ITEM_NOT_FOUND' } };
  expect(await answered(rig.api.itemRemove(of))).toMatchObject(gone);
  expect(await answered(rig.api.itemGet(of))).toMatchObject(gone);
  expect(await answered(rig.api.transactionsRefresh(of))).toMatchObject(gone);
  expect(rig.codes()).toEqual([]);
});

test('an import through Plaid Exchange makes a new Item each time', async () => {
  const asked = {
    institution_id: 'ins_3',
    products: [Products.Transactions],
    user_auth: { user_id: 'cust-2', auth_token: 't' },
  };
  const [first, second] = [(await rig.api.itemImport(asked)).data, (await rig.api.itemImport(asked)).data];
  const ids = await Promise.all(
    [first, second].map(async ({ access_token }) => (await rig.api.itemGet({ access_token })).data.item.item_id),
  );
  expect(new Set(ids).size).toBe(2);
  expect(await answered(rig.api.itemImport({ ...asked, products: [] }))).toMatchObject({ status: 400 });
});

describe('what happens at the bank is told', () => {
  test.each([
    ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED', 'ITEM/ERROR'],
    ['RECONNECT_REQUIRED', 'TOKEN_EXPIRED', 'ITEM/ERROR'],
    ['ACTIVE', 'NEW_ACCOUNTS_AVAILABLE', 'ITEM/NEW_ACCOUNTS_AVAILABLE'],
    ['ACTIVE', 'ACCESS_EXPIRING_SOON', 'ITEM/PENDING_DISCONNECT'],
  ])('%s/%s: %s', async (status, statusReason, code) => {
    await rig.item({ status, statusReason, notify: true });
    await rig.advance(0);
    expect(rig.codes()).toEqual([code]);
  });

  test('a login that was repaired elsewhere', async () => {
    await rig.item({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    await rig.item({ status: 'ACTIVE', notify: true });
    await rig.advance(0);
    expect(rig.codes()).toEqual(['ITEM/LOGIN_REPAIRED']);
  });

  test('and told again until it is taken, signed anew each time', async () => {
    rig.receiver.answers.push(500, 'hang up');
    await rig.item({ status: 'ACTIVE', statusReason: 'NEW_ACCOUNTS_AVAILABLE', notify: true });
    await rig.advance(29 * SECOND);
    expect(rig.codes()).toHaveLength(1);
    await rig.advance(SECOND);
    expect(rig.codes()).toHaveLength(2);
    await rig.advance(120 * SECOND);
    expect(rig.codes()).toHaveLength(3);
    const [first, , third] = rig.receiver.received;
    expect(third?.raw).toBe(first?.raw);
    expect(third?.headers['plaid-verification']).not.toBe(first?.headers['plaid-verification']);
    expect(third && (await isSigned(rig.api, third, rig.sandbox.now()))).toBe(true);
  });
});

test('the books outlive the emulator: Items, running pulls, limits and the key', async () => {
  await rig.close();
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const folder = mkdtempSync(`${tmpdir()}/plaid-`);
  try {
    rig = await startPlaidRig({ booksFile: `${folder}/books.ndjson` });
    await rig.item();
    await rig.control('POST', '/data', { provider: 'PLAID', externalId: ITEM, transactions: 1 });
    await rig.api.investmentsRefresh(of);
    await rig.api.transactionsRefresh(of);
    await rig.restart();
    expect((await answered(rig.api.investmentsRefresh(of))).status).toBe(429);
    await rig.advance(2 * SECOND);
    expect((await rig.shown()).status.transactions.last_successful_update).not.toBeNull();
    const [webhook] = rig.receiver.received;
    expect(webhook && (await isSigned(rig.api, webhook, rig.sandbox.now()))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
