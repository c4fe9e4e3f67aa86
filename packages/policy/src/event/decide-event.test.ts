import { describe, expect, test } from '@jest/globals';
import { HOUR, idOf, MINUTE } from '@freshet/domain';
import type { Connection, ProviderEvent, Task, Pull } from '@freshet/domain';
import {
  connection,
  connectionId,
  DAY,
  inputs,
  noon,
  policy,
  pull,
  queued,
  running,
  taskId,
  twins,
  unlearned,
  providerManaged,
} from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { RefreshPolicy } from '../policy.js';
import { decideEvent, type EventFacts } from './decide-event.js';

type Handled = Exclude<ProviderEvent, { kind: 'ignored' }>;
type Given = Partial<EventFacts> & { readonly policy?: Partial<RefreshPolicy>; readonly now?: number };

const about = { externalId: 'ext-a', at: noon };
const now = noon + MINUTE;

const taken = (event: Handled, { policy: rules, now: at = now, ...given }: Given = {}) => {
  const own = given.connection ?? connection();
  const facts = {
    connection: own,
    group: [own],
    joins: [],
    openTask: null,
    awaitedPull: null,
    holdings: {},
    learning: unlearned,
    lastPull: null,
    lastLink: null,
    earlierBackgroundAt: null,
    counters: [],
    ...given,
  };
  return decideEvent(facts, event, policy(rules), inputs(at)).effects;
};

const rowOf = (effects: ReturnType<typeof taken>, name = 'a') =>
  written(effects, 'connection').find((row) => row.id === connectionId(name));
const after = (from: Connection, effects: ReturnType<typeof taken>, name = 'a'): Connection => ({
  ...from,
  ...rowOf(effects, name),
});

const aggregated: Handled = { ...about, kind: 'aggregated', products: ['BALANCES'], newData: true };
const waiting = (values: Parameters<typeof running>[0] = {}) =>
  running({ leaseOwner: null, leaseUntil: null, ...values });

