import { describe, expect, test } from '@jest/globals';
import { HOUR, type RefreshProgress } from '@freshet/domain';
import fc from 'fast-check';
import type { Exchange } from '../http/exchange.js';
import { NOW, progressCall } from '../http/fixtures/calls.js';
import { html, json } from '../http/fixtures/replies.js';
import { progressByConsent, toldByConsent } from './consents.js';
import { consents, refusals, started, v1Tasks, v2Tasks } from './fixtures/documented.js';
import { resourcesFor } from './resources.js';
import { budResults, endingOf } from './results.js';
import { consentIn, linkAnswerOf, progressAnswerOf, revokeAnswerOf, startAnswerOf } from './translate.js';

const look = (task: unknown, institutionId = 'Bank_Of_Bud', products = progressCall().products): RefreshProgress =>
  progressAnswerOf(json(200, task), progressCall({ institutionId, products, providerTaskId: 't' }), NOW);

describe('the answer to a refresh', () => {
  test.each([started.v1, started.v2])('the documented reply names the main task', (reply) => {
    const providerTaskId = '360e5821-4f18-4077-83f4-c9a7c1768bea';
    expect(startAnswerOf(json(202, reply), NOW)).toEqual({ kind: 'accepted', providerTaskId, coalesced: false });
  });

  test.each<[string, Exchange, object]>([
    ['accepted without a task', json(202, { data: {} }), { kind: 'unknown' }],
    ['a page in place of the reply', html(200), { kind: 'unknown' }],
    ['a missing parameter', json(400, refusals.parameterMissing), { kind: 'refused' }],
    ['maintenance', json(400, refusals.inMaintenance), { kind: 'unavailable', who: 'institution', retryAt: null }],
    [
      'maintenance, with a time',
      json(503, refusals.inMaintenance, { 'retry-after': '60' }),
      { kind: 'unavailable', retryAt: NOW + 60_000 },
    ],
    [
      'the limit of the bank',
      json(400, { code_id: 'provider_request_limit' }),
      { kind: 'limited', until: null, scope: 'group', said: 'provider_request_limit' },
    ],
    [
      'a consent that is gone',
      json(400, { code_id: 'connection_revoked' }),
      { kind: 'customer-needed', event: 'failed_token_expired' },
    ],
    [
      'trouble inside Bud, refused',
      json(400, { code_id: 'internal_transient_error' }),
      { kind: 'unavailable', who: 'provider' },
    ],
    ['trouble inside Bud, which leaves it open', json(500, { code_id: 'internal_error' }), { kind: 'unknown' }],
    ['a timeout of the bank, which leaves it open', json(504, { code_id: 'provider_timeout' }), { kind: 'unknown' }],
    ['a failure without words', json(500, { code_id: 'unknown' }), { kind: 'unknown' }],
    ['a failure of something in between', html(502), { kind: 'unknown' }],
    [
      'too many requests',
      json(429, {}, { 'retry-after': '30' }),
      { kind: 'limited', until: NOW + 30_000, scope: 'group', said: '429' },
    ],
    ['the wrong customer', json(401, { code_id: 'customer_not_found' }), { kind: 'refused' }],
    ['the wrong method', html(405), { kind: 'refused' }],
    ['no reply', { kind: 'lost', why: 'ECONNRESET' }, { kind: 'unknown' }],
    ['not sent', { kind: 'unsent', why: 'ECONNREFUSED', lasting: false }, { kind: 'unavailable' }],
  ])('%s', (_name, exchange, expected) => {
    expect(startAnswerOf(exchange, NOW)).toMatchObject(expected);
  });

  test('without a token, why there is none', () => {
    const failure = { kind: 'refused', message: 'no' } as const;
    expect(startAnswerOf(failure, NOW)).toBe(failure);
    expect(progressAnswerOf(failure, progressCall(), NOW)).toEqual({ kind: 'unknown', message: 'no' });
  });
});

