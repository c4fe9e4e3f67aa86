import { describe, expect, test } from '@jest/globals';
import { idOf, insert, isOpen, isTerminal, MINUTE, standingOf, update } from '@freshet/domain';
import type { Connection, ProviderEvent, RefreshAnswer } from '@freshet/domain';
import fc from 'fast-check';
import {
  decideDelete,
  decideEvent,
  decideImport,
  decideOutcome,
  keyToldBy,
  importedKey,
  type HoldingsByKey,
  type ImportItem,
} from '../src/index.js';
import { inputs, noon, policy, pull, running, taskId, tenant, unlearned } from './given.js';
import { kept, type Kept } from './tables.js';

type Event = Exclude<ProviderEvent, { kind: 'ignored' }>;
type Step =
  | { readonly do: 'import'; readonly items: readonly ImportItem[] }
  | { readonly do: 'delete'; readonly which: number }
  /** A refresh of it is opened, unless one of its group is; or ended. */
  | { readonly do: 'open' | 'end'; readonly which: number }
  | { readonly do: 'event'; readonly which: number; readonly event: Event }
  | { readonly do: 'refresh'; readonly which: number; readonly answer: RefreshAnswer };

const rules = policy();
const which = fc.nat(9);
const word = fc.constantFrom(
  { status: 'ACTIVE', reason: null },
  { status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH' },
  { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' },
  { status: 'PARTIALLY_ACTIVE', reason: 'INACTIVE_DUPLICATE' },
  { status: 'PARTIALLY_ACTIVE', reason: 'PARTIAL_AGGREGATION_SUCCESS' },
  { status: 'EXPIRED', reason: null },
  { status: 'DELETED', reason: null },
  { status: 'IN_PROGRESS', reason: null },
  { status: 'IMPEDED', reason: null },
);
const time = fc.integer({ min: noon - 5 * MINUTE, max: noon + 5 * MINUTE });
const member = fc.constantFrom('mem-1', 'mem-2', undefined);

/** Four identities at two provider connections, so that groups meet, part and empty. */
const item: fc.Arbitrary<ImportItem> = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    providerConnectionId: member,
    given: fc.option(word, { nil: undefined }),
    lastSuccessAt: fc.option(time, { nil: undefined }),
  })
  .map(({ name, given, ...values }) => ({
    externalId: name,
    connector: 'meld',
    provider: 'MX',
    customerId: 'customer-1',
    institutionId: 'bank-1',
    products: ['BALANCES' as const],
    status: given?.status,
    statusReason: given?.reason ?? undefined,
    ...values,
  }));

const about = { externalId: '' };
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ at: time, word }).map(({ at, word: told }): Event => ({ ...about, at, kind: 'status-told', ...told })),
  fc
    .record({ at: time, providerConnectionId: fc.constantFrom('mem-1', 'mem-2', null) })
    .map((values): Event => ({ ...about, kind: 'link-completed', ...values })),
  fc
    .record({ at: time })
    .map(({ at }): Event => ({ ...about, at, kind: 'aggregated', products: ['BALANCES'], newData: true })),
  fc
    .record({ at: time, kind: fc.constantFrom('deleted' as const, 'consent-ended' as const, 'new-accounts' as const) })
    .map((values): Event => ({ ...about, ...values })),
);

