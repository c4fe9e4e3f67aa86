import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { Connector } from '@freshet/ports';

import * as calls from '../http/fixtures/calls.js';
import { context, NOW, refreshContext } from '../http/fixtures/calls.js';
import {
  deadUrl,
  startLocalServer,
  type LocalReply,
  type LocalServer,
  type Seen,
} from '../http/fixtures/local-server.js';
import { createFinicityConnector } from './connector.js';
import { accounts, authentication, balance, errors, link } from './fixtures/documented.js';
import type { FinicitySettings } from './settings.js';

const TOKEN_PATH = '/aggregation/v2/partners/authentication';
const LOGIN = '/aggregation/v1/customers/1005061234/institutionLogins/1007302745';
const ACCOUNTS = `${LOGIN}/accounts`;
const JOBS = '/aggregation/customers/1005061234/transactions/refreshes';

let server: LocalServer;
let tokens: number;
let answer: (seen: Seen) => LocalReply;
const connector = (more: Partial<FinicitySettings> = {}): Connector =>
  createFinicityConnector({
    partnerId: '1234583871234',
    partnerSecret: 'hush',
    appKey: 'key',
    baseUrl: server.url,
    ...more,
  });

const login = {
  externalId: '1007302745',
  provider: 'FINICITY',
  institutionId: '4222',
  customerId: 'ours',
  credentials: { customerId: '1005061234' },
};
const connectionCall = { ...calls.connectionCall, ...login };
const refreshCall = (more: Parameters<typeof calls.refreshCall>[0] = {}) => calls.refreshCall({ ...login, ...more });
const progressCall = (more: Parameters<typeof calls.progressCall>[0] = {}) => calls.progressCall({ ...login, ...more });
const balancesAlone = refreshCall({ products: ['BALANCES'], allProducts: false });

const second = (instant: number): number => Math.floor(instant / SECOND);
const fresh = {
  aggregationSuccessDate: second(NOW + SECOND),
  aggregationAttemptDate: second(NOW + SECOND),
};

beforeEach(async () => {
  tokens = 0;
  answer = () => ({ status: 200, body: accounts({}) });
  server = await startLocalServer((seen) => {
    if (seen.path !== TOKEN_PATH) return answer(seen);
    tokens += 1;
    return { status: 200, body: { token: `t${tokens}` } };
  });
});
afterEach(() => server.close());

const sent = (): readonly Seen[] => server.seen.filter(({ path }) => path !== TOKEN_PATH);
const lines = (): readonly string[] => sent().map(({ method, path }) => `${method} ${path}`);

