import { describe, expect, test } from '@jest/globals';
import type { Product } from '@freshet/domain';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import fc from 'fast-check';

import { json } from '../http/fixtures/replies.js';
import { NOW } from '../http/fixtures/calls.js';
import { progressOfAccounts, shownByAccounts, toldByAccounts } from './accounts.js';
import { accountsIn } from './answers.js';
import { accounts } from './fixtures/documented.js';

type Fields = Readonly<Record<string, unknown>>;
const read = (...all: readonly Fields[]) => accountsIn(json(200, accounts(...all))) ?? [];
const at = (instant: number): number => Math.floor(instant / SECOND);

/** An account whose last success and attempt are of then. */
const came = (instant: number, more: Fields = {}): Fields => ({
  aggregationSuccessDate: at(instant),
  aggregationAttemptDate: at(instant),
  aggregationStatusCode: 0,
  ...more,
});
const failed = (code: number | string, instant: number, before = NOW - HOUR): Fields => ({
  aggregationSuccessDate: at(before),
  aggregationAttemptDate: at(instant),
  aggregationStatusCode: code,
});

interface Asked {
  readonly sentAt?: number;
  readonly asOfBefore?: number | null;
  readonly products?: readonly Product[];
  readonly now?: number;
}
const progress = (all: readonly Fields[], asked: Asked = {}) => {
  const { sentAt = NOW, asOfBefore = null, products = ['BALANCES', 'TRANSACTIONS'], now = NOW + 5 * SECOND } = asked;
  return progressOfAccounts(read(...all), { products, sentAt, asOfBefore }, now);
};

describe('whether the stamp is of this refresh', () => {
  const half = NOW + 500;
  test.each<[string, number, number, number | null, string]>([
    ['of the second before the call', NOW - SECOND, half, null, 'pending'],
    ['of the very second of the call', NOW, half, null, 'done'],
    ['of the second after', NOW + SECOND, half, null, 'done'],
    ['as old as the data before', NOW, half, NOW, 'pending'],
    ['newer than the data before, in the very second', NOW, half, NOW - HOUR, 'done'],
    ['thirty seconds behind our clock', NOW - 30 * SECOND, NOW, NOW - HOUR, 'done'],
    ['thirty-one seconds behind it', NOW - 31 * SECOND, NOW, NOW - HOUR, 'pending'],
    ['of an hour before', NOW - HOUR, half, NOW - HOUR, 'pending'],
  ])('%s', (_what, stamp, sentAt, asOfBefore, kind) => {
    expect(progress([came(stamp)], { sentAt, asOfBefore }).kind).toBe(kind);
  });

  test.each<[string, number, string]>([
    ['of the second before the call is not ours', NOW - SECOND, 'pending'],
    ['of the very second is', NOW, 'customer-needed'],
  ])('a failure %s', (_what, stamp, kind) => {
    expect(progress([failed(103, stamp)], { sentAt: NOW + 900 }).kind).toBe(kind);
  });

  test('a failure since the call outweighs a stamp from just before it', () => {
    const account = failed(103, NOW + SECOND, NOW - 10 * SECOND);
    expect(progress([account], { asOfBefore: NOW - HOUR }).kind).toBe('customer-needed');
    // Data that came since is there, whatever was tried after it.
    expect(progress([failed(103, NOW + 3 * SECOND, NOW + SECOND)]).kind).toBe('done');
  });

  test('an account without a first success yet is dated by its attempt', () => {
    const fresh = { ...came(NOW + SECOND), aggregationSuccessDate: undefined };
    expect(progress([fresh])).toMatchObject({ kind: 'done', asOf: NOW + SECOND });
  });

  test("a balance's own date counts for balances alone", () => {
    const live = { ...came(NOW - HOUR), balanceDate: at(NOW + SECOND) };
    expect(progress([live], { products: ['BALANCES'] })).toMatchObject({ kind: 'done', asOf: NOW + SECOND });
    expect(progress([live])).toEqual({ kind: 'pending' });
  });
});