describe('data that the provider pulled by itself', () => {
  test('makes its products fresh and counts as a background pull', () => {
    const effects = taken(aggregated);
    expect(rowOf(effects)).toMatchObject({
      freshness: { BALANCES: noon, TRANSACTIONS: noon - DAY },
      lastSuccessAt: noon,
      staleAt: noon + 2 * DAY,
    });
    expect(written(effects, 'pull')).toMatchObject([
      { origin: 'background', state: 'succeeded', at: noon, endedAt: noon, newData: true, products: ['BALANCES'] },
    ]);
  });

  test.each<[string, Partial<Connection>, boolean, string | undefined]>([
    ['an outage', { status: 'DEGRADED', statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' }, true, 'ACTIVE'],
    [
      'its own word that needs the customer',
      { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' },
      true,
      undefined,
    ],
    ['our own such word', { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' }, false, 'ACTIVE'],
  ])('takes back %s or leaves it, by who tells statuses', (_what, values, tellsStatus, status) => {
    const row = rowOf(taken(aggregated, { connection: connection('a', values), tellsStatus }));
    expect(row).toMatchObject({ lastSuccessAt: noon });
    expect(row?.status).toBe(status);
  });

  test('is of now, where the provider says a time to come', () => {
    expect(rowOf(taken({ ...aggregated, at: noon + HOUR }))?.lastSuccessAt).toBe(now);
  });

  test('ends the connect, repair or import that waited for it', () => {
    const awaitedPull = pull({ id: idOf('pull', 'connect'), origin: 'connect', state: 'accepted' });
    expect(written(taken(aggregated, { awaitedPull }), 'pull')).toEqual([
      { id: 'pull_connect', state: 'succeeded', at: noon, endedAt: noon, newData: true, sinceAt: noon - DAY },
    ]);
  });

  describe('soon after a pull that is counted', () => {
    const forcedPull = pull({
      id: idOf('pull', 'ours'),
      state: 'succeeded',
      at: noon - MINUTE,
      endedAt: noon - MINUTE,
    });
    const echoes = (lastPull: Pull, event = aggregated) => taken(event, { lastPull });

    test('is of that pull: fresh, but neither a background pull nor a look', () => {
      const effects = echoes(forcedPull);
      expect(written(effects, 'pull')).toEqual([]);
      expect(written(effects, 'connectionRates')).toEqual([]);
      expect(rowOf(effects)).toMatchObject({ lastSuccessAt: noon });
      expect(rowOf(effects)).not.toHaveProperty('lastBackgroundAt');
    });

    test('adds its products to a background pull', () => {
      const first = { ...forcedPull, origin: 'background', products: ['TRANSACTIONS'] } as const;
      expect(written(echoes(first), 'pull')).toEqual([
        { id: first.id, products: ['TRANSACTIONS', 'BALANCES'], newData: true },
      ]);
    });

    test.each([
      [15 * MINUTE, []],
      [15 * MINUTE + 1, ['background']],
    ])('%d ms after it: %j', (later, origins) => {
      const earlier = { ...forcedPull, at: noon - later, endedAt: noon - later };
      expect(written(echoes(earlier), 'pull').map(({ origin }) => origin)).toEqual(origins);
    });

    test.each([
      ['a day after the last one', noon - DAY, ['background']],
      ['an hour off', noon - DAY - HOUR, ['background']],
      ['more than an hour off', noon - DAY - HOUR - 1, []],
      ['as a second word of the last one', noon - 10 * MINUTE, []],
    ])("where the provider's own was due %s: %j", (_what, lastBackgroundAt, origins) => {
      const own = connection('a', { lastBackgroundAt });
      const effects = taken(aggregated, {
        connection: own,
        lastPull: forcedPull,
        policy: { background: providerManaged },
      });
      expect(written(effects, 'pull').map(({ origin }) => origin)).toEqual(origins);
    });

    test('of one of ours that was given up while nobody knew, too', () => {
      const lost = { ...forcedPull, state: 'unknown', at: noon - 40 * MINUTE, endedAt: noon - 10 * MINUTE } as const;
      expect(written(echoes(lost), 'pull')).toEqual([]);
    });
  });

  test('that it made by itself tells its hours', () => {
    expect(rowOf(taken(aggregated))).toMatchObject({ lastBackgroundAt: noon });
  });

  test('heals a degraded connection', () => {
    const degraded = connection('a', {
      status: 'DEGRADED',
      statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE',
      consecutiveFailures: 2,
    });
    expect(rowOf(taken(aggregated, { connection: degraded }))).toMatchObject({
      status: 'ACTIVE',
      consecutiveFailures: 0,
    });
  });

  test('of a running refresh is looked for by its task, at once', () => {
    const effects = taken(aggregated, { openTask: waiting() });
    expect(effects).toHaveLength(1);
    expect(written(effects, 'task')).toEqual([{ id: 'task_1', dueAt: now }]);
    expect(taken(aggregated, { openTask: running() })).toEqual([]);
  });

  test('while a refresh only waits to be called is taken for what it is', () => {
    const effects = taken(aggregated, { openTask: queued() });
    expect(rowOf(effects)?.lastSuccessAt).toBe(noon);
    expect(written(effects, 'pull')).toHaveLength(1);
  });

  test('of an inactive twin makes the active one fresh: it is one provider connection', () => {
    const [a, b] = twins();
    const effects = taken(aggregated, { connection: b, group: [a, b] });
    expect(rowOf(effects, 'a')?.lastSuccessAt).toBe(noon);
    expect(rowOf(effects, 'b')).toBeUndefined();
  });

  test('told twice changes nothing the second time', () => {
    const first = taken(aggregated);
    const [lastPull] = written(first, 'pull') as readonly Pull[];
    expect(taken(aggregated, { connection: after(connection(), first), lastPull: lastPull ?? null })).toEqual([]);
  });

  test('told late says nothing of how the connection is now', () => {
    const broken = connection('a', {
      lastSuccessAt: noon + HOUR,
      freshness: { BALANCES: noon + HOUR },
      consecutiveFailures: 1,
    });
    const older = taken(aggregated, { connection: broken, now: noon + DAY });
    expect(written(older, 'pull')).toMatchObject([{ origin: 'background', at: noon, sinceAt: null }]);
    expect(written(older, 'statusChange')).toEqual([]);
    for (const column of ['freshness', 'lastSuccessAt', 'consecutiveFailures', 'status'])
      expect(rowOf(older)).not.toHaveProperty(column);
    const transactions: Handled = { ...aggregated, products: ['TRANSACTIONS'] };
    const row = rowOf(taken(transactions, { connection: { ...broken, status: 'DEGRADED' }, now: noon + DAY }));
    expect(row?.freshness).toEqual({ BALANCES: noon + HOUR, TRANSACTIONS: noon });
    expect(row).not.toHaveProperty('status');
    expect(row).not.toHaveProperty('consecutiveFailures');
    expect(row).not.toHaveProperty('lastSuccessAt');
  });

  test('does not outrank a newer word of the provider', () => {
    const told = connection('a', { status: 'DEGRADED', statusToldAt: noon + 1 });
    expect(rowOf(taken(aggregated, { connection: told }))).not.toHaveProperty('status');
    expect(rowOf(taken(aggregated, { connection: { ...told, statusToldAt: noon } }))?.status).toBe('ACTIVE');
  });
});

describe('a status that the provider tells', () => {
  const told = (status: string, reason: string | null = null, at = noon): Handled => ({
    ...about,
    at,
    kind: 'status-told',
    status,
    reason,
  });

  test('is taken with its time, its history, and wakes the task that looks', () => {
    const effects = taken(told('DEGRADED', 'INSTITUTION_ACTION_REQUIRED'), { openTask: waiting() });
    expect(rowOf(effects)).toMatchObject({
      status: 'DEGRADED',
      statusReason: 'INSTITUTION_ACTION_REQUIRED',
      statusToldAt: noon,
    });
    expect(written(effects, 'statusChange')).toMatchObject([
      { event: 'provider_named', fromStatus: 'ACTIVE', toStatus: 'DEGRADED', cause: 'whk_1', at: now },
    ]);
    expect(written(effects, 'task')).toEqual([{ id: 'task_1', dueAt: now }]);
  });

  test('in words that we do not know is kept verbatim', () => {
    expect(rowOf(taken(told('IMPEDED', 'WEATHER')))).toMatchObject({ status: 'IMPEDED', statusReason: 'WEATHER' });
  });

  test('EXPIRED of the active twin leaves its group to the next, with the status that it had; of an inactive one, as it was', () => {
    const [a, b] = twins({ status: 'DEGRADED', statusReason: 'INSTITUTION_ACTION_REQUIRED' });
    const group = [a, b];
    const ended = taken(told('EXPIRED'), { connection: a, group });
    expect(rowOf(ended)).toMatchObject({ status: 'EXPIRED', statusReason: null, groupKey: a.id });
    expect(rowOf(ended, 'b')).toMatchObject({
      active: true,
      status: 'DEGRADED',
      statusReason: 'INSTITUTION_ACTION_REQUIRED',
    });
    const other = taken(told('EXPIRED'), { connection: b, group });
    expect(rowOf(other, 'b')).toMatchObject({ status: 'EXPIRED', groupKey: b.id });
    expect(rowOf(other)).toBeUndefined();
  });

  test('told twice is history once', () => {
    const word = told('DEGRADED');
    expect(taken(word, { connection: after(connection(), taken(word)) })).toEqual([]);
  });

  test('overtaken by a newer one changes nothing', () => {
    const newer = connection('a', { statusToldAt: noon + 1 });
    expect(taken(told('RECONNECT_REQUIRED', 'LOGIN_REQUIRED'), { connection: newer })).toEqual([]);
  });

  test('of an inactive twin that is well again makes it the active one', () => {
    const [a, b] = twins();
    const effects = taken(told('DEGRADED'), { connection: b, group: [a, b] });
    expect(rowOf(effects, 'b')).toMatchObject({ active: true, status: 'DEGRADED' });
    expect(rowOf(effects, 'a')).toMatchObject({ active: false, statusReason: 'INACTIVE_DUPLICATE' });
  });

  test.each([
    ['stays inactive', told('PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE'), null],
    ['is well, but was told something newer since', told('ACTIVE'), noon + 1],
    ['is well, told a second time after it lost its place again', told('ACTIVE'), noon],
  ])('of an inactive twin that %s leaves the places as they are', (_what, word, statusToldAt) => {
    const [a, b] = twins({}, { statusToldAt });
    const effects = taken(word, { connection: b, group: [a, b] });
    expect(written(effects, 'statusChange')).toEqual([]);
    expect(written(effects, 'connection').some((row) => row.active !== undefined)).toBe(false);
  });

  test.each([
    ['that the active one is inactive: its heir says so', told('PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE')],
    ['that it is deleted: an event of its own says so', told('DELETED')],
  ])('is not believed where it says %s', (_what, word) => {
    expect(written(taken(word), 'statusChange')).toEqual([]);
  });
});

describe('a completed link', () => {
  const linked = (at = noon, providerConnectionId: string | null = null): Handled => ({
    ...about,
    at,
    kind: 'link-completed',
    providerConnectionId,
  });
  const connecting = connection('a', {
    status: 'IN_PROGRESS',
    connectedAt: noon - HOUR,
    lastSuccessAt: null,
    freshness: {},
  });

  test('of a new connection makes it ACTIVE, and the first pull is awaited', () => {
    const effects = taken(linked(), { connection: connecting });
    expect(rowOf(effects)).toMatchObject({ status: 'ACTIVE', connectedAt: noon });
    expect(written(effects, 'statusChange')).toMatchObject([{ event: 'connect_completed' }]);
    expect(written(effects, 'pull')).toMatchObject([{ origin: 'connect', state: 'accepted', at: noon, endedAt: null }]);
  });

  test('of a broken one mends it', () => {
    const broken = connection('a', {
      status: 'RECONNECT_REQUIRED',
      statusReason: 'LOGIN_REQUIRED',
      consecutiveFailures: 2,
    });
    const effects = taken(linked(), { connection: broken });
    expect(rowOf(effects)).toMatchObject({ status: 'ACTIVE', statusReason: null, consecutiveFailures: 0 });
    expect(rowOf(effects)).not.toHaveProperty('connectedAt');
    expect(written(effects, 'pull')).toMatchObject([{ origin: 'repair', state: 'accepted' }]);
  });

  test.each([
    ['taken for it where it is the provider’s own', null, [{ origin: 'repair', sentAt: noon }]],
    ['left as it is where it is of a permit that fell due', taskId('own'), [{ origin: 'repair', state: 'accepted' }]],
  ])('whose data may have come before: a background pull is %s', (_what, ofTask, expected) => {
    const lastPull = pull({ origin: 'background', state: 'succeeded', at: noon, endedAt: noon, taskId: ofTask });
    const effects = taken(linked(), { connection: connection('a', { status: 'RECONNECT_REQUIRED' }), lastPull });
    expect(effects.filter((effect) => effect.do === 'insert' && effect.record === 'pull')).toHaveLength(
      ofTask === null ? 0 : 1,
    );
    expect(written(effects, 'pull')).toMatchObject(expected);
  });

  test('of a new connection, told again, does not mend what broke since', () => {
    const broken = { ...after(connecting, taken(linked(), { connection: connecting })), status: 'RECONNECT_REQUIRED' };
    expect(taken(linked(), { connection: broken })).toEqual([]);
  });

  test('that was overtaken by a newer word of the provider does not mend what broke since', () => {
    const broken = connection('a', { status: 'RECONNECT_REQUIRED', statusToldAt: noon + 1 });
    expect(rowOf(taken(linked(), { connection: broken }))?.status).toBeUndefined();
    expect(rowOf(taken(linked(noon + 1), { connection: broken }))?.status).toBe('ACTIVE');
  });

  const other = connection('b', { providerConnectionId: 'mem-1', groupKey: '["connection","MX","mem-1"]' });

  test('that shows it to be a twin makes it the active one: linked last, it is the one that is kept up', () => {
    const effects = taken(linked(noon, 'mem-1'), { connection: connecting, joins: [other] });
    expect(rowOf(effects, 'a')).toMatchObject({
      groupKey: other.groupKey,
      status: 'ACTIVE',
      providerConnectionId: 'mem-1',
    });
    expect(rowOf(effects, 'b')).toMatchObject({ active: false, statusReason: 'INACTIVE_DUPLICATE' });
    expect(written(effects, 'connection').map((row) => row.id)).toEqual([connectionId('b'), connectionId('a')]);
    expect(written(effects, 'pull')).toMatchObject([{ groupKey: other.groupKey }]);
  });

  test('that shows a mended one to be a twin leaves one active, too', () => {
    const effects = taken(linked(noon, 'mem-1'), { joins: [other] });
    expect(rowOf(effects, 'a')).toMatchObject({ groupKey: other.groupKey });
    expect(rowOf(effects, 'b')).toMatchObject({ active: false });
  });

  test('that takes the active one elsewhere leaves its place to the next, with its status', () => {
    const [a, b] = twins({ status: 'DEGRADED' });
    const effects = taken(linked(noon, 'mem-2'), { connection: a, group: [a, b] });
    expect(rowOf(effects, 'a')).toMatchObject({ groupKey: '["connection","MX","mem-2"]', status: 'ACTIVE' });
    expect(rowOf(effects, 'b')).toMatchObject({ active: true, status: 'DEGRADED', statusReason: null });
  });

  test('where twins are billed apart groups nothing', () => {
    const effects = taken(linked(noon, 'mem-1'), { connection: connecting, policy: { duplicates: 'twins' } });
    expect(rowOf(effects)).not.toHaveProperty('groupKey');
  });
});

describe('a link that moves a connection into another group', () => {
  const linked: Handled = { ...about, kind: 'link-completed', providerConnectionId: 'mem-1' };
  const key = '["connection","MX","mem-1"]';
  const other = connection('b', { providerConnectionId: 'mem-1', groupKey: key });
  const own = connection();
  const held = { openTask: null, pulls: [], closures: [], rates: null };
  const twinsTask = running({ id: taskId('b'), connectionId: other.id, groupKey: key });
  const decided = (ownTask: Task | null, othersTask: Task | null) =>
    decideEvent(
      {
        ...{
          connection: own,
          group: [own],
          joins: [other],
          openTask: ownTask,
          awaitedPull: null,
          learning: unlearned,
          lastPull: null,
          lastLink: null,
          earlierBackgroundAt: null,
          counters: [],
        },
        holdings: {
          [own.groupKey]: { ...held, openTask: ownTask, pulls: [pull({ state: 'succeeded' })] },
          [key]: { ...held, openTask: othersTask },
        },
      },
      linked,
      policy(),
      inputs(now),
    );

  test('takes its open refresh and its pulls along', () => {
    const { waits, effects } = decided(running(), null);
    expect(waits).toBe(false);
    expect(written(effects, 'task')).toEqual([{ id: taskId('1'), groupKey: key }]);
    expect(written(effects, 'pull')).toMatchObject([{ id: 'pull_1', groupKey: key }, { origin: 'repair' }]);
  });

  test('waits, and changes nothing, while a refresh is open on both sides', () => {
    expect(decided(running(), twinsTask)).toEqual({ waits: true, effects: [] });
  });

  test('does not wait for the refresh of the others alone', () => {
    expect(decided(null, twinsTask)).toMatchObject({ waits: false });
  });
});

describe('a consent', () => {
  test('that ended needs the customer', () => {
    const effects = taken({ ...about, kind: 'consent-ended' }, { openTask: waiting() });
    expect(rowOf(effects)).toMatchObject({ status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED' });
    expect(written(effects, 'task')).toHaveLength(1);
  });

  test('that ended before the newest word of the provider does not', () => {
    expect(
      taken({ ...about, kind: 'consent-ended' }, { connection: connection('a', { statusToldAt: noon + 1 }) }),
    ).toEqual([]);
  });

  test('that was renewed mends the connection, and its end is known', () => {
    const ended = connection('a', {
      status: 'RECONNECT_REQUIRED',
      statusReason: 'TOKEN_EXPIRED',
      consecutiveFailures: 1,
    });
    const renewed: Handled = { ...about, kind: 'consent-renewed', consentExpiresAt: noon + 90 * DAY };
    expect(rowOf(taken(renewed, { connection: ended }))).toMatchObject({
      status: 'ACTIVE',
      consentExpiresAt: noon + 90 * DAY,
      consecutiveFailures: 0,
    });
    const again = after(ended, taken(renewed, { connection: ended }));
    expect(taken(renewed, { connection: again })).toEqual([]);
    expect(rowOf(taken(renewed, { connection: { ...ended, statusToldAt: noon + 1 } }))?.status).toBeUndefined();
  });

  // Nobody logged in anew: only where the renewal mends what the failures made are they forgotten with it.
  test.each([
    ['ACTIVE', 'ACCESS_EXPIRING_SOON', undefined],
    ['DEGRADED', 'INSTITUTION_ACTION_REQUIRED', 0],
    ['UNRECOVERABLE', 'CONTINUED_AGGREGATION_FAILURES', 0],
  ])('that was renewed while %s (%s) sets the failures in a row to %s', (status, statusReason, failures) => {
    const failing = connection('a', { status, statusReason, consecutiveFailures: 2 });
    const row = rowOf(taken({ ...about, kind: 'consent-renewed', consentExpiresAt: null }, { connection: failing }));
    expect(row?.consecutiveFailures).toBe(failures);
  });

  test('that was renewed without a date keeps the old one', () => {
    const known = connection('a', { consentExpiresAt: noon + DAY });
    const effects = taken({ ...about, kind: 'consent-renewed', consentExpiresAt: null }, { connection: known });
    expect(rowOf(effects)).not.toHaveProperty('consentExpiresAt');
  });

  const renewedBlind: Handled = { ...about, kind: 'consent-renewed', consentExpiresAt: null };
  test.each<[string, number | null, number | null, number | null | undefined]>([
    ['lasts as long as the catalogue says', 90 * DAY, noon - DAY, noon + 90 * DAY],
    ['lasts so long where its end was not known', 90 * DAY, null, noon + 90 * DAY],
    ['is never shortened by it', 90 * DAY, noon + 91 * DAY, undefined],
    ['of unknown life has no end that has passed', null, noon, null],
  ])('that was renewed without a date %s', (_what, lifeMs, before, expected) => {
    const own = connection('a', { consentExpiresAt: before });
    const consent = { ...policy().consent, lifeMs };
    expect(rowOf(taken(renewedBlind, { connection: own, policy: { consent } }))?.consentExpiresAt).toBe(expected);
  });

  test('that ended before it was renewed stays renewed, whichever is told first', () => {
    const renewed = after(connection(), taken({ ...renewedBlind, at: noon + 1 }));
    expect(taken({ ...about, kind: 'consent-ended' }, { connection: renewed })).toEqual([]);
  });
});

describe('other news', () => {
  test('of accounts that appeared is the reason of an ACTIVE connection, once', () => {
    const event: Handled = { ...about, kind: 'new-accounts' };
    const effects = taken(event);
    expect(rowOf(effects)).toMatchObject({ statusReason: 'NEW_ACCOUNTS_AVAILABLE' });
    expect(taken(event, { connection: after(connection(), effects) })).toEqual([]);
    expect(taken(event, { connection: connection('a', { status: 'DEGRADED' }) })).toEqual([]);
  });

  const ended: Handled = { ...about, kind: 'job-ended', providerTaskId: 'job-1' };

  test('of a job that ended wakes the task that waits for it, and nothing else', () => {
    expect(taken(ended, { openTask: waiting({ id: taskId('9') }) })).toHaveLength(1);
    expect(taken(ended, { openTask: queued() })).toEqual([]);
    expect(taken(ended, { openTask: waiting({ executor: 'caller' }) })).toEqual([]);
    expect(taken(ended)).toEqual([]);
  });

  test('of a deletion leaves its place to the most recently refreshed of the rest, with its status', () => {
    const [a, b] = twins({ status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' });
    const c = { ...b, id: connectionId('c'), lastSuccessAt: noon - HOUR };
    const effects = taken({ ...about, kind: 'deleted' }, { connection: a, group: [a, b, c] });
    expect(rowOf(effects, 'a')).toMatchObject({ status: 'DELETED', active: false, credentials: null });
    expect(rowOf(effects, 'c')).toMatchObject({
      active: true,
      status: 'DEGRADED',
      statusReason: 'INTERACTIVE_REFRESH',
    });
    expect(rowOf(effects, 'b')).toBeUndefined();
  });

  test.each([
    ['runs is looked for with its credentials', waiting(), undefined],
    ['waits needs none', queued(), null],
    ['is read by its caller needs none', running({ executor: 'caller' }), null],
    ['is a twin’s needs none of these', running({ connectionId: connectionId('b') }), null],
  ])('of a deletion: a refresh that %s', (_what, openTask, credentials) => {
    expect(rowOf(taken({ ...about, kind: 'deleted' }, { openTask }))?.credentials).toBe(credentials);
  });

  test.each<Handled>([
    aggregated,
    ended,
    { ...about, kind: 'deleted' },
    { ...about, kind: 'consent-ended' },
    { ...about, kind: 'status-told', status: 'ACTIVE', reason: null },
    { ...about, kind: 'link-completed', providerConnectionId: null },
  ])('of a deleted connection is too late: $kind', (event) => {
    expect(taken(event, { connection: connection('a', { status: 'DELETED', active: false }) })).toEqual([]);
  });
});
