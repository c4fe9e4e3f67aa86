import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createPlaidConnector } from '@freshet/connectors';
import type { Product, PullId } from '@freshet/domain';
import type { Connector, RefreshContext } from '@freshet/ports';
import { describeBySpec, startRecorder, type DocumentedReply, type Recorder } from './official-spec.js';

/** Documented, but outside of the part of the description that is kept there. */
const PATHS_BEYOND_IT = ['/link/token/create'];
const NOW = Date.parse('2026-03-01T12:00:00Z');

let recorder: Recorder;
let plaid: Connector;
/** One that has not asked for any key yet. */
const begin = (): void => {
  plaid = createPlaidConnector({
    clientId: 'client',
    secret: 'secret',
    baseUrl: recorder.url,
    clientName: 'Budgets',
    webhookUrl: 'https://app.example/webhooks/plaid',
  });
};
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.close());
beforeEach(() => {
  recorder.sent.splice(0);
  begin();
});

const context = (): RefreshContext => ({
  now: () => NOW,
  signal: AbortSignal.timeout(5_000),
  sending: async () => undefined,
});
const connection = {
  externalId: 'Ed6bjNrDLJfGvZWwnkQlfxwoNz54B5C97ejBr',
  provider: 'PLAID',
  customerId: 'customer-1',
  // Whose balances need an option of their own.
  institutionId: 'ins_128026',
  providerConnectionId: null,
  credentials: { accessToken: 'access-production-1' },
};
const refresh = (products: readonly Product[]) =>
  plaid.refresh(
    { ...connection, pullId: 'pull_1' as PullId, products, allProducts: false, from: null, to: null, presence: null },
    context(),
  );
const progress = (sentAt: number) =>
  plaid.progress(
    { ...connection, products: ['TRANSACTIONS'], providerTaskId: 'transactions:1', sentAt, asOfBefore: null },
    context(),
  );
const adopting = { ...connection, products: ['TRANSACTIONS'] as const };
const exchanging = { ...adopting, credentials: { userId: 'user', authToken: 'token' } };
/** A token whose key has to be asked for; the signature itself is not looked at before. */
const unsigned = `${btoa('{"alg":"ES256","kid":"bfbd5111-8e33-4643-8ced-b2e642a72f3c"}')}.e30.e30`;
const raw = { headers: { 'plaid-verification': unsigned }, body: new Uint8Array(), secret: null, receivedAt: NOW };

/** Each path, and an operation that calls it. */
const operations: Readonly<Record<string, () => Promise<{ readonly kind: string }>>> = {
  '/transactions/refresh': () => refresh(['TRANSACTIONS']),
  '/investments/refresh': () => refresh(['INVESTMENT_HOLDINGS']),
  '/accounts/balance/get': () => refresh(['BALANCES']),
  '/item/get': () => progress(0),
  '/item/remove': () => plaid.delete(connection, context()),
  '/item/import': () => plaid.import(exchanging, context()),
  '/link/token/create': () => plaid.repair(connection, context()),
  '/webhook_verification_key/get': async () => {
    const verdict = await plaid.verifyWebhook(raw, context());
    return { kind: verdict.genuine ? 'genuine' : verdict.why };
  },
};

describeBySpec('plaid', (spec) => {
  test('all that is sent is in it: paths, security, bodies', async () => {
    recorder.answer = () => ({ status: 200, body: { access_token: 'access-made-1' } });
    for (const operation of Object.values(operations)) await operation();
    await plaid.status(connection, context());
    await plaid.addProducts({ ...connection, products: ['OWNERS'] }, context());
    await plaid.import(adopting, context());
    const paths = new Set(recorder.sent.map(({ path }) => path));
    expect([...paths].sort()).toEqual(Object.keys(operations).sort());
    const judged = recorder.sent.filter(({ path }) => !PATHS_BEYOND_IT.includes(path));
    expect(judged.flatMap(spec.faultsOf)).toEqual([]);
    expect(spec.operations).toEqual(expect.arrayContaining([...new Set(judged.map(({ path }) => `post ${path}`))]));
  });

  const answers: Readonly<Record<string, string>> = {
    '/transactions/refresh': 'accepted',
    '/investments/refresh': 'accepted',
    '/accounts/balance/get': 'done',
    '/item/get': 'done',
    '/item/remove': 'accepted',
    // Its second call meets the same body, which shows no Item.
    '/item/import': 'unknown',
    '/webhook_verification_key/get': 'the signature is not by that key',
  };
  const documented = (path: string): readonly DocumentedReply[] => spec.repliesOf('post', path);
  test.each(Object.entries(answers))('every documented reply of %s has its answer', async (path, kind) => {
    const replies = documented(path);
    expect(replies.length).toBeGreaterThan(0);
    for (const reply of replies) {
      begin();
      recorder.answer = () => ({ status: reply.status, body: reply.body });
      const refused = path === '/webhook_verification_key/get' ? expect.stringContaining('does not give') : 'refused';
      // A look says nothing where it failed.
      const failed = path === '/item/get' ? 'unknown' : refused;
      const answer = await (operations[path] ?? (() => Promise.resolve({ kind: 'none' })))();
      expect([path, reply.name, answer.kind]).toEqual([path, reply.name, reply.status < 300 ? kind : failed]);
    }
  });

  test('the documented Item has its status, and its stamps end only what was sent before them', async () => {
    const [reply] = documented('/item/get');
    recorder.answer = () => ({ status: 200, body: reply?.body });
    const ended = { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED', at: null };
    const data = [{ products: ['TRANSACTIONS'], at: Date.parse('2019-02-15T15:52:39.000Z') }];
    expect(await plaid.status(connection, context())).toEqual({ ...ended, data });
    expect(await progress(0)).toMatchObject({ kind: 'done', asOf: Date.parse('2019-02-15T15:52:39Z'), told: ended });
    expect((await progress(NOW)).kind).toBe('pending');
  });
});
