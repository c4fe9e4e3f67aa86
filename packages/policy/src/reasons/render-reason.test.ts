import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, reasonCodes } from '@freshet/domain';
import type { Gate, ReasonCode, ReasonData } from '@freshet/domain';
import { renderReason } from './render-reason.js';
import { spokenDuration, spokenList } from './spoken.js';

const at = Date.UTC(2026, 2, 1, 12);
const later = at + 3 * HOUR;
const gate: Gate = 'force';

const weighed: ReasonData = {
  ...{ nextBackgroundAt: later, waitMs: 3 * HOUR, patienceMs: 15 * MINUTE, toldAt: null, olderThanMs: null },
  ...{
    missedChanges: 0.6,
    changesPerDay: 1.2,
    staleChance: 0.4512,
    readsPerDay: 0.6,
    price: 0.5,
    priceSetBy: 'catalogue',
  },
};

const spokenFor: ReasonData = {
  ...{ budget: 'monthly', amountMicros: 1_000_000, usedMicros: 900_000, costMicros: 120_000 },
  ...{ currency: 'USD', periodEnd: later },
};

const rows: readonly (readonly [ReasonCode, ReasonData, string])[] = [
  ['STATUS_ALLOWS', { status: 'ACTIVE', reason: null }, 'The status ACTIVE allows a refresh.'],
  [
    'STATUS_ATTENDED_ONLY',
    { status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH' },
    'The status DEGRADED (INTERACTIVE_REFRESH) allows a refresh only while the customer is present.',
  ],
  [
    'STATUS_FORBIDS',
    { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED', connectionId: 'conn_1', operation: 'repair' },
    'The status RECONNECT_REQUIRED (LOGIN_REQUIRED) of conn_1 forbids a refresh: the customer has to repair it.',
  ],
  [
    'STATUS_FORBIDS',
    { status: 'IN_PROGRESS', reason: null, connectionId: 'conn_1', operation: 'connect' },
    'The status IN_PROGRESS of conn_1 forbids a refresh: the customer has to connect it.',
  ],
  [
    'STATUS_FORBIDS',
    { status: 'DELETED', reason: null, connectionId: 'conn_1', operation: null },
    'The status DELETED of conn_1 forbids a refresh: nothing brings it back.',
  ],
  [
    'PRODUCTS_GRANTED',
    { products: ['BALANCES', 'TRANSACTIONS'] },
    'Granted, and asked for: BALANCES and TRANSACTIONS.',
  ],
  [
    'PRODUCT_NOT_GRANTED',
    { products: ['OWNERS'], granted: ['BALANCES'] },
    'Not granted on this connection: OWNERS; granted: BALANCES.',
  ],
  [
    'RANGE_OUT_OF_REACH',
    { from: 0, to: null, earliest: at, latest: later },
    'A range has to lie between 2026-03-01T12:00:00.000Z and 2026-03-01T15:00:00.000Z, and begin before it ends.',
  ],
  ['RANGE_OUT_OF_REACH', { from: 0, to: null, earliest: null, latest: later }, 'The provider takes no time range.'],
  ['NONE_IN_FLIGHT', {}, 'No refresh is under way.'],
  [
    'IN_FLIGHT',
    { taskId: 'task_1', state: 'running', products: ['BALANCES'] },
    'The refresh task_1 is running; it brings BALANCES.',
  ],
  [
    'IN_FLIGHT_WIDENED',
    { products: ['OWNERS', 'TRANSACTIONS'] },
    'It was still waiting, so it brings these too: OWNERS and TRANSACTIONS.',
  ],
  ['IN_FLIGHT_LACKS_PRODUCTS', { products: ['OWNERS'] }, 'It will not bring OWNERS.'],
  [
    'IN_FLIGHT_RANGE_WIDENED',
    { from: at, to: null },
    'It was still waiting, so it brings what is from 2026-03-01T12:00:00.000Z on.',
  ],
  [
    'IN_FLIGHT_LACKS_RANGE',
    { from: at, to: at + 2 * HOUR, broughtFrom: at + HOUR, broughtTo: null },
    'It will not bring all from 2026-03-01T12:00:00.000Z to 2026-03-01T14:00:00.000Z: ' +
      'only what is from 2026-03-01T13:00:00.000Z on.',
  ],
  ['NONE_RECENT', {}, 'The provider hands back no earlier pull for this one.'],
  [
    'RECENT_COUNTS',
    { at, until: at + HOUR, taskId: 'task_1' },
    'The pull of 2026-03-01T12:00:00.000Z counts as this one: the provider hands it back until 2026-03-01T13:00:00.000Z.',
  ],
  ['FRESHNESS_NOT_ASKED', {}, 'No age was asked for.'],
  ['FRESHNESS_NOT_WEIGHED', {}, 'Mode force does not ask how fresh the data is.'],
  [
    'FRESH_ENOUGH',
    { asOf: at, ageMs: 10 * MINUTE, maxAgeMs: 15 * MINUTE },
    'The oldest of what was asked for is from 2026-03-01T12:00:00.000Z, 10 min old: within the 15 min asked for.',
  ],
  [
    'NOT_FRESH_ENOUGH',
    { asOf: at, ageMs: 3 * HOUR, maxAgeMs: 15 * MINUTE },
    'The oldest of what was asked for is from 2026-03-01T12:00:00.000Z, 3 h old: not within the 15 min asked for.',
  ],
  [
    'NOT_FRESH_ENOUGH',
    { asOf: null, ageMs: null, maxAgeMs: 15 * MINUTE },
    'Some of what was asked for has never arrived: not within the 15 min asked for.',
  ],
  ['PROVIDER_OPEN', {}, 'The provider can be forced now.'],
  ['CONNECTOR_OFF', { connector: 'meld' }, 'The connector meld is switched off.'],
  [
    'CONNECTOR_OFF',
    { connector: 'plaid', needs: ['PLAID_CLIENT_ID', 'PLAID_SECRET'] },
    'The connector plaid is switched off: to switch it on, set PLAID_CLIENT_ID and PLAID_SECRET.',
  ],
  [
    'CONNECTOR_OFF',
    { connector: 'x', needs: [] },
    'The connector x is switched off, and this service has none of that name.',
  ],
  ['NO_FORCED_REFRESH', { provider: 'AKOYA' }, 'The provider AKOYA has no forced refresh at all.'],
  [
    'UNATTENDED_FORBIDDEN',
    { provider: 'FINICITY' },
    'The provider FINICITY forbids forcing a refresh without the customer.',
  ],
  [
    'CUSTOMER_REQUIRED',
    { status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH' },
    'In the status DEGRADED (INTERACTIVE_REFRESH) a refresh works only while the customer is present.',
  ],
  [
    'PROVIDER_PAUSED',
    { scope: 'provider', until: null },
    'Forced refreshes of this provider are paused by an operator until somebody opens it.',
  ],
  [
    'PROVIDER_IN_MAINTENANCE',
    { scope: 'institution', until: later },
    'Forced refreshes of this institution are held back by a maintenance until 2026-03-01T15:00:00.000Z.',
  ],
  [
    'BREAKER_OPEN',
    { scope: 'provider', until: later },
    'Forced refreshes of this provider are held back after failures in a row until 2026-03-01T15:00:00.000Z.',
  ],
  [
    'BREAKER_OPEN',
    { scope: 'institution', until: later, probe: 'task_1' },
    'Forced refreshes of this institution are held back after failures in a row until 2026-03-01T15:00:00.000Z. ' +
      'The refresh task_1 is trying it.',
  ],
  ['LIMITS_ALLOW', { limits: ['mx-cooldown'] }, 'The limits let it pass: mx-cooldown.'],
  ['LIMITS_ALLOW', { limits: [] }, 'The limits let it pass: none.'],
  [
    'LIMIT_REACHED',
    { name: 'mx-cooldown', scope: 'group', limit: 1, remaining: 0, resetAt: later, allowedAt: later },
    'The limit mx-cooldown (1 per group) is used up; it lets one pass at 2026-03-01T15:00:00.000Z.',
  ],
  [
    'LIMIT_REACHED',
    { name: 'kept-back', scope: 'account', limit: 0, remaining: 0, resetAt: null, allowedAt: null },
    'The limit kept-back has no place for such a request.',
  ],
  [
    'LIMIT_TOLD_BY_PROVIDER',
    { scope: 'group', until: later },
    'The provider told us to wait until 2026-03-01T15:00:00.000Z, for this group.',
  ],
  ['NO_BUDGET', { costMicros: 120_000 }, 'No budget is configured.'],
  [
    'BUDGETS_ALLOW',
    { costMicros: 120_000, currency: 'USD', budgets: ['monthly'] },
    'Its 0.12 USD fit the budgets: monthly.',
  ],
  [
    'BUDGET_EXHAUSTED',
    { ...spokenFor, allowedAt: later },
    'The budget monthly has 0.90 USD of 1.00 USD spoken for until 2026-03-01T15:00:00.000Z: ' +
      'another 0.12 USD do not fit.',
  ],
  [
    'BUDGET_EXHAUSTED',
    { ...spokenFor, allowedAt: null },
    'The budget monthly has 0.90 USD of 1.00 USD spoken for until 2026-03-01T15:00:00.000Z: ' +
      'another 0.12 USD do not fit, nor will they.',
  ],
  [
    'BUDGET_KEPT_FOR_ATTENDED',
    { ...spokenFor, keptMicros: 300_000, allowedAt: later },
    'The budget monthly has 0.90 USD of 1.00 USD spoken for until 2026-03-01T15:00:00.000Z, and keeps ' +
      '0.30 USD for customers who are there: another 0.12 USD do not fit.',
  ],
  [
    'BUDGET_PACED',
    { ...spokenFor, allowedMicros: 950_000, allowedAt: at + HOUR },
    'The budget monthly has 0.90 USD of 1.00 USD spoken for until 2026-03-01T15:00:00.000Z, and is to last: ' +
      '0.95 USD of it are free by now, so another 0.12 USD do not fit before 2026-03-01T13:00:00.000Z.',
  ],
  [
    'BUDGET_OVERRUN',
    { ...spokenFor, overrunMicros: 20_000 },
    'The budget monthly has 0.90 USD of 1.00 USD spoken for until 2026-03-01T15:00:00.000Z. It is soft: another ' +
      '0.12 USD pass, and overrun it by 0.02 USD.',
  ],
  ['HELD_LONGER', { by: 'limits', until: later }, 'A limit holds it back too, until 2026-03-01T15:00:00.000Z.'],
  ['HELD_LONGER', { by: 'budget', until: null }, 'A budget holds it back too, and nobody can tell until when.'],
  ['PRICE_UNKNOWN', {}, 'The price is not known, so no budget can hold it back.'],
  [
    'BACKGROUND_IN_TIME',
    { nextBackgroundAt: later, waitMs: 10 * MINUTE, patienceMs: 15 * MINUTE },
    'A free background refresh is expected at 2026-03-01T15:00:00.000Z, in 10 min: soon enough for the 15 min that ' +
      'the caller would wait.',
  ],
  [
    'BACKGROUND_INSTEAD',
    { nextBackgroundAt: later },
    'A free background refresh is expected at 2026-03-01T15:00:00.000Z: it comes instead.',
  ],
  [
    'BACKGROUND_LATE',
    { expectedAt: later, lateMs: 2 * HOUR + 5 * MINUTE },
    'The background refresh that was expected at 2026-03-01T15:00:00.000Z did not come: it is 2 h 5 min late, and is not ' +
      'waited for.',
  ],
  [
    'FEED_SILENT',
    { scope: 'institution', sinceAt: later, silentMs: 3 * HOUR, missed: 12, of: 20 },
    'Background refreshes of this institution have stopped coming: 12 of the last 20 were missed, and it has been silent ' +
      'since 2026-03-01T15:00:00.000Z (3 h).',
  ],
  [
    'WORTH_FORCING',
    { ...weighed, freshReads: 0.9131 },
    'The next background refresh is 3 h away, longer than the 15 min that the caller would wait. About 0.6 changes were ' +
      'missed since the last data (1.2 a day), so the copy is stale with a chance of 45 %. Read 0.6 times a day, it would ' +
      'gain 0.91 fresh reads by a refresh now; 0.5 are wanted for its money (by the worth configured): it is worth its price.',
  ],
  [
    'WORTH_FORCING',
    { ...weighed, nextBackgroundAt: null, waitMs: null, missedChanges: null, priceSetBy: 'monthly', freshReads: 1.4 },
    'No background refresh is expected. Some of what was asked for has never arrived. Read 0.6 times a day, it would ' +
      'gain 1.4 fresh reads by a refresh now; 0.5 are wanted for its money (by what the budget monthly can afford): it is ' +
      'worth its price.',
  ],
  [
    'WORTH_WAITING',
    { ...weighed, toldAt: at, freshReads: 0.4 },
    'The next background refresh is 3 h away, longer than the 15 min that the caller would wait. The provider told of ' +
      'something new at 2026-03-01T12:00:00.000Z. Read 0.6 times a day, it would gain 0.4 fresh reads by a refresh now; ' +
      '0.5 are wanted for its money (by the worth configured): it is not worth its price.',
  ],
  [
    'WORTH_WAITING',
    { ...weighed, olderThanMs: HOUR, freshReads: 0.6 },
    'The next background refresh is 3 h away, longer than the 15 min that the caller would wait. It is older than the ' +
      '1 h asked for. Read 0.6 times a day, it would gain 0.6 fresh reads by a refresh now; 0.5 are wanted for its money ' +
      '(by the worth configured): the next read is expected to be the better moment.',
  ],
  [
    'WORTH_OVERDUE',
    { ...weighed, nextBackgroundAt: null, waitMs: null, olderThanMs: HOUR, freshReads: 0.4 },
    'No background refresh is expected. It is older than the 1 h asked for. Read 0.6 times a day, it would gain 0.4 fresh ' +
      'reads by a refresh now; 0.5 are wanted for its money (by the worth configured): it is not worth its price, but ' +
      'nothing else would bring it.',
  ],
  [
    'WORTH_UNKNOWN',
    { nextBackgroundAt: null },
    'No background refresh is expected. Nothing is known of how it changes, so a forced one is made.',
  ],
  ['WORTH_NOT_WEIGHED', {}, 'Mode force does not weigh the price against a free refresh.'],
  ['FORCED', { costMicros: 120_000, currency: 'USD', promotes: null }, 'A live pull for 0.12 USD is queued.'],
  [
    'FORCED',
    { costMicros: 120_000, currency: 'USD', promotes: null, executor: 'caller' },
    'A live pull for 0.12 USD is given to its caller.',
  ],
  [
    'FORCED',
    { costMicros: null, currency: null, promotes: 'conn_2' },
    'A live pull whose price is not known is queued. Once the provider accepts it, it takes the place of conn_2.',
  ],
];

describe('a reason', () => {
  test.each(rows)('%s %j: %s', (code, data, sentence) => {
    expect(renderReason({ gate, code, data })).toBe(sentence);
  });

  test('has a sentence here for every code', () => {
    expect([...new Set(rows.map(([code]) => code))].sort()).toEqual([...reasonCodes].sort());
  });

  test.each(reasonCodes)('%s of an older decision, without its numbers, is still a sentence', (code) => {
    const sentence = renderReason({ gate, code, data: {} });
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(sentence).not.toMatch(/undefined|NaN|\[object/);
  });

  test('survives an instant that no calendar has', () => {
    const data = { scope: 'group', until: 1e18 };
    expect(renderReason({ gate, code: 'LIMIT_TOLD_BY_PROVIDER', data })).toContain('a time that no calendar has');
  });
});

describe('a duration', () => {
  test.each([
    [0, '0 s'],
    [1, '1 ms'],
    [999, '999 ms'],
    [45_000, '45 s'],
    [90_000, '1 min 30 s'],
    [3 * HOUR, '3 h'],
    [26 * HOUR, '1 d 2 h'],
    // Two units are enough, and they are neighbours.
    [24 * HOUR + 5 * MINUTE, '1 d'],
    [-3 * HOUR, 'minus 3 h'],
  ])('of %d ms is %s', (ms, words) => {
    expect(spokenDuration(ms)).toBe(words);
  });
});

test.each([
  [[], 'none'],
  [['A'], 'A'],
  [['A', 'B'], 'A and B'],
  [['A', 'B', 'C'], 'A, B and C'],
])('a list of %j is "%s"', (words, sentence) => {
  expect(spokenList(words)).toBe(sentence);
});
