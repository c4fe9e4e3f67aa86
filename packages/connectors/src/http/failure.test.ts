import { describe, expect, test } from '@jest/globals';
import type { Exchange, ReplyBody } from './exchange.js';
import { failureOf, plainCode, type FailureReading } from './failure.js';
import { NOW } from './fixtures/calls.js';
import { readRetryAfter } from './retry-after.js';
import { eventTime, flag, readInstant, record, text, webAddress } from './wire-values.js';

const reading: FailureReading = { who: 'Meld', now: NOW, scope: 'group', code: null };
const reply = (
  status: number,
  headers: Record<string, string> = {},
  body: ReplyBody = { kind: 'empty' },
): Exchange => ({
  kind: 'reply',
  status,
  headers,
  body,
});

describe('what a code says about a call that changes something', () => {
  test.each([
    [301, 'refused'],
    [302, 'unknown'],
    [303, 'unknown'],
    [304, 'unknown'],
    [307, 'refused'],
    [308, 'refused'],
    [400, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [405, 'refused'],
    [408, 'unknown'],
    [409, 'refused'],
    [422, 'refused'],
    [429, 'limited'],
    [500, 'unknown'],
    [501, 'unknown'],
    [502, 'unknown'],
    [503, 'unknown'],
    [504, 'unknown'],
    [599, 'unknown'],
    [200, 'unknown'],
  ])('%i: %s', (status, kind) => {
    expect(failureOf(reply(status), reading).kind).toBe(kind);
  });

  test('not sent is unavailable, and refused where it cannot be written; lost is unknown', () => {
    expect(failureOf({ kind: 'unsent', why: 'ECONNREFUSED', lasting: false }, reading)).toEqual({
      kind: 'unavailable',
      who: 'provider',
      retryAt: null,
      message: 'the call to Meld was not sent (ECONNREFUSED)',
    });
    expect(failureOf({ kind: 'unsent', why: 'UND_ERR_INVALID_ARG', lasting: true }, reading).kind).toBe('refused');
    expect(failureOf({ kind: 'lost', why: 'deadline' }, reading).kind).toBe('unknown');
  });

  test('a message carries the code and never the text of the provider', () => {
    const body: ReplyBody = { kind: 'json', value: { message: 'your key sk_live_1 is wrong' } };
    const failure = failureOf(reply(401, {}, body), { ...reading, code: 'INVALID_KEY' });
    expect(failure).toEqual({ kind: 'refused', message: 'Meld does not take our credentials (HTTP 401 INVALID_KEY)' });
    expect(plainCode('key sk_live_1 is wrong')).toBeNull();
    expect(plainCode('x'.repeat(65))).toBeNull();
  });

  test.each([
    ['120', NOW + 120_000],
    ['0', NOW],
    ['Sun, 01 Mar 2026 15:00:00 GMT', Date.UTC(2026, 2, 1, 15)],
    ['soon', null],
    ['-5', null],
    ['1e9', null],
    ['99999999999999', null],
    ['', null],
    [undefined, null],
  ])('Retry-After %s', (value, until) => {
    expect(readRetryAfter(value, NOW)).toBe(until);
    const headers: Record<string, string> = value === undefined ? {} : { 'retry-after': value };
    expect(failureOf(reply(429, headers), reading)).toEqual({ kind: 'limited', until, scope: 'group', said: '429' });
  });

  test('a limit says the code of the provider, where it has one', () => {
    expect(failureOf(reply(429), { ...reading, code: 'BALANCE_LIMIT' })).toMatchObject({ said: 'BALANCE_LIMIT' });
  });
});

describe('values of the wire', () => {
  test('missing, null and of the wrong type are all "not told"', () => {
    const shape = record({ a: text, b: flag, c: record({ d: text }) });
    const nothing = { a: null, b: null, c: { d: null } };
    for (const value of [undefined, null, 1, 'x', [], {}, { a: 1, b: 'maybe', c: 'x' }, { a: '', c: { d: {} } }]) {
      expect(shape.parse(value)).toEqual(nothing);
    }
    expect(shape.parse({ a: 'x', b: 'false', c: { d: 'y', e: 1 } })).toEqual({ a: 'x', b: false, c: { d: 'y' } });
    expect(shape.parse(JSON.parse('{"__proto__":{"a":"x"}}'))).toEqual(nothing);
  });

  test('times with and without a colon in their offset', () => {
    expect(readInstant('2019-08-07T11:48:00+0000')).toBe(Date.UTC(2019, 7, 7, 11, 48));
    expect(readInstant('2021-06-15T11:01:30.07Z')).toBe(Date.UTC(2021, 5, 15, 11, 1, 30, 70));
    expect(readInstant('2026-03-01')).toBeNull();
    expect(eventTime(NOW + 5, NOW)).toBe(NOW);
  });

  test('only web addresses are for a browser', () => {
    expect(webAddress('https://a.b/c')).toBe('https://a.b/c');
    expect(webAddress('javascript:alert(1)')).toBeNull();
    expect(webAddress('/relative')).toBeNull();
  });
});
