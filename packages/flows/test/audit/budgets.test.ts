import { beforeEach, describe, expect, test } from '@jest/globals';
import { DAY, idOf, insert, put } from '@freshet/domain';
import type { BudgetCounter, Effect, LedgerEntry, Task } from '@freshet/domain';
import { budgetPeriod, type Budget } from '@freshet/policy';
import { budgets } from '../../src/audit/budgets.js';
import { PERIODS_BACK_MS } from '../../src/audit/look-backs.js';
import { entryRow, NOW, openTaskRow, risingIds, taskRow } from '../../src/contract/audit-rows.js';
import { policyBook, TENANT } from '../../src/contract/rig.js';
import { findingsBy } from './test-engine.js';

const ids = risingIds();
const next = (): string => ids.next();

const policies = policyBook({
  version: 1,
  budgets: [
    { name: 'all "money"', period: 'month', timeZone: 'UTC', amount: '1.00', currency: 'USD' },
    {
      name: 'mx',
      provider: 'MX',
      period: 'day',
      timeZone: 'UTC',
      amount: '0.30',
      currency: 'USD',
      enforcement: 'soft',
    },
  ],
});
const [month, mx] = policies.budgetsFor(TENANT) as [Budget, Budget];

const counterOf = (budget: Budget, over: Partial<BudgetCounter> = {}, at = NOW): BudgetCounter => {
  const { counterId: id, start: periodStart, end: periodEnd } = budgetPeriod(budget, TENANT, at);
  const { provider, currency } = budget;
  const sums = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 };
  return {
    id,
    tenantId: TENANT,
    provider,
    currency,
    periodStart,
    periodEnd,
    ...sums,
    shadow: null,
    alerted: [],
    ...over,
  };
};

const rows = (task: Task, ...entries: readonly LedgerEntry[]): readonly Effect[] => [
  insert('task', task),
  ...entries.map((entry) => insert('ledgerEntry', entry)),
];

const ended = (kind: LedgerEntry['kind'], over: Partial<Task> = {}): readonly Effect[] => {
  const task = taskRow(next(), over);
  return rows(task, entryRow(next(), task), entryRow(next(), task, { kind }));
};

/** Charged 0.24, lost sight of 0.12 at another provider, held 0.12; released 0.12. */
let spent: readonly Effect[];
const SPENT = { reservedMicros: 120_000, chargedMicros: 240_000, uncertainMicros: 120_000 };
const SPENT_AT_MX = { ...SPENT, uncertainMicros: 0 };

beforeEach(() => {
  const open = openTaskRow(next());
  spent = [
    ...ended('charged'),
    ...ended('charged'),
    ...ended('released'),
    ...ended('uncertain', { provider: 'PLAID', state: 'failed' }),
    ...rows(open, entryRow(next(), open)),
  ];
});

/** The same whether each counter has a page of its own, or all are read together. */
const found = async (counters: readonly BudgetCounter[], ...effects: readonly Effect[]) => {
  const rows = [...effects, ...counters.map((counter) => put('budgetCounter', counter))];
  const [alone, together] = await Promise.all(
    [1, 9].map(async (pageSize) =>
      (await findingsBy(budgets, rows, { policies, pageSize })).map(({ severity, summary, money }) => [
        severity,
        summary,
        money?.micros,
      ]),
    ),
  );
  expect(together).toEqual(alone);
  return alone;
};

test('counters that say what the ledger says are no findings', async () => {
  expect(await found([counterOf(month, SPENT), counterOf(mx, SPENT_AT_MX)], ...spent)).toEqual([]);
});

