import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createFinicityConnector, type FinicitySettings } from '@freshet/connectors';
import type { Product, PullId } from '@freshet/domain';
import type { RefreshContext } from '@freshet/ports';

import { describeBySpec, startRecorder, type DocumentedReply, type Recorder, type Reply } from './official-spec.js';

const TOKEN_PATH = '/aggregation/v2/partners/authentication';
const LOGIN = '/aggregation/v1/customers/{customerId}/institutionLogins/{institutionLoginId}';
/** Documented, but outside of the part of the description that is kept beside the repository. */
const BEYOND_IT = [
  '/connect/v2/generate/fix',
  '/aggregation/v2/customers/1005061234/institutionLogins/1007302745/accounts',
  '/aggregation/customers/1005061234/transactions/refreshes',
  '/aggregation/customers/1005061234/transactions/refreshes/job-1',
  '/aggregation/v1/customers/1005061234/accounts/5011648377/availableBalance/live?balance_cache_interval=0',
];
/** Of the documented account. */
const STAMP = 1_607_450_357_000;
const TOKEN: Reply = { status: 200, body: { token: 'YBh22Sb9Es6e66Q7lWdt' } };

let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.close());
beforeEach(() => void recorder.sent.splice(0));

/** A token at first, then this. */
const answering = (reply: Reply): void => {
  recorder.answer = ({ path }) => (path === TOKEN_PATH ? TOKEN : reply);
};

const connection = {
  externalId: '1007302745',
  provider: 'FINICITY',
  customerId: 'customer-1',
  institutionId: '4222',
  providerConnectionId: null,
  credentials: { customerId: '1005061234' },
};
const context = (at: number): RefreshContext => ({
  now: () => at,
  signal: AbortSignal.timeout(5_000),
  sending: async () => undefined,
});

/** Everything that it can be asked for; the call is made a second after the documented stamp unless told. */
const operations = (more: Partial<FinicitySettings> = {}, at = STAMP + 1_000) => {
  const settings = { partnerId: '1234583871234', partnerSecret: 'aqJ5Ic4SEVx2IgDQ6oR4', appKey: 'key' };
  const connector = createFinicityConnector({ ...settings, baseUrl: recorder.url, ...more });
  const refresh = (asked: { readonly products?: readonly Product[]; readonly historicalLoaded?: boolean } = {}) =>
    connector.refresh(
      {
        ...connection,
        pullId: 'pull_1' as PullId,
        products: ['BALANCES', 'TRANSACTIONS'],
        allProducts: true,
        from: STAMP - 86_400_000,
        to: STAMP,
        presence: { ip: '203.0.113.7', userAgent: null },
        ...asked,
      },
      context(at),
    );
  const look = { ...connection, products: ['BALANCES', 'TRANSACTIONS'] as const, asOfBefore: null, sentAt: at };
  return {
    refresh,
    balances: () => refresh({ products: ['BALANCES'] }),
    history: () => refresh({ historicalLoaded: false }),
    progress: () => connector.progress({ ...look, providerTaskId: null }, context(at)),
    job: () => connector.progress({ ...look, providerTaskId: 'job-1' }, context(at)),
    status: () => connector.status(connection, context(at)),
    repair: () => connector.repair(connection, context(at)),
    delete: () => connector.delete(connection, context(at)),
  };
};

