import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { Closure, Instant } from '@freshet/domain';
import { bookOf } from '../../test/catalogue.js';
import { connection, inputs, noon, policy, queued } from '../../test/given.js';
import type { LimitedSign, RefreshPolicy } from '../policy.js';
import { learnedClosure } from './learned-closure.js';
import { resolve } from './resolution.js';

const sign = (values: Partial<LimitedSign>): LimitedSign => ({
  says: 'QUOTA',
  in: 'code',
  scope: null,
  spent: null,
  timeZone: null,
  ...values,
});

const closedBy = (
  said: string | null,
  rules: RefreshPolicy,
  { until = null, now = noon }: { readonly until?: Instant | null; readonly now?: Instant } = {},
): Closure => {
  const resolution = resolve({ kind: 'limited', until, scope: 'connection', said }, 'call');
  const [effect] = learnedClosure(queued(), resolution, { group: [connection('a')] }, rules, inputs(now));
  return (effect as unknown as { readonly row: Closure }).row;
};

const withSign = (values: Partial<LimitedSign>): RefreshPolicy => policy({ limitedSigns: [sign(values)] });

describe('a block without a time ends when what the code says is spent comes back', () => {
  test.each<[string, Partial<LimitedSign>, Instant]>([
    ['a minute', { spent: 'minute' }, noon + MINUTE],
    ['a day, wherever it is counted', { spent: 'day' }, noon + DAY],
    ['the day of a zone', { spent: 'day', timeZone: 'Europe/Paris' }, Date.UTC(2026, 2, 2, 23)],
    ['a month', { spent: 'month' }, noon + 31 * DAY],
    [
      'the month of a zone, in its summer time',
      { spent: 'month', timeZone: 'Europe/Paris' },
      Date.UTC(2026, 2, 31, 22),
    ],
    [
      'a plan, which no waiting brings back: asked again after the longest that is believed',
      { spent: 'plan' },
      noon + DAY,
    ],
    ['nothing that is said', {}, noon + 15 * MINUTE],
  ])('%s', (_what, values, until) => {
    expect(closedBy('QUOTA', withSign(values))).toMatchObject({ kind: 'limited', until });
  });

  test('a day in which the clocks change has its 23 hours', () => {
    const now = Date.UTC(2026, 2, 28, 23);
    const rules = withSign({ spent: 'day', timeZone: 'Europe/Paris' });
    expect(closedBy('QUOTA', rules, { now }).until).toBe(now + 23 * HOUR);
  });

  test.each<[string, string | null]>([
    ['another code', 'QUOTA_OF_ANOTHER'],
    ['none', null],
  ])('%s ends as the catalogue has it for every block that is not told', (_what, said) => {
    expect(closedBy(said, withSign({ spent: 'day' })).until).toBe(noon + 15 * MINUTE);
  });

  test('a wording is found within what was said, a code only whole', () => {
    const said = 'Error: DAILY quota used up for today';
    expect(closedBy(said, withSign({ says: 'daily quota', in: 'text', spent: 'day' })).until).toBe(noon + DAY);
    expect(closedBy(said, withSign({ says: 'DAILY', spent: 'day' })).until).toBe(noon + 15 * MINUTE);
  });

  test('a time that was told outranks it, unless it is past', () => {
    const rules = withSign({ spent: 'day' });
    expect(closedBy('QUOTA', rules, { until: noon + 1 }).until).toBe(noon + 1);
    expect(closedBy('QUOTA', rules, { until: noon }).until).toBe(noon + DAY);
  });
});

describe('what the code says is closed', () => {
  test.each([
    [null, 'connection', queued().connectionId],
    ['connection', 'connection', queued().connectionId],
    ['group', 'group', queued().groupKey],
    ['customer-institution', 'group', queued().groupKey],
    ['customer', 'group', queued().groupKey],
    ['institution', 'institution', 'bank-1'],
    ['account', 'provider', ''],
  ] as const)('a limit by %s closes the %s', (scope, closed, scopeKey) => {
    expect(closedBy('QUOTA', withSign({ scope }))).toMatchObject({ scope: closed, scopeKey });
  });
});

test.each<[string, string, string, Partial<Closure>]>([
  ['GOCARDLESS', 'gocardless', 'RateLimitError', { scope: 'connection', until: noon + DAY }],
  ['GOCARDLESS', 'gocardless', '{"detail":"Rate limit exceeded"}', { scope: 'provider', until: noon + MINUTE }],
  ['SALTEDGE', 'saltedge', 'BackgroundFetchLimitExceeded', { scope: 'connection', until: noon + DAY }],
  ['PLAID', 'plaid', 'ACCOUNTS_BALANCE_GET_LIMIT', { scope: 'provider', until: noon + MINUTE }],
  ['PLAID', 'plaid', 'INSTITUTION_RATE_LIMIT', { scope: 'institution', until: noon + MINUTE }],
  ['TRUELAYER', 'truelayer', 'provider_request_limit_exceeded', { scope: 'group', until: noon + DAY }],
])('%s through %s says %s', (provider, connector, said, closure) => {
  const selector = { tenantId: 'ten_1', provider, connector, institutionId: 'bank-1', connectionId: 'conn_a' };
  expect(closedBy(said, bookOf().policyFor(selector))).toMatchObject(closure);
});

describe('a maintenance that the provider tells of', () => {
  const closed = (maintenanceUntil: Instant | null | undefined, closures: readonly Closure[] = []) => {
    const answer = { kind: 'unavailable', who: 'institution', retryAt: null, message: '' } as const;
    const told = maintenanceUntil === undefined ? answer : { ...answer, maintenanceUntil };
    const facts = { group: [connection('1')], closures };
    const task = queued({ connectionId: connection('1').id });
    const [effect] = learnedClosure(task, resolve(told, 'call'), facts, policy(), inputs(noon));
    return (effect as unknown as { readonly row: Closure } | undefined)?.row;
  };

  test.each<[string, Instant | null, Instant]>([
    ['until it ends', noon + HOUR, noon + HOUR],
    ['for a quarter of an hour where no end is told', null, noon + 15 * MINUTE],
    ['as long where the end is past', noon, noon + 15 * MINUTE],
    ['a day at most', noon + DAY + 1, noon + DAY],
  ])('closes the bank %s', (_what, told, until) => {
    expect(closed(told)).toMatchObject({ kind: 'maintenance', scope: 'institution', scopeKey: 'bank-1', until });
  });

  test('is not shortened by a vaguer word', () => {
    const before = closed(noon + 3 * HOUR) as Closure;
    expect(closed(null, [before])?.until).toBe(noon + 3 * HOUR);
  });

  test('is not every outage', () => expect(closed(undefined)).toBeUndefined());
});

test.each([
  { kind: 'accepted', providerTaskId: 'job', coalesced: false } as const,
  { kind: 'partial', asOf: noon, newData: null, products: ['BALANCES'], billedInPart: true } as const,
])('a limit that one of several calls met closes too, though others of them were taken: %j', (taken) => {
  const answer = { ...taken, limitedInPart: { until: noon + MINUTE, scope: 'connection', said: null } } as const;
  const closed = (resolution: ReturnType<typeof resolve>) =>
    learnedClosure(queued(), resolution, { group: [connection('a')] }, policy(), inputs(noon));
  expect(closed(resolve(answer, 'call'))).toMatchObject([{ row: { kind: 'limited', until: noon + MINUTE } }]);
  expect(closed(resolve(taken, 'call'))).toEqual([]);
});