const answer = fc.oneof(
  fc.constantFrom<RefreshAnswer>(
    { kind: 'accepted', providerTaskId: null, coalesced: false },
    { kind: 'done', asOf: null, newData: true },
    { kind: 'refused', message: '' },
    { kind: 'customer-needed', event: 'failed_login_required', message: '' },
  ),
  word.map((told): RefreshAnswer => ({ kind: 'refused', message: '', told: { ...told, at: null } })),
  word.map((told): RefreshAnswer => ({ kind: 'done', asOf: null, newData: true, told: { ...told, at: null } })),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('import'),
      items: fc.uniqueArray(item, { selector: (it) => it.externalId, minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('open', 'end'), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('event'), which, event }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refresh'), which, answer }) },
);

const living = (rows: Kept, groupKey: string): readonly Connection[] =>
  rows.all('connection').filter((row) => row.groupKey === groupKey && row.status !== 'DELETED');

const holdings = (rows: Kept, keys: readonly string[]): HoldingsByKey =>
  Object.fromEntries(
    keys.map((groupKey) => [
      groupKey,
      {
        openTask: rows.all('task').find((row) => isOpen(row.state) && row.groupKey === groupKey) ?? null,
        pulls: rows.all('pull').filter((row) => row.groupKey === groupKey),
        closures: [],
        rates: null,
      },
    ]),
  );

const brought = (rows: Kept, items: readonly ImportItem[], now: number): void => {
  const known = items.map((it) => rows.all('connection').find((row) => row.externalId === it.externalId) ?? null);
  const keys = items.flatMap((it, index) => {
    const before = known[index] ?? null;
    const id = before?.id ?? ('conn_new' as Connection['id']);
    return [importedKey(it, before, id, rules), ...(before ? [before.groupKey] : [])];
  });
  const groups = Object.fromEntries([...new Set(keys)].map((key) => [key, living(rows, key)]));
  rows.apply(
    decideImport(items, { known, groups, holdings: holdings(rows, keys) }, () => rules, tenant, inputs(now)).effects,
  );
};

const eventful = (rows: Kept, connection: Connection, happened: Event, now: number): void => {
  const group = living(rows, connection.groupKey);
  const key = keyToldBy(connection, happened, rules);
  const joins = key === connection.groupKey ? [] : living(rows, key);
  const held = key === connection.groupKey ? {} : holdings(rows, [connection.groupKey, key]);
  const facts = {
    ...{ connection, group, joins, openTask: null, awaitedPull: null },
    holdings: held,
    learning: unlearned,
    ...{ lastPull: null, lastLink: null, earlierBackgroundAt: null, counters: [] },
  };
  rows.apply(decideEvent(facts, happened, rules, inputs(now)).effects);
};

const refreshed = (rows: Kept, connection: Connection, replied: RefreshAnswer, now: number): void => {
  const { id: connectionId, groupKey } = connection;
  const facts = {
    task: running({ connectionId, groupKey }),
    pull: pull({ connectionId, groupKey, state: 'sent', sentAt: noon }),
    group: living(rows, groupKey),
    entries: [],
    counters: [],
    earlierWithSameJob: false,
    learning: unlearned,
    lastPull: null,
  };
  const { effects } = decideOutcome(facts, replied, 'call', rules, inputs(now));
  rows.apply(effects.filter((effect) => effect.record === 'connection' || effect.record === 'statusChange'));
};

const opened = (rows: Kept, { id: connectionId, groupKey, status }: Connection, now: number): void => {
  if (isTerminal(status) || holdings(rows, [groupKey])[groupKey]?.openTask !== null) return;
  const task = running({ id: taskId(`${now}`), pullId: idOf('pull', `${now}`), connectionId, groupKey });
  rows.apply([
    insert('task', task),
    insert('pull', pull({ id: task.pullId, taskId: task.id, connectionId, groupKey, at: now })),
  ]);
};

const ended = (rows: Kept, { id }: Connection): void => {
  const own = rows.all('task').filter((row) => row.connectionId === id && isOpen(row.state));
  rows.apply(own.map((row) => update('task', row.id, { state: 'failed' })));
};

const take = (rows: Kept, made: Step, now: number): void => {
  if (made.do === 'import') return brought(rows, made.items, now);
  const all = rows.all('connection');
  const connection = all[made.which % Math.max(1, all.length)];
  if (connection === undefined) return;
  if (made.do === 'event') return eventful(rows, connection, made.event, now);
  if (made.do === 'open') return opened(rows, connection, now);
  if (made.do === 'end') return ended(rows, connection);
  if (made.do === 'refresh') return refreshed(rows, connection, made.answer, now);
  const group = living(rows, connection.groupKey);
  rows.apply(decideDelete({ connection, group, open: null }, inputs(now)).effects);
};

const refreshedAt = ({ lastSuccessAt, connectedAt }: Connection): number => lastSuccessAt ?? connectedAt;

/** The most recently refreshed, then the most recently connected, then the first imported. */
const nextBest = (members: readonly Connection[]): string | undefined =>
  members.toSorted(
    (a, b) => refreshedAt(b) - refreshedAt(a) || b.connectedAt - a.connectedAt || (a.id < b.id ? -1 : 1),
  )[0]?.id;

const accepts = ({ kind }: RefreshAnswer): boolean => kind === 'accepted' || kind === 'done';
const ends = (told: { readonly status: string } | null | undefined): boolean => isTerminal(told?.status ?? '');

/** Who is active in a group after a step, by the words of the design; undefined: the step's own tests say it. */
const activeAfter = (
  rows: readonly Connection[],
  active: Connection,
  meant: Connection,
  made: Step,
): string | undefined => {
  const group = rows.filter(({ groupKey, status }) => groupKey === active.groupKey && status !== 'DELETED');
  const rest = group.filter(({ id }) => id !== active.id);
  const isOther = meant.groupKey !== active.groupKey;
  if (meant.status === 'DELETED' || made.do === 'open' || made.do === 'end') return active.id;
  if (made.do === 'delete') return meant.id === active.id ? nextBest(rest) : active.id;
  if (made.do === 'refresh') {
    if (isOther) return active.id;
    const told = 'told' in made.answer ? made.answer.told : null;
    return accepts(made.answer) && !ends(told) ? meant.id : undefined;
  }
  if (made.do !== 'event') return undefined;
  const { event: happened } = made;
  // Whatever is told of it completes its connect, and brings it into its group.
  if (meant.status === 'IN_PROGRESS' || happened.kind === 'link-completed') return undefined;
  if (isOther) return active.id;
  if (happened.kind === 'deleted') return meant.id === active.id ? nextBest(rest) : active.id;
  if (happened.kind !== 'status-told') return active.id;
  // What is told of the active one leaves it the active one, unless it has ended.
  if (meant.id !== active.id) return undefined;
  return ends(happened) && happened.status === 'EXPIRED' ? undefined : active.id;
};

/** The rows themselves refuse two active ones at every single effect; here: one, and the rest say that they are not. */
const after = (check: (rows: Kept) => void, when: 'each step' | 'the last' = 'each step'): void =>
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 30, size: 'max' }), (steps) => {
      const rows = kept();
      steps.forEach((made, index) => {
        take(rows, made, noon + index);
        if (when === 'each step' || index === steps.length - 1) check(rows);
      });
    }),
    { numRuns: 300 },
  );

