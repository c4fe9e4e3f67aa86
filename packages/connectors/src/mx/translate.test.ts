import { describe, expect, test } from '@jest/globals';
import type { Instant, Product } from '@freshet/domain';
import { DAY, formatInstant, isStatus, MINUTE, permissionsOf, reasonBelongs, SECOND } from '@freshet/domain';
import type { ProgressCall } from '@freshet/ports';
import fc from 'fast-check';
import type { Exchange } from '../http/exchange.js';
import { NOW, progressCall, refreshCall } from '../http/fixtures/calls.js';
import { html, json } from '../http/fixtures/replies.js';
import { memberBody, statusBody, widgetBody } from './fixtures/documented.js';
import { jobFor, ORDINARY_REACH_MS, type MxJob } from './jobs.js';
import { mxStatuses, rowOf, standingOfMx } from './statuses.js';
import {
  beforeCall,
  changeAnswerOf,
  linkAnswerOf,
  memberIn,
  progressAnswerOf,
  startAnswerOf,
  startVerdicts,
  toldOf,
} from './translate.js';

const lost: Exchange = { kind: 'lost', why: 'ECONNRESET' };
const unsent: Exchange = { kind: 'unsent', why: 'ECONNREFUSED', lasting: false };
const HEALTHY = formatInstant(NOW - DAY);

/** A member in a reply: a healthy one of yesterday, but for what is said. */
const shown = (more: object = {}, status = 200): Exchange =>
  json(status, {
    member: { ...memberBody.member, aggregated_at: HEALTHY, successfully_aggregated_at: HEALTHY, ...more },
  });
const attended = { presence: { ip: '203.0.113.7', userAgent: null } };
const before = (more: object = {}, call = {}) => beforeCall(shown(more), refreshCall(call), NOW);
const started = (exchange: Exchange) => {
  const read = before();
  if (!read.clear) throw new Error('the healthy member is stopped');
  return startAnswerOf(exchange, read.member, NOW);
};

describe('the job that brings what is asked', () => {
  const [balances, transactions, holdings, trades, owners, numbers] = [
    'BALANCES',
    'TRANSACTIONS',
    'INVESTMENT_HOLDINGS',
    'INVESTMENT_TRANSACTIONS',
    'OWNERS',
    'IDENTIFIERS',
  ] as const;
  const aggregate = (includeHoldings?: boolean, includeTransactions?: boolean): MxJob => ({
    kind: 'aggregate',
    includeHoldings,
    includeTransactions,
  });
  test.each<[readonly Product[], boolean, Instant | null, MxJob | null]>([
    [[balances], false, null, { kind: 'check_balance' }],
    [[balances], true, null, { kind: 'check_balance' }],
    [[balances], false, NOW - ORDINARY_REACH_MS - 1, { kind: 'check_balance' }],
    [[balances, transactions], true, null, aggregate()],
    [[balances, transactions], false, null, aggregate(false, true)],
    [[balances, holdings], false, null, aggregate(true, false)],
    [[trades], false, null, aggregate(true, true)],
    [[numbers], false, null, aggregate(false, false)],
    [[transactions, owners], false, null, aggregate(false, true)],
    [[owners], false, null, null],
    [[transactions], false, NOW - ORDINARY_REACH_MS, aggregate(false, true)],
    [[transactions], false, NOW - ORDINARY_REACH_MS - 1, { kind: 'extend_history' }],
    [[balances, transactions], true, NOW - 400 * DAY, { kind: 'extend_history' }],
  ])('%j, all %s, from %s', (products, allProducts, from, job) => {
    expect(jobFor(refreshCall({ products, allProducts, from }), NOW)).toEqual(job);
  });
});