describe('a task', () => {
  test.each<[string, unknown, object]>([
    ['V1 completed', v1Tasks.completed, { kind: 'done', asOf: null, newData: true }],
    ['V1 pending', v1Tasks.pending, { kind: 'pending' }],
    ['V1 failure of the bank', v1Tasks.providerFailure, { kind: 'unavailable', who: 'institution' }],
    ['V1 connection not found', v1Tasks.connectionNotFound, { kind: 'customer-needed', event: 'failed_otherwise' }],
    ['V1 reconnect', v1Tasks.reconnectRequired, { kind: 'customer-needed', event: 'failed_token_expired' }],
    ['V2 completed', v2Tasks.completed, { kind: 'done', newData: false }],
    ['V2 pending', v2Tasks.pending, { kind: 'pending' }],
    ['V2: ours is complete, another is not', v2Tasks.partiallyComplete, { kind: 'done', newData: false }],
    ['V2: another failed', v2Tasks.providerFailure, { kind: 'done', newData: false }],
    ['V2 connection not found', v2Tasks.connectionNotFound, { kind: 'customer-needed', event: 'failed_otherwise' }],
    ['V2 maintenance', v2Tasks.inMaintenance, { kind: 'unavailable', who: 'institution' }],
  ])('%s', (_name, task, expected) => {
    expect(look(task)).toMatchObject(expected);
  });

  test("only our bank's part of it counts, in whatever case its name is written", () => {
    expect(look(v2Tasks.providerFailure, 'natwest_sandbox')).toMatchObject({ kind: 'unavailable', who: 'institution' });
    expect(look(v2Tasks.completed, 'Natwest_Sandbox')).toMatchObject({ kind: 'done', newData: true });
  });

  test('a lone part is ours under any name; of several, none is, and the whole speaks', () => {
    const lone = {
      data: { status: 'Pending', sub_tasks: [{ provider: 'bob-2', status: 'Failed', result: 'provider_timeout' }] },
    };
    expect(look(lone)).toMatchObject({ kind: 'unavailable', who: 'institution' });
    expect(look(v2Tasks.providerFailure, 'Elsewhere')).toMatchObject({ kind: 'unavailable', who: 'provider' });
  });

  test('the three traps: reconnect before result before status', () => {
    const told = (data: object): RefreshProgress => look({ data });
    expect(told({ status: 'Completed', result: 'success', reconnect_required: true })).toMatchObject({
      kind: 'customer-needed',
      event: 'failed_otherwise',
    });
    expect(told({ status: 'Completed', result: 'connection_revoked', reconnect_required: true })).toMatchObject({
      event: 'failed_token_expired',
    });
    expect(told({ status: 'Completed', result: 'provider_failure' }).kind).toBe('unavailable');
    expect(told({ status: 'Completed', result: 'a_new_word' }).kind).toBe('unknown');
    expect(told({ status: 'Completed' }).kind).toBe('unknown');
    expect(told({ status: 'Failed' })).toMatchObject({ kind: 'unavailable', who: 'provider' });
    expect(told({ status: 'Failed', result: 'a_new_word' })).toMatchObject({ kind: 'unavailable', who: 'provider' });
    expect(told({ status: 'Pending', result: 'a_new_word' }).kind).toBe('pending');
    expect(told({ status: 'Dreaming' }).kind).toBe('unknown');
    expect(told({ result: 'success' }).kind).toBe('done');
  });

  test('"new transactions" says nothing where none were asked for', () => {
    expect(look(v1Tasks.completed, 'Barclays', ['BALANCES'])).toEqual({ kind: 'done', asOf: null, newData: null });
  });

  test.each(budResults)('%s has an ending', (result) => {
    const kind = endingOf(result)?.kind;
    expect(look({ data: { status: 'Failed', result } }).kind).toBe(kind === 'success' ? 'done' : kind);
  });

  test('words that happen to be names of objects are no results', () => {
    expect(endingOf('constructor')).toBeUndefined();
    expect(endingOf('__proto__')).toBeUndefined();
  });

  test('a look that failed says nothing, a 404 neither: the task may have been tidied away', () => {
    const call = progressCall({ providerTaskId: 't' });
    for (const exchange of [
      json(404, { code_id: 'task_not_found' }),
      json(400, refusals.parameterMissing),
      json(401, {}),
      json(429, {}),
      json(500, {}),
      html(200),
      html(404),
    ]) {
      expect(progressAnswerOf(exchange, call, NOW).kind).toBe('unknown');
    }
  });

  test('nothing that Bud could send makes it throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 100, max: 599 }), (value, status) => {
        expect(typeof progressAnswerOf(json(status, value), progressCall(), NOW).kind).toBe('string');
        expect(typeof startAnswerOf(json(status, value), NOW).kind).toBe('string');
      }),
    );
  });
});

