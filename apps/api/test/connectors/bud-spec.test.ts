import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createBudConnector, type BudRefreshVersion } from '@freshet/connectors';
import type { PullId } from '@freshet/domain';
import type { Connector, RefreshContext } from '@freshet/ports';
import {
  describeBySpec,
  startRecorder,
  type DocumentedReply,
  type Recorder,
  type Reply,
  type Sent,
} from './official-spec.js';

/** In Bud's own documents, but outside of the part of the description that is kept beside the repository. */
const BEYOND_IT = '/v2/open-banking/authorisation-gateway-url';
const [TOKENS, PROVIDERS] = ['/v1/oauth/token', '/v1/open-banking/providers'];
const CONSENTS = '/v1/open-banking/account-access-consents';
const REVOKE = '/v1/open-banking/account-access-consent/revoke';
const REFRESHES = { v2: '/open-banking/v2/refresh', v1: '/v1/open-banking/refresh' } as const;
const TOKEN: Reply = { status: 200, body: { data: { access_token: 't', expires_in: 3600, refresh_token: 'r' } } };

let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.close());
beforeEach(() => void recorder.sent.splice(0));

/** Every call is answered so, the token's and the list of banks apart. */
const answering = (reply: Reply, others: Readonly<Record<string, Reply>> = {}): void => {
  const apart: Readonly<Record<string, Reply>> = { [TOKENS]: TOKEN, [PROVIDERS]: { status: 500 }, ...others };
  recorder.answer = ({ path }) => apart[path.split('?')[0] ?? ''] ?? reply;
};

const bud = (refreshVersion: BudRefreshVersion): Connector =>
  createBudConnector({
    clientId: 'c',
    clientSecret: 's',
    baseUrl: recorder.url,
    refreshVersion,
    redirectUrl: 'https://app.example',
  });
const context = (): RefreshContext => ({
  now: () => 0,
  signal: AbortSignal.timeout(5_000),
  sending: async () => undefined,
});
/** Bound to the list's first consent and to a bank that every task example knows by one name or as its only one. */
const connection = {
  externalId: '1ceb1d81-a80e-4825-a7c0-4d69424c9874',
  provider: 'BUD',
  customerId: '8e826e72-5cab-4426-897f-5317992a95f0',
  institutionId: 'Natwest_Sandbox',
  providerConnectionId: null,
  credentials: { customerSecret: 'sealed' },
};
const products = ['BALANCES', 'TRANSACTIONS'] as const;
const refreshCall = {
  ...connection,
  pullId: 'pull_1' as PullId,
  products,
  allProducts: false,
  from: 0,
  to: 1,
  presence: { ip: '203.0.113.7', userAgent: null },
};
const progressCall = { ...connection, products, providerTaskId: 'task-1', sentAt: 0, asOfBefore: null };

const operations = (version: BudRefreshVersion, institutionId = connection.institutionId) => {
  const connector = bud(version);
  const at = { institutionId };
  return {
    refresh: () => connector.refresh({ ...refreshCall, ...at }, context()),
    refreshOfAll: () =>
      connector.refresh({ ...refreshCall, ...at, allProducts: true, from: null, to: null }, context()),
    progress: () => connector.progress({ ...progressCall, ...at }, context()),
    progressOfLost: () => connector.progress({ ...progressCall, ...at, providerTaskId: null }, context()),
    status: () => connector.status(connection, context()),
    repair: () => connector.repair(connection, context()),
    delete: () => connector.delete(connection, context()),
  };
};
const versions = ['v2', 'v1'] as const;

