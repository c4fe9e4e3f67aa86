import { describe, expect, test } from '@jest/globals';
import { HOUR, idOf, MINUTE, SECOND } from '@freshet/domain';
import type { Closure, Task } from '@freshet/domain';
import {
  answered,
  done,
  loginFailed,
  moneyAfter,
  soon,
  statusAfter,
  unavailable,
  type Answer,
  type Given,
} from '../../test/answered.js';
import { connection, connectionId, counter, DAY, noon, policy, reserved, taskId } from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { Phase } from './resolution.js';

/** What each answer does: task, pull, money, and the status of a connection that was ACTIVE. */
const rows: readonly (readonly [string, Answer, Phase, string, string, string, string | undefined])[] = [
  [
    'accepted',
    { kind: 'accepted', providerTaskId: 'job-1', coalesced: false },
    'call',
    'running',
    'accepted',
    'held',
    undefined,
  ],
  [
    'handed back',
    { kind: 'accepted', providerTaskId: 'job-1', coalesced: true },
    'call',
    'running',
    'refused',
    'released',
    undefined,
  ],
  ['busy', { kind: 'busy', runningId: 'job-1' }, 'call', 'running', 'refused', 'released', undefined],
  ['done at once', done, 'call', 'succeeded', 'succeeded', 'charged', undefined],
  ['done', done, 'look', 'succeeded', 'succeeded', 'charged', undefined],
  [
    'done, nothing new',
    { kind: 'done', asOf: null, newData: false },
    'look',
    'succeeded',
    'succeeded',
    'charged',
    undefined,
  ],
  [
    'partial',
    { kind: 'partial', asOf: null, newData: true, products: ['BALANCES'] },
    'look',
    'partial',
    'partial',
    'charged',
    'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS',
  ],
  [
    'partial, of several calls of which some surely were not carried out',
    { kind: 'partial', asOf: null, newData: true, products: ['BALANCES'], billedInPart: true },
    'call',
    'partial',
    'partial',
    'uncertain',
    'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS',
  ],
  [
    'limited',
    { kind: 'limited', until: noon + HOUR, scope: 'group' },
    'call',
    'failed',
    'refused',
    'released',
    undefined,
  ],
  [
    'limited later',
    { kind: 'limited', until: null, scope: 'group' },
    'look',
    'failed',
    'failed',
    'released',
    undefined,
  ],
  [
    'login failed',
    loginFailed,
    'call',
    'reconnect_required',
    'refused',
    'released',
    'RECONNECT_REQUIRED/LOGIN_REQUIRED',
  ],
  [
    'login failed later',
    loginFailed,
    'look',
    'reconnect_required',
    'failed',
    'released',
    'RECONNECT_REQUIRED/LOGIN_REQUIRED',
  ],
  [
    'token expired',
    { kind: 'customer-needed', event: 'failed_token_expired', message: '' },
    'look',
    'reconnect_required',
    'failed',
    'released',
    'RECONNECT_REQUIRED/TOKEN_EXPIRED',
  ],
  [
    'bank wants something',
    { kind: 'customer-needed', event: 'failed_action_required', message: '' },
    'look',
    'reconnect_required',
    'failed',
    'released',
    'DEGRADED/INSTITUTION_ACTION_REQUIRED',
  ],
  [
    'customer has to be there',
    { kind: 'customer-needed', event: 'failed_customer_needed', message: '' },
    'look',
    'reconnect_required',
    'failed',
    'released',
    'DEGRADED/INTERACTIVE_REFRESH',
  ],
  [
    'bank repairs',
    { kind: 'customer-needed', event: 'failed_institution_repairing', message: '' },
    'look',
    'reconnect_required',
    'failed',
    'released',
    'RECONNECT_REQUIRED/REPAIRING_INSTITUTION',
  ],
  ['refused', { kind: 'refused', message: 'no such product' }, 'call', 'failed', 'refused', 'released', undefined],
  ['refused later', { kind: 'refused', message: 'job failed' }, 'look', 'failed', 'failed', 'released', undefined],
  ['unavailable', unavailable, 'call', 'queued', 'refused', 'released, held', undefined],
  [
    'provider down later',
    unavailable,
    'look',
    'failed',
    'failed',
    'released',
    'DEGRADED/SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE',
  ],
  [
    'bank down later',
    { ...unavailable, who: 'institution' } as Answer,
    'look',
    'failed',
    'failed',
    'released',
    'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE',
  ],
  ['reply lost', { kind: 'unknown', message: 'timeout' }, 'call', 'running', 'unknown', 'held', undefined],
  ['look failed', { kind: 'unknown', message: 'timeout' }, 'look', 'running', 'accepted', 'held', undefined],
  ['pending', { kind: 'pending' }, 'look', 'running', 'accepted', 'held', undefined],
];

