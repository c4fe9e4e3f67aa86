import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, idOf, insert, MINUTE } from '@freshet/domain';
import type { Charge, Connection, Effect, LedgerEntry, SumTree, Task, TaskState } from '@freshet/domain';
import { buildPolicyBook } from '@freshet/policy';
import { StoreUnavailable } from '@freshet/ports';
import fc from 'fast-check';
import { readFigures, refreshOutcomes, requestAudit, runAudit, type FiguresReport } from '../../src/index.js';
import { AGE_EDGES_MS, ageQuantile, edgeOf, SHOWN_EDGES_MS } from '../../src/audit/figures/ages.js';
import { figuresFrom } from '../../src/audit/figures/spend.js';
import { addSums, treeOf, type Sum } from '../../src/audit/figures/sums.js';
import { connectionRow, entryRow, NOW, plant, risingIds, taskRow } from '../../src/contract/audit-rows.js';
import { TENANT } from '../../src/contract/rig.js';
import { auditChecks } from '../../src/audit/checks.js';
import { testEngine, type TestEngine } from './test-engine.js';

const ids = risingIds();
const FROM = figuresFrom(NOW);
const PROVIDERS = ['MX', 'PLAID', '__proto__'];
const CURRENCIES = ['USD', 'GBP'];
const STATUSES = ['ACTIVE', 'DEGRADED', 'RECONNECT_REQUIRED', 'DELETED', 'IN_PROGRESS'];
const ENDS: readonly TaskState[] = ['succeeded', 'partial', 'failed', 'reconnect_required', 'expired', 'cancelled'];

interface World {
  readonly connections: readonly Connection[];
  readonly tasks: readonly Task[];
  readonly entries: readonly LedgerEntry[];
}

/** Whatever lies in a database, sense or not: figures add up what is there. */
const connections = fc.record({
  provider: fc.constantFrom(...PROVIDERS),
  status: fc.constantFrom(...STATUSES),
  active: fc.boolean(),
  ageMs: fc.option(fc.integer({ min: -HOUR, max: 400 * DAY })),
  staleInMs: fc.option(fc.constantFrom(-1, 0, 1)),
  consentInMs: fc.option(fc.integer({ min: -10 * DAY, max: 40 * DAY })),
});
const refreshes = fc.record({
  provider: fc.constantFrom(...PROVIDERS),
  currency: fc.constantFrom(...CURRENCIES),
  state: fc.constantFrom<TaskState>('queued', 'running', ...ENDS),
  newData: fc.option(fc.boolean()),
  queuedAt: fc.integer({ min: FROM - DAY, max: NOW }),
  micros: fc.integer({ min: 0, max: 5_000_000 }),
  settled: fc.option(fc.constantFrom<Charge>('charged', 'uncertain', 'released')),
  settledAfterMs: fc.integer({ min: 0, max: 2 * DAY }),
  hasTask: fc.boolean(),
});

const worldOf = (
  made: readonly (typeof connections extends fc.Arbitrary<infer Made> ? Made : never)[],
  asked: readonly (typeof refreshes extends fc.Arbitrary<infer Made> ? Made : never)[],
): World => {
  const rows = asked.map(
    ({ provider, currency, state, newData, queuedAt, micros, settled, settledAfterMs, hasTask }) => {
      const open = state === 'queued' || state === 'running';
      const cost = { micros, currency };
      const task = taskRow(ids.next(), { provider, state, newData, queuedAt, cost, endedAt: open ? null : queuedAt });
      const held = entryRow(ids.next(), task, { taskId: hasTask ? task.id : null, currency });
      const entries = [
        held,
        ...(settled === null
          ? []
          : [{ ...held, id: idOf('ledger', ids.next()), kind: settled, at: queuedAt + settledAfterMs }]),
      ];
      return { tasks: hasTask ? [task] : [], entries };
    },
  );
  return {
    connections: made.map(({ provider, status, active, ageMs, staleInMs, consentInMs }) =>
      connectionRow(ids.next(), {
        ...{ provider, status, active },
        lastSuccessAt: ageMs === null ? null : NOW - ageMs,
        staleAt: staleInMs === null ? null : NOW + staleInMs,
        consentExpiresAt: consentInMs === null ? null : NOW + consentInMs,
      }),
    ),
    tasks: rows.flatMap(({ tasks }) => tasks),
    entries: rows.flatMap(({ entries }) => entries),
  };
};

