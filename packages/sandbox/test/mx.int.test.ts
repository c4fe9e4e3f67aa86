import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { DAY, HOUR, iso, MINUTE, SECOND, START } from './rig.js';
import { startMxRig, USER, type MxRig } from './mx-rig.js';

let rig: MxRig;
beforeEach(async () => {
  rig = await startMxRig();
});
afterEach(() => rig.close());

const types = () => rig.receiver.received.map(({ body }) => body.type);
const ended = () => rig.advance(2 * SECOND);

describe('the wire', () => {
  test('wants the client, and the version that is meant', async () => {
    await rig.link('m');
    const path = `/mx/users/${USER}/members/m`;
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    const accept = 'application/json, application/vnd.mx.api.v1+json; q=0.9';
    const tries: readonly (readonly [Record<string, string>, number])[] = [
      [{ accept, authorization: basic('c:k') }, 200],
      [{ accept }, 401],
      [{ accept, authorization: basic('c') }, 401],
      [{ accept, authorization: 'Bearer c' }, 401],
      [{ accept: 'application/json', authorization: basic('c:k') }, 406],
      [{ authorization: basic('c:k') }, 406],
    ];
    for (const [headers, status] of tries)
      expect((await rig.send('GET', path, undefined, headers)).status).toBe(status);
  });

  test('takes only the client that it is set for', async () => {
    await rig.close();
    rig = await startMxRig({ secrets: { mxClientId: 'client', mxApiKey: 'another' } });
    await rig.link('m');
    expect((await rig.aggregateMember('m')).status).toBe(401);
  });

  test('answers in its own media type, and knows no member of somebody else', async () => {
    await rig.link('m');
    expect((await rig.aggregateMember('m')).headers.get('content-type')).toContain('application/vnd.mx.api.v1+json');
    for (const call of [
      rig.readMember('m', 'USR-2'),
      rig.readMember('other'),
      rig.aggregateMember('m', '', 'USR-2'),
      rig.deleteMember('m', 'USR-2'),
    ])
      expect(await call).toMatchObject({ status: 404, body: { error: { message: expect.any(String) } } });
  });

  test('users, members and pages', async () => {
    const made = await rig.createUser({ id: 'cust-9' });
    const { guid } = made.body.user;
    expect(made).toMatchObject({ status: 200, body: { user: { id: 'cust-9', guid: expect.stringMatching(/^USR-/) } } });
    expect((await rig.createUser({ id: 'cust-9' })).status).toBe(409);
    expect((await rig.readUser('USR-nobody')).status).toBe(404);
    const credentials = [{ guid: 'CRD-1', value: 'password' }];
    const create = (institution_code: string) => rig.createMember(guid, { credentials, institution_code });
    expect(await create('mxbank')).toMatchObject({ status: 202, body: { member: { is_being_aggregated: true } } });
    expect((await create('mxbank')).status).toBe(409);
    for (let count = 0; count < 10; count += 1) await create(`bank-${count}`);
    const page = await rig.listMembers(guid, 2, 10);
    expect(page.body).toMatchObject({
      pagination: { current_page: 2, per_page: 10, total_entries: 11, total_pages: 2 },
    });
    expect(page.body.members).toHaveLength(1);
    await ended();
    expect(new Set(types())).toEqual(new Set(['MEMBER', 'AGGREGATION']));
    expect(await rig.bills()).toEqual([]);
  });
});

