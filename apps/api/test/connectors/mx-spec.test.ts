import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createMxConnector } from '@freshet/connectors';
import type { Instant, Product, PullId } from '@freshet/domain';
import { DAY } from '@freshet/domain';
import type { Connector, RefreshContext } from '@freshet/ports';
import { describeBySpec, startRecorder, type DocumentedReply, type Recorder, type Reply } from './official-spec.js';

/** Documented at docs.mx.com, but outside of the part of the description that is kept there. */
const PATHS_BEYOND_IT: readonly string[] = ['/users/USR-1/widget_urls'];
/** The examples are of 13 October 2016. */
const BEFORE_THE_EXAMPLES = Date.parse('2016-10-13T17:00:00Z');
const NOW = Date.parse('2026-03-01T12:00:00Z');

let recorder: Recorder;
let mx: Connector;
beforeAll(async () => {
  recorder = await startRecorder();
  mx = createMxConnector({ clientId: 'c', apiKey: 'k', baseUrl: recorder.url, redirectUrl: 'https://app.example' });
});
afterAll(() => recorder.close());
beforeEach(() => void recorder.sent.splice(0));

const context = (): RefreshContext => ({
  now: () => NOW,
  signal: AbortSignal.timeout(5_000),
  sending: async () => undefined,
});
const connection = {
  externalId: 'MBR-7c6f361b-e582-15b6-60c0-358f12466b4b',
  provider: 'MX',
  customerId: 'customer-1',
  institutionId: 'mxbank',
  providerConnectionId: null,
  credentials: { userGuid: 'USR-1' },
};
const asking =
  (products: readonly Product[], from: Instant | null = null, allProducts = false) =>
  () =>
    mx.refresh(
      { ...connection, pullId: 'pull_1' as PullId, products, allProducts, from, to: null, presence: null },
      context(),
    );
const looking = (sentAt: Instant) => () =>
  mx.progress(
    { ...connection, products: ['BALANCES', 'TRANSACTIONS'], providerTaskId: null, sentAt, asOfBefore: null },
    context(),
  );

const jobs = {
  aggregate: asking(['BALANCES', 'TRANSACTIONS']),
  check_balance: asking(['BALANCES']),
  extend_history: asking(['TRANSACTIONS'], NOW - 400 * DAY),
};
const operations: readonly (() => Promise<unknown>)[] = [
  ...Object.values(jobs),
  asking(['BALANCES', 'TRANSACTIONS'], null, true),
  looking(NOW),
  () => mx.status(connection, context()),
  () => mx.repair(connection, context()),
  () => mx.delete(connection, context()),
];

describeBySpec('mx', (spec) => {
  const member = '/users/{user_guid}/members/{member_guid}';
  const repliesTo = (method: string, path = ''): readonly DocumentedReply[] =>
    spec.repliesOf(method, `${member}${path}`);
  const bodyOf = (method: string, path = ''): unknown => repliesTo(method, path)[0]?.body;
  /** The member as it is documented to every read; `reply` to whatever changes something. */
  const answering = (reply: Reply) => {
    recorder.answer = ({ method }) => (method === 'GET' ? { status: 200, body: bodyOf('get') } : reply);
  };

  test('all that is sent is in it: paths, credentials, parameters and bodies', async () => {
    answering({ status: 202, body: {} });
    for (const operation of operations) await operation();
    expect(recorder.sent.map(({ method }) => method)).toEqual(expect.arrayContaining(['GET', 'POST', 'DELETE']));
    const known = recorder.sent.filter(({ path }) => !PATHS_BEYOND_IT.includes(path));
    expect(recorder.sent.length - known.length).toBe(1);
    expect(known.flatMap(spec.faultsOf)).toEqual([]);
    for (const { headers } of recorder.sent) expect(headers.accept).toBe('application/vnd.mx.api.v1+json');
  });

  test.each(Object.entries(jobs))('%s: every documented reply is an accepted job', async (path, start) => {
    const replies = repliesTo('post', `/${path}`);
    expect(replies.map(({ name, body }) => [name, typeof body])).toEqual([['202 example', 'object']]);
    for (const reply of replies) {
      answering(reply);
      // The example's job is the one that the example of a read shows already.
      expect(await start()).toEqual({ kind: 'accepted', providerTaskId: null, coalesced: false });
      expect(recorder.sent.at(-1)?.path.split('?')[0]).toMatch(new RegExp(`/${path}$`));
    }
  });

  test('every documented status is told, and is the end of what it comes after', async () => {
    for (const reply of repliesTo('get', '/status')) {
      recorder.answer = () => reply;
      const told = { status: 'ACTIVE', reason: null, at: null };
      const data = [{ products: ['BALANCES'], at: Date.parse('2016-10-13T17:57:38.000Z') }];
      expect(await mx.status(connection, context())).toEqual({ ...told, data });
      expect(await looking(NOW)()).toEqual({ kind: 'pending', told });
      // "has_processed_transactions": false.
      expect(await looking(BEFORE_THE_EXAMPLES)()).toEqual({
        kind: 'partial',
        asOf: Date.parse('2016-10-13T17:57:38.000Z'),
        newData: null,
        products: ['BALANCES'],
        told,
      });
    }
  });

  test('every documented deletion is taken', async () => {
    for (const reply of repliesTo('delete')) {
      answering(reply);
      expect(await mx.delete(connection, context())).toEqual({ kind: 'accepted' });
    }
  });

  test('no refusal is documented there: those of the errors page are translated', async () => {
    const documented = spec.operations.flatMap((operation) => {
      const [method = '', path = ''] = operation.split(' ');
      return spec.repliesOf(method, path).filter(({ status }) => status >= 300);
    });
    expect(documented).toEqual([]);
    const kinds: Readonly<Record<number, string>> = {
      400: 'refused',
      401: 'refused',
      403: 'refused',
      404: 'refused',
      405: 'refused',
      406: 'refused',
      409: 'busy',
      422: 'limited',
      429: 'limited',
      500: 'unknown',
      502: 'unknown',
      503: 'unknown',
      504: 'unknown',
    };
    for (const [status, kind] of Object.entries(kinds)) {
      answering({ status: Number(status), body: { error: { message: 'words' } } });
      expect([status, (await jobs.aggregate()).kind]).toEqual([status, kind]);
    }
  });
});