const rowsOf = ({ connections: own, tasks, entries }: World): readonly Effect[] => [
  ...own.map((row) => insert('connection', row)),
  ...tasks.map((row) => insert('task', row)),
  ...entries.map((row) => insert('ledgerEntry', row)),
];

const figuresIn = ({ store }: TestEngine): FiguresReport => readFigures(store.rows('auditFigures').at(-1)!);

/** The same by hand: each figure from all rows, with nothing shared but the rows. */
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
const counted = <Row>(rows: readonly Row[], by: (row: Row) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const row of rows)
    Object.defineProperty(counts, by(row), {
      value: (Object.hasOwn(counts, by(row)) ? counts[by(row)]! : 0) + 1,
      enumerable: true,
      configurable: true,
    });
  return counts;
};

const spendByHand = ({ tasks, entries }: World) => {
  const settledPulls = new Set(entries.filter(({ kind }) => kind !== 'reserved').map(({ pullId }) => pullId));
  const withTask = new Set<string | null>(tasks.map(({ id }) => id));
  const counting = entries.filter(
    ({ kind, pullId, taskId, at, micros }) =>
      at >= FROM &&
      micros > 0 &&
      (kind === 'charged' ||
        kind === 'uncertain' ||
        (kind === 'reserved' && !settledPulls.has(pullId) && withTask.has(taskId))),
  );
  return PROVIDERS.toSorted().flatMap((provider) =>
    CURRENCIES.toSorted().flatMap((currency) => {
      const own = counting.filter((entry) => entry.provider === provider && entry.currency === currency);
      const sum = (rows: readonly LedgerEntry[], kind: Charge): number =>
        rows.filter((entry) => entry.kind === kind).reduce((total, { micros }) => total + micros, 0);
      const totals = (rows: readonly LedgerEntry[]) => ({
        chargedMicros: sum(rows, 'charged'),
        uncertainMicros: sum(rows, 'uncertain'),
        reservedMicros: sum(rows, 'reserved'),
      });
      const days = [...new Set(own.map(({ at }) => day(at)))].toSorted();
      return own.length === 0
        ? []
        : [
            {
              provider,
              currency,
              ...totals(own),
              days: days.map((on) => ({ day: on, ...totals(own.filter(({ at }) => day(at) === on)) })),
            },
          ];
    }),
  );
};

const refreshesByHand = ({ tasks }: World) => {
  const name = ({ state, newData }: Task): string => {
    if (state === 'queued' || state === 'running') return 'open';
    if (state === 'succeeded' && newData === true) return 'new-data';
    if (state === 'succeeded' && newData === false) return 'nothing-new';
    return state.replace('_', '-');
  };
  return PROVIDERS.toSorted().flatMap((provider) => {
    const own = tasks.filter((task) => task.provider === provider && task.queuedAt >= FROM);
    const outcomes = Object.fromEntries(
      refreshOutcomes.map((outcome) => [outcome, own.filter((task) => name(task) === outcome).length]),
    );
    return own.length === 0 ? [] : [{ provider, all: own.length, outcomes }];
  });
};

const freshnessByHand = ({ connections: all }: World) =>
  PROVIDERS.toSorted().flatMap((provider) => {
    const awaited = all.filter(
      (row) => row.provider === provider && row.active && ['ACTIVE', 'DEGRADED'].includes(row.status),
    );
    const ages = awaited
      .flatMap(({ lastSuccessAt }) => (lastSuccessAt === null ? [] : [NOW - lastSuccessAt]))
      .toSorted((a, b) => a - b);
    const edges = [...SHOWN_EDGES_MS, Infinity];
    return awaited.length === 0
      ? []
      : [
          {
            provider,
            awaited: awaited.length,
            stale: awaited.filter(({ staleAt }) => staleAt !== null && staleAt <= NOW).length,
            never: awaited.filter(({ lastSuccessAt }) => lastSuccessAt === null).length,
            ages: edges.map((upTo, index) => ({
              upToMs: upTo === Infinity ? null : upTo,
              count: ages.filter((age) => age <= upTo && (index === 0 || age > (edges[index - 1] as number))).length,
            })),
            sorted: ages,
          },
        ];
  });