const inWords: Readonly<Record<string, string>> = { reserved: 'held' };

describe('an answer', () => {
  test.each(rows)(
    '%s %j to a %s: task %s, pull %s, money %s, status %s',
    (_what, answer, phase, task, pulled, money, status) => {
      const before = phase === 'look' ? { pull: { state: 'accepted' as const } } : {};
      const decision = answered(answer, phase, before);
      expect(decision.task.state).toBe(task);
      const own = written(decision.effects, 'pull').filter((row) => row.id === idOf('pull', '1'));
      expect(own[0]?.state ?? before.pull?.state).toBe(pulled);
      const kinds = moneyAfter(decision).map((kind) => inWords[kind ?? ''] ?? kind);
      expect(kinds.join(', ') || 'held').toBe(money);
      expect(statusAfter(decision)).toBe(status);
      expect(decision.task.endedAt).toBe(['running', 'queued'].includes(task) ? null : soon);
    },
  );

  test('that says failure after acceptance is charged where attempts are billed', () => {
    const price = { ...policy().price!, billedOn: 'attempt' } as const;
    const charged = answered(unavailable, 'look', { pull: { state: 'accepted' }, policy: { price } });
    expect(moneyAfter(charged)).toEqual(['charged']);
    expect(charged.task.charge).toBe('charged');
    expect(moneyAfter(answered({ kind: 'refused', message: '' }, 'call', { policy: { price } }))).toEqual(['released']);
  });

  test('moves the counters of the budgets with the money', () => {
    expect(written(answered(done, 'look').effects, 'budgetCounter')).toEqual([
      counter({ reservedMicros: 0, chargedMicros: 120_000 }),
    ]);
  });

  test.each(['succeeded', 'partial', 'failed', 'reconnect_required', 'expired', 'cancelled'] as const)(
    'to a task that is %s already comes too late to change anything',
    (state) => {
      const decision = answered(done, 'look', { task: { state, endedAt: noon } });
      expect(decision.effects).toEqual([]);
      expect(decision.task.state).toBe(state);
    },
  );
});

describe('data that came', () => {
  const fresh = (answer: Answer, given: Given = {}) =>
    written(answered(answer, 'look', given).effects, 'connection')[0];

  test('makes exactly the products of the task fresh, as of what the provider says', () => {
    const row = fresh({ kind: 'done', asOf: noon - MINUTE, newData: true }, { task: { products: ['BALANCES'] } });
    expect(row).toMatchObject({
      freshness: { BALANCES: noon - MINUTE, TRANSACTIONS: noon - DAY },
      lastSuccessAt: noon - MINUTE,
      staleAt: noon - MINUTE + 2 * DAY,
    });
  });

  test('in part makes only that part fresh', () => {
    const row = fresh({ kind: 'partial', asOf: noon, newData: true, products: ['TRANSACTIONS'] });
    expect(row?.freshness).toEqual({ BALANCES: noon - DAY, TRANSACTIONS: noon });
  });

  test('never makes anything older than it was', () => {
    const row = fresh({ kind: 'done', asOf: noon - 2 * DAY, newData: false });
    expect(row?.freshness).toBeUndefined();
    expect(row?.lastSuccessAt).toBeUndefined();
  });

  test('is of now, where the provider says a time to come', () => {
    expect(fresh({ kind: 'done', asOf: noon + HOUR, newData: true })?.lastSuccessAt).toBe(soon);
  });

  test('resets the count of failures', () => {
    const group = [connection('a', { consecutiveFailures: 2 })];
    expect(fresh(done, { group })?.consecutiveFailures).toBe(0);
  });

  test.each([
    ['as of the data', noon + SECOND, noon + SECOND],
    ['now, where no time is told', null, soon],
    ['no earlier than the call', noon - DAY, noon],
    ['no later than now', noon + DAY, soon],
  ])('counts in windows %s', (_what, asOf, at) => {
    const decision = answered({ kind: 'done', asOf, newData: false }, 'look', { pull: { state: 'accepted' } });
    expect(written(decision.effects, 'pull')).toMatchObject([{ state: 'succeeded', at, endedAt: soon }]);
  });

  test('for a connection that was deleted meanwhile touches only the books', () => {
    const group = [connection('a', { status: 'DELETED', active: false, credentials: null })];
    const decision = answered(done, 'look', { group });
    expect(written(decision.effects, 'connection')).toEqual([]);
    expect(moneyAfter(decision)).toEqual(['charged']);
    expect(decision.task.state).toBe('succeeded');
  });
});

