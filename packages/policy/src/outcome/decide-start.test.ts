import { describe, expect, test } from '@jest/globals';
import { MINUTE, SECOND } from '@freshet/domain';
import type { ClosureFacts, Connection, Pull, Task } from '@freshet/domain';
import {
  connection,
  connectionId,
  cooldown,
  counter,
  inputs,
  lease,
  noon,
  policy,
  pull,
  queued,
  reserved,
  running,
  twins,
  window,
} from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRelease, decideSending, stillHolds } from './decide-sending.js';
import { decideCancel, decideStart, type Lease, type StartDecision, type StartFacts } from './decide-start.js';

interface Given {
  readonly task?: Partial<Task>;
  readonly pull?: Partial<Pull>;
  readonly group?: readonly Connection[];
  readonly facts?: Partial<StartFacts>;
  readonly policy?: Partial<RefreshPolicy>;
  readonly lease?: Partial<Lease>;
  readonly now?: number;
  /** The group as the start saw it, where that was another. */
  readonly before?: readonly Connection[];
  /** Whether the worker's call is made for a customer who is there. */
  readonly attended?: boolean;
}

const startFacts = (given: Given): StartFacts => ({
  task: queued(given.task),
  pull: pull(given.pull),
  group: given.group ?? [connection()],
  closures: [],
  connectorOn: true,
  usage: {},
  entries: [reserved()],
  counters: [counter()],
  ...given.facts,
});

const start = (given: Given = {}): StartDecision =>
  decideStart(startFacts(given), policy(given.policy), lease(given.lease), inputs(given.now ?? noon));

const closure = (kind: ClosureFacts['kind'], until: number | null): ClosureFacts => ({
  scope: 'provider',
  scopeKey: '',
  kind,
  until,
});

describe('a queued task', () => {
  test('is taken under a lease with a fence of its own, and its place in the windows is now', () => {
    const { go, task, effects } = start({ now: noon + SECOND, task: { fence: 3, tries: 2 } });
    expect(go).toBe('call');
    expect(task.tries).toBe(2);
    expect(task).toMatchObject({ state: 'running', fence: 4, leaseOwner: 'worker', startedAt: noon + SECOND });
    expect(written(effects, 'pull')).toEqual([{ id: 'pull_1', at: noon + SECOND }]);
    expect(written(effects, 'ledgerEntry')).toEqual([]);
  });

  test('keeps the time of its first start when it is tried again', () => {
    expect(start({ task: { startedAt: noon - MINUTE } }).task.startedAt).toBe(noon - MINUTE);
  });

  test.each([
    ['another worker holds', noon + 1, 'held'],
    ['another worker held until this moment', noon, 'call'],
  ])('that %s: %s', (_what, leaseUntil, go) => {
    expect(start({ task: { leaseOwner: 'other', leaseUntil } }).go).toBe(go);
  });

  test('that runs already is not taken, and one that ended is over', () => {
    expect(start({ task: { state: 'running' } })).toMatchObject({ go: 'held', effects: [] });
    expect(start({ task: { state: 'cancelled' } })).toMatchObject({ go: 'ended', effects: [] });
  });
});