describe('every connection status', () => {
  const words = Object.keys(mxStatuses) as (keyof typeof mxStatuses)[];

  test('is one of the 22 of the description, and null', () => {
    expect(words).toHaveLength(22);
    expect(rowOf(null)).toBeDefined();
  });

  test.each([...words, null])('%s has a status and a reason of ours, and is refreshed only if it may be', (word) => {
    const { status, reason } = standingOfMx(word);
    expect(isStatus(status) && reasonBelongs(status, reason)).toBe(true);
    const may = { yes: 'yes', attended: 'attended', busy: 'yes', no: 'no' }[rowOf(word)?.force ?? 'no'];
    // A question that waits for its answer is asked no second time: our status still lets the present customer in.
    expect(permissionsOf({ status, reason }).refresh).toBe(word === 'CHALLENGED' ? 'attended' : may);
  });

  test.each(['SNOOZING', 'toString', 'ACTIVE', 'UNDETERMINED', 'DELETED'])(
    '%s is kept, and not refreshable',
    (word) => {
      const told = toldOf({ ...memberIn(shown({ connection_status: word }))! });
      expect(told?.status).toContain(word);
      expect(permissionsOf({ status: told?.status ?? '', reason: null }).refresh).toBe('no');
    },
  );

  test.each<[string | null, string, boolean]>([
    ['CREATED', 'clear', false],
    ['PREVENTED', 'customer-needed', true],
    ['DENIED', 'customer-needed', true],
    ['CHALLENGED', 'customer-needed', true],
    ['REJECTED', 'customer-needed', false],
    ['REJECTED', 'clear', true],
    ['LOCKED', 'customer-needed', true],
    ['CONNECTED', 'clear', false],
    ['IMPEDED', 'customer-needed', true],
    ['RECONNECTED', 'busy', false],
    ['DEGRADED', 'clear', false],
    ['DISCONNECTED', 'customer-needed', true],
    ['DISCONTINUED', 'refused', true],
    ['CLOSED', 'refused', true],
    ['DELAYED', 'clear', false],
    ['FAILED', 'clear', false],
    ['UPDATED', 'clear', false],
    ['DISABLED', 'refused', true],
    ['IMPORTED', 'customer-needed', true],
    ['RESUMED', 'busy', false],
    ['EXPIRED', 'customer-needed', false],
    ['EXPIRED', 'clear', true],
    ['IMPAIRED', 'customer-needed', true],
    ['PENDING', 'busy', false],
    [null, 'customer-needed', true],
    ['SNOOZING', 'refused', true],
  ])('%s before the call: %s (attended %s)', (connection_status, kind, isAttended) => {
    const read = before({ connection_status }, isAttended ? attended : {});
    expect(read.clear ? 'clear' : read.answer.kind).toBe(kind);
  });
});

describe('the read before the call', () => {
  test('a job that runs is whose result is waited for', () => {
    expect(before({ is_being_aggregated: true })).toEqual({
      clear: false,
      answer: { kind: 'busy', runningId: memberBody.member.most_recent_job_guid },
    });
    expect(before({ is_being_aggregated: true, connection_status: 'CHALLENGED' })).toMatchObject({
      answer: { kind: 'customer-needed', event: 'failed_customer_needed' },
    });
  });

  test('credentials that have to be replaced', () => {
    expect(before({ needs_updated_credentials: true })).toMatchObject({
      answer: { kind: 'customer-needed', event: 'failed_login_required' },
    });
  });

  test.each<[string, Exchange, string]>([
    ['404', json(404, {}), 'refused'],
    ['401', json(401, {}), 'refused'],
    ['429', json(429, {}), 'limited'],
    ['500', json(500, {}), 'unavailable'],
    ['503', json(503, {}), 'unavailable'],
    ['a proxy', html(200), 'unavailable'],
    ['no member', json(200, {}), 'unavailable'],
    ['lost', lost, 'unavailable'],
    ['unsent', unsent, 'unavailable'],
  ])('%s: nothing has happened yet: %s', (_name, exchange, kind) => {
    expect(beforeCall(exchange, refreshCall(), NOW)).toMatchObject({ clear: false, answer: { kind } });
  });
});