describe('consents', () => {
  const listed = (more: object): Exchange => json(200, { data: [null, { id: 'other' }, { id: 'consent-1', ...more }] });
  const told = (more: object) => {
    const consent = consentIn(listed(more), 'consent-1');
    return consent === null ? null : toldByConsent(consent);
  };

  test('the documented list is found by id', () => {
    const consent = consentIn(json(200, consents), 'a080272e-c449-4a75-861a-9feb53075946');
    expect(consent).toMatchObject({ status: 'authorised', last_synced_at: Date.parse('2021-06-16T09:13:41.320Z') });
    expect(consentIn(json(200, consents), 'nobody')).toBeNull();
    expect(consentIn(html(200), 'nobody')).toBeNull();
    expect(consentIn(json(500, consents), '1ceb1d81-a80e-4825-a7c0-4d69424c9874')).toBeNull();
  });

  test.each([
    [{ status: 'authorised' }, { status: 'ACTIVE', reason: null }],
    [{ status: 'awaiting_authorisation' }, { status: 'IN_PROGRESS', reason: null }],
    [{ status: 'rejected' }, { status: 'RECONNECT_REQUIRED', reason: 'OTHER' }],
    [
      { status: 'revoked', revoke_reason: 'provider_revoked' },
      { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED' },
    ],
    [
      { status: 'revoked', revoke_reason: 'duplicate_accounts' },
      { status: 'RECONNECT_REQUIRED', reason: 'OTHER' },
    ],
    [{ status: 'revoked' }, { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED' }],
    [{ status: 'resting' }, { status: 'resting', reason: null }],
    [{ status: 'constructor' }, { status: 'constructor', reason: null }],
  ])('%j', (consent, expected) => {
    expect(told(consent)).toEqual({ ...expected, at: null });
  });

  test('the last sync stands in for a task whose id was lost', () => {
    const progress = (more: object, asOfBefore: number | null = NOW - HOUR): RefreshProgress => {
      const consent = consentIn(listed(more), 'consent-1');
      if (consent === null) throw new Error('no consent');
      return progressByConsent(consent, progressCall({ asOfBefore }));
    };
    const at = (offset: number): object => ({
      status: 'authorised',
      last_synced_at: new Date(NOW + offset).toISOString(),
    });
    expect(progress(at(1_000))).toEqual({ kind: 'done', asOf: NOW + 1_000, newData: null });
    expect(progress(at(-1)).kind).toBe('pending');
    expect(progress(at(1_000), NOW + 1_000).kind).toBe('pending');
    expect(progress({ status: 'authorised' }).kind).toBe('pending');
    expect(progress({ ...at(1_000), status: 'revoked' })).toMatchObject({
      kind: 'customer-needed',
      event: 'failed_token_expired',
    });
  });
});

describe('the other operations', () => {
  test('products are resources of Bud, or unsupported', () => {
    expect(resourcesFor(['BALANCES', 'TRANSACTIONS', 'IDENTIFIERS', 'OWNERS'])).toEqual({
      kind: 'resources',
      names: ['balances', 'transactions', 'accounts', 'parties'],
    });
    expect(resourcesFor(['BALANCES', 'INVESTMENT_HOLDINGS'])).toEqual({
      kind: 'unsupported',
      products: ['INVESTMENT_HOLDINGS'],
    });
  });

  test('a gateway address lives half an hour', () => {
    const link = linkAnswerOf(json(201, { data: { url: 'https://auth.gateway.thisisbud.com/connect?nonce=1' } }), NOW);
    expect(link).toMatchObject({ kind: 'link', expiresAt: NOW + HOUR / 2 });
    expect(linkAnswerOf(json(201, { data: {} }), NOW).kind).toBe('unknown');
    expect(linkAnswerOf(json(422, {}), NOW).kind).toBe('refused');
  });

  test.each<[Exchange, string]>([
    [json(202, { data: { provider: 'Monzo', task_id: 't' } }), 'accepted'],
    [json(404, {}), 'gone'],
    [json(400, { code_id: 'consent_not_found' }), 'gone'],
    [json(400, refusals.parameterMissing), 'refused'],
    [html(404), 'refused'],
    [json(500, {}), 'unknown'],
    [{ kind: 'lost', why: 'deadline' }, 'unknown'],
  ])('a revocation: %#', (exchange, kind) => {
    expect(revokeAnswerOf(exchange, NOW).kind).toBe(kind);
  });
});
