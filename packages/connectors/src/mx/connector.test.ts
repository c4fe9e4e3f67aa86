import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Product } from '@freshet/domain';
import { DAY } from '@freshet/domain';
import type { Connector, RefreshCall } from '@freshet/ports';
import { connectionCall, context, NOW, progressCall, refreshCall, refreshContext } from '../http/fixtures/calls.js';
import { deadUrl, startLocalServer, type LocalReply, type LocalServer } from '../http/fixtures/local-server.js';
import { createConnectors } from '../registry.js';
import { createMxConnector } from './connector.js';
import { memberBody, statusBody, widgetBody } from './fixtures/documented.js';
import type { MxSettings } from './settings.js';

let server: LocalServer;
let starting: LocalReply;
const connector = (more: Partial<MxSettings> = {}): Connector =>
  createMxConnector({ clientId: 'client', apiKey: 'key', baseUrl: server.url, ...more });

beforeEach(async () => {
  starting = { status: 202, body: memberBody };
  server = await startLocalServer(({ method }) => (method === 'GET' ? { status: 200, body: memberBody } : starting));
});
afterEach(() => server.close());

const ids = { externalId: 'MBR/1', credentials: { userGuid: 'USR-1' } };
const call = (more: Partial<RefreshCall> = {}): RefreshCall => refreshCall({ ...ids, ...more });
const MEMBER_PATH = '/users/USR-1/members/MBR%2F1';
const paths = (): readonly string[] => server.seen.map(({ method, path }) => `${method} ${path}`);

describe('refresh', () => {
  test.each<[readonly Product[], boolean, number | null, string]>([
    [['BALANCES', 'TRANSACTIONS'], true, null, 'aggregate'],
    [['TRANSACTIONS'], false, null, 'aggregate?include_holdings=false&include_transactions=true'],
    [['BALANCES'], false, null, 'check_balance'],
    [['TRANSACTIONS'], false, NOW - 91 * DAY, 'extend_history'],
  ])('%j: after a free read, %s', async (products, allProducts, from, path) => {
    const accepted = await connector().refresh(call({ products, allProducts, from }), refreshContext());
    expect(accepted).toEqual({ kind: 'accepted', providerTaskId: null, coalesced: false });
    expect(paths()).toEqual([`GET ${MEMBER_PATH}`, `POST ${MEMBER_PATH}/${path}`]);
    for (const { headers, body } of server.seen) {
      expect(headers).toMatchObject({
        accept: 'application/vnd.mx.api.v1+json',
        authorization: `Basic ${Buffer.from('client:key').toString('base64')}`,
      });
      expect(body).toBe('');
    }
  });

  test("without a user of MX's own, our id of the customer is it", async () => {
    await connector().status(connectionCall, context());
    expect(paths()).toEqual(['GET /users/customer-1/members/consent-1/status']);
  });

  test('is made durable once, after the read and before the call', async () => {
    let before: readonly string[] = [];
    const watched = refreshContext(undefined, async () => void (before = paths()));
    await connector().refresh(call(), watched);
    expect([before, watched.sendings()]).toEqual([[`GET ${MEMBER_PATH}`], 1]);
    const lease = refreshContext(undefined, () => Promise.reject(new Error('lease lost')));
    await expect(connector().refresh(call(), lease)).rejects.toThrow('lease lost');
    expect(paths().filter((path) => path.startsWith('POST'))).toHaveLength(1);
  });

  test.each<[string, LocalReply, string]>([
    ['a job runs', { status: 200, body: { member: { ...memberBody.member, is_being_aggregated: true } } }, 'busy'],
    [
      'it is broken',
      { status: 200, body: { member: { ...memberBody.member, connection_status: 'LOCKED' } } },
      'customer-needed',
    ],
    ['it is unknown', { status: 404, body: {} }, 'refused'],
    ['MX fails', { status: 500, body: {} }, 'unavailable'],
    ['the line drops', 'reset', 'unavailable'],
  ])('%s: neither made durable nor called', async (_name, reply, kind) => {
    server.answer = () => reply;
    const watched = refreshContext();
    expect((await connector().refresh(call(), watched)).kind).toBe(kind);
    expect([watched.sendings(), server.seen.length]).toEqual([0, 1]);
  });

  test('products of another job are refused before anything is asked', async () => {
    const watched = refreshContext();
    expect((await connector().refresh(call({ products: ['OWNERS'], allProducts: false }), watched)).kind).toBe(
      'refused',
    );
    expect([watched.sendings(), server.seen.length]).toEqual([0, 0]);
  });

  test('after the deadline nothing is made durable or sent', async () => {
    const late = refreshContext(AbortSignal.abort());
    expect((await connector().refresh(call(), late)).kind).toBe('unavailable');
    expect([late.sendings(), server.seen.length]).toEqual([0, 0]);
  });

  test('nobody there: unavailable; a dropped line or a deadline after it was sent: unknown, and not sent again', async () => {
    expect((await connector({ baseUrl: await deadUrl() }).refresh(call(), refreshContext())).kind).toBe('unavailable');
    starting = 'reset';
    expect((await connector().refresh(call(), refreshContext())).kind).toBe('unknown');
    starting = 'hang';
    expect((await connector().refresh(call(), refreshContext(AbortSignal.timeout(300)))).kind).toBe('unknown');
    expect(paths().filter((path) => path.startsWith('POST'))).toHaveLength(2);
  });

  test.each(['', '.', '..', '%2e%2E', '%2E.'])(
    'the id "%s" would name another resource: nothing is sent',
    async (id) => {
      for (const ill of [{ externalId: id }, { credentials: { userGuid: id } }]) {
        expect((await connector().refresh(call(ill), refreshContext())).kind).toBe('refused');
        expect((await connector().delete({ ...connectionCall, ...ids, ...ill }, context())).kind).toBe('refused');
      }
      expect(server.seen).toEqual([]);
    },
  );
});

