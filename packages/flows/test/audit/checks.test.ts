import { describe, expect, test } from '@jest/globals';
import { idOf, insert, MINUTE, put } from '@freshet/domain';
import type { Closure, Connection, Effect, Finding, LedgerEntry, Task } from '@freshet/domain';
import { auditChecks, requestAudit, runAudit } from '../../src/index.js';
import { judgeGroup } from '../../src/audit/duplicate-groups.js';
import {
  connectionRow,
  entryRow,
  imported,
  NOW,
  openTaskRow,
  plant,
  pullRow,
  risingIds,
  taskRow,
} from '../../src/contract/audit-rows.js';
import { OTHER_TENANT, TENANT } from '../../src/contract/rig.js';
import { testEngine } from './test-engine.js';

const ids = risingIds();
const next = (): string => ids.next();

const task = (changes: Partial<Task> = {}): Task => taskRow(next(), changes);
const openTask = (changes: Partial<Task> = {}): Task => openTaskRow(next(), changes);
const entry = (of: Task, changes: Partial<LedgerEntry> = {}): LedgerEntry => entryRow(next(), of, changes);
const rows = (of: Task, ...entries: readonly LedgerEntry[]): readonly Effect[] => [
  insert('task', of),
  ...entries.map((each) => insert('ledgerEntry', each)),
];
const twin = (changes: Partial<Connection>): Connection =>
  connectionRow(next(), { groupKey: 'group-mx-1', ...changes });