describe('what changed since it was decided', () => {
  test.each([
    ['became RECONNECT_REQUIRED', [connection('a', { status: 'RECONNECT_REQUIRED' })]],
    ['was deleted', [connection('a', { status: 'DELETED', active: false, credentials: null })]],
    ['is nowhere any more', []],
    ['bears a word that we do not know', [connection('a', { status: 'IMPEDED' })]],
    [
      'is in a group whose active one became so',
      [connection('z', { active: false }), ...twins({ status: 'UNRECOVERABLE' })],
    ],
  ])('a connection that %s: nothing is sent, the money released', (_what, group) => {
    const { go, task, effects } = start({ group, task: group.length > 2 ? { connectionId: connectionId('b') } : {} });
    expect(go).toBe('ended');
    expect(task).toMatchObject({
      state: 'failed',
      charge: 'released',
      error: { kind: 'not-refreshable' },
      dueAt: null,
    });
    expect(written(effects, 'pull')).toMatchObject([{ state: 'released', endedAt: noon, presence: null }]);
    expect(written(effects, 'ledgerEntry').map((row) => row.kind)).toEqual(['released']);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ reservedMicros: 0 }]);
  });

  test('a connection that was deleted while its call was in hand loses the credentials that it left for it', () => {
    const { effects } = start({ group: [connection('a', { status: 'DELETED', active: false })] });
    expect(written(effects, 'connection')).toEqual([{ id: connectionId('a'), credentials: null, updatedAt: noon }]);
  });

  test.each<[string, Partial<StartFacts>, Partial<RefreshPolicy>, number]>([
    ['the provider is paused', { closures: [closure('paused', null)] }, {}, noon + 30 * SECOND],
    ['it is in maintenance', { closures: [closure('maintenance', noon + MINUTE)] }, {}, noon + MINUTE],
    ['it told us to wait', { closures: [closure('limited', noon + MINUTE)] }, {}, noon + MINUTE],
    ['its connector is off', { connectorOn: false }, {}, noon + 30 * SECOND],
    [
      'a cooldown began',
      { usage: { cooldown: { count: 1, oldestAt: noon - MINUTE, latestAt: noon - MINUTE } } },
      { limits: [cooldown({ forMs: 5 * MINUTE })] },
      noon + 4 * MINUTE,
    ],
    [
      'a window filled up',
      { usage: { window: { count: 1, oldestAt: noon, latestAt: noon } } },
      { limits: [window({ count: 1, per: { shape: 'fixed', ms: MINUTE } })] },
      noon + MINUTE,
    ],
    [
      'its place is kept for the attended',
      {},
      { limits: [window({ count: 1, reserveForAttended: 1 })] },
      noon + 30 * SECOND,
    ],
    [
      'several: the last to open',
      { closures: [closure('limited', noon + MINUTE), closure('breaker', noon + 2 * MINUTE)] },
      {},
      noon + 2 * MINUTE,
    ],
  ])('%s: it waits, with all that it holds', (_what, seen, rules, dueAt) => {
    const { go, task, effects } = start({ facts: seen, policy: rules });
    expect(go).toBe('later');
    expect(task).toMatchObject({ state: 'queued', dueAt });
    expect(effects).toHaveLength(1);
  });

  test('what has opened by now holds nothing back', () => {
    const facts = { closures: [closure('limited', noon), closure('maintenance', noon - 1)] };
    expect(start({ facts }).go).toBe('call');
  });
});