describe('refresh', () => {
  test('by login, with the app key and a token', async () => {
    const accepted = await connector().refresh(refreshCall(), refreshContext());
    expect(accepted).toEqual({ kind: 'accepted', providerTaskId: null, coalesced: false });
    expect(lines()).toEqual([`POST ${ACCOUNTS}`]);
    expect(sent()[0]?.headers).toMatchObject({ 'finicity-app-key': 'key', 'finicity-app-token': 't1' });
    expect(server.seen[0]).toMatchObject({ method: 'POST', path: TOKEN_PATH });
    expect(server.seen[0]?.headers).toMatchObject({ 'finicity-app-key': 'key' });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ partnerId: '1234583871234', partnerSecret: 'hush' });
  });

  test('accounts that are in the reply are its end', async () => {
    answer = () => ({ status: 200, body: accounts(fresh) });
    expect(await connector().refresh(refreshCall(), refreshContext())).toMatchObject({
      kind: 'done',
      asOf: NOW + SECOND,
    });
    answer = () => ({
      status: 200,
      body: accounts(fresh, { ...fresh, aggregationStatusCode: 946, aggregationSuccessDate: 1 }),
    });
    expect((await connector().refresh(refreshCall(), refreshContext())).kind).toBe('partial');
  });

  test('a range, in whole seconds', async () => {
    await connector().refresh(refreshCall({ from: NOW - 1, to: NOW }), refreshContext());
    expect(lines()).toEqual([`POST ${ACCOUNTS}?fromDate=${second(NOW) - 1}&toDate=${second(NOW)}`]);
  });

  test('v2 for Data Access Tiers, which shows nothing', async () => {
    answer = () => ({ status: 204 });
    const taken = await connector({ refreshVersion: 'v2' }).refresh(refreshCall({ from: NOW }), refreshContext());
    expect(taken.kind).toBe('accepted');
    expect(lines()).toEqual([`POST ${ACCOUNTS.replace('/v1/', '/v2/')}`]);
  });

  test('async: a job, which is named', async () => {
    answer = () => ({ status: 202, body: { refreshId: 'job-1', status: 'NEW' } });
    expect(await connector({ refreshVersion: 'async' }).refresh(refreshCall(), refreshContext())).toMatchObject({
      kind: 'accepted',
      providerTaskId: 'job-1',
    });
    expect(lines()).toEqual([`POST ${JOBS}`]);
    expect(JSON.parse(sent()[0]?.body ?? '')).toEqual({ institutionLoginId: '1007302745', mode: 'standard' });
    answer = () => ({ status: 202, body: {} });
    expect((await connector({ refreshVersion: 'async' }).refresh(refreshCall(), refreshContext())).kind).toBe(
      'unknown',
    );
  });

  test.each([
    ['was never loaded', { historicalLoaded: false }, `POST ${JOBS}`],
    ['was loaded', { historicalLoaded: true }, `POST ${ACCOUNTS}`],
    ['is not spoken of', {}, `POST ${ACCOUNTS}`],
    [
      'was never loaded, and is not asked for',
      { historicalLoaded: false, products: ['OWNERS'] as const },
      `POST ${ACCOUNTS}`,
    ],
  ])('history that %s', async (_what, more, line) => {
    answer = () => ({ status: 202, body: { refreshId: 'job-1', status: 'NEW' } });
    await connector().refresh(refreshCall(more), refreshContext());
    expect(lines()).toEqual([line]);
    if (line.endsWith(JOBS)) expect(JSON.parse(sent()[0]?.body ?? '')).toMatchObject({ mode: 'historic' });
  });

  test('a wrong password in a 500, and a question of the bank in a 203, are for the customer', async () => {
    answer = () => ({ status: 500, body: { code: 103, message: 'hush' } });
    expect(await connector().refresh(refreshCall(), refreshContext())).toEqual({
      kind: 'customer-needed',
      event: 'failed_login_required',
      message: 'Finicity refuses the refresh (HTTP 500, code 103)',
    });
    answer = () => ({ status: 203, body: { questions: [] } });
    expect((await connector().refresh(refreshCall(), refreshContext())).kind).toBe('customer-needed');
    expect(sent()).toHaveLength(2);
  });

  test('what says nothing of whether it happened is unknown, and is not sent again', async () => {
    for (const reply of [{ status: 500, body: { message: 'x' } }, 'reset', { status: 500, body: '<html>' }] as const) {
      answer = () => reply;
      expect((await connector().refresh(refreshCall(), refreshContext())).kind).toBe('unknown');
    }
    answer = () => 'hang';
    const late = refreshContext(AbortSignal.timeout(300));
    expect((await connector().refresh(refreshCall(), late)).kind).toBe('unknown');
    expect(sent()).toHaveLength(4);
  });

  test('the token is at hand before it is made durable, and nothing is sent where that fails', async () => {
    const lost = refreshContext(undefined, () => Promise.reject(new Error('lease lost')));
    await expect(connector().refresh(refreshCall(), lost)).rejects.toThrow('lease lost');
    expect([sent().length, tokens]).toEqual([0, 1]);
  });
});

