import { describe, expect, test } from '@jest/globals';
import type { Product } from '@freshet/domain';
import { budget, configured, counter, inputs, noon, policy, reserved, tenant } from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { Price } from '../policy.js';
import { budgetFacts, budgetPeriod, covers, holdInBudget, usedMicros } from './budget.js';
import { otherCost, othersMayCost, priceOf } from './price.js';
import { chargeFor, settleMoney } from './settle.js';

const price: Price = {
  currency: 'USD',
  perRequestMicros: 300_000,
  productSets: [
    { products: ['BALANCES'], micros: 50_000 },
    { products: ['BALANCES', 'IDENTIFIERS'], micros: 80_000 },
  ],
  historicalMicros: 200_000,
  billedOn: 'success',
};

describe('the price of a refresh', () => {
  test.each<[string, readonly Product[], boolean, number]>([
    ['a set of its own', ['BALANCES'], true, 50_000],
    ['the first set that holds all of it', ['IDENTIFIERS'], true, 80_000],
    ['both in one set', ['IDENTIFIERS', 'BALANCES'], true, 80_000],
    ['more than any set holds', ['BALANCES', 'OWNERS'], true, 300_000],
    ['transactions whose history is loaded', ['TRANSACTIONS'], true, 300_000],
    ['transactions whose history is not', ['TRANSACTIONS'], false, 500_000],
    ['no transactions, history or not', ['BALANCES'], false, 50_000],
  ])('of %s', (_what, products, loaded, micros) => {
    expect(priceOf(price, products, loaded)).toEqual({ micros, currency: 'USD' });
  });

  test('is not known where none is configured', () => {
    expect(priceOf(null, ['BALANCES'], true)).toBeNull();
  });
});

describe('a budget', () => {
  const monthly = configured({ timeZone: 'Europe/Paris' });

  test.each([
    ['day', 'UTC', Date.UTC(2026, 2, 2), Date.UTC(2026, 2, 3)],
    ['day', 'America/New_York', Date.UTC(2026, 2, 2, 5), Date.UTC(2026, 2, 3, 5)],
    ['week', 'Asia/Tokyo', Date.UTC(2026, 2, 1, 15), Date.UTC(2026, 2, 8, 15)],
    // The clocks go forward in it.
    ['month', 'Europe/Paris', Date.UTC(2026, 1, 28, 23), Date.UTC(2026, 2, 31, 22)],
  ] as const)('of a %s turns with that of %s', (unit, timeZone, start, end) => {
    const one = { ...monthly, period: unit, timeZone };
    expect(budgetPeriod(one, tenant, noon)).toMatchObject({ start, end });
    expect(budgetPeriod(one, tenant, end - 1).start).toBe(start);
    expect(budgetPeriod(one, tenant, end).start).toBe(end);
  });

  test('has a counter for each period, and keeps it when its amount is raised', () => {
    const first = budgetPeriod(monthly, tenant, noon);
    expect(budgetPeriod({ ...monthly, amountMicros: 5 }, tenant, noon).counterId).toBe(first.counterId);
    expect(budgetPeriod(monthly, tenant, first.end).counterId).not.toBe(first.counterId);
    expect(budgetPeriod({ ...monthly, provider: 'MX' }, tenant, noon).counterId).not.toBe(first.counterId);
  });

  const unspent = { shadow: null, alerted: [] };

  test('has spent what is reserved, charged or uncertain', () => {
    const period = budgetPeriod(monthly, tenant, noon);
    const seen = budgetFacts(period, { reservedMicros: 1, chargedMicros: 20, uncertainMicros: 300, ...unspent });
    expect(usedMicros(seen)).toBe(321);
    expect(holdInBudget(seen, tenant, 4000, policy(), noon, 1)).toMatchObject({
      id: period.counterId,
      tenantId: tenant,
      provider: null,
      currency: 'USD',
      periodStart: period.start,
      periodEnd: period.end,
      reservedMicros: 4001,
      chargedMicros: 20,
      uncertainMicros: 300,
    });
  });

  test('covers a cost in its currency, and none that is not known', () => {
    expect(covers(budget(), { micros: 1, currency: 'USD' })).toBe(true);
    expect(covers(budget(), { micros: 1, currency: 'EUR' })).toBe(false);
    expect(covers(budget(), null)).toBe(false);
  });
});