describe('a job', () => {
  test('shows as running, and a second or two later as done', async () => {
    await rig.link('m');
    await rig.control('POST', '/data', { provider: 'MX', externalId: 'm', transactions: 3 });
    const started = await rig.aggregateMember('m');
    expect(started).toMatchObject({
      status: 202,
      body: {
        member: { guid: 'm', is_being_aggregated: true, aggregated_at: iso(START), successfully_aggregated_at: null },
      },
    });
    await rig.advance(999);
    expect(await rig.status('m')).toMatchObject({ is_being_aggregated: true });
    await rig.advance(1_001);
    const status = await rig.status('m');
    expect(status).toMatchObject({
      connection_status: 'CONNECTED',
      is_being_aggregated: false,
      aggregated_at: iso(START),
      has_processed_accounts: true,
      has_processed_transactions: true,
    });
    expect(Date.parse(status.successfully_aggregated_at)).toBeGreaterThanOrEqual(START + SECOND);
    expect((await rig.readMember('m')).body.member.most_recent_job_guid).toBe(started.body.member.most_recent_job_guid);
    expect(rig.receiver.received).toMatchObject([
      {
        path: '/webhooks/mx/sandbox-mx-webhook-secret',
        body: {
          type: 'AGGREGATION',
          action: 'member_data_updated',
          is_background: false,
          member_guid: 'm',
          transactions_created_count: 3,
          completed_at: Math.floor(Date.parse(status.successfully_aggregated_at) / 1_000),
        },
      },
    ]);
    expect((await rig.bills('m')).map(({ products }) => products)).toEqual([['BALANCES', 'TRANSACTIONS']]);
  });

  test('of balances alone brings no transactions; holdings and transactions can be left out', async () => {
    const products = ['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS', 'OWNERS'];
    for (const id of ['a', 'b', 'c']) await rig.link(id, { products });
    await rig.control('POST', '/data', { provider: 'MX', externalId: 'a', transactions: 1 });
    expect((await rig.checkBalances('a')).status).toBe(202);
    expect((await rig.aggregateMember('b', '?include_holdings=false&include_transactions=true')).status).toBe(202);
    expect((await rig.extendHistory('c')).status).toBe(202);
    await ended();
    expect((await rig.status('a')).has_processed_transactions).toBe(false);
    expect((await rig.bills()).map((bill) => bill.products)).toEqual([
      ['BALANCES'],
      ['BALANCES', 'TRANSACTIONS'],
      ['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS'],
    ]);
    expect(types().toSorted()).toEqual(['AGGREGATION', 'BALANCE', 'HISTORY']);
  });

  test('of the same kind is handed back while one runs, of another kind refused', async () => {
    await rig.link('m');
    const [first, second] = [await rig.aggregateMember('m'), await rig.aggregateMember('m')];
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect((await rig.checkBalances('m')).status).toBe(409);
    expect(await rig.bills('m')).toHaveLength(1);
  });
});

describe('the pauses', () => {
  test.each([
    [3 * HOUR - 1, false],
    [3 * HOUR, true],
  ])('%i ms after a success an aggregation starts: %s', async (sinceMs, starts) => {
    await rig.link('m', { lastSuccessAt: iso(START - sinceMs) });
    const { status, body } = await rig.aggregateMember('m');
    expect([status, body.member.is_being_aggregated]).toEqual([202, starts]);
    expect(body.member.aggregated_at).toBe(iso(starts ? START : START - sinceMs));
    expect(await rig.bills('m')).toHaveLength(starts ? 1 : 0);
    await ended();
    expect(types()).toEqual(starts ? ['AGGREGATION'] : []);
  });

  test('a failed one does not count, and the premium jobs are not held back', async () => {
    await rig.link('m');
    await rig.fault({ provider: 'MX', externalId: 'm', fault: 'login-required' });
    await rig.aggregateMember('m');
    await ended();
    await rig.link('m', { status: 'ACTIVE' });
    expect((await rig.aggregateMember('m')).body.member.is_being_aggregated).toBe(true);
    await ended();
    expect((await rig.extendHistory('m')).body.member.is_being_aggregated).toBe(true);
  });

  test('five balance checks in two hours, and not one more', async () => {
    await rig.link('m');
    const check = async () => (await rig.checkBalances('m')).status;
    for (let count = 0; count < 5; count += 1) {
      expect(await check()).toBe(202);
      await ended();
    }
    expect(await check()).toBe(429);
    await rig.advance(2 * HOUR - 10 * SECOND - 1);
    expect(await check()).toBe(429);
    await rig.advance(1);
    expect(await check()).toBe(202);
  });

  /** Two days after the first: the one between them is more than three hours from the job that is forced. */
  const slotOf = async (id: string): Promise<number> => {
    await rig.link(id);
    await rig.advance(DAY + HOUR);
    return Date.parse((await rig.status(id)).successfully_aggregated_at) + 2 * DAY;
  };

  test.each([
    [20 * HOUR - 1, false],
    [20 * HOUR, true],
  ])('%i ms after a forced job MX pulls by itself: %s', async (sinceMs, comes) => {
    const slot = await slotOf('m');
    await rig.advance(slot - sinceMs - rig.sandbox.now());
    expect((await rig.aggregateMember('m')).body.member.is_being_aggregated).toBe(true);
    await rig.advance(slot - rig.sandbox.now());
    const { aggregated_at: at } = await rig.status('m');
    expect(at).toBe(iso(comes ? slot : slot - sinceMs));
  });

  test('the daily pull is unasked and free, tells only news, and leaves out what is broken or switched off', async () => {
    await rig.link('m');
    await rig.link('broken', { status: 'RECONNECT_REQUIRED' });
    await rig.link('off');
    await rig.updateMember('off', { background_aggregation_is_disabled: true });
    await rig.advance(DAY + HOUR);
    expect(types()).toEqual([]);
    await rig.control('POST', '/data', { provider: 'MX', externalId: 'm', transactions: 2 });
    await rig.advance(DAY);
    expect(rig.receiver.received.map(({ body }) => [body.member_guid, body.is_background])).toEqual([['m', true]]);
    for (const id of ['broken', 'off']) expect((await rig.status(id)).aggregated_at).toBeNull();
    expect(await rig.bills()).toEqual([]);
  });
});