describe('the credentials that a deleted connection left for its running refresh', () => {
  const group = [connection('a', { status: 'DELETED', active: false }), connection('b')];
  const erased = (answer: Answer, phase: Phase) => written(answered(answer, phase, { group }).effects, 'connection');

  test.each<[string, Answer, Phase]>([
    ['brought data', done, 'look'],
    ['failed', { kind: 'refused', message: 'no' }, 'look'],
    ['needed the customer', loginFailed, 'call'],
  ])('are erased by the turn that ends it: it %s', (_what, answer, phase) => {
    expect(erased(answer, phase)).toEqual([{ id: connectionId('a'), credentials: null, updatedAt: soon }]);
  });

  test.each<[string, Answer, Phase]>([
    ['runs on', { kind: 'pending' }, 'look'],
    ['is tried again, which ends it', { kind: 'unavailable', who: 'provider', retryAt: null, message: '' }, 'call'],
  ])('are kept while it %s', (_what, answer, phase) => {
    expect(erased(answer, phase)).toEqual([]);
  });
});

describe('a refusal that tells until when', () => {
  const closed = (until: number | null, scope: 'group' | 'institution' | 'provider' | 'connection' = 'group') =>
    written(answered({ kind: 'limited', until, scope }, 'call').effects, 'closure')[0];

  test.each([
    ['an hour', soon + HOUR, soon + HOUR],
    ['exactly as long as is believed', soon + DAY, soon + DAY],
    ['a millisecond longer', soon + DAY + 1, soon + DAY],
    ['thirty years', noon + 1e12, soon + DAY],
    ['no time at all', null, soon + 15 * MINUTE],
    ['this moment', soon, soon + 15 * MINUTE],
    ['the next one', soon + 1, soon + 1],
    ['the past', noon - HOUR, soon + 15 * MINUTE],
    ['1970', 0, soon + 15 * MINUTE],
    ['before 1970', -5, soon + 15 * MINUTE],
  ])('closes for %s', (_what, until, closedUntil) => {
    expect(closed(until)).toMatchObject({ kind: 'limited', until: closedUntil });
  });

  test.each([
    ['group', connectionId('a')],
    ['connection', connectionId('a')],
    ['institution', 'bank-1'],
    ['provider', ''],
  ] as const)('closes the %s alone', (scope, scopeKey) => {
    expect(closed(null, scope)).toMatchObject({ scope, scopeKey, connector: 'meld', provider: 'MX' });
  });

  test.each([
    ['a longer block that was told before stands', soon + 10 * HOUR, soon + 10 * HOUR],
    ['a shorter one gives way', soon + MINUTE, soon + 15 * MINUTE],
  ])('%s', (_what, before, until) => {
    const limited = { kind: 'limited', until: null, scope: 'group' } as const;
    const [first] = written(answered({ ...limited, until: before }, 'call').effects, 'closure');
    const facts = { closures: [first as Closure] };
    expect(written(answered(limited, 'call', { facts }).effects, 'closure')[0]).toMatchObject({ until });
  });

  test('is never asked again by itself', () => {
    expect(answered({ kind: 'limited', until: null, scope: 'group' }, 'call').task).toMatchObject({
      state: 'failed',
      dueAt: null,
      error: { kind: 'limited' },
    });
  });
});