describe('balances alone', () => {
  const live =
    '/aggregation/v1/customers/1005061234/accounts/5011648377/availableBalance/live?balance_cache_interval=0';
  const either = (reply: LocalReply, ...all: readonly Readonly<Record<string, unknown>>[]) => {
    answer = ({ path }) => (path.includes('/live') ? reply : { status: 200, body: accounts(...all) });
  };

  test('of a login with one deposit: its live balance, and nothing older', async () => {
    either({ status: 200, body: balance({ availableBalanceDate: second(NOW) }) }, {});
    let before: readonly string[] = [];
    const watched = refreshContext(undefined, async () => void (before = lines()));
    expect(await connector().refresh(balancesAlone, watched)).toEqual({ kind: 'done', asOf: NOW, newData: null });
    expect(before).toEqual([`GET ${ACCOUNTS}`]);
    expect([lines(), watched.sendings()]).toEqual([[`GET ${ACCOUNTS}`, `GET ${live}`], 1]);
  });

  test.each<[string, readonly Readonly<Record<string, unknown>>[]]>([
    ['two accounts', [{}, { id: '2', type: 'savings' }]],
    ['a card', [{ type: 'creditCard' }]],
    ['no account yet', []],
  ])('of a login with %s: the refresh of the login', async (_what, all) => {
    either({ status: 200 }, ...all);
    await connector().refresh(balancesAlone, refreshContext());
    expect(lines()).toEqual([`GET ${ACCOUNTS}`, `POST ${ACCOUNTS}`]);
  });

  test.each<[object, string]>([
    [balance({ aggregationStatusCode: 103 }), 'customer-needed'],
    [balance({ aggregationStatusCode: 86 }), 'refused'],
    [balance({ availableBalanceDate: null }), 'done'],
    [{}, 'unknown'],
  ])('%j is %s', async (body, kind) => {
    either({ status: 200, body }, {});
    expect((await connector().refresh(balancesAlone, refreshContext())).kind).toBe(kind);
  });

  test('accounts that cannot be read keep it from being sent', async () => {
    for (const reply of ['reset', { status: 500, body: {} }, { status: 200, body: '<html>' }] as const) {
      answer = () => reply;
      const watched = refreshContext();
      expect((await connector().refresh(balancesAlone, watched)).kind).toBe('unavailable');
      expect(watched.sendings()).toBe(0);
    }
    answer = () => ({ status: errors.loginNotFound[0], body: errors.loginNotFound[1] });
    expect((await connector().refresh(balancesAlone, refreshContext())).kind).toBe('refused');
  });
});

