import { expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import type { BudgetFacts } from '@freshet/domain';
import fc from 'fast-check';
import { tenant } from '../../test/given.js';
import type { Budget } from '../policy.js';
import { budgetFacts, budgetPeriod, usedMicros } from './budget.js';
import { sweepMoney } from './sweep-money.js';

const start = Date.UTC(2026, 5, 1);
/** June: thirty days of a million each. */
const june = (values: Partial<BudgetFacts> = {}, now = start): BudgetFacts => {
  const budget: Budget = {
    name: 'june',
    provider: null,
    currency: 'USD',
    amountMicros: 30_000_000,
    period: 'month',
    timeZone: 'UTC',
    enforcement: 'hard',
    headStart: null,
    reserveForAttended: 0,
    alertAt: [],
  };
  const nothing = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0, shadow: null, alerted: [] };
  return { ...budgetFacts(budgetPeriod(budget, tenant, now), nothing), ...values };
};

test.each<[string, Partial<BudgetFacts>, number, number]>([
  ['a day of thirty', {}, 0, 1_000_000],
  ['what lay idle comes on top', {}, 9, 10_000_000],
  ['what is spent is not there', { chargedMicros: 10_000_000 }, 9, 20_000_000 / 21],
  ['reserved and uncertain count as spent', { reservedMicros: 6e6, uncertainMicros: 4e6 }, 9, 20_000_000 / 21],
  ['ahead of time: an even share of the rest', { chargedMicros: 29_000_000 }, 9, 1_000_000 / 21],
  ['nothing left', { chargedMicros: 30_000_000 }, 9, 0],
  ['overspent', { chargedMicros: 40_000_000 }, 9, 0],
  ['what is kept for customers who are there is not for sweeps', { reserveForAttended: 0.5 }, 0, 500_000],
  ['a pace without a head start', { headStart: 0, chargedMicros: 9_900_000 }, 9, 100_000],
  ['the last day: all that is left, and nothing of the next period', { chargedMicros: 29_500_000 }, 29, 500_000],
])('%s', (_what, values, day, expected) => {
  const now = start + day * DAY;
  expect(Math.abs(sweepMoney(june(values), now, now + DAY) - expected)).toBeLessThanOrEqual(1);
});

test('over the end of a period: the rest of this one, and the share of the next', () => {
  const now = start + 30 * DAY - 12 * HOUR;
  const money = sweepMoney(june({ chargedMicros: 29_900_000 }), now, now + DAY);
  expect(money).toBe(100_000 + 500_000);
});

test('never more than is left, in whole micros', () => {
  const micros = fc.integer({ min: 0, max: 40_000_000 });
  fc.assert(
    fc.property(
      micros,
      fc.integer({ min: 0, max: 29 * 24 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (spent, hour, kept) => {
        const now = start + hour * HOUR;
        const budget = june({ chargedMicros: spent, reserveForAttended: kept });
        const money = sweepMoney(budget, now, Math.min(now + DAY, budget.periodEnd));
        expect(Number.isInteger(money)).toBe(true);
        expect(money).toBeGreaterThanOrEqual(0);
        expect(money).toBeLessThanOrEqual(Math.max(0, budget.amountMicros - usedMicros(budget)));
      },
    ),
  );
});