describe('a call that surely did not happen', () => {
  test('is queued again with a reservation of its own, and the budgets stand as they stood', () => {
    const { task, effects } = answered(unavailable, 'call');
    expect(task).toMatchObject({ state: 'queued', charge: 'reserved', leaseOwner: null, giveUpAt: null, attempts: 1 });
    const [old, next] = written(effects, 'pull');
    expect(old).toMatchObject({ id: 'pull_1', state: 'refused', endedAt: soon });
    expect(next).toMatchObject({ id: task.pullId, state: 'reserved', at: soon, sentAt: null, endedAt: null });
    expect(task.pullId).not.toBe('pull_1');
    expect(written(effects, 'ledgerEntry').map((row) => [row.kind, row.pullId])).toEqual([
      ['released', 'pull_1'],
      ['reserved', task.pullId],
    ]);
    expect(written(effects, 'budgetCounter')).toEqual([]);
  });

  test('waits longer each time, within half a step and a step, and never beyond the last step', () => {
    for (const [attempts, step] of [
      [1, 2],
      [2, 4],
      [3, 8],
    ] as const) {
      const { task } = answered(unavailable, 'call', { task: { tries: attempts - 1 } });
      expect(task.dueAt).toBeGreaterThanOrEqual(soon + (step / 2) * SECOND);
      expect(task.dueAt).toBeLessThanOrEqual(soon + step * SECOND);
    }
    const patient = { execution: { ...policy().execution, maxAttempts: 99 } };
    const { task } = answered(unavailable, 'call', { task: { tries: 39 }, policy: patient });
    expect(task.dueAt).toBeLessThanOrEqual(soon + MINUTE);
  });

  test('does not come back together with others that failed together', () => {
    const dues = ['1', '2', '3', '4', '5'].map(
      (name) => answered(unavailable, 'call', { task: { id: taskId(name), tries: 2 } }).task.dueAt,
    );
    expect(new Set(dues).size).toBeGreaterThan(1);
  });

  test.each([
    ['as the provider says', soon + 10 * MINUTE, soon + 10 * MINUTE],
    ['but no longer than is believed', noon + 1e12, soon + DAY],
  ])('waits %s', (_what, retryAt, dueAt) => {
    expect(answered({ ...unavailable, retryAt } as Answer, 'call').task.dueAt).toBe(dueAt);
  });

  test.each([
    ['the attempt before the last', 3, 'queued'],
    ['the last', 4, 'failed'],
  ])('at %s is %s', (_what, attempts, state) => {
    const decision = answered(unavailable, 'call', { task: { tries: attempts - 1 } });
    expect(decision.task.state).toBe(state);
    if (state === 'failed') {
      expect(moneyAfter(decision)).toEqual(['released']);
      expect(decision.task).toMatchObject({ charge: 'released', error: { kind: 'unavailable' }, dueAt: null });
    }
  });
});