describeBySpec('bud', (spec) => {
  test.each(versions)('%s: all that is sent is in it: path, security, headers, query and body', async (version) => {
    const answers: readonly Reply[] = [
      { status: 202, body: {} },
      { status: 400, body: { code_id: 'provider_maintenance' } },
    ];
    for (const answer of answers) {
      answering(answer);
      for (const operation of Object.values(operations(version))) await operation();
    }
    // A token that is refused is renewed by the other way of the document.
    answering({ status: 401, body: { code_id: 'token_expired' } });
    await operations(version).refresh();
    const judged = recorder.sent.filter(({ path }) => path !== BEYOND_IT);
    const used = new Set(judged.map(({ method, path }) => `${method} ${path.split('?')[0]}`));
    expect(used).toEqual(
      new Set([
        `POST ${TOKENS}`,
        `GET ${PROVIDERS}`,
        `POST ${REFRESHES[version]}`,
        `GET ${REFRESHES[version]}/task-1`,
        `GET ${CONSENTS}`,
        `POST ${REVOKE}`,
      ]),
    );
    const grants = judged.filter(({ path }) => path === TOKENS).map(({ body }) => body.split('&')[0]);
    expect(new Set(grants)).toEqual(new Set(['grant_type=client_credentials', 'grant_type=refresh_token']));
    // By the document's own words a token is renewed without the client's credentials.
    const isRenewal = ({ path, body }: Sent): boolean => path === TOKENS && body.includes('grant_type=refresh_token');
    const renewals = judged.filter(isRenewal).flatMap(spec.faultsOf);
    expect(new Set(renewals)).toEqual(new Set([`POST ${TOKENS}: security: Basic`]));
    expect(judged.filter((sent) => !isRenewal(sent)).flatMap(spec.faultsOf)).toEqual([]);
  });

  test('has no gateway: should it come to have one, it is judged too', () => {
    expect(spec.operations.some((operation) => operation.includes('gateway'))).toBe(false);
  });

  /** Each documented reply by its name, or by its code where the examples have none that says something. */
  const kindOf = (kinds: Readonly<Record<string, string>>, { name, status }: DocumentedReply): string =>
    kinds[name] ?? kinds[status] ?? 'no answer known';

  const ofRefresh: Readonly<Record<string, string>> = {
    202: 'accepted',
    400: 'refused',
    '400 Provider in Maintenance': 'unavailable',
    401: 'refused',
    405: 'refused',
    500: 'unknown',
  };
  test.each(versions)('%s: every documented reply to a refresh has its answer', async (version) => {
    const replies = spec.repliesOf('post', REFRESHES[version]);
    expect(replies.length).toBeGreaterThanOrEqual(4);
    for (const reply of replies) {
      answering(reply);
      expect([reply.name, (await operations(version).refresh()).kind]).toEqual([reply.name, kindOf(ofRefresh, reply)]);
    }
  });

  const ends: Readonly<Record<string, string>> = {
    '200 completed': 'done',
    '200 pending': 'pending',
    '200 partially_complete': 'pending',
    '200 failed_provider_failure': 'unavailable',
    '200 failed_connection_not_found': 'customer-needed',
    '200 failed_reconnect_required': 'customer-needed',
    '200 failed_provider_in_maintenance': 'unavailable',
    400: 'unknown',
    401: 'unknown',
    404: 'unknown',
    405: 'unknown',
    500: 'unknown',
  };
  test.each(versions)('%s: every documented task has its outcome', async (version) => {
    const replies = spec.repliesOf('get', `${REFRESHES[version]}/{task_id}`);
    expect(replies.length).toBeGreaterThanOrEqual(8);
    for (const reply of replies) {
      answering(reply);
      expect([reply.name, (await operations(version).progress()).kind]).toEqual([reply.name, kindOf(ends, reply)]);
    }
  });

  test('every documented list of banks says how long one is in maintenance, or that nobody knows', async () => {
    const banks: readonly (readonly [bank: string, until: number | null])[] = [
      ['barclays', Date.parse('2019-08-07T11:00:00Z')],
      // Its flag is taken away by hand.
      ['fd', null],
      ['halifax', null],
      ['not-listed', null],
    ];
    const refused = { status: 400, body: { code_id: 'provider_maintenance' } };
    for (const list of spec.repliesOf('get', PROVIDERS)) {
      answering(refused, { [PROVIDERS]: list });
      for (const [bank, until] of banks) {
        const maintenanceUntil = list.status === 200 ? until : null;
        expect([list.name, bank, await operations('v2', bank).refresh()]).toMatchObject([
          list.name,
          bank,
          { kind: 'unavailable', maintenanceUntil },
        ]);
      }
    }
  });

  test('every documented reply of the token service gives a token or says why there is none', async () => {
    const kinds: Readonly<Record<string, string>> = {
      200: 'accepted',
      400: 'refused',
      401: 'refused',
      403: 'refused',
      500: 'unavailable',
    };
    const started = { status: 202, body: { data: { task_id: 't' } } };
    for (const reply of spec.repliesOf('post', TOKENS)) {
      answering(started, { [TOKENS]: reply });
      expect([reply.name, (await operations('v2').refresh()).kind]).toEqual([reply.name, kindOf(kinds, reply)]);
    }
  });

  test('every documented list of consents tells ours, and a lost task is looked for in it', async () => {
    const replies = spec.repliesOf('get', CONSENTS);
    expect(replies.length).toBeGreaterThanOrEqual(2);
    for (const reply of replies) {
      answering(reply);
      const told = reply.status === 200 ? { status: 'ACTIVE', reason: null, at: null } : null;
      expect([reply.name, await operations('v2').status()]).toEqual([reply.name, told]);
      const kind = reply.status === 200 ? 'done' : 'unknown';
      expect([reply.name, (await operations('v2').progressOfLost()).kind]).toEqual([reply.name, kind]);
    }
  });

  test('every documented reply to a revocation has its answer', async () => {
    const kinds: Readonly<Record<string, string>> = {
      202: 'accepted',
      400: 'refused',
      401: 'refused',
      405: 'refused',
      500: 'unknown',
    };
    for (const reply of spec.repliesOf('post', REVOKE)) {
      answering(reply);
      expect([reply.name, (await operations('v2').delete()).kind]).toEqual([reply.name, kindOf(kinds, reply)]);
    }
  });
});
