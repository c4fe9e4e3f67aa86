import { describe, expect, test } from '@jest/globals';
import { reasonBelongs, isStatus } from '@freshet/domain';
import fc from 'fast-check';
import { NOW } from '../http/fixtures/calls.js';
import { html, json } from '../http/fixtures/replies.js';
import {
  failureIn,
  isGone,
  plainFailureIn,
  rowsByCode,
  rowsByType,
  standingOfError,
  type PlaidErrorRow,
} from './errors.js';
import { error } from './fixtures/documented.js';

const kinds: Readonly<Record<PlaidErrorRow['kind'], string>> = {
  'customer-needed': 'customer-needed',
  unavailable: 'unavailable',
  limited: 'limited',
  busy: 'busy',
  refused: 'refused',
  gone: 'refused',
  unknown: 'unknown',
};

describe('every row of the table', () => {
  test.each(Object.entries(rowsByCode))('%s at 400 is what the row says, and tells what the row has', (code, row) => {
    const failure = failureIn(json(400, error('ITEM_ERROR', code)), NOW);
    expect(failure.kind).toBe(kinds[row.kind]);
    if (row.kind === 'limited') expect(failure).toEqual({ kind: 'limited', until: null, scope: row.scope, said: code });
    if (row.kind === 'customer-needed')
      expect(failure).toMatchObject({ event: row.event, told: { ...row.status, at: null } });
    if (row.kind === 'unavailable') expect(failure).toMatchObject({ who: row.who, retryAt: null });
    expect(standingOfError({ error_type: 'X', error_code: code, error_code_reason: null })).toEqual(row.status);
  });

  test.each(Object.entries(rowsByType))('an unknown code of type %s is what the type says', (type, row) => {
    expect(failureIn(json(400, error(type, 'SOMETHING_NEW')), NOW).kind).toBe(kinds[row.kind]);
  });

  test('has a status of ours with a reason that belongs to it, or none', () => {
    for (const { status } of [...Object.values(rowsByCode), ...Object.values(rowsByType)]) {
      if (status === null) continue;
      expect([status.status, isStatus(status.status) && reasonBelongs(status.status, status.reason)]).toEqual([
        status.status,
        true,
      ]);
    }
  });
});

describe('the scopes of limits', () => {
  test.each([
    ['TRANSACTIONS_REFRESH_LIMIT', 'connection'],
    ['INVESTMENTS_REFRESH_LIMIT', 'connection'],
    ['BALANCE_LIMIT', 'connection'],
    ['ACCOUNTS_BALANCE_GET_LIMIT', 'provider'],
    ['CREDITS_EXHAUSTED', 'provider'],
    ['INSTITUTION_RATE_LIMIT', 'institution'],
    ['A_NEW_LIMIT', 'connection'],
  ])('%s closes the %s', (code, scope) => {
    expect(failureIn(json(429, error('RATE_LIMIT_EXCEEDED', code)), NOW)).toMatchObject({
      kind: 'limited',
      scope,
      said: code,
    });
  });

  test('a time that is told is passed on', () => {
    const reply = json(429, error('RATE_LIMIT_EXCEEDED', 'BALANCE_LIMIT'), { 'retry-after': '20' });
    expect(failureIn(reply, NOW)).toMatchObject({ until: NOW + 20_000 });
  });

  test('a 429 without a code of Plaid is one too', () => {
    expect(failureIn(html(429), NOW)).toEqual({ kind: 'limited', until: null, scope: 'connection', said: '429' });
  });
});