describe('an outage on which the last try ran', () => {
  const last = { tries: 3 };
  const of = (who: 'institution' | 'provider'): Answer => ({ ...unavailable, who });

  test.each([
    ['institution', 'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE'],
    ['provider', 'DEGRADED/SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE'],
  ] as const)('of the %s shows in the status, and is no failure of the login', (who, status) => {
    const group = [connection('a', { consecutiveFailures: 2 })];
    const decision = answered(of(who), 'call', { task: last, group });
    expect(statusAfter(decision)).toBe(status);
    expect(written(decision.effects, 'connection').map((row) => row.consecutiveFailures ?? 2)).toEqual([2]);
  });

  test('shows only then: a try before it says nothing', () => {
    expect(statusAfter(answered(of('institution'), 'call', { task: { tries: 2 } }))).toBeUndefined();
  });

  test('says nothing where the provider tells statuses itself, unless it does', () => {
    const facts = { tellsStatus: true };
    expect(statusAfter(answered(of('provider'), 'call', { task: last, facts }))).toBeUndefined();
    const told = { status: 'DEGRADED', reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE', at: noon };
    const answer = { ...of('provider'), told } as Answer;
    expect(statusAfter(answered(answer, 'call', { task: last, facts }))).toBe(
      'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE',
    );
  });

  test('is none of the provider’s where we never got to send', () => {
    const decision = answered({ kind: 'never-sent', message: 'a bug' }, 'call', { task: last });
    expect(decision.task).toMatchObject({ state: 'failed', charge: 'released', error: { kind: 'unavailable' } });
    expect(statusAfter(decision)).toBeUndefined();
  });
});

describe('a call of which nobody knows', () => {
  const lost: Answer = { kind: 'unknown', message: 'timeout' };

  test('is looked for, and never sent again by itself', () => {
    const { task, effects } = answered(lost, 'call');
    expect(task).toMatchObject({ state: 'running', leaseOwner: null, charge: 'reserved' });
    expect(written(effects, 'pull')).toMatchObject([{ state: 'unknown' }]);
  });

  test.each([
    ['pending', { kind: 'pending' } as Answer],
    ['a look that failed', lost],
  ])('stays unknown after %s', (_what, answer) => {
    expect(written(answered(answer, 'look', { pull: { state: 'unknown' } }).effects, 'pull')).toEqual([]);
  });

  test('is looked at less and less often, but no later than it is given up', () => {
    const due = (polls: number, giveUpAt = noon + 30 * MINUTE): number | null =>
      answered({ kind: 'pending' }, 'look', { task: { polls, giveUpAt } }).task.dueAt;
    expect(due(0)).toBe(soon + 2 * SECOND);
    expect(due(1)).toBe(soon + 4 * SECOND);
    expect(due(10)).toBe(soon + 30 * SECOND);
    expect(due(10, soon + SECOND)).toBe(soon + SECOND);
  });

  test.each([
    ['one millisecond before half an hour', noon + 30 * MINUTE - 1, 'running'],
    ['at half an hour', noon + 30 * MINUTE, 'failed'],
  ])('%s is %s', (_what, now, state) => {
    const decision = answered({ kind: 'pending' }, 'look', { pull: { state: 'unknown' }, now });
    expect(decision.task.state).toBe(state);
    if (state === 'failed') {
      expect(decision.task).toMatchObject({ charge: 'uncertain', error: { kind: 'unknown' }, giveUpAt: null });
      expect(moneyAfter(decision)).toEqual(['uncertain']);
      expect(written(decision.effects, 'pull')).toMatchObject([{ state: 'unknown', endedAt: now }]);
      expect(written(decision.effects, 'budgetCounter')).toMatchObject([{ uncertainMicros: 120_000 }]);
      expect(statusAfter(decision)).toBe('UNDETERMINED/-');
    }
  });

  test.each([
    ['unknown', 'up to the time when it is given up: whose pull brought it nobody tells', 30 * MINUTE, 'uncertain'],
    ['unknown', 'after it: that may be the provider’s own', 30 * MINUTE + 1, 'uncertain'],
    ['accepted', 'after it: it was taken all the same', 30 * MINUTE + 1, 'charged'],
  ] as const)('that was %s, with data as of %s', (state, _when, afterMs, charge) => {
    const late: Answer = { kind: 'done', asOf: noon + afterMs, newData: null };
    const decision = answered(late, 'look', { pull: { state }, now: noon + 3 * HOUR });
    expect(moneyAfter(decision)).toEqual([charge]);
    const isInTime = state === 'accepted' || afterMs <= 30 * MINUTE;
    expect(decision.task).toMatchObject({ state: isInTime ? 'succeeded' : 'failed', charge });
  });

  test.each<[string, Partial<Task>, Answer, string, Task['state']]>([
    ['a stamp alone', {}, done, 'uncertain', 'succeeded'],
    [
      'a stamp of some of it',
      {},
      { kind: 'partial', asOf: null, newData: null, products: ['BALANCES'] },
      'uncertain',
      'partial',
    ],
    ['the provider’s own task', { providerTaskId: 'job-1' }, done, 'charged', 'succeeded'],
    ['whoever made the call by permit', { executor: 'caller' }, done, 'charged', 'succeeded'],
  ])('and of which %s tells is as sure as that', (_who, task, answer, charge, state) => {
    const decision = answered(answer, 'look', { task, pull: { state: 'unknown' } });
    expect(decision.task).toMatchObject({ state, charge });
    expect(moneyAfter(decision)).toEqual([charge]);
    expect(written(decision.effects, 'connection')).toMatchObject([{ lastSuccessAt: expect.any(Number) }]);
  });

  test('that ends at the very last moment after all is done, not given up', () => {
    expect(answered(done, 'look', { now: noon + 30 * MINUTE }).task.state).toBe('succeeded');
  });
});

describe('a job that was not started for us', () => {
  const settled = { state: 'refused', endedAt: noon } as const;

  test('is free, though its data is ours too', () => {
    const decision = answered(done, 'look', {
      task: { charge: 'released' },
      pull: settled,
      facts: { entries: [reserved(), reserved({ kind: 'released' })] },
    });
    expect(moneyAfter(decision)).toEqual([]);
    expect(written(decision.effects, 'pull').filter((row) => row.id === 'pull_1')).toEqual([]);
    expect(decision.task).toMatchObject({ state: 'succeeded', charge: 'released' });
    expect(written(decision.effects, 'connection')).toMatchObject([{ lastSuccessAt: soon }]);
  });

  test('is known by an earlier task that holds it', () => {
    const accepted: Answer = { kind: 'accepted', providerTaskId: 'job-1', coalesced: false };
    const decision = answered(accepted, 'call', { facts: { earlierWithSameJob: true } });
    expect(moneyAfter(decision)).toEqual(['released']);
    expect(decision.task).toMatchObject({ state: 'running', providerTaskId: 'job-1', charge: 'released' });
  });

  test('leaves nothing uncertain when nobody tells how it ended', () => {
    const given = { task: { charge: 'released' as const }, pull: settled, now: noon + HOUR };
    expect(answered({ kind: 'pending' }, 'look', given).task).toMatchObject({ state: 'failed', charge: 'released' });
  });
});