describe('the figures of an audit', () => {
  test('are what the rows add up to, however they were paged', async () => {
    const scenario = fc.asyncProperty(
      fc.array(connections, { maxLength: 25 }),
      fc.array(refreshes, { maxLength: 25 }),
      fc.integer({ min: 1, max: 30 }),
      async (some, asked, pageSize) => {
        const world = worldOf(some, asked);
        const made = testEngine();
        await plant(made.store, ...rowsOf(world));
        const { id } = await requestAudit(made.engine, TENANT, 'request');
        expect(await runAudit(made.engine, TENANT, id, { pageSize })).toMatchObject({ state: 'done' });
        const figures = figuresIn(made);
        expect(figures.spend).toEqual(spendByHand(world));
        expect(figures.refreshes).toEqual(refreshesByHand(world));
        const byHand = freshnessByHand(world);
        expect(figures.freshness.map(({ medianMs: _m, p90Ms: _9, p99Ms: _99, ...rest }) => rest)).toEqual(
          byHand.map(({ sorted: _sorted, ...rest }) => rest),
        );
        figures.freshness.forEach((row, index) => {
          const ages = byHand[index]?.sorted ?? [];
          for (const [share, told] of [
            [0.5, row.medianMs],
            [0.9, row.p90Ms],
            [0.99, row.p99Ms],
          ] as const) {
            const naive = ages[Math.ceil(ages.length * share) - 1];
            expect(told).toBe(naive === undefined ? null : edgeOf(naive));
          }
        });
        const living = world.connections.filter(({ status }) => status !== 'DELETED');
        expect(figures.connections.map(({ provider, statuses }) => [provider, statuses])).toEqual(
          Object.keys(counted(living, ({ provider }) => provider))
            .toSorted()
            .map((provider) => [
              provider,
              counted(
                living.filter((row) => row.provider === provider),
                ({ status }) => status,
              ),
            ]),
        );
      },
    );
    await fc.assert(scenario, { numRuns: 100 });
  });

  test('go on where a lost worker stopped, and count no page twice', async () => {
    const made = testEngine();
    const tasks = Array.from({ length: 7 }, () => taskRow(ids.next()));
    const entries = tasks.flatMap((task) => [
      entryRow(ids.next(), task),
      entryRow(ids.next(), task, { kind: 'charged' }),
    ]);
    await plant(
      made.store,
      ...tasks.map((row) => insert('task', row)),
      ...entries.map((row) => insert('ledgerEntry', row)),
    );
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    let left = 6;
    const checks = auditChecks.map((check) => ({
      ...check,
      *page(...asked: Parameters<typeof check.page>) {
        if (check.name === 'entries-without-task' && (left -= 1) < 0) throw new StoreUnavailable('gone');
        return yield* check.page(...asked);
      },
    }));
    await expect(runAudit(made.engine, TENANT, id, { checks, pageSize: 2 })).rejects.toThrow('gone');
    made.clock.realNow += made.engine.leaseMs;
    await runAudit(testEngine('worker-2', made).engine, TENANT, id, { pageSize: 2 });
    expect(figuresIn(made).spend).toMatchObject([{ provider: 'MX', chargedMicros: 7 * 120_000, reservedMicros: 0 }]);
    expect(figuresIn(made).refreshes).toMatchObject([{ all: 7, outcomes: { 'new-data': 7 } }]);
  });

  test('end with the days, and begin thirty days before today', async () => {
    const made = testEngine();
    const on = (at: number): Effect => {
      const task = taskRow(ids.next());
      return insert('ledgerEntry', entryRow(ids.next(), task, { kind: 'charged', at, taskId: null }));
    };
    await plant(made.store, on(FROM - 1), on(FROM), on(NOW));
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    await runAudit(made.engine, TENANT, id);
    expect(figuresIn(made).spend[0]?.days.map((each) => each.day)).toEqual(['2026-04-20', '2026-05-20']);
  });

  test('say what the findings of a check come to at each provider, beside what that charged', async () => {
    const made = testEngine();
    const connection = connectionRow(ids.next());
    const waste = taskRow(ids.next(), { connectionId: connection.id, newData: false });
    const good = taskRow(ids.next(), { connectionId: connection.id });
    const entries = [waste, good].flatMap((task) => [
      entryRow(ids.next(), task),
      entryRow(ids.next(), task, { kind: 'charged' }),
    ]);
    await plant(
      made.store,
      insert('connection', connection),
      insert('task', waste),
      insert('task', good),
      ...entries.map((row) => insert('ledgerEntry', row)),
    );
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    await runAudit(made.engine, TENANT, id);
    expect(figuresIn(made).stakes).toEqual([
      { check: 'wasted-pulls', provider: 'MX', currency: 'USD', findings: 1, micros: 120_000, shareOfSpend: 0.5 },
    ]);
  });

  test('have every budget of today, with its forecast', async () => {
    const made = testEngine();
    const policies = buildPolicyBook({
      hash: () => 'test',
      policyFile: {
        version: 1,
        budgets: [{ name: 'month', period: 'month', timeZone: 'UTC', amount: '5.00', currency: 'USD' }],
      },
    });
    const at = Date.UTC(2026, 4, 2);
    const task = taskRow(ids.next(), { queuedAt: at });
    const entries = [entryRow(ids.next(), task), entryRow(ids.next(), task, { kind: 'charged' })];
    await plant(made.store, insert('task', task), ...entries.map((row) => insert('ledgerEntry', row)));
    const engine = { ...made.engine, policies };
    const { id } = await requestAudit(engine, TENANT, 'request');
    await runAudit(engine, TENANT, id, { pageSize: 1 });
    const [budget, ...rest] = figuresIn(made).budgets;
    expect(rest).toEqual([]);
    expect(budget).toMatchObject({
      ...{ name: 'month', provider: null, currency: 'USD', enforcement: 'hard', amountMicros: 5_000_000 },
      ...{
        chargedMicros: 120_000,
        reservedMicros: 0,
        periodStart: Date.UTC(2026, 4, 1),
        periodEnd: Date.UTC(2026, 5, 1),
      },
    });
    expect(budget?.forecastMicros).toBeGreaterThan(120_000);
  });

  test('count consents by the week in which they end', async () => {
    const made = testEngine();
    const ending = (inMs: number, provider = 'MX') =>
      insert('connection', connectionRow(ids.next(), { consentExpiresAt: NOW + inMs, provider }));
    await plant(made.store, ending(DAY), ending(2 * DAY, 'PLAID'), ending(7 * DAY), ending(-DAY), ending(29 * DAY));
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    await runAudit(made.engine, TENANT, id, { pageSize: 2 });
    expect(figuresIn(made).consents).toEqual([
      { week: '2026-05-18', all: 2, providers: { MX: 1, PLAID: 1 } },
      { week: '2026-05-25', all: 1, providers: { MX: 1 } },
      { week: 'ended', all: 1, providers: { MX: 1 } },
    ]);
  });

  test('of an audit that found nothing to add up are empty', async () => {
    expect(readFigures({ sums: {}, budgets: [] })).toEqual({
      ...{ spend: [], stakes: [], freshness: [], refreshes: [], connections: [], consents: [], budgets: [] },
    });
  });
});

