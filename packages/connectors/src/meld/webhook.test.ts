import { describe, expect, test } from '@jest/globals';
import type { ProviderEvent } from '@freshet/domain';
import type { RawWebhook } from '@freshet/ports';
import fc from 'fast-check';
import { NOW } from '../http/fixtures/calls.js';
import { completedEvent, signatureExample } from './fixtures/documented.js';
import { meldSignature, translateMeldWebhook, verifyMeldWebhook } from './webhook.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const signing = { secret: signatureExample.secret, url: signatureExample.url };
const raw = (more: Partial<Record<'body' | 'signature' | 'timestamp', string | undefined>> = {}): RawWebhook => {
  const given = { ...signatureExample, ...more };
  const headers = { 'meld-signature': given.signature, 'meld-signature-timestamp': given.timestamp };
  return { headers, body: bytes(given.body ?? ''), secret: null, receivedAt: NOW };
};

describe('the signature', () => {
  test('is the documented one', () => {
    expect(meldSignature(signing, signatureExample.timestamp, bytes(signatureExample.body))).toBe(
      signatureExample.signature,
    );
    expect(verifyMeldWebhook(raw(), signing)).toEqual({ genuine: true, eventKey: 'GDtv8pQgwzc9HuFFBQFrww' });
  });

  test('covers the body, the address, the time and the secret', () => {
    const tampered = [
      verifyMeldWebhook(raw({ body: signatureExample.body.replace('null', '"x"') }), signing),
      verifyMeldWebhook(raw({ timestamp: '2022-05-26T20:25:17.682819Z' }), signing),
      verifyMeldWebhook(raw({ signature: signatureExample.signature.slice(0, -1) }), signing),
      verifyMeldWebhook(raw(), { ...signing, url: `${signing.url}/` }),
      verifyMeldWebhook(raw(), { ...signing, secret: 'another' }),
      verifyMeldWebhook(raw({ signature: undefined }), signing),
      verifyMeldWebhook(raw({ timestamp: undefined }), signing),
      verifyMeldWebhook(raw(), null),
    ];
    for (const verdict of tampered) expect(verdict.genuine).toBe(false);
    expect(JSON.stringify(tampered)).not.toContain(signing.secret);
  });

  test('a replay has the key of the first, and an event without an id the key of its bytes', () => {
    const body = '{"eventType":"WEBHOOK_TEST"}';
    const signature = meldSignature(signing, '1700000000', bytes(body));
    const verdicts = [1, 2].map(() => verifyMeldWebhook(raw({ body, signature, timestamp: '1700000000' }), signing));
    expect(verdicts[0]).toEqual(verdicts[1]);
    expect(verdicts[0]).toMatchObject({ genuine: true, eventKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
  });
});

const about = { externalId: 'WQ4mBt3BEX2cmhCvSPyfTu', at: Date.parse('2021-12-09T21:58:29.329Z') };
const event = (eventType: string, payload: Record<string, unknown> = {}): readonly ProviderEvent[] =>
  translateMeldWebhook(
    JSON.stringify({ ...completedEvent, eventType, payload: { ...completedEvent.payload, ...payload } }),
    NOW,
  );

describe('events', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'BANK_LINKING_CONNECTION_COMPLETED',
      {},
      { kind: 'link-completed', providerConnectionId: 'NXrZpLwd1eUQQqymvl9nSkkV8DpeLLUWoXdZx', ...about },
    ],
    [
      'BANK_LINKING_CONNECTION_STATUS_CHANGE',
      { newStatus: 'ACTIVE' },
      { kind: 'status-told', status: 'ACTIVE', reason: null, ...about },
    ],
    [
      'BANK_LINKING_CONNECTION_STATUS_CHANGE',
      { newStatus: 'DEGRADED', reason: 'INTERACTIVE_REFRESH' },
      { kind: 'status-told', status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH', ...about },
    ],
    [
      'BANK_LINKING_CONNECTION_STATUS_CHANGE',
      { newStatus: 'DEGRADED', statusReason: 'A', reason: 'B' },
      { kind: 'status-told', status: 'DEGRADED', reason: 'A', ...about },
    ],
    [
      'BANK_LINKING_CONNECTION_STATUS_CHANGE',
      { newStatus: 'ACTIVE', reason: 'The customer is back' },
      { kind: 'status-told', status: 'ACTIVE', reason: null, ...about },
    ],
    [
      'BANK_LINKING_CONNECTION_STATUS_CHANGE',
      { newStatus: 'SNOOZING', reason: 'TIRED' },
      { kind: 'status-told', status: 'SNOOZING', reason: 'TIRED', ...about },
    ],
    [
      'BANK_LINKING_CONNECTION_STATUS_CHANGE',
      { newStatus: 'RECONNECT_AVAILABLE' },
      { kind: 'status-told', status: 'ACTIVE', reason: 'NEW_ACCOUNTS_AVAILABLE', ...about },
    ],
    ['BANK_LINKING_CONNECTION_STATUS_CHANGE', {}, { kind: 'ignored', type: 'BANK_LINKING_CONNECTION_STATUS_CHANGE' }],
    ['BANK_LINKING_CONNECTION_DELETED', {}, { kind: 'deleted', ...about }],
    [
      'BANK_LINKING_ACCOUNTS_UPDATED',
      {},
      { kind: 'aggregated', products: ['BALANCES', 'IDENTIFIERS', 'OWNERS'], newData: null, ...about },
    ],
    [
      'BANK_LINKING_TRANSACTIONS_AGGREGATED',
      {},
      { kind: 'aggregated', products: ['TRANSACTIONS'], newData: null, ...about },
    ],
    [
      'BANK_LINKING_HISTORICAL_TRANSACTIONS_AGGREGATED',
      {},
      { kind: 'aggregated', products: ['TRANSACTIONS'], newData: null, isHistory: true, ...about },
    ],
    ['BANK_LINKING_NEW_ACCOUNTS_AVAILABLE', {}, { kind: 'new-accounts', ...about }],
    [
      'BANK_LINKING_CUSTOMER_ACTION_REQUIRED',
      { reason: 'The password has changed' },
      { kind: 'status-told', status: 'RECONNECT_REQUIRED', reason: 'OTHER', ...about },
    ],
    [
      'BANK_LINKING_CUSTOMER_ACTION_REQUIRED',
      { reason: 'LOGIN_REQUIRED' },
      { kind: 'status-told', status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED', ...about },
    ],
    ['BANK_LINKING_ACCOUNTS_UPDATING', {}, { kind: 'ignored', type: 'BANK_LINKING_ACCOUNTS_UPDATING' }],
    ['BANK_LINKING_ACCOUNTS_REMOVED', {}, { kind: 'ignored', type: 'BANK_LINKING_ACCOUNTS_REMOVED' }],
    ['BANK_LINKING_SOMETHING_NEW', {}, { kind: 'ignored', type: 'BANK_LINKING_SOMETHING_NEW' }],
    ['WEBHOOK_TEST', {}, { kind: 'ignored', type: 'WEBHOOK_TEST' }],
    ['toString', {}, { kind: 'ignored', type: 'toString' }],
    [
      'BANK_LINKING_CONNECTION_DELETED',
      { connectionId: 7 },
      { kind: 'ignored', type: 'BANK_LINKING_CONNECTION_DELETED' },
    ],
  ])('%s %j', (type, payload, expected) => {
    expect(event(type, payload)).toEqual([expected]);
  });

  test.each<[Record<string, unknown>, boolean | null]>([
    [{}, null],
    [{ financialAccounts: [{ oldestTransactionUpdatedSearchKey: 'k' }, {}] }, true],
    [{ accounts: [{ oldestTransactionUpdatedSearchKey: 'k' }] }, true],
    [{ oldestTransactionUpdatedSearchKey: 'k' }, true],
    [{ financialAccounts: [{ oldestTransactionUpdatedSearchKey: null }] }, null],
    [{ serviceProviderDetails: { serviceProvider: 'PLAID', new_transactions: 0 } }, false],
    [{ serviceProviderDetails: { new_transactions: 3 } }, true],
    [{ serviceProviderDetails: { transactions_created_count: 0, transactions_updated_count: 2 } }, true],
    [{ serviceProviderDetails: { transactions_created_count: 0, transactions_updated_count: 0 } }, false],
    [{ serviceProviderDetails: { new_transactions: -1, transactions_created_count: 'many' } }, null],
  ])('of transactions whose payload has %j: something new: %s', (payload, newData) => {
    expect(event('BANK_LINKING_TRANSACTIONS_AGGREGATED', payload)).toMatchObject([{ newData }]);
  });

  test('an event is never from after its arrival, and one without a time is of its arrival', () => {
    const late = JSON.stringify({ ...completedEvent, timestamp: '2999-01-01T00:00:00Z' });
    const untimed = JSON.stringify({ ...completedEvent, timestamp: 'yesterday' });
    for (const body of [late, untimed]) expect(translateMeldWebhook(body, NOW)).toMatchObject([{ at: NOW }]);
  });

  test('a body that is not the format gives nothing, whatever it is', () => {
    for (const body of ['', '<html>', '[]', 'null', '{"eventType":7}'])
      expect(translateMeldWebhook(body, NOW)).toEqual([]);
    fc.assert(fc.property(fc.json(), (body) => Array.isArray(translateMeldWebhook(body, NOW))));
  });
});
