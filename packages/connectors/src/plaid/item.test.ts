import { describe, expect, test } from '@jest/globals';
import { DAY, formatInstant, SECOND, type Product, type RefreshProgress } from '@freshet/domain';
import fc from 'fast-check';
import { NOW, progressCall } from '../http/fixtures/calls.js';
import { html, json } from '../http/fixtures/replies.js';
import { error, ITEM, itemReply } from './fixtures/documented.js';
import {
  broughtBy,
  callByProduct,
  callsFor,
  forcedCalls,
  productsOf,
  readJob,
  unforceable,
  writeJob,
} from './forced-calls.js';
import { itemIn, progressAnswerOf, statusOfItem } from './item.js';

const stamps = (successMs: number | null, failureMs: number | null = null) => ({
  last_successful_update: successMs === null ? null : formatInstant(NOW + successMs),
  last_failed_update: failureMs === null ? null : formatInstant(NOW + failureMs),
});
const reply = (status: object, item: object = {}) =>
  json(200, { ...itemReply, item: { ...itemReply.item, ...item }, status });
const look = (
  exchange: ReturnType<typeof json>,
  job: string | null,
  products: readonly Product[],
  more = {},
): RefreshProgress =>
  progressAnswerOf(exchange, progressCall({ providerTaskId: job, products, ...more }), NOW + 10 * SECOND);

const T: readonly Product[] = ['TRANSACTIONS'];
const BT: readonly Product[] = ['BALANCES', 'TRANSACTIONS'];
const TI: readonly Product[] = ['TRANSACTIONS', 'INVESTMENT_HOLDINGS'];
const login = { error: error('ITEM_ERROR', 'ITEM_LOGIN_REQUIRED') };

describe('the calls', () => {
  test('each product has the call that brings it, or none', () => {
    for (const call of forcedCalls) for (const product of productsOf[call]) expect(callByProduct[product]).toBe(call);
    expect(unforceable(Object.keys(callByProduct) as Product[])).toEqual(['IDENTIFIERS', 'OWNERS']);
    expect(callsFor(['INVESTMENT_TRANSACTIONS', 'BALANCES', 'INVESTMENT_HOLDINGS'])).toEqual([
      'investments',
      'balance',
    ]);
    expect(broughtBy(['investments'], ['BALANCES', 'INVESTMENT_HOLDINGS'])).toEqual(['INVESTMENT_HOLDINGS']);
  });

  test('what was taken is read again, and what nobody wrote is not known', () => {
    const job = writeJob([
      { call: 'transactions', requestId: '1vwmF5TBQwiqfwP' },
      { call: 'balance', requestId: 'pull_1' },
    ]);
    expect(job).toBe('transactions:1vwmF5TBQwiqfwP,balance:pull_1');
    expect(readJob(job)).toEqual(['transactions', 'balance']);
    for (const other of [null, '', 'job-1', 'toString:1']) expect(readJob(other)).toBeNull();
  });
});

