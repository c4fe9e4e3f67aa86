import { describe, expect, test } from '@jest/globals';
import type { RawWebhook } from '@freshet/ports';
import fc from 'fast-check';

import { NOW } from '../http/fixtures/calls.js';
import { account, webhooks } from './fixtures/documented.js';
import { createFinicityVerifier, finicitySignature, translateFinicityWebhook } from './webhook.js';

const settings = { partnerId: 'p', partnerSecret: 'hush', appKey: 'k', webhookSecret: 'path-secret' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const body = JSON.stringify(webhooks.done);
const raw = (more: Partial<RawWebhook> = {}): RawWebhook => ({
  headers: {},
  body: bytes(body),
  secret: 'path-secret',
  receivedAt: NOW,
  ...more,
});
const EVENT_ID = webhooks.done.eventId;

describe('what is genuine', () => {
  const verify = createFinicityVerifier(settings);

  test('came by the secret path', async () => {
    expect(await verify(raw())).toEqual({ genuine: true, eventKey: EVENT_ID });
    for (const secret of [null, '', 'path-secre', 'path-secret ', 'PATH-SECRET']) {
      expect(await verify(raw({ secret }))).toMatchObject({ genuine: false });
    }
  });

  test.each([undefined, null, ''])('is nothing without a secret (%j)', async (webhookSecret) => {
    const unset = createFinicityVerifier({ ...settings, webhookSecret });
    expect(await unset(raw())).toMatchObject({ genuine: false });
    expect(await unset(raw({ secret: '' }))).toMatchObject({ genuine: false });
  });

  test('is signed too, where that is asked for', async () => {
    const strict = createFinicityVerifier({ ...settings, checksSignature: true });
    const signature = finicitySignature('hush', bytes(body));
    const signed = (value: string | undefined, more: Partial<RawWebhook> = {}) =>
      strict(raw({ headers: { 'x-finicity-signature': value }, ...more }));
    expect(await signed(signature)).toMatchObject({ genuine: true });
    expect(await signed(signature.toUpperCase())).toMatchObject({ genuine: true });
    for (const forged of [undefined, '', finicitySignature('other', bytes(body)), signature.slice(0, -1)]) {
      expect(await signed(forged)).toMatchObject({ genuine: false });
    }
    expect(await signed(signature, { body: bytes(`${body} `) })).toMatchObject({ genuine: false });
    expect(await signed(signature, { secret: 'other' })).toMatchObject({ genuine: false });
  });

  test('has the key of its first sending, with and without an id', async () => {
    const pushed = raw({ body: bytes(JSON.stringify(webhooks.accountModified)) });
    const [first, second] = [await verify(pushed), await verify(pushed)];
    expect(first).toEqual(second);
    expect(first).toMatchObject({ eventKey: expect.stringMatching(/^sha256:/) });
    const other = raw({ body: bytes(JSON.stringify(webhooks.transactionCreated)) });
    expect(await verify(other)).not.toEqual(first);
  });
});

const translated = (event: unknown) => translateFinicityWebhook(JSON.stringify(event), NOW);
const LOGIN = '1007302745';

describe('Data Connect', () => {
  test('the end of a session that we gave the login is a repair', () => {
    expect(translated(webhooks.done)).toEqual([
      { kind: 'link-completed', externalId: LOGIN, at: NOW, providerConnectionId: null },
    ]);
    expect(translated({ ...webhooks.done, payload: { code: 200, reason: 'complete' } })).toHaveLength(1);
    expect(translated({ ...webhooks.done, payload: { code: '100', reason: 'exit' } })).toEqual([
      { kind: 'ignored', type: 'done' },
    ]);
  });

  test.each([
    ['ping', webhooks.ping],
    ['started', webhooks.started],
    ['accountsDeleted', webhooks.accountsDeleted],
    ['done', { ...webhooks.done, webhookData: {} }],
    ['data-refresh.transaction.status-changed', { eventType: 'data-refresh.transaction.status-changed' }],
    ['toString', { eventType: 'toString' }],
    ['unnamed', { eventType: 'a word with <b>' }],
    // Its own word outranks a class beside it.
    ['account.modified', { ...webhooks.accountModified, eventType: 'account.modified' }],
  ])('%s is ignored', (type, event) => {
    expect(translated(event)).toEqual([{ kind: 'ignored', type }]);
  });
});

describe('TxPush', () => {
  const push = (type: string, ...records: readonly object[]) => ({ event: { class: 'account', type, records } });
  const aggregated = {
    kind: 'aggregated',
    externalId: LOGIN,
    at: 1_607_450_357_000,
    products: ['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'],
    newData: true,
  };

  test('an account that changed has a new balance; several of one login say it once', () => {
    expect(translated(webhooks.accountModified)).toEqual([aggregated]);
    expect(translated(webhooks.accountModified.event)).toEqual([aggregated]);
    expect(translated(push('modified', account(), account({ id: '2' })))).toEqual([aggregated]);
    expect(translated(push('modified', account({ aggregationSuccessDate: null })))).toEqual([
      { ...aggregated, at: NOW, products: ['BALANCES'] },
    ]);
  });

  test("the login's own trouble is told, one account's is not", () => {
    const code = (aggregationStatusCode: number | string) =>
      translated(push('modified', account({ aggregationStatusCode })));
    expect(code(103)).toEqual([
      {
        kind: 'status-told',
        externalId: LOGIN,
        at: 1_607_450_357_000,
        status: 'RECONNECT_REQUIRED',
        reason: 'LOGIN_REQUIRED',
      },
    ]);
    expect(code('947')).toMatchObject([{ kind: 'status-told', reason: 'TOKEN_EXPIRED' }]);
    for (const quiet of [946, 169, 102, 325, 86])
      expect(code(quiet)).toEqual([{ kind: 'ignored', type: 'account.modified' }]);
  });

  test('a deleted account, and a transaction that names no login, are ignored', () => {
    expect(translated(push('deleted', account()))).toEqual([{ kind: 'ignored', type: 'account.deleted' }]);
    expect(translated(webhooks.transactionCreated)).toEqual([{ kind: 'ignored', type: 'transaction.created' }]);
    const [record] = webhooks.transactionCreated.event.records;
    const placed = { class: 'transaction', type: 'created', records: [{ ...record, institutionLoginId: LOGIN }] };
    expect(translated(placed)).toMatchObject([{ kind: 'aggregated', products: ['TRANSACTIONS'] }]);
  });
});

test('a body that is not the format gives nothing, whatever it is', () => {
  for (const text of ['', '<event/>', '[]', 'null', '{"event":7}'])
    expect(translateFinicityWebhook(text, NOW)).toEqual([]);
  fc.assert(fc.property(fc.json(), (text) => Array.isArray(translateFinicityWebhook(text, NOW))));
  const strange = fc.record({
    class: fc.constantFrom('account', 'transaction'),
    type: fc.string(),
    records: fc.jsonValue(),
  });
  fc.assert(fc.property(strange, (event) => translated({ event }).length > 0));
});