const INACTIVE = { active: false, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' } as const;

const pause = (changes: Partial<Closure> = {}): Closure => ({
  id: 'pause of MX',
  tenantId: TENANT,
  connector: '*',
  provider: 'MX',
  scope: 'provider',
  scopeKey: '',
  kind: 'paused',
  until: null,
  probe: null,
  at: NOW,
  ...changes,
});

/** What an audit of a store with these rows finds; two rows a page, so that most of these cross one. */
const findingsOf = async (...effects: readonly Effect[]): Promise<readonly Finding[]> => {
  const { engine, store } = testEngine();
  await plant(store, ...effects);
  const { id } = await requestAudit(engine, TENANT, 'request');
  const run = await runAudit(engine, TENANT, id, { pageSize: 2 });
  expect(run?.state).toBe('done');
  return store.rows('finding');
};

const brief = (found: readonly Finding[]) =>
  found.map(({ check, severity, money }) => ({ check, severity, micros: money?.micros ?? null }));

/** Everything in order: twins of which one is active, refreshes in every state, money settled as they say. */
const soundStore = (): readonly Effect[] => {
  const [succeeded, released, uncertain] = [
    task(),
    task({ state: 'failed', charge: 'released' }),
    task({ state: 'failed', charge: 'uncertain' }),
  ];
  const again = task();
  const firstPull = idOf('pull', next());
  const widened = task({ cost: { micros: 200_000, currency: 'USD' } });
  const waiting = openTask();
  const watched = openTask({ state: 'running', giveUpAt: NOW + MINUTE, dueAt: NOW + 10 });
  const coalesced = openTask({ state: 'running', charge: 'released', giveUpAt: NOW + MINUTE });
  const free = task({ cost: null });
  return [
    ...imported(twin({})),
    ...imported(twin(INACTIVE)),
    ...imported(connectionRow(next())),
    ...imported(connectionRow(next(), { groupKey: 'group-mx-1', active: false, status: 'DELETED' })),
    ...rows(succeeded, entry(succeeded), entry(succeeded, { kind: 'charged' })),
    ...rows(released, entry(released), entry(released, { kind: 'released' })),
    ...rows(uncertain, entry(uncertain), entry(uncertain, { kind: 'uncertain' })),
    ...rows(
      again,
      entry(again, { pullId: firstPull }),
      entry(again, { pullId: firstPull, kind: 'released' }),
      entry(again),
      entry(again, { kind: 'charged' }),
    ),
    ...rows(
      widened,
      entry(widened, { micros: 120_000 }),
      entry(widened, { micros: 80_000 }),
      entry(widened, { micros: 120_000, kind: 'charged' }),
      entry(widened, { micros: 80_000, kind: 'charged' }),
    ),
    ...rows(waiting, entry(waiting)),
    ...rows(watched, entry(watched)),
    ...rows(coalesced, entry(coalesced), entry(coalesced, { kind: 'released' })),
    ...rows(free),
  ];
};

test('a sound store has no findings, and every check has looked', async () => {
  const { engine, store } = testEngine();
  await plant(store, ...soundStore());
  const { id } = await requestAudit(engine, TENANT, 'request');
  const run = await runAudit(engine, TENANT, id, { pageSize: 2 });
  expect(store.rows('finding')).toEqual([]);
  expect(run).toMatchObject({
    state: 'done',
    counts: {},
    money: [],
    examined: {
      'duplicate-groups': 2,
      'status-histories': 4,
      'stuck-tasks': 3,
      'ledger-against-tasks': 9,
      'entries-without-task': 18,
      'decisions-reproduce': 0,
      'wasted-pulls': 4,
      'broken-windows': 0,
      budgets: 0,
      'billed-twins': 4,
      'late-connections': 4,
      'consents-ending': 4,
    },
  });
});

describe('duplicate groups', () => {
  test('none active is critical, and names the group and its members', async () => {
    const [first, second] = [twin(INACTIVE), twin(INACTIVE)];
    const found = await findingsOf(...imported(connectionRow(next())), ...imported(first), ...imported(second));
    expect(brief(found)).toEqual([{ check: 'duplicate-groups', severity: 'critical', micros: null }]);
    expect(found[0]?.evidence).toMatchObject({
      groupKey: 'group-mx-1',
      living: 2,
      activeConnectionIds: [],
      connections: [{ id: first.id }, { id: second.id }],
    });
  });

  test('a lone connection that is not active is found too', async () => {
    expect(brief(await findingsOf(...imported(twin({ active: false }))))).toEqual([
      { check: 'duplicate-groups', severity: 'critical', micros: null },
    ]);
  });

  // The store's unique index keeps this out; a database that was changed by hand has no such luck.
  test('two active are critical', () => {
    const members = [twin({}), twin({})];
    const shape = { tenantId: TENANT, groupKey: 'group-mx-1', living: 2, active: 2 };
    expect(judgeGroup({ shape, members })).toMatchObject([
      { severity: 'critical', evidence: { activeConnectionIds: members.map(({ id }) => id) } },
    ]);
  });

  test.each([
    ['ACTIVE', 'critical'],
    ['RECONNECT_REQUIRED', 'warning'],
  ])('an inactive twin with status %s is %s: its status does not say that it is one', async (status, severity) => {
    const odd = twin({ active: false, status });
    const found = await findingsOf(...imported(twin({})), ...imported(odd), ...imported(twin(INACTIVE)));
    expect(found).toMatchObject([{ check: 'duplicate-groups', severity, connectionId: odd.id }]);
  });

  test('a group of nothing but inactive duplicates is worth a look', async () => {
    const found = await findingsOf(...imported(twin({ ...INACTIVE, active: true })), ...imported(twin(INACTIVE)));
    expect(brief(found)).toEqual([{ check: 'duplicate-groups', severity: 'info', micros: null }]);
  });
});

describe('stuck tasks', () => {
  const minutesAgo = (minutes: number): number => NOW - minutes * MINUTE;
  const stuck = async (of: Task, ...more: readonly Effect[]) =>
    brief(await findingsOf(...rows(of, entry(of)), ...more));
  const found = (severity: Finding['severity']) => [{ check: 'stuck-tasks', severity, micros: 120_000 }];

  test('a call that should have been given up more than five minutes ago is critical', async () => {
    expect(await stuck(openTask({ state: 'running', giveUpAt: minutesAgo(5) }))).toEqual([]);
    expect(await stuck(openTask({ state: 'running', giveUpAt: minutesAgo(5) - 1 }))).toEqual(found('critical'));
  });

  test('queued and due for more than fifteen minutes is a warning', async () => {
    expect(await stuck(openTask({ dueAt: minutesAgo(15) }))).toEqual([]);
    expect(await stuck(openTask({ dueAt: minutesAgo(15) - 1 }))).toEqual(found('warning'));
  });

  test.each([
    [65, '1 h 5 min'],
    [20, '20 min'],
    [2 * 24 * 60 + 3 * 60 + 4, '2 d 3 h'],
  ])('says for how long: %i minutes are %s', async (minutes, said) => {
    const late = openTask({ dueAt: minutesAgo(minutes) });
    const [finding] = await findingsOf(...rows(late, entry(late)));
    expect(finding?.summary).toContain(`has been due for ${said},`);
  });

  test('a provider that is closed explains why it waits', async () => {
    const late = (): Task => openTask({ dueAt: minutesAgo(20) });
    expect(await stuck(late(), put('closure', pause()))).toEqual([]);
    expect(await stuck(late(), put('closure', pause({ connector: 'meld', until: NOW + 1 })))).toEqual([]);
    expect(await stuck(late(), put('closure', pause({ until: NOW })))).toEqual(found('warning'));
    expect(await stuck(late(), put('closure', pause({ connector: 'bud' })))).toEqual(found('warning'));
    expect(await stuck(late(), put('closure', pause({ provider: 'PLAID' })))).toEqual(found('warning'));
  });

  test('a pause does not explain a running one that nobody looks at', async () => {
    const unwatched = openTask({ state: 'running', dueAt: minutesAgo(20) });
    expect(await stuck(unwatched, put('closure', pause()))).toEqual(found('warning'));
  });

  test.each(['running', 'queued'] as const)('%s without a due time is critical', async (state) => {
    expect(await stuck(openTask({ state, dueAt: null }))).toEqual(found('critical'));
  });

  test('money that is not held any more is not counted', async () => {
    const settled = openTask({ state: 'running', dueAt: null, charge: 'released' });
    expect(brief(await findingsOf(...rows(settled, entry(settled), entry(settled, { kind: 'released' }))))).toEqual([
      { check: 'stuck-tasks', severity: 'critical', micros: null },
    ]);
  });
});

describe('ledger against tasks', () => {
  const found = (severity: Finding['severity'], micros: number | null) => [
    { check: 'ledger-against-tasks', severity, micros },
  ];
  const against = async (of: Task, ...entries: readonly LedgerEntry[]) =>
    brief(await findingsOf(...rows(of, ...entries)));

  test('an ended task that is still reserved is critical, with its whole cost', async () => {
    const ended = task({ charge: 'reserved' });
    expect(await against(ended, entry(ended))).toEqual(found('critical', 120_000));
    expect(await against(task({ charge: 'reserved', cost: null }))).toEqual(found('critical', null));
  });

  test('money that was never reserved', async () => {
    expect(await against(task())).toEqual(found('critical', 120_000));
  });

  test('money that was reserved and never settled', async () => {
    const ended = task();
    expect(await against(ended, entry(ended))).toEqual(found('critical', 120_000));
  });

  test('money that was settled twice', async () => {
    const ended = task();
    const charged = { kind: 'charged' } as const;
    expect(await against(ended, entry(ended), entry(ended, charged), entry(ended, charged))).toEqual(
      found('critical', 120_000),
    );
  });

  test('money that was settled as something else', async () => {
    const ended = task({ charge: 'released' });
    expect(await against(ended, entry(ended), entry(ended, { kind: 'charged' }))).toEqual(found('critical', 120_000));
  });

  test('a settlement of another amount', async () => {
    const ended = task();
    expect(await against(ended, entry(ended), entry(ended, { kind: 'charged', micros: 100_000 }))).toEqual(
      found('critical', 20_000),
    );
  });

  test('a reservation of another amount than the task costs', async () => {
    const ended = task();
    const other = { micros: 150_000 } as const;
    expect(await against(ended, entry(ended, other), entry(ended, { ...other, kind: 'charged' }))).toEqual(
      found('critical', 30_000),
    );
  });

  test('a split of equal sums is found, though no money is lost', async () => {
    const ended = task();
    const halves = { kind: 'charged', micros: 60_000 } as const;
    expect(await against(ended, entry(ended), entry(ended, halves), entry(ended, halves))).toEqual(
      found('warning', null),
    );
  });

  test('money of another currency than the cost', async () => {
    const ended = task();
    const pounds = { currency: 'GBP' } as const;
    const [dollars, sterling] = await findingsOf(
      ...rows(ended, entry(ended, pounds), entry(ended, { ...pounds, kind: 'charged' })),
    );
    expect(dollars).toMatchObject({ severity: 'critical', money: { micros: 120_000, currency: 'USD' } });
    expect(sterling).toMatchObject({ severity: 'critical', money: { micros: 120_000, currency: 'GBP' } });
  });

  test('an earlier attempt whose money was not released', async () => {
    const retried = task();
    const earlier = { pullId: idOf('pull', next()) };
    const lasts = [entry(retried), entry(retried, { kind: 'charged' })];
    expect(await against(retried, entry(retried, earlier), ...lasts)).toEqual(found('critical', 120_000));
    const charged = entry(retried, { ...earlier, kind: 'charged' });
    expect(await against(retried, entry(retried, earlier), charged, ...lasts)).toEqual(found('critical', 120_000));
  });

  test('an open task whose money is settled already', async () => {
    const waiting = openTask();
    expect(await against(waiting, entry(waiting), entry(waiting, { kind: 'charged' }))).toEqual(
      found('critical', 120_000),
    );
  });

  test('the evidence names the task, what it says, and the entries', async () => {
    const ended = task();
    const only = entry(ended);
    const [finding] = await findingsOf(...rows(ended, only));
    expect(finding?.evidence).toMatchObject({
      taskId: ended.id,
      charge: 'charged',
      cost: { amount: '0.120000', currency: 'USD' },
      entries: [{ id: only.id, kind: 'reserved', amount: '0.120000' }],
    });
    expect(finding?.summary).toContain('0.12 USD was reserved, but 0.00 USD is settled');
  });
});

describe('entries without a task', () => {
  const orphans = async (...effects: readonly Effect[]) => brief(await findingsOf(...effects));
  const found = (severity: Finding['severity'], micros: number | null) => [
    { check: 'entries-without-task', severity, micros },
  ];

  test('one finding for a pull whose task is not there, with what was charged for it', async () => {
    const gone = task();
    const entries = [entry(gone), entry(gone, { kind: 'charged' })];
    expect(await orphans(...entries.map((each) => insert('ledgerEntry', each)))).toEqual(found('critical', 120_000));
  });

  test('what is held and never settled is at stake; what was released is not', async () => {
    const gone = task();
    const held = insert('ledgerEntry', entry(gone));
    expect(await orphans(held)).toEqual(found('critical', 120_000));
    expect(await orphans(held, insert('ledgerEntry', entry(gone, { kind: 'released' })))).toEqual(
      found('warning', null),
    );
  });

  test('a task of another tenant does not explain it', async () => {
    const theirs = task({ tenantId: OTHER_TENANT });
    const ours = [entry(theirs, { tenantId: TENANT }), entry(theirs, { tenantId: TENANT, kind: 'charged' })];
    expect(await orphans(insert('task', theirs), ...ours.map((each) => insert('ledgerEntry', each)))).toEqual(
      found('critical', 120_000),
    );
  });

  test('a connect has no task, and may cost; a forced pull has one', async () => {
    const uuid = next();
    const paid = entry(task({ pullId: idOf('pull', uuid) }), { taskId: null, kind: 'charged' });
    expect(await orphans(insert('pull', pullRow(uuid)), insert('ledgerEntry', paid))).toEqual([]);
    expect(await orphans(insert('pull', pullRow(uuid, { origin: 'forced' })), insert('ledgerEntry', paid))).toEqual(
      found('critical', 120_000),
    );
    expect(await orphans(insert('ledgerEntry', paid))).toEqual(found('critical', 120_000));
  });
});

test('every check asks a question in words, by a name of its own', () => {
  const names = auditChecks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, question } of auditChecks) {
    expect(name).toMatch(/^[a-z][a-z-]*$/);
    expect(question).toMatch(/^[A-Z].{20,}\?$/);
  }
});