describe('after any imports, links, words, deletions and refreshes', () => {
  test('every group with a living member has exactly one active', () => {
    after((rows) => {
      const alive = rows.all('connection').filter((row) => row.status !== 'DELETED');
      for (const groupKey of new Set(alive.map((row) => row.groupKey))) {
        const active = living(rows, groupKey).filter((row) => row.active);
        expect(active).toHaveLength(1);
      }
    });
  });

  test('no group is kept up by one that has ended while another of it is alive', () => {
    after((rows) => {
      const alive = rows.all('connection').filter((row) => !isTerminal(row.status));
      for (const { groupKey } of alive) {
        const active = living(rows, groupKey).find((row) => row.active);
        expect(isTerminal(active?.status ?? '')).toBe(false);
      }
    });
  });

  test('another one becomes the active one only by a rule, and then the one that the rule names', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 30, size: 'max' }), (steps) => {
        const rows = kept();
        steps.forEach((made, index) => {
          const before = rows.all('connection');
          const meant = made.do === 'import' ? undefined : before[made.which % Math.max(1, before.length)];
          take(rows, made, noon + index);
          if (meant === undefined) return;
          for (const active of before.filter((row) => row.active && row.status !== 'DELETED')) {
            const expected = activeAfter(before, active, meant, made);
            if (expected === undefined) continue;
            const now = living(rows, active.groupKey).find((row) => row.active);
            expect(now?.id).toBe(expected);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  test('every other living member is an inactive duplicate', () => {
    after((rows) => {
      for (const row of rows.all('connection').filter((it) => !it.active && !isTerminal(it.status))) {
        expect(standingOf({ status: row.status, reason: row.statusReason })).toBe('INACTIVE_DUPLICATE');
      }
    });
  });

  test('the history of every connection leads from one status to the next, without a gap', () => {
    after((rows) => {
      for (const { id, status, statusReason } of rows.all('connection')) {
        const changes = rows.all('statusChange').filter((change) => change.connectionId === id);
        changes.slice(1).forEach((change, index) => {
          expect([change.fromStatus, change.fromReason]).toEqual([changes[index]?.toStatus, changes[index]?.toReason]);
        });
        const last = changes.at(-1);
        expect([last?.toStatus, last?.toReason]).toEqual([status, statusReason]);
      }
    }, 'the last');
  });

  test('what is deleted stays deleted', () => {
    const gone = new Set<string>();
    after((rows) => {
      if (rows.all('connection').length === 0) gone.clear();
      for (const row of rows.all('connection')) {
        if (gone.has(row.id)) expect(row).toMatchObject({ status: 'DELETED', active: false });
        if (row.status === 'DELETED') gone.add(row.id);
      }
    });
  });

  // The rows refuse a second open task of a group at every single effect.
  test('what a connection has under way, and every pull of its, counts where it is', () => {
    // What one did that ended may have stayed with its twins.
    const byRun = new WeakMap<Kept, Set<string>>();
    after((rows) => {
      const ran = byRun.get(rows) ?? new Set();
      byRun.set(rows, ran);
      for (const { id, status } of rows.all('connection')) if (isTerminal(status)) ran.add(id);
      for (const { id, groupKey } of rows.all('connection').filter((row) => !ran.has(row.id))) {
        const open = rows.all('task').filter((row) => row.connectionId === id && isOpen(row.state));
        const done = rows.all('pull').filter((row) => row.connectionId === id);
        for (const row of [...open, ...done]) expect(row.groupKey).toBe(groupKey);
      }
    });
  });
});