describe('a bank that asks', () => {
  const asked = async () => {
    await rig.link('m', { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' });
    expect((await rig.status('m')).connection_status).toBe('EXPIRED');
    await rig.aggregateMember('m');
    await ended();
  };

  test('keeps the job waiting, which counts as running', async () => {
    await asked();
    const status = await rig.status('m');
    expect(status).toMatchObject({ connection_status: 'CHALLENGED', is_being_aggregated: true });
    expect(status.challenges).toHaveLength(1);
    expect(types()).toEqual(['CONNECTION_STATUS']);
    expect(rig.receiver.received[0]?.body).toMatchObject({ action: 'CHANGED', connection_status_id: 3 });
  });

  test('goes on when it is answered', async () => {
    await asked();
    const answer = { challenges: [{ guid: 'CRD-1', value: 'blue' }] };
    expect((await rig.resumeAggregation('m', answer)).status).toBe(202);
    expect((await rig.status('m')).connection_status).toBe('RESUMED');
    await ended();
    expect(await rig.status('m')).toMatchObject({ connection_status: 'CONNECTED', is_being_aggregated: false });
    expect((await rig.resumeAggregation('m', answer)).status).toBe(409);
  });

  test('gives up after ten minutes', async () => {
    await asked();
    await rig.advance(10 * MINUTE);
    expect(await rig.status('m')).toMatchObject({ connection_status: 'EXPIRED', is_being_aggregated: false });
    expect(types()).toEqual(['CONNECTION_STATUS', 'CONNECTION_STATUS']);
  });
});

describe('statuses', () => {
  test.each([
    ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED', 'DENIED', true],
    ['RECONNECT_REQUIRED', 'OTHER', 'IMPEDED', false],
    ['RECONNECT_REQUIRED', 'REPAIRING_INSTITUTION', 'DISCONNECTED', false],
    ['UNRECOVERABLE', null, 'DISCONTINUED', false],
    ['LOCKED', null, 'LOCKED', false],
  ])('%s (%s) is %s: MX says 202 and starts nothing', async (status, statusReason, word, needsCredentials) => {
    await rig.link('m', { status, statusReason });
    const { status: code, body } = await rig.aggregateMember('m');
    expect(code).toBe(202);
    expect(body.member).toMatchObject({
      connection_status: word,
      needs_updated_credentials: needsCredentials,
      is_being_aggregated: false,
      aggregated_at: null,
    });
    expect(await rig.bills('m')).toEqual([]);
  });

  test('a registration that says nothing new of the status leaves it', async () => {
    await rig.link('m', { status: 'LOCKED' });
    await rig.link('m', { institutionId: 'another' });
    expect((await rig.status('m')).connection_status).toBe('LOCKED');
  });

  test('a change that is announced is told, if it is one that MX tells', async () => {
    await rig.link('m');
    await rig.link('m', { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED', notify: true });
    await rig.link('m', { status: 'DEGRADED', statusReason: null, notify: true });
    await rig.advance(0);
    expect(rig.receiver.received.map(({ body }) => body.connection_status)).toEqual(['DENIED']);
  });
});

describe('the widget', () => {
  test.each(['widget_urls', 'connect_widget_url'])('of %s mends the member', async (which) => {
    await rig.link('m', { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    const config = { current_member_guid: 'm', client_redirect_url: 'https://app.example/done' };
    const url =
      which === 'widget_urls'
        ? (await rig.requestWidgetURL(USER, config)).body.widget_url.url
        : (await rig.requestConnectWidgetURL(USER, config)).body.user.connect_widget_url;
    const path = new URL(url).pathname;
    const completed = await rig.send('POST', `${path}/complete`);
    expect(completed).toMatchObject({ status: 200, body: { redirectUrl: 'https://app.example/done?status=success' } });
    expect(await rig.status('m')).toMatchObject({ connection_status: 'UPDATED', is_being_aggregated: true });
    await ended();
    expect((await rig.status('m')).connection_status).toBe('CONNECTED');
    expect(types()).toEqual(['MEMBER', 'AGGREGATION']);
    expect(rig.receiver.received[0]?.body).toMatchObject({
      action: 'updated',
      guid: 'm',
      connection_status: 'UPDATED',
    });
    expect(await rig.bills()).toEqual([]);
    expect((await rig.send('POST', `${path}/complete`)).status).toBe(409);
  });

  test('makes a member where none is named, and is good for ten minutes', async () => {
    await rig.link('m');
    const open = async () => new URL((await rig.requestWidgetURL(USER, {})).body.widget_url.url).pathname;
    expect((await rig.send('POST', `${await open()}/complete`)).status).toBe(200);
    const { body } = await rig.listMembers(USER);
    expect(body.members.map((member: { guid: string }) => member.guid)).toEqual(['m', expect.stringMatching(/^MBR-/)]);
    const late = await open();
    await rig.advance(10 * MINUTE);
    expect((await rig.send('POST', `${late}/complete`)).status).toBe(410);
  });

  test('knows no foreign member or user', async () => {
    await rig.link('m');
    const ask = async (user: string, current_member_guid: string) =>
      (await rig.requestWidgetURL(user, { current_member_guid })).status;
    expect([await ask(USER, 'x'), await ask('USR-2', 'm'), await ask(USER, 'm')]).toEqual([404, 404, 200]);
  });
});

test('a deleted member is gone, with its job', async () => {
  await rig.link('m');
  await rig.aggregateMember('m');
  expect((await rig.deleteMember('m')).status).toBe(204);
  await rig.advance(2 * DAY);
  expect(types()).toEqual(['MEMBER']);
  for (const call of [rig.deleteMember('m'), rig.mx('GET', `/users/${USER}/members/m/status`)])
    expect((await call).status).toBe(404);
});

describe('faults', () => {
  const struck = async (fault: string, more: object = {}) => {
    await rig.link('m');
    await rig.fault({ provider: 'MX', externalId: 'm', fault, ...more });
    return rig.aggregateMember('m').catch(() => null);
  };

  test('429 and 500 are said before anything happens', async () => {
    await rig.link('m');
    await rig.fault({ provider: 'MX', externalId: 'm', fault: '429', retryAfter: 30 });
    const limited = await rig.aggregateMember('m');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30']);
    expect((await struck('500'))?.status).toBe(500);
    expect(await rig.bills('m')).toEqual([]);
    expect((await rig.status('m')).aggregated_at).toBeNull();
  });

  test('a lost reply: it happens and is billed', async () => {
    expect(await struck('lost-reply')).toBeNull();
    await ended();
    expect((await rig.status('m')).successfully_aggregated_at).not.toBeNull();
    expect(await rig.bills('m')).toHaveLength(1);
  });

  test.each([
    ['login-required', 'DENIED', ['CONNECTION_STATUS'], 1],
    ['reconnect-required', 'IMPAIRED', ['CONNECTION_STATUS'], 0],
    ['partial', 'CONNECTED', ['AGGREGATION'], 1],
    ['silent-noop', 'CONNECTED', [], 0],
    ['no-webhook', 'CONNECTED', [], 1],
    ['duplicate-webhook', 'CONNECTED', ['AGGREGATION', 'AGGREGATION'], 1],
    ['late-webhook', 'CONNECTED', [], 1],
  ])('%s: 202, then %s, %j, %i billed', async (fault, word, told, billed) => {
    expect((await struck(fault))?.status).toBe(202);
    await ended();
    const status = await rig.status('m');
    expect(status).toMatchObject({ connection_status: word, is_being_aggregated: false });
    expect(types()).toEqual(told);
    expect(await rig.bills('m')).toHaveLength(billed);
    expect(status.aggregated_at === null).toBe(billed === 0);
    if (fault === 'partial') expect(status.has_processed_transactions).toBe(false);
    if (fault === 'late-webhook') {
      await rig.advance(5 * MINUTE);
      expect(types()).toEqual(['AGGREGATION']);
    }
  });

  test('what would not have started uses none of them up', async () => {
    await rig.link('m', { lastSuccessAt: iso(START) });
    await rig.fault({ provider: 'MX', externalId: 'm', fault: 'lost-reply' });
    await rig.fault({ provider: 'MX', externalId: 'm', fault: 'login-required' });
    expect((await rig.aggregateMember('m')).status).toBe(202);
    expect((await rig.control('GET', '/faults')).body.data).toHaveLength(2);
  });
});

test('a restart loses no job and no member', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-mx-'));
  await rig.close();
  rig = await startMxRig({ booksFile: join(folder, 'books.ndjson') });
  await rig.link('m');
  await rig.aggregateMember('m');
  await rig.restart();
  expect((await rig.status('m')).is_being_aggregated).toBe(true);
  await ended();
  expect((await rig.status('m')).successfully_aggregated_at).not.toBeNull();
  rmSync(folder, { recursive: true });
});

test('a webhook that is not taken comes again, up to twelve times in about a day', async () => {
  await rig.link('m');
  rig.receiver.answers.push(...Array.from({ length: 20 }, () => 500));
  await rig.aggregateMember('m');
  await rig.advance(2 * DAY);
  expect(rig.receiver.received.filter(({ body }) => body.is_background === false)).toHaveLength(13);
});