describe('the customer who was there', () => {
  const attended = { attended: true };
  const until = (presenceUntil: number | null): Partial<Pull> => ({
    attended: true,
    presence: 'sealed',
    presenceUntil,
  });
  const onlyAttended: Partial<RefreshPolicy> = { forced: { available: true, unattended: false, executor: 'engine' } };
  const interactive = [connection('a', { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' })];

  test.each([
    ['is still there', noon + 1, 'call'],
    ['is gone this moment', noon, 'ended'],
    ['never was', null, 'ended'],
  ])('%s: where only the attended may, %s %s', (_what, presenceUntil, go) => {
    const given = { task: attended, pull: until(presenceUntil) };
    for (const decision of [start({ ...given, policy: onlyAttended }), start({ ...given, group: interactive })]) {
      expect(decision.go).toBe(go);
      if (go === 'ended') expect(decision.task).toMatchObject({ state: 'expired', charge: 'released' });
      else expect(decision.attended).toBe(true);
    }
  });

  test('and is gone: where anybody may, the call is made unattended', () => {
    expect(start({ task: attended, pull: until(noon + 1) })).toMatchObject({ go: 'call', attended: true });
    expect(start({ task: attended, pull: until(noon) })).toMatchObject({ go: 'call', attended: false });
  });

  test('and is gone: the limits for the unattended hold', () => {
    const limits = [window({ count: 2, applies: 'unattended' })];
    const usage = { window: { count: 2, oldestAt: noon - MINUTE, latestAt: noon } };
    expect(start({ task: attended, pull: until(noon + 1), policy: { limits }, facts: { usage } }).go).toBe('call');
    expect(start({ task: attended, pull: until(noon), policy: { limits }, facts: { usage } }).go).toBe('later');
  });

  test('is never waited for longer than they are there', () => {
    const closures = [closure('limited', noon + 10 * MINUTE)];
    const given = { task: attended, pull: until(noon + MINUTE), facts: { closures } };
    expect(start({ ...given, policy: onlyAttended }).task.dueAt).toBe(noon + MINUTE);
    expect(start(given).task.dueAt).toBe(noon + 10 * MINUTE);
  });

  test('was never there for an unattended task, whatever its pull says', () => {
    expect(start({ pull: until(noon + 1) })).toMatchObject({ go: 'call', attended: false });
  });
});

describe('the durable word before the call', () => {
  const send = (task: Partial<Task> = {}, values: Partial<Pull> = {}, given: Given = {}, fence = 1) =>
    decideSending(
      {
        task: running({ attempts: 0, giveUpAt: null, ...task }),
        pull: pull(values),
        group: given.group ?? [connection()],
        closures: given.facts?.closures ?? [],
        before: given.group ?? [connection()],
      },
      fence,
      given.attended ?? true,
      policy(given.policy),
      lease(given.lease),
      inputs(given.now ?? noon),
    );

  test('counts the attempt, bounds the wait, erases the presence and dates the pull', () => {
    const { go, effects } = send({}, { presence: 'sealed', presenceUntil: noon + MINUTE }, { now: noon + SECOND });
    expect(go).toBe('send');
    expect(written(effects, 'task')).toEqual([{ id: 'task_1', attempts: 1, giveUpAt: noon + SECOND + 30 * MINUTE }]);
    expect(written(effects, 'pull')).toEqual([
      {
        id: 'pull_1',
        state: 'sent',
        at: noon + SECOND,
        sentAt: noon + SECOND,
        attended: true,
        presence: null,
        presenceUntil: null,
      },
    ]);
    expect(written(effects, 'connection')).toMatchObject([
      { lastAttemptAt: noon + SECOND, lastForcedAt: noon + SECOND },
    ]);
  });

  test.each<[string, Partial<Task>, Partial<Pull>, Given, number]>([
    ['an older fence', {}, {}, {}, 0],
    ['a fence that is not yet', {}, {}, {}, 2],
    ['a lease of another', { leaseOwner: 'other' }, {}, {}, 1],
    ['a lease that has run out', {}, {}, { lease: { realNow: noon + MINUTE } }, 1],
    ['a task that ended', { state: 'failed' }, {}, {}, 1],
    ['a task that was queued again', { state: 'queued' }, {}, {}, 1],
    ['a pull that was sent already', {}, { state: 'sent' }, {}, 1],
    ['a pull that was released', {}, { state: 'released' }, {}, 1],
  ])('is not written with %s', (_what, task, values, given, fence) => {
    expect(send(task, values, given, fence)).toEqual({ go: 'held', effects: [] });
  });

  test('is written up to the last millisecond of the lease', () => {
    expect(send({}, {}, { lease: { realNow: noon + MINUTE - 1 } }).go).toBe('send');
    expect(stillHolds(running(), 1, lease({ realNow: noon + MINUTE - 1 }))).toBe(true);
    expect(stillHolds(running({ leaseUntil: null }), 1, lease())).toBe(false);
  });

  test.each([
    ['a fixed window', window({ per: { shape: 'fixed', ms: MINUTE } }), noon + MINUTE],
    ['a calendar window', window({ per: { shape: 'calendar', unit: 'day', timeZone: 'UTC' } }), Date.UTC(2026, 2, 3)],
    ['a rolling window', window({ per: { shape: 'rolling', ms: MINUTE } }), noon + MINUTE],
    ['a cooldown', cooldown({ forMs: MINUTE }), noon + MINUTE],
  ])('held up until %s has turned: asked anew instead, with all that it holds', (_what, limit, turns) => {
    const given = { policy: { limits: [limit] } };
    expect(send({}, {}, { ...given, now: turns - 1 }).go).toBe('send');
    const late = send({}, {}, { ...given, now: turns });
    expect(late.go).toBe('later');
    expect(late.effects).toHaveLength(1);
    expect(written(late.effects, 'task')).toEqual([
      { id: 'task_1', state: 'queued', leaseOwner: null, leaseUntil: null, dueAt: turns },
    ]);
  });
});

describe('what came between the start and the word', () => {
  const send = (given: Given) =>
    decideSending(
      {
        task: running({ attempts: 0, giveUpAt: null }),
        pull: pull({ presence: 'sealed', presenceUntil: noon + MINUTE }),
        group: given.group ?? [connection()],
        closures: given.facts?.closures ?? [],
        before: given.before ?? given.group ?? [connection()],
      },
      1,
      given.attended ?? false,
      policy(given.policy),
      lease(),
      inputs(given.now ?? noon),
    );
  const onlyAttended: Partial<RefreshPolicy> = { forced: { available: true, unattended: false, executor: 'engine' } };
  const interactive = [connection('a', { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' })];

  test.each<[string, Given]>([
    ['a pause', { facts: { closures: [closure('paused', null)] } }],
    ['a block that was told', { facts: { closures: [closure('limited', noon + 1)] } }],
    ['a deletion', { group: [connection('a', { status: 'DELETED', active: false })] }],
    ['a lost login', { group: [connection('a', { status: 'RECONNECT_REQUIRED' })] }],
    ['a status that needs the customer', { group: interactive }],
    ['a rule that needs the customer', { policy: onlyAttended }],
    ['data of another pull', { before: [connection()], group: [connection('a', { lastSuccessAt: noon })] }],
    ['a background pull', { before: [connection()], group: [connection('a', { lastBackgroundAt: noon })] }],
    ['a repair', { before: [connection()], group: [connection('a', { statusToldAt: noon })] }],
    ['a twin', { before: [connection()], group: [connection(), connection('b')] }],
    ['another one in its place', { before: [connection()], group: [connection('b')] }],
  ])('%s: nothing is sent, and the task is queued again with all that it holds', (_what, given) => {
    const { go, effects } = send(given);
    expect(go).toBe('later');
    expect(effects).toHaveLength(1);
    expect(written(effects, 'task')).toEqual([
      { id: 'task_1', state: 'queued', leaseOwner: null, leaseUntil: null, dueAt: noon },
    ]);
  });

  test.each<[string, Given]>([
    ['a block that ends this moment', { facts: { closures: [closure('limited', noon)] } }],
    ['an outage', { group: [connection('a', { status: 'DEGRADED' })] }],
    ['a status that needs the customer, who is there', { group: interactive, attended: true }],
    ['a rule that needs the customer, who is there', { policy: onlyAttended, attended: true }],
  ])('%s does not hold it back', (_what, given) => {
    expect(send(given).go).toBe('send');
  });
});

describe('a lease whose holder is gone', () => {
  const release = (task: Partial<Task>, values: Partial<Pull>, realNow = noon + MINUTE) =>
    decideRelease({ task: running(task), pull: pull(values) }, realNow, inputs(noon + MINUTE)).effects;

  test('before anything was sent: queued again, with all that it holds', () => {
    const effects = release({}, { state: 'reserved' });
    expect(effects).toHaveLength(1);
    expect(written(effects, 'task')).toMatchObject([
      { state: 'queued', leaseOwner: null, dueAt: noon + MINUTE, tries: 1 },
    ]);
  });

  test('after: unknown, looked for, never sent again by itself', () => {
    const effects = release({}, { state: 'sent' });
    expect(written(effects, 'task')).toEqual([
      { id: 'task_1', leaseOwner: null, leaseUntil: null, dueAt: noon + MINUTE },
    ]);
    expect(written(effects, 'pull')).toEqual([{ id: 'pull_1', state: 'unknown' }]);
  });

  test.each(['accepted', 'unknown', 'refused'] as const)('with a pull that is %s: only the lease is freed', (state) => {
    expect(written(release({}, { state }), 'pull')).toEqual([]);
  });

  test.each<[string, Partial<Task>, number]>([
    ['that has a millisecond left', {}, noon + MINUTE - 1],
    ['of a task that has ended', { endedAt: noon, state: 'failed' }, noon + MINUTE],
    ['that nobody has', { leaseOwner: null, leaseUntil: null }, noon + MINUTE],
  ])('%s stays', (_what, task, realNow) => {
    expect(release(task, { state: 'sent' }, realNow)).toEqual([]);
  });
});

describe('a cancellation', () => {
  const cancel = (task: Task) =>
    decideCancel({ task, pull: pull(), entries: [reserved()], counters: [counter()], group: [connection()] }, inputs());

  test('of a queued task gives everything back', () => {
    const { cancelled, task, effects } = cancel(queued());
    expect(cancelled).toBe(true);
    expect(task).toMatchObject({ state: 'cancelled', charge: 'released', endedAt: noon, dueAt: null });
    expect(written(effects, 'pull')).toMatchObject([{ state: 'released', presence: null }]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ reservedMicros: 0, chargedMicros: 0 }]);
  });

  test.each([
    ['of one that is deleted erases what it left of its credentials', { status: 'DELETED' }, [null]],
    ['of a living one leaves them', {}, []],
  ])('%s', (_what, values, erased) => {
    const group = [connection('a', values)];
    const held = { pull: pull(), entries: [reserved()], counters: [counter()], group };
    const { effects } = decideCancel({ task: queued(), ...held }, inputs());
    expect(written(effects, 'connection').map(({ credentials }) => credentials)).toEqual(erased);
  });

  test.each(['running', 'succeeded', 'partial', 'failed', 'reconnect_required', 'expired', 'cancelled'] as const)(
    'of one that is %s changes nothing',
    (state) => {
      expect(cancel(queued({ state }))).toMatchObject({ cancelled: false, effects: [] });
    },
  );
});