describe('several accounts', () => {
  test('all came: as fresh as the oldest of them', () => {
    expect(progress([came(NOW + 2 * SECOND), came(NOW + SECOND)])).toEqual({
      kind: 'done',
      asOf: NOW + SECOND,
      newData: null,
    });
  });

  test('one failed: partial, as fresh as what came', () => {
    const all = [came(NOW + 2 * SECOND), failed(102, NOW + SECOND)];
    expect(progress(all)).toEqual({ kind: 'partial', asOf: NOW + 2 * SECOND, newData: null, products: null });
  });

  test("the whole login's trouble shows beside what came", () => {
    expect(progress([came(NOW + SECOND), failed('103', NOW + SECOND)])).toMatchObject({
      kind: 'partial',
      told: { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED', at: null },
    });
  });

  test('one is still to come: waited for, but not for ever', () => {
    const all = [came(NOW + SECOND), came(NOW - HOUR)];
    expect(progress(all, { now: NOW + SECOND + MINUTE - 1 }).kind).toBe('pending');
    expect(progress(all, { now: NOW + SECOND + MINUTE }).kind).toBe('partial');
  });

  test('none came: the code that says most', () => {
    expect(progress([failed(102, NOW), failed(185, NOW)])).toMatchObject({ event: 'failed_login_required' });
    expect(progress([failed(102, NOW), failed(44002, NOW)])).toMatchObject({ kind: 'limited', scope: 'institution' });
    expect(progress([failed(102, NOW)])).toMatchObject({ kind: 'unavailable', who: 'institution' });
    expect(progress([failed(86, NOW)])).toMatchObject({ kind: 'refused' });
  });

  test('325 is of an attempt that was turned away: the one that runs is awaited', () => {
    expect(progress([failed(325, NOW + SECOND)])).toEqual({ kind: 'pending' });
  });

  test('one that the customer never activated is left out', () => {
    expect(progress([came(NOW + SECOND), { status: 'pending', aggregationStatusCode: undefined }]).kind).toBe('done');
  });
});

describe('the status', () => {
  test.each<[string, readonly (number | string | undefined)[], string | null]>([
    ['all well', [0, '0'], 'ACTIVE/-'],
    ['nothing tried yet', [undefined], null],
    ['one account gone', [0, 946], 'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS'],
    ['the only account gone', [946], 'RECONNECT_REQUIRED/OTHER'],
    ['a password that one account noticed', [0, 103], 'RECONNECT_REQUIRED/LOGIN_REQUIRED'],
    ['a password, and an outage', [102, 103], 'RECONNECT_REQUIRED/LOGIN_REQUIRED'],
    ['a token', ['947', '947'], 'RECONNECT_REQUIRED/TOKEN_EXPIRED'],
    ['a prompt', [108], 'DEGRADED/INSTITUTION_ACTION_REQUIRED'],
    ['an outage', [102], 'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE'],
    ["the bank's limit", [44002], 'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE'],
    ['one that is being refreshed', [325], null],
    ['one that is being refreshed, beside one that is well', [325, 0], 'ACTIVE/-'],
    ['a code that nobody knows', [86], 'AGGREGATION_STATUS_86/-'],
    ['a code that nobody knows, of one', [86, 0], 'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS'],
  ])('%s: %j', (_what, codes, expected) => {
    const told = toldByAccounts(read(...codes.map((aggregationStatusCode) => ({ aggregationStatusCode }))));
    expect(told && `${told.status}/${told.reason ?? '-'}`).toBe(expected);
  });

  test.each<[string, readonly Fields[], number | null]>([
    ['of all that came, the oldest', [came(NOW), came(NOW - 5_000)], NOW - 5_000],
    ['not what failed, however old', [came(NOW), came(NOW - DAY, { aggregationStatusCode: 103 })], NOW],
    ['not what was never activated', [came(NOW), came(NOW - DAY, { status: 'pending' })], NOW],
    ['nothing where nothing came', [came(NOW, { aggregationStatusCode: 103 })], null],
  ])('shows data: %s', (_what, all, expected) => {
    const data = shownByAccounts(read(...all))?.data ?? null;
    expect(data === null ? null : data[0]?.at).toBe(expected === null ? null : at(expected) * 1_000);
  });

  test('nothing that an account can hold throws', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(fc.constantFrom(...Object.keys(came(0)), 'status', 'id', 'balanceDate'), fc.jsonValue()),
        ),
        (all) => {
          const shown = accountsIn(json(200, { accounts: all })) ?? [];
          expect(typeof progressOfAccounts(shown, { products: [], sentAt: NOW, asOfBefore: null }, NOW).kind).toBe(
            'string',
          );
          expect(['object', 'string']).toContain(typeof toldByAccounts(shown));
          expect(typeof shownByAccounts(shown)).toBe('object');
        },
      ),
    );
  });
});