describeBySpec('finicity', (spec) => {
  const answered = async (
    replies: readonly DocumentedReply[],
    ask: () => Promise<{ readonly kind?: string; readonly status?: string } | null>,
  ): Promise<readonly (readonly [string, string | undefined])[]> => {
    const all: (readonly [string, string | undefined])[] = [];
    for (const reply of replies) {
      answering(reply);
      const answer = await ask();
      all.push([reply.name, answer?.kind ?? answer?.status]);
    }
    return all;
  };

  test.each(['v1', 'v2', 'async'] as const)('%s: all that is sent is in it', async (refreshVersion) => {
    const [accounts] = spec.repliesOf('get', `${LOGIN}/accounts`);
    answering(accounts ?? { status: 200 });
    for (const ask of Object.values(operations({ refreshVersion }))) await ask();
    const judged = recorder.sent.filter(({ path }) => !BEYOND_IT.includes(path));
    expect(judged.flatMap(spec.faultsOf)).toEqual([]);
    expect(judged.length).toBeGreaterThanOrEqual(5);
    // Every call, those beyond it too, has the key, and all but the first the token.
    expect(recorder.sent.filter(({ headers }) => headers['finicity-app-key'] !== 'key')).toEqual([]);
    const [, ...others] = recorder.sent;
    expect(others.filter(({ headers }) => headers['finicity-app-token'] === undefined)).toEqual([]);
  });

  test('every documented reply to a refresh has its answer', async () => {
    const replies = spec.repliesOf('post', `${LOGIN}/accounts`);
    expect(replies.length).toBeGreaterThanOrEqual(15);
    for (const [name, kind] of await answered(replies, () => operations().refresh())) {
      expect([name, kind]).toEqual([name, name.startsWith('200') ? 'accepted' : 'refused']);
    }
    const [accounts = { status: 0 }] = replies;
    answering(accounts);
    expect(await operations({}, STAMP).refresh()).toEqual({ kind: 'done', asOf: STAMP, newData: null });
  });

  test('the 401 that is plain text is one, too', async () => {
    answering({ status: 401, headers: { 'content-type': 'text/plain' }, body: 'Invalid (Finicity-App-Key)' });
    expect((await operations().refresh()).kind).toBe('refused');
    expect(recorder.sent).toHaveLength(2);
  });

  test('a token is renewed for the documented words for an old one, and for no other', async () => {
    const calls: Record<string, number> = {};
    for (const reply of spec.repliesOf('post', `${LOGIN}/accounts`).filter(({ status }) => status === 401)) {
      recorder.sent.splice(0);
      answering(reply);
      await operations().refresh();
      calls[reply.name] = recorder.sent.length;
    }
    expect(calls).toEqual({
      '401 ExpiredTokenExample': 4,
      '401 ExpiredFinicityAppTokenExample': 4,
      '401 InvalidFinicityAppTokenExample': 4,
      '401 MissingFinicityAppKeyExample': 2,
      '401 MissingFinicityAppTokenExample': 2,
      '401 BadCredentialsExample': 2,
    });
  });

  test('every documented list of accounts has its outcome and its status', async () => {
    const replies = spec.repliesOf('get', `${LOGIN}/accounts`);
    const gone = ['404 CustomerNotFoundExample', '404 NoAccountForInstitutionLoginIdExample'];
    for (const [name, kind] of await answered(replies, () => operations().progress())) {
      const failed = gone.includes(name) ? 'refused' : 'unknown';
      expect([name, kind]).toEqual([name, name.startsWith('200') ? 'pending' : failed]);
    }
    // The documented account shows no code: nothing is told of the login.
    for (const [name, status] of await answered(replies, () => operations().status())) {
      expect([name, status]).toEqual([name, undefined]);
    }
  });

  test('every documented reply to a removal has its answer', async () => {
    const gone = [
      '404 CustomerNotFoundExample',
      '404 NoAccountForInstitutionLoginIdExample',
      '404 ResourceNotFoundExample',
    ];
    const replies = spec.repliesOf('delete', LOGIN);
    expect(replies.length).toBeGreaterThanOrEqual(20);
    for (const [name, kind] of await answered(replies, () => operations().delete())) {
      const refused = gone.includes(name) ? 'gone' : 'refused';
      expect([name, kind]).toEqual([name, name.startsWith('204') ? 'accepted' : refused]);
    }
  });

  test('every documented reply of the token service gives a token or says why there is none', async () => {
    for (const reply of spec.repliesOf('post', TOKEN_PATH)) {
      recorder.answer = ({ path }) => (path === TOKEN_PATH ? reply : { status: 204 });
      const { kind } = await operations({ refreshVersion: 'v2' }).refresh();
      expect([reply.name, kind]).toEqual([reply.name, reply.status === 200 ? 'accepted' : 'refused']);
    }
  });
});