describe('the token', () => {
  test('is asked for once by many, and renewed after ninety minutes', async () => {
    const one = connector();
    await Promise.all(Array.from({ length: 8 }, () => one.status(connectionCall, context())));
    await one.status(connectionCall, context(undefined, NOW + 90 * MINUTE - 1));
    expect(tokens).toBe(1);
    await one.status(connectionCall, context(undefined, NOW + 90 * MINUTE));
    expect(tokens).toBe(2);
  });

  test.each(['expiredToken', 'invalidToken'] as const)('that is refused (%s) is renewed, once', async (name) => {
    const [status, body] = errors[name];
    answer = ({ headers }) =>
      headers['finicity-app-token'] === 't1' ? { status, body } : { status: 200, body: accounts({}) };
    const watched = refreshContext();
    expect((await connector().refresh(refreshCall(), watched)).kind).toBe('accepted');
    expect([watched.sendings(), sent().length, tokens]).toEqual([1, 2, 2]);
    answer = () => ({ status, body });
    expect((await connector().refresh(refreshCall(), refreshContext())).kind).toBe('refused');
    expect(sent()).toHaveLength(4);
  });

  test.each(['badCredentials', 'missingAppKey', 'invalidCredentials'] as const)(
    'is not to blame for %s',
    async (name) => {
      const [status, body] = errors[name];
      answer = () => ({ status, body });
      expect((await connector().refresh(refreshCall(), refreshContext())).kind).toBe('refused');
      expect([sent().length, tokens]).toEqual([1, 1]);
    },
  );

  test('that is refused for the credentials is not asked for again: five failures lock the account', async () => {
    const [status, body] = errors.invalidCredentials;
    server.answer = () => ({ status, body });
    const one = connector();
    for (let time = NOW; time < NOW + 12 * HOUR; time += HOUR) {
      const refused = await one.refresh(refreshCall(), { ...refreshContext(), ...context(undefined, time) });
      expect(refused).toMatchObject({ kind: 'refused' });
    }
    expect(server.seen).toHaveLength(1);
    await one.status(connectionCall, context(undefined, NOW + 12 * HOUR));
    expect(server.seen).toHaveLength(2);
  });

  test('that something in between refuses is asked for again', async () => {
    server.answer = () => ({ status: 403, body: '<html>' });
    const one = connector();
    expect((await one.refresh(refreshCall(), refreshContext())).kind).toBe('refused');
    expect((await one.refresh(refreshCall(), refreshContext())).kind).toBe('refused');
    expect(server.seen).toHaveLength(2);
  });

  test('that cannot be had leaves the call unsent, and is asked for again', async () => {
    const one = connector();
    for (const reply of [{ status: 500, body: {} }, { status: 200, body: {} }, 'reset'] as const) {
      server.answer = () => reply;
      const watched = refreshContext();
      expect((await one.refresh(refreshCall(), watched)).kind).toBe('unavailable');
      expect(watched.sendings()).toBe(0);
    }
    expect(server.seen).toHaveLength(3);
    const dead = connector({ baseUrl: await deadUrl() });
    expect((await dead.refresh(refreshCall(), refreshContext())).kind).toBe('unavailable');
  });
});

describe('progress', () => {
  test('without a job, by the accounts', async () => {
    answer = () => ({ status: 200, body: accounts(fresh) });
    expect(await connector().progress(progressCall(), context())).toMatchObject({ kind: 'done', asOf: NOW + SECOND });
    expect(lines()).toEqual([`GET ${ACCOUNTS}`]);
  });

  test.each<[LocalReply, string]>([
    [{ status: 200, body: { accounts: [] } }, 'unknown'],
    [{ status: 200, body: {} }, 'unknown'],
    [{ status: 500, body: { code: 103 } }, 'unknown'],
    [{ status: errors.loginNotFound[0], body: errors.loginNotFound[1] }, 'refused'],
    [{ status: 404, body: '<html>' }, 'unknown'],
    ['reset', 'unknown'],
  ])('%j is %s', async (reply, kind) => {
    answer = () => reply;
    expect((await connector().progress(progressCall(), context())).kind).toBe(kind);
  });

  const job = (status: string, ...codes: readonly (number | string)[]) => ({
    refreshId: 'job-1',
    status,
    accounts: codes.map((aggregationStatusCode) => ({ accountId: '5011648377', aggregationStatusCode })),
  });
  test.each<[object, string]>([
    [job('NEW'), 'pending'],
    [job('IN_PROGRESS', 0), 'pending'],
    [job('COMPLETED', 0, '0'), 'done'],
    [job('COMPLETED'), 'done'],
    [job('COMPLETED', 0, 946), 'partial'],
    [job('COMPLETED', 103), 'customer-needed'],
    [job('FAILED', 0, 44002), 'limited'],
    [job('FAILED'), 'unavailable'],
    [job('toString'), 'unknown'],
    [{}, 'unknown'],
  ])('a job %j is %s', async (body, kind) => {
    answer = () => ({ status: 200, body });
    expect((await connector().progress(progressCall({ providerTaskId: 'job-1' }), context())).kind).toBe(kind);
    expect(lines()).toEqual([`GET ${JOBS}/job-1`]);
  });
});

