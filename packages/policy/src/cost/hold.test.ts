import { describe, expect, test } from '@jest/globals';
import type { BudgetFacts, LedgerEntry } from '@freshet/domain';
import { budget, counter, noon, policy, reserved, tenant } from '../../test/given.js';
import { written } from '../../test/tables.js';
import { holdMoney, type Purse } from './hold.js';

const watched = (values: Partial<BudgetFacts> = {}): BudgetFacts => budget({ alertAt: [0.5, 0.8, 1], ...values });

const hold = (held: LedgerEntry | null, budgets: readonly BudgetFacts[], more: Partial<Purse> = {}) =>
  holdMoney(held, { tenantId: tenant, budgets, counters: [], policy: policy(), now: noon, ...more });

const thresholdsAfter = (used: number, micros: number, values: Partial<BudgetFacts> = {}) =>
  written(hold(reserved({ micros }), [watched({ chargedMicros: used, ...values })]), 'budgetAlert').map(
    ({ threshold }) => threshold,
  );

describe('a threshold', () => {
  test.each<[string, number, number, readonly number[], Partial<BudgetFacts>?]>([
    ['below it', 379_999, 120_000, []],
    ['reached', 380_000, 120_000, [0.5]],
    ['passed', 380_001, 120_000, [0.5]],
    ['two at once', 100_000, 700_000, [0.5, 0.8]],
    ['to the last micro', 999_999, 1, [0.5, 0.8, 1]],
    ['that a float would miss', 0, 550_000, [0.55], { alertAt: [0.55] }],
    ['beyond the amount of a soft budget', 1_000_000, 250_000, [1.25], { enforcement: 'soft', alertAt: [1.25] }],
    ['none configured', 0, 1_000_000, [], { alertAt: [] }],
    ['told of already', 600_000, 120_000, [], { alerted: [0.5] }],
    ['of which one was told of', 780_000, 120_000, [0.8], { alerted: [0.5] }],
  ])('%s, is told of by the turn that holds the money', (_what, used, micros, thresholds, values = {}) => {
    expect(thresholdsAfter(used, micros, values)).toEqual(thresholds);
  });

  test('is a row of its own, and the counter remembers it', () => {
    const effects = hold(reserved(), [watched({ provider: 'MX', reservedMicros: 300_000, chargedMicros: 100_000 })]);
    expect(written(effects, 'budgetAlert')).toEqual([
      {
        id: 'monthly@1#0.5',
        tenantId: tenant,
        budget: 'monthly',
        provider: 'MX',
        currency: 'USD',
        periodStart: Date.UTC(2026, 2, 1),
        periodEnd: Date.UTC(2026, 3, 1),
        threshold: 0.5,
        amountMicros: 1_000_000,
        usedMicros: 520_000,
        at: noon,
      },
    ]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ reservedMicros: 420_000, alerted: [0.5] }]);
  });

  test('that was passed unnoticed, as by a budget that was lowered, is told of by the next turn, whatever that decides', () => {
    const lowered = watched({ chargedMicros: 600_000, shadow: { perMicro: 2, at: noon } });
    const effects = hold(null, [lowered]);
    expect(written(effects, 'budgetAlert')).toMatchObject([{ threshold: 0.5, usedMicros: 600_000 }]);
    // Nothing else of it changes, what a micro has to buy neither.
    expect(written(effects, 'budgetCounter')).toEqual([
      counter({ reservedMicros: 0, chargedMicros: 600_000, shadow: lowered.shadow, alerted: [0.5] }),
    ]);
    expect(written(hold(reserved({ currency: 'EUR' }), [lowered]), 'budgetAlert')).toHaveLength(1);
  });

  test('of a budget of nothing is not reached by nothing', () => {
    expect(hold(null, [watched({ amountMicros: 0 })], { counters: [counter()] })).toEqual([]);
  });
});

test('where nothing is held and nothing reached, nothing is written', () => {
  expect(hold(null, [])).toEqual([]);
  expect(hold(null, [watched({ chargedMicros: 600_000, alerted: [0.5] })], { counters: [counter()] })).toEqual([]);
});

test('a budget that is seen for the first time in its period keeps what the ledger counted of it', () => {
  const effects = hold(null, [watched({ chargedMicros: 400_000 })]);
  expect(written(effects, 'budgetCounter')).toMatchObject([{ id: 'monthly@1', chargedMicros: 400_000, shadow: null }]);
});

test('budgets that have spent nothing share what the catalogue says a cost is worth', () => {
  const budgets = [watched(), watched({ name: 'second', counterId: 'second@1' })];
  const shadowAfter = (paying: readonly BudgetFacts[]) =>
    written(hold(reserved({ micros: 1 }), paying), 'budgetCounter').map(({ shadow }) => shadow!.perMicro);
  const [alone] = shadowAfter(budgets.slice(0, 1));
  expect(shadowAfter(budgets)).toEqual([expect.closeTo(alone! / 2, 12), expect.closeTo(alone! / 2, 12)]);
});