describe('a counter that says something else is found', () => {
  test('with what differs, and the largest difference', async () => {
    const counter = counterOf(month, { ...SPENT, chargedMicros: 200_000, uncertainMicros: 110_000 });
    expect(await found([counter], ...spent)).toEqual([
      [
        'critical',
        'the budget all "money" has counted 0.20 USD charged against 0.24 in the ledger, 0.11 USD uncertain against 0.12 in the ledger',
        40_000,
      ],
    ]);
  });

  test('where it holds what the ledger does not', async () => {
    expect(await found([counterOf(mx, { ...SPENT_AT_MX, reservedMicros: 120_001 })], ...spent)).toMatchObject([
      ['critical', expect.stringContaining('the budget mx has counted 0.120001 USD reserved against 0.12'), 1],
    ]);
  });

  test('though its budget is not configured any more', async () => {
    const gone = counterOf({ ...month, name: 'gone' }, { chargedMicros: 5 });
    expect(await found([gone])).toMatchObject([['critical', expect.stringMatching(/^the budget gone has counted/), 5]]);
  });

  test('in a period that is over, as long as a month leaves it open', async () => {
    const wrong = (at: number) => counterOf(mx, { chargedMicros: 7 }, at);
    expect(await found([wrong(NOW - PERIODS_BACK_MS)])).toHaveLength(1);
    expect(await found([wrong(NOW - PERIODS_BACK_MS - DAY)])).toEqual([]);
  });

  test('of another time or currency than the money', async () => {
    const yesterday = ended('charged', { queuedAt: NOW - DAY });
    const pounds = ended('charged', { cost: { micros: 5, currency: 'GBP' } });
    expect(await found([counterOf(mx)], ...yesterday, ...pounds)).toEqual([]);
    expect(await found([counterOf(mx, { chargedMicros: 120_000 }, NOW - DAY)], ...yesterday, ...pounds)).toEqual([]);
  });
});

test('money that is held for a refresh that has ended is found', async () => {
  const task = taskRow(next(), { charge: 'reserved' });
  const counter = counterOf(mx, { ...SPENT_AT_MX, reservedMicros: 240_000 });
  expect(await found([counter], ...spent, ...rows(task, entryRow(next(), task)))).toEqual([
    ['critical', 'the budget mx holds 0.12 USD for refreshes that are not open', 120_000],
  ]);
});

test('a refresh that is open, but whose money is settled, holds none', async () => {
  const handedBack = openTaskRow(next(), { state: 'running', charge: 'released' });
  const leaking = taskRow(next(), { charge: 'reserved' });
  expect(
    await found(
      [counterOf(mx, { reservedMicros: 120_000 })],
      ...rows(handedBack, entryRow(next(), handedBack), entryRow(next(), handedBack, { kind: 'released' })),
      ...rows(leaking, entryRow(next(), leaking)),
    ),
  ).toEqual([['critical', 'the budget mx holds 0.12 USD for refreshes that are not open', 120_000]]);
});

test('many open refreshes are all counted', async () => {
  const open = Array.from({ length: 205 }, () => openTaskRow(next(), { cost: { micros: 10, currency: 'USD' } }));
  const effects = open.flatMap((task) => rows(task, entryRow(next(), task)));
  expect(await found([counterOf(mx, { reservedMicros: 2050 })], ...effects)).toEqual([]);
});

test('a hard budget that is overspent is found, a soft one is not', async () => {
  const dear = (micros: number) => ended('charged', { cost: { micros, currency: 'USD' } });
  const counters = (chargedMicros: number) => [counterOf(month, { chargedMicros }), counterOf(mx, { chargedMicros })];
  expect(await found(counters(1_000_000), ...dear(1_000_000))).toEqual([]);
  expect(await found(counters(1_000_001), ...dear(1_000_001))).toEqual([
    ['critical', 'the budget all "money" has used 1.000001 of 1.00 USD, though it is a hard one', 1],
  ]);
});

describe('a hard budget that history took beyond its amount', () => {
  const unasked = (micros: number): readonly Effect[] => {
    const row = { ...entryRow(next(), taskRow(next())), taskId: null, micros };
    return (['reserved', 'charged'] as const).map((kind) =>
      insert('ledgerEntry', { ...row, id: idOf('ledger', next()), kind }),
    );
  };
  const asked = (micros: number) => ended('charged', { cost: { micros, currency: 'USD' } });
  const counter = counterOf(month, { chargedMicros: 1_200_000 });

  test('is told apart: nobody could have refused it', async () => {
    expect(await found([counter], ...asked(900_000), ...unasked(300_000))).toEqual([
      [
        'warning',
        'the budget all "money" has used 1.20 of 1.00 USD: 0.30 of it was billed without being asked for, which no budget can refuse',
        200_000,
      ],
    ]);
  });

  test('is as critical as any where refreshes alone did', async () => {
    expect(await found([counter], ...asked(1_000_001), ...unasked(199_999))).toMatchObject([
      ['critical', expect.stringMatching(/a hard one$/), 200_000],
    ]);
  });
});