describe('what may have happened', () => {
  test.each<[string, Parameters<typeof failureIn>[0], string]>([
    ['a typed failure inside Plaid', json(500, error('API_ERROR', 'INTERNAL_SERVER_ERROR')), 'unknown'],
    ['the same with a 4xx', json(400, error('API_ERROR', 'INTERNAL_SERVER_ERROR')), 'unknown'],
    ['maintenance', json(503, error('API_ERROR', 'PLANNED_MAINTENANCE')), 'unavailable'],
    ['the bank is down, refused', json(400, error('INSTITUTION_ERROR', 'INSTITUTION_DOWN')), 'unavailable'],
    ['the bank is down, with a 5xx', json(502, error('INSTITUTION_ERROR', 'INSTITUTION_DOWN')), 'unknown'],
    ['a limit with a 5xx', json(503, error('RATE_LIMIT_EXCEEDED', 'RATE_LIMIT')), 'unknown'],
    ['a page of a proxy', html(502), 'unknown'],
    ['a page of a proxy in the place of the reply', html(200), 'unknown'],
    ['a redirect', json(308, error('INVALID_INPUT', 'X')), 'refused'],
    ['no reply', { kind: 'lost', why: 'deadline' }, 'unknown'],
    ['not sent', { kind: 'unsent', why: 'ECONNREFUSED', lasting: false }, 'unavailable'],
  ])('%s', (_name, exchange, kind) => {
    expect(failureIn(exchange, NOW).kind).toBe(kind);
  });
});

describe('the status that an error means', () => {
  const standing = (type: string | null, code: string | null, reason: string | null = null) =>
    standingOfError({ error_type: type, error_code: code, error_code_reason: reason });

  test.each(['OAUTH_INVALID_TOKEN', 'OAUTH_CONSENT_EXPIRED', 'OAUTH_USER_REVOKED'])(
    '%s: the consent ended',
    (reason) => {
      expect(standing('ITEM_ERROR', 'ITEM_LOGIN_REQUIRED', reason)).toEqual({
        status: 'RECONNECT_REQUIRED',
        reason: 'TOKEN_EXPIRED',
      });
    },
  );

  test('without such a reason, or with a new one: the login', () => {
    for (const reason of [null, 'OAUTH_SOMETHING_NEW']) {
      const expected = { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' };
      expect(standing('ITEM_ERROR', 'ITEM_LOGIN_REQUIRED', reason)).toEqual(expected);
    }
  });

  test('such a reason beside another error changes nothing', () => {
    const expected = { status: 'RECONNECT_REQUIRED', reason: 'OTHER' };
    expect(standing('ITEM_ERROR', 'USER_SETUP_REQUIRED', 'OAUTH_USER_REVOKED')).toEqual(expected);
  });

  test('a code that we have no row for is kept, and no name of an object is a row', () => {
    expect(standing('ITEM_ERROR', 'ITEM_ASLEEP')).toEqual({ status: 'ITEM_ASLEEP', reason: null });
    expect(standing('SOME_ERROR', 'constructor')).toEqual({ status: 'constructor', reason: null });
    expect(standing(null, null)).toBeNull();
    expect(standing('INSTITUTION_ERROR', 'NEW')).toMatchObject({ reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' });
  });
});

test('gone is what Plaid says is gone, and nothing else', () => {
  expect(isGone(json(400, error('ITEM_ERROR', 'ITEM_NOT_FOUND')))).toBe(true);
  expect(isGone(json(400, error('INVALID_INPUT', 'INVALID_ACCESS_TOKEN')))).toBe(false);
  expect(isGone(json(500, error('ITEM_ERROR', 'ITEM_NOT_FOUND')))).toBe(false);
  expect(isGone(html(404))).toBe(false);
});

test('where the customer is not asked for anything, their part is a refusal', () => {
  expect(plainFailureIn(json(400, error('ITEM_ERROR', 'ITEM_LOGIN_REQUIRED')), NOW).kind).toBe('refused');
  expect(plainFailureIn(json(400, error('ITEM_ERROR', 'PRODUCT_NOT_READY')), NOW).kind).toBe('refused');
});

test('no message repeats what Plaid wrote, and nothing that it could send makes it throw', () => {
  expect(JSON.stringify(failureIn(json(400, error('ITEM_ERROR', 'ITEM_LOCKED')), NOW))).not.toMatch(/access-|secret/);
  expect(JSON.stringify(failureIn(json(400, error('ITEM_ERROR', 'access-1 is bad')), NOW))).not.toMatch(/access-/);
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 100, max: 599 }), (value, status) => {
      expect(typeof failureIn(json(status, value), NOW).kind).toBe('string');
      expect(typeof plainFailureIn(json(status, value), NOW).kind).toBe('string');
    }),
  );
});