describe('the rest', () => {
  test("status is the accounts'", async () => {
    answer = () => ({ status: 200, body: accounts({ aggregationStatusCode: 947 }) });
    expect(await connector().status(connectionCall, context())).toEqual({
      status: 'RECONNECT_REQUIRED',
      reason: 'TOKEN_EXPIRED',
      at: null,
    });
    answer = () => ({ status: 500, body: {} });
    expect(await connector().status(connectionCall, context())).toBeNull();
  });

  test('a repair is Data Connect Fix, and tells it where to report', async () => {
    answer = () => ({ status: 200, body: link });
    const settings = { redirectUrl: 'https://app.example/done', experience: 'look', webhookUrl: 'https://w.example/s' };
    expect(await connector(settings).repair(connectionCall, context())).toEqual({
      kind: 'link',
      connectUrl: link.link,
      expiresAt: 1_648_057_961_908,
    });
    await connector().repair(connectionCall, context());
    expect(lines()).toEqual(['POST /connect/v2/generate/fix', 'POST /connect/v2/generate/fix']);
    const bare = { partnerId: '1234583871234', customerId: '1005061234', institutionLoginId: '1007302745' };
    expect(sent().map(({ body }) => JSON.parse(body))).toEqual([
      {
        ...bare,
        redirectUri: 'https://app.example/done',
        experience: 'look',
        webhook: 'https://w.example/s',
        webhookContentType: 'application/json',
        webhookData: { institutionLoginId: '1007302745' },
      },
      bare,
    ]);
    answer = () => ({ status: 200, body: { link: 'javascript:alert(1)' } });
    expect((await connector().repair(connectionCall, context())).kind).toBe('unknown');
  });

  test.each<[LocalReply, string]>([
    [{ status: 204 }, 'accepted'],
    [{ status: errors.loginNotFound[0], body: errors.loginNotFound[1] }, 'gone'],
    [{ status: errors.customerNotFound[0], body: errors.customerNotFound[1] }, 'gone'],
    [{ status: 404, body: '<html>' }, 'refused'],
    [{ status: 500, body: {} }, 'unknown'],
  ])('a removal that is answered %j is %s', async (reply, kind) => {
    answer = () => reply;
    expect((await connector().delete(connectionCall, context())).kind).toBe(kind);
    expect(lines()).toEqual([`DELETE ${LOGIN}`]);
  });

  test('what does not exist is refused without asking', async () => {
    const { capabilities, ...one } = connector();
    expect(capabilities).toMatchObject({ addProducts: false, imports: [], webhooks: false, tellsStatus: false });
    const more = { ...connectionCall, products: ['OWNERS'] as const };
    expect((await one.addProducts(more, context())).kind).toBe('refused');
    expect((await one.import({ ...connectionCall, products: [], credentials: {} }, context())).kind).toBe('refused');
    expect(server.seen).toEqual([]);
  });

  test('no id can name another resource, and none is in a message', async () => {
    answer = () => ({ status: 500, body: { message: '1005061234 hush' } });
    const strange = { ...connectionCall, externalId: '../..', credentials: { customerId: 'a/b' } };
    const said = [
      await connector().delete(strange, context()),
      await connector().repair(connectionCall, context()),
      await connector().refresh(refreshCall(), refreshContext()),
      await connector().progress(progressCall(), context()),
    ];
    expect(lines()[0]).toBe('DELETE /aggregation/v1/customers/a%2Fb/institutionLogins/..%2F..');
    expect(JSON.stringify(said)).not.toMatch(/hush|1005061234|1007302745|t1/);
  });

  test('the documented token is one', async () => {
    server.answer = (seen) =>
      seen.path === TOKEN_PATH ? { status: 200, body: authentication } : { status: 200, body: accounts({}) };
    await connector().status(connectionCall, context());
    expect(sent()[0]?.headers).toMatchObject({ 'finicity-app-token': 'YBh22Sb9Es6e66Q7lWdt' });
  });
});