describe('the rest', () => {
  test('progress and status read the status', async () => {
    server.answer = () => ({ status: 200, body: statusBody });
    expect((await connector().progress(progressCall(ids), context())).kind).toBe('pending');
    expect(await connector().status({ ...connectionCall, ...ids }, context())).toEqual({
      status: 'ACTIVE',
      reason: null,
      at: null,
      // The last job has not processed the transactions.
      data: [{ products: ['BALANCES'], at: Date.parse(statusBody.member.successfully_aggregated_at) }],
    });
    server.answer = () => ({ status: 404, body: {} });
    expect(await connector().status({ ...connectionCall, ...ids }, context())).toBeNull();
    expect(paths().slice(0, 2)).toEqual([`GET ${MEMBER_PATH}/status`, `GET ${MEMBER_PATH}/status`]);
  });

  test('a repair opens the widget at the member', async () => {
    server.answer = () => ({ status: 200, body: widgetBody });
    const about = { ...connectionCall, ...ids };
    expect(await connector().repair(about, context())).toMatchObject({ connectUrl: widgetBody.widget_url.url });
    await connector({ redirectUrl: 'https://app.example/done' }).repair(about, context());
    const widget = { widget_type: 'connect_widget', current_member_guid: 'MBR/1', disable_institution_search: true };
    expect(paths()).toEqual(['POST /users/USR-1/widget_urls', 'POST /users/USR-1/widget_urls']);
    expect(server.seen[0]?.headers['content-type']).toBe('application/json');
    expect(server.seen.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { widget_url: widget },
      { widget_url: { ...widget, client_redirect_url: 'https://app.example/done', oauth_referral_source: 'APP' } },
    ]);
  });

  test('a deletion', async () => {
    server.answer = () => ({ status: 204 });
    expect(await connector().delete({ ...connectionCall, ...ids }, context())).toEqual({ kind: 'accepted' });
    expect(paths()).toEqual([`DELETE ${MEMBER_PATH}`]);
  });

  test('what MX does not have is refused', async () => {
    const more = await connector().addProducts({ ...connectionCall, products: ['OWNERS'] }, context());
    const { provider, customerId, institutionId } = connectionCall;
    const item = { provider, customerId, institutionId, products: [], credentials: {} };
    expect([more.kind, (await connector().import(item, context())).kind]).toEqual(['refused', 'refused']);
    expect(server.seen).toEqual([]);
  });

  test('webhooks are taken only where something tells them from forged ones', () => {
    expect(connector().capabilities.webhooks).toBe(false);
    expect(connector({ webhookSecret: 's' }).capabilities.webhooks).toBe(true);
    expect(connector({ webhookLogin: { username: 'a', password: 'b' } }).capabilities.webhooks).toBe(true);
  });

  test('is on with both its credentials only', () => {
    expect([...createConnectors({ mx: { clientId: 'c', apiKey: 'k' } }).keys()]).toEqual(['mx']);
    for (const mx of [{ clientId: '', apiKey: 'k' }, { clientId: 'c', apiKey: '' }, null])
      expect(createConnectors({ mx }).size).toBe(0);
    expect(() => createConnectors({ mx: { clientId: 'c', apiKey: 'k', baseUrl: 'api.mx.com' } })).toThrow();
  });
});