describe('what the Item shows of a refresh', () => {
  test.each<[string, RefreshProgress['kind'], object, string | null, readonly Product[]]>([
    ['its stamp moved', 'done', { transactions: stamps(2_000) }, 'transactions:a', T],
    ['in the very second of the call', 'done', { transactions: stamps(0) }, 'transactions:a', T],
    ['a second before it', 'pending', { transactions: stamps(-1_000) }, 'transactions:a', T],
    ['it failed', 'unavailable', { transactions: stamps(-DAY, 1_000) }, 'transactions:a', T],
    ['it failed before', 'pending', { transactions: stamps(-DAY, -1_000) }, 'transactions:a', T],
    ['it failed and then went well', 'done', { transactions: stamps(2_000, 1_000) }, 'transactions:a', T],
    ['nothing of it', 'pending', {}, 'transactions:a', T],
    [
      'one of two runs',
      'pending',
      { transactions: stamps(1_000), investments: stamps(-DAY) },
      'transactions:a,investments:b',
      TI,
    ],
    [
      'one of two failed',
      'partial',
      { transactions: stamps(1_000), investments: stamps(-DAY, 1_000) },
      'transactions:a,investments:b',
      TI,
    ],
    ['one was refused at once', 'partial', { transactions: stamps(1_000) }, 'transactions:a', TI],
    [
      'both moved',
      'done',
      { transactions: stamps(1_000), investments: stamps(3_000) },
      'transactions:a,investments:b',
      TI,
    ],
    ['with the balances in their reply', 'done', { transactions: stamps(1_000) }, 'transactions:a,balance:b', BT],
    ['nobody knows of the balances', 'partial', { transactions: stamps(1_000) }, null, BT],
    ['nobody will know', 'pending', { transactions: stamps(1_000) }, null, ['BALANCES']],
  ])('%s: %s', (_name, kind, status, job, products) => {
    expect(look(reply(status), job, products).kind).toBe(kind);
  });

  test('is as old as its oldest part, and says which came', () => {
    const both = { transactions: stamps(1_000), investments: stamps(3_000) };
    expect(look(reply(both), 'transactions:a,investments:b', TI)).toMatchObject({ asOf: NOW + 1_000 });
    expect(look(reply({ transactions: stamps(2_000) }), 'transactions:a,balance:b', BT)).toMatchObject({ asOf: NOW });
    expect(look(reply({ transactions: stamps(1_000) }), 'transactions:a', TI)).toMatchObject({ products: T });
    const failed = { transactions: stamps(-DAY, 1_000) };
    expect(look(reply(failed), 'transactions:a,balance:b', BT)).toMatchObject({
      kind: 'partial',
      products: ['BALANCES'],
    });
  });

  test('products that cannot be forced do not make the Item a partial one', () => {
    const progress = look(reply({ transactions: stamps(1_000) }), 'transactions:a', ['TRANSACTIONS', 'OWNERS']);
    expect(progress).toMatchObject({ kind: 'partial', products: T, told: { status: 'ACTIVE', reason: null } });
    expect(look(reply({ transactions: stamps(1_000) }), 'transactions:a', TI)).toMatchObject({ told: null });
  });

  test('a clock that is a little behind hides nothing, where the data before is known', () => {
    const behind = reply({ transactions: stamps(-20_000) });
    expect(look(behind, 'transactions:a', T, { asOfBefore: NOW - DAY }).kind).toBe('done');
    expect(look(behind, 'transactions:a', T, { asOfBefore: NOW - 20_000 }).kind).toBe('pending');
    expect(look(reply({ transactions: stamps(-31_000) }), 'transactions:a', T, { asOfBefore: NOW - DAY }).kind).toBe(
      'pending',
    );
  });

  test('an error of the login ends it, unless the data came; one of the bank does not', () => {
    const ended = { kind: 'customer-needed', event: 'failed_login_required', told: { status: 'RECONNECT_REQUIRED' } };
    expect(look(reply({ transactions: stamps(-DAY) }, login), 'transactions:a', T)).toMatchObject(ended);
    expect(look(reply({}, login), null, ['BALANCES'])).toMatchObject(ended);
    expect(look(reply({ transactions: stamps(1_000) }, login), 'transactions:a', T)).toMatchObject({
      kind: 'done',
      told: ended.told,
    });
    const down = { error: error('INSTITUTION_ERROR', 'INSTITUTION_DOWN') };
    expect(look(reply({ transactions: stamps(-DAY) }, down), 'transactions:a', T)).toMatchObject({
      kind: 'pending',
      told: { status: 'DEGRADED' },
    });
  });

  test('a webhook of data since the call says that something is new; none says nothing', () => {
    const told = (code_sent: string, ms: number) => ({
      transactions: stamps(2_000),
      last_webhook: { sent_at: formatInstant(NOW + ms), code_sent },
    });
    expect(look(reply(told('SYNC_UPDATES_AVAILABLE', 2_000)), 'transactions:a', T)).toMatchObject({ newData: true });
    expect(look(reply(told('SYNC_UPDATES_AVAILABLE', -2_000)), 'transactions:a', T)).toMatchObject({ newData: null });
    expect(look(reply(told('NEW_ACCOUNTS_AVAILABLE', 2_000)), 'transactions:a', T)).toMatchObject({ newData: null });
  });

  test('a look that failed says nothing; an Item that is gone ends it', () => {
    for (const exchange of [
      json(200, {}),
      json(429, error('RATE_LIMIT_EXCEEDED', 'ITEM_GET_LIMIT')),
      html(200),
      json(500, {}),
    ])
      expect(progressAnswerOf(exchange, progressCall(), NOW).kind).toBe('unknown');
    expect(progressAnswerOf(json(400, error('ITEM_ERROR', 'ITEM_NOT_FOUND')), progressCall(), NOW).kind).toBe(
      'refused',
    );
  });
});

describe('the status of an Item', () => {
  const status = (item: object) => {
    const found = itemIn(json(200, { ...itemReply, item: { ...itemReply.item, ...item } }));
    return found === null ? null : statusOfItem(found.item, NOW);
  };
  const at = (ms: number) => ({ consent_expiration_time: formatInstant(NOW + ms) });

  test.each([
    [{}, 'ACTIVE', null],
    [login, 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED'],
    [{ ...login, ...at(-1) }, 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED'],
    [{ error: error('INSTITUTION_ERROR', 'INSTITUTION_DOWN') }, 'DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE'],
    [{ error: error('ITEM_ERROR', 'ITEM_ASLEEP') }, 'ITEM_ASLEEP', null],
    [{ error: error('ITEM_ERROR', 'PRODUCT_NOT_READY') }, 'ACTIVE', null],
    [{ update_type: 'user_present_required' }, 'DEGRADED', 'INTERACTIVE_REFRESH'],
    [{ update_type: 'something_new' }, 'ACTIVE', null],
    [at(0), 'RECONNECT_REQUIRED', 'TOKEN_EXPIRED'],
    [at(7 * DAY), 'ACTIVE', 'ACCESS_EXPIRING_SOON'],
    [at(7 * DAY + 1), 'ACTIVE', null],
    [{ ...at(DAY), update_type: 'user_present_required' }, 'DEGRADED', 'INTERACTIVE_REFRESH'],
  ])('%j', (item, known, reason) => {
    expect(status(item)).toEqual({ status: known, reason, at: null });
  });

  test('is that of an Item alone', () => {
    expect(itemIn(json(200, itemReply))?.item.item_id).toBe(ITEM);
    for (const exchange of [json(200, {}), json(400, itemReply), html(200)]) expect(itemIn(exchange)).toBeNull();
  });
});

test('nothing that Plaid could send makes it throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (item, status) => {
      const shown = { item: { item_id: 'i', ...(typeof item === 'object' ? item : { error: item }) }, status };
      expect(typeof look(json(200, shown), 'transactions:a', BT).kind).toBe('string');
      expect(typeof look(json(200, item), null, BT).kind).toBe('string');
    }),
  );
});