describe('sums', () => {
  const sum = fc.tuple(
    fc.array(fc.constantFrom('a', 'b', '__proto__', 'constructor'), { minLength: 2, maxLength: 2 }),
    fc.integer({ min: 1, max: 9 }),
  ) as fc.Arbitrary<Sum>;
  const plain = (tree: SumTree): unknown => JSON.parse(JSON.stringify(tree));

  test('are the same in one part and in several, and changed by none of it', () => {
    fc.assert(
      fc.property(fc.array(sum), fc.array(sum), (one, other) => {
        const [first, second] = [treeOf(one), treeOf(other)];
        const before = JSON.stringify(first);
        expect(plain(addSums(first, second))).toEqual(plain(treeOf([...one, ...other])));
        expect(JSON.stringify(first)).toBe(before);
      }),
    );
  });
});

describe('ages', () => {
  test.each([
    [0, 15 * MINUTE],
    [15 * MINUTE, 15 * MINUTE],
    [15 * MINUTE + 1, 30 * MINUTE],
    [HOUR, HOUR],
    [HOUR + 1, 2 * HOUR],
    [48 * HOUR, 48 * HOUR],
    [48 * HOUR + 1, 54 * HOUR],
    [7 * DAY + 1, 8 * DAY],
    [30 * DAY + 1, 45 * DAY],
    [3650 * DAY + 1, 3650 * DAY],
    [-1, 15 * MINUTE],
  ])('%i is counted up to %i', (age, edge) => {
    expect(edgeOf(age)).toBe(edge);
  });

  test('have rising edges, and those that are shown are among them', () => {
    expect(AGE_EDGES_MS).toEqual([...new Set(AGE_EDGES_MS)].toSorted((a, b) => a - b));
    expect(AGE_EDGES_MS).toEqual(expect.arrayContaining([...SHOWN_EDGES_MS]));
  });

  test('of none have no quantile', () => {
    expect(ageQuantile([], 0.5)).toBeNull();
  });
});