describe('what a started job answers', () => {
  const accepted = { kind: 'accepted', coalesced: false };
  test('a 202 is accepted, whether it shows a new job or not', () => {
    const running = { is_being_aggregated: true, aggregated_at: formatInstant(NOW), most_recent_job_guid: 'JOB-2' };
    expect(started(shown(running, 202))).toEqual({ ...accepted, providerTaskId: 'JOB-2' });
    expect(started(shown({}, 202))).toEqual({ ...accepted, providerTaskId: null });
    expect(started(json(202, {}))).toEqual({ ...accepted, providerTaskId: null });
    expect(started(shown({ connection_status: 'SNOOZING' }, 202))).toEqual({ ...accepted, providerTaskId: null });
  });

  test('but not for a member that broke meanwhile and that nothing runs for', () => {
    expect(started(shown({ connection_status: 'DENIED' }, 202))).toMatchObject({
      kind: 'customer-needed',
      event: 'failed_login_required',
      told: { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' },
    });
    const moved = { connection_status: 'DENIED', aggregated_at: formatInstant(NOW) };
    expect(started(shown(moved, 202)).kind).toBe('accepted');
  });

  test.each(Object.entries(startVerdicts))('%s by the table', (status, [verdict]) => {
    expect(started(json(Number(status), { error: { message: 'secret words' } })).kind).toBe(verdict);
    expect(JSON.stringify(started(json(Number(status), { error: { message: 'secret words' } })))).not.toContain(
      'secret',
    );
  });

  test.each([
    [418, 'refused'],
    [500, 'unknown'],
    [502, 'unknown'],
    [302, 'unknown'],
    [307, 'refused'],
  ])('%i by its class: %s', (status, kind) => {
    expect(started(json(status, {})).kind).toBe(kind);
  });

  test('a limit that says until when', () => {
    expect(started(json(429, {}, { 'retry-after': '60' }))).toEqual({
      kind: 'limited',
      until: NOW + MINUTE,
      scope: 'group',
      said: '429',
    });
  });

  test('no reply: unknown; nothing sent: unavailable', () => {
    expect([started(lost).kind, started(html(202)).kind, started(unsent).kind]).toEqual([
      'unknown',
      'unknown',
      'unavailable',
    ]);
  });
});

describe('what a look shows', () => {
  const processed = {
    has_processed_accounts: true,
    has_processed_account_numbers: true,
    has_processed_transactions: true,
  };
  const look = (more: object, call: Partial<ProgressCall> = {}) =>
    progressAnswerOf(
      json(200, {
        member: {
          ...statusBody.member,
          aggregated_at: HEALTHY,
          successfully_aggregated_at: HEALTHY,
          ...processed,
          ...more,
        },
      }),
      progressCall({ asOfBefore: NOW - DAY, ...call }),
      NOW,
    );
  const ran = { aggregated_at: formatInstant(NOW + SECOND) };
  const brought = { ...ran, successfully_aggregated_at: formatInstant(NOW + 2 * SECOND) };

  test('data that advanced', () => {
    expect(look(brought)).toEqual({
      kind: 'done',
      asOf: NOW + 2 * SECOND,
      newData: null,
      told: { status: 'ACTIVE', reason: null, at: null },
    });
  });

  test.each<[string, number | null, number, string]>([
    ['newer than before, and not from before the call', NOW - DAY, NOW, 'done'],
    ['a clock that is half a minute behind', NOW - DAY, NOW - 30 * SECOND, 'done'],
    ['older than that', NOW - DAY, NOW - 30 * SECOND - 1, 'pending'],
    ['the data that we had', NOW, NOW, 'pending'],
    ['none known before: of the call', null, NOW, 'done'],
    ['none known before: from before it', null, NOW - 1, 'pending'],
  ])('%s', (_name, asOfBefore, stamp, kind) => {
    expect(look({ successfully_aggregated_at: formatInstant(stamp) }, { asOfBefore }).kind).toBe(kind);
  });

  test('a job that runs, whatever the status still says', () => {
    for (const connection_status of ['CONNECTED', 'DENIED', 'PENDING', 'RESUMED']) {
      expect(look({ ...brought, connection_status, is_being_aggregated: true })).toEqual({ kind: 'pending' });
    }
    expect(look({ ...ran, connection_status: 'CHALLENGED', is_being_aggregated: true })).toMatchObject({
      kind: 'customer-needed',
      event: 'failed_customer_needed',
    });
  });

  test('a silent 202: nothing has begun, and nothing says so', () => {
    expect(look({})).toEqual({ kind: 'pending', told: { status: 'ACTIVE', reason: null, at: null } });
    expect(look({ connection_status: 'DENIED' })).toMatchObject({
      kind: 'pending',
      told: { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' },
    });
  });

  test('a job that is known by its id has run, whatever the stamps say', () => {
    expect(look({ connection_status: 'DENIED' }, { providerTaskId: 'JOB-2' }).kind).toBe('customer-needed');
  });

  test.each<[string, string]>([
    ['DENIED', 'customer-needed'],
    ['EXPIRED', 'customer-needed'],
    ['DISCONNECTED', 'customer-needed'],
    ['FAILED', 'unavailable'],
    ['DEGRADED', 'unavailable'],
    ['CLOSED', 'refused'],
    ['CONNECTED', 'pending'],
    ['SNOOZING', 'pending'],
  ])('a job that ended in %s: %s', (connection_status, kind) => {
    expect(look({ ...ran, connection_status }).kind).toBe(kind);
  });

  test.each<[object, readonly Product[], readonly Product[] | null]>([
    [{ has_processed_transactions: false }, ['BALANCES', 'TRANSACTIONS'], ['BALANCES']],
    [{ has_processed_transactions: false }, ['BALANCES'], null],
    [{ has_processed_accounts: null, has_processed_transactions: null }, ['BALANCES', 'TRANSACTIONS'], null],
    [{ has_processed_account_numbers: null }, ['BALANCES', 'IDENTIFIERS'], ['BALANCES']],
    [{}, ['BALANCES', 'IDENTIFIERS'], null],
    [{}, ['BALANCES', 'OWNERS'], ['BALANCES']],
  ])('%j of %j: %j', (flags, products, came) => {
    const expected = came === null ? { kind: 'done' } : { kind: 'partial', products: came };
    expect(look({ ...brought, ...flags }, { products })).toMatchObject(expected);
  });

  test('a member that is gone, and looks that fail', () => {
    const call = progressCall();
    expect(progressAnswerOf(json(404, {}), call, NOW).kind).toBe('refused');
    for (const exchange of [html(404), json(500, {}), json(429, {}), json(200, []), lost, unsent])
      expect(progressAnswerOf(exchange, call, NOW).kind).toBe('unknown');
  });
});

describe('the rest', () => {
  test('the widget is good for ten minutes', () => {
    expect(linkAnswerOf(json(200, widgetBody), NOW)).toEqual({
      kind: 'link',
      connectUrl: widgetBody.widget_url.url,
      expiresAt: NOW + 10 * MINUTE,
    });
    expect(linkAnswerOf(json(200, { widget_url: { url: 'javascript:alert(1)' } }), NOW).kind).toBe('unknown');
    expect(linkAnswerOf(json(404, {}), NOW).kind).toBe('refused');
  });

  test('a deletion', () => {
    const nothing: Exchange = { kind: 'reply', status: 204, headers: {}, body: { kind: 'empty' } };
    expect(changeAnswerOf(nothing, NOW)).toEqual({ kind: 'accepted' });
    expect(changeAnswerOf(json(404, {}), NOW)).toEqual({ kind: 'gone' });
    expect(changeAnswerOf(html(404), NOW).kind).toBe('refused');
    expect(changeAnswerOf(json(500, {}), NOW).kind).toBe('unknown');
  });

  test('nothing that MX can send makes any of it throw', () => {
    const bodies = fc.oneof(
      fc.jsonValue(),
      fc.record({ member: fc.dictionary(fc.constantFrom(...Object.keys(memberBody.member)), fc.jsonValue()) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), bodies, (status, body) => {
        const exchange = json(status, body);
        const read = beforeCall(exchange, refreshCall(), NOW);
        const answers = [
          read.clear ? startAnswerOf(exchange, read.member, NOW) : read.answer,
          started(exchange),
          progressAnswerOf(exchange, progressCall(), NOW),
          linkAnswerOf(exchange, NOW),
          changeAnswerOf(exchange, NOW),
        ];
        return answers.every(({ kind }) => typeof kind === 'string');
      }),
    );
  });
});