describe('the money held for a pull', () => {
  test.each([
    ['brought-data', 'success', 'unknown', 'charged'],
    ['brought-data', 'attempt', 'unknown', 'charged'],
    ['failed-at-provider', 'success', 'accepted', 'released'],
    ['failed-at-provider', 'success', 'unknown', 'released'],
    ['failed-at-provider', 'attempt', 'accepted', 'charged'],
    ['failed-at-provider', 'attempt', 'unknown', 'uncertain'],
    ['failed-at-provider', 'attempt', 'sent', 'uncertain'],
    ['never-happened', 'attempt', 'sent', 'released'],
    ['nobody-knows', 'success', 'unknown', 'uncertain'],
  ] as const)('that %s, billed on %s, and was %s, is %s', (fate, billedOn, state, charge) => {
    expect(chargeFor(fate, { state }, policy({ price: { ...price, billedOn } }))).toBe(charge);
  });

  test.each([
    ['charged', { reservedMicros: 0, chargedMicros: 120_000, uncertainMicros: 0 }],
    ['released', { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 }],
    ['uncertain', { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 120_000 }],
  ] as const)('is %s once, and moves in each of its budgets', (charge, after) => {
    const effects = settleMoney([reserved()], [counter()], charge, inputs());
    expect(written(effects, 'ledgerEntry')).toMatchObject([{ kind: charge, micros: 120_000, cause: 'whk_1' }]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ id: 'monthly@1', ...after }]);
  });

  test.each([
    ['that was made after the money was held', counter({ id: 'late@1' }), true],
    ['whose period begins when it was held', counter({ periodStart: noon }), true],
    ['whose period begins right after', counter({ periodStart: noon + 1 }), false],
    ['whose period ends right after it was held', counter({ periodEnd: noon + 1 }), true],
    ['whose period had ended by then', counter({ periodEnd: noon }), false],
    ['of its provider', counter({ provider: 'MX' }), true],
    ['of another provider', counter({ provider: 'PLAID' }), false],
    ['in another currency', counter({ currency: 'EUR' }), false],
  ])('moves the counter %s, if it counts it', (_which, one, moves) => {
    const later = inputs(one.periodEnd + 1);
    const effects = settleMoney([reserved()], [one], 'charged', later);
    expect(written(effects, 'budgetCounter').map(({ id }) => id)).toEqual(moves ? [one.id] : []);
  });

  test('that is settled is never settled again', () => {
    const entries = [reserved(), reserved({ kind: 'charged' })];
    expect(settleMoney(entries, [counter()], 'released', inputs())).toEqual([]);
    expect(settleMoney([], [counter()], 'released', inputs())).toEqual([]);
  });

  test('of a widened refresh is settled entry by entry, the counter once', () => {
    const more = reserved({ id: 'led_2' as ReturnType<typeof reserved>['id'], micros: 80_000 });
    const effects = settleMoney([reserved(), more], [counter({ reservedMicros: 200_000 })], 'charged', inputs());
    expect(written(effects, 'ledgerEntry').map((entry) => entry.micros)).toEqual([120_000, 80_000]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ reservedMicros: 0, chargedMicros: 200_000 }]);
  });
});

describe('pulls that nobody asked for as a refresh', () => {
  const price = {
    currency: 'USD',
    perRequestMicros: 100,
    productSets: [{ products: ['BALANCES'], micros: 40 }],
    historicalMicros: 500,
    alsoBilled: ['repair', 'products'],
    billedOn: 'success',
  } as const;
  const of = { origin: 'repair', products: ['BALANCES', 'TRANSACTIONS'], isFirst: true, loadsHistory: false } as const;

  test.each<[string, Parameters<typeof otherCost>[1], number | undefined]>([
    ['as a refresh of its products', of, 100],
    ['by the product set', { ...of, products: ['BALANCES'] }, 40],
    ['with its history', { ...of, loadsHistory: true }, 600],
    ['its history alone, told of later', { ...of, isFirst: false, loadsHistory: true }, 500],
    ['nothing a second time', { ...of, isFirst: false }, undefined],
    ['nothing where it is not billed', { ...of, origin: 'import' }, undefined],
    ['its history where it is not billed else', { ...of, origin: 'connect', loadsHistory: true }, 500],
    ['nothing where the provider made it by itself', { ...of, origin: 'background', loadsHistory: true }, undefined],
  ])('cost %s', (_what, pull, micros) => {
    expect(otherCost(price, pull)?.micros).toBe(micros);
    if (micros !== undefined) expect(othersMayCost(price, !pull.loadsHistory)).toBe(true);
  });

  test('can cost nothing where none is billed and the history is there', () => {
    expect(otherCost(null, { ...of, loadsHistory: true })).toBeNull();
    expect(othersMayCost(null, false)).toBe(false);
    expect(othersMayCost({ ...price, alsoBilled: [] }, true)).toBe(false);
    expect(othersMayCost({ ...price, alsoBilled: [] }, false)).toBe(true);
  });
});
