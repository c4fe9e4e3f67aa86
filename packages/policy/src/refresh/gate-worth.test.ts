import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import type { ForcingFacts, RefreshFacts, RefreshRequest } from '@freshet/domain';
import { budget, DAY, facts, noon, policy, providerManaged, request } from '../../test/given.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from './decide-refresh.js';

const forcing = (values: Partial<ForcingFacts> = {}): ForcingFacts => ({
  ...{ missedChanges: 0.6, changesPerDay: 1.2, readsPerDay: 0.6, toldAt: null, toldShare: 0, wordTrue: 0.9 },
  ...{ successChance: 1, slotMs: HOUR, slots: Array.from({ length: 8 }, () => 0.05) },
  ...values,
});

const asked = (
  values: Partial<RefreshFacts> = {},
  asks: Partial<RefreshRequest> = {},
  rules: Partial<RefreshPolicy> = {},
) => {
  const decision = decideRefresh(facts({ forcing: forcing(), ...values }), request(asks), policy(rules));
  const worth = decision.reasons.find(({ gate }) => gate === 'worth');
  return { verdict: decision.verdict, code: worth?.code, data: worth?.data ?? {}, asOf: decision.asOf };
};

const dear = { worth: { valueMultiple: 0.1, changesPerDay: 1.2, readsPerDay: 0.6 } };
const free = { price: { ...policy().price, perRequestMicros: 0 } as RefreshPolicy['price'] };
/** The data is eight hours old, so the background refresh is sixteen hours away. */
const managed = { background: providerManaged };
const fresh = { freshness: { BALANCES: noon - HOUR, TRANSACTIONS: noon - HOUR } };

describe('whether a refresh is worth its price', () => {
  test.each([
    ['more than half a fresh read, by the catalogue', {}, {}, 'force', 'WORTH_FORCING'],
    ['less than ten of them', {}, dear, 'wait', 'WORTH_WAITING'],
    ['hardly anything missed', { forcing: forcing({ missedChanges: 0.05 }) }, {}, 'wait', 'WORTH_WAITING'],
    ['nothing known at all', { forcing: null }, {}, 'force', 'WORTH_UNKNOWN'],
    ['surely fresh, and free', { forcing: forcing({ missedChanges: 0 }) }, free, 'wait', 'WORTH_WAITING'],
    ['hardly stale, and free', { forcing: forcing({ missedChanges: 0.01 }) }, free, 'force', 'WORTH_FORCING'],
    [
      'told of by the provider',
      { forcing: forcing({ missedChanges: 0.01, toldAt: noon }) },
      {},
      'force',
      'WORTH_FORCING',
    ],
    [
      'told of by one who is never right',
      { forcing: forcing({ missedChanges: 0.01, toldAt: noon, wordTrue: 0.02 }) },
      {},
      'wait',
      'WORTH_WAITING',
    ],
  ] as const)('%s', (_what, seen, rules, verdict, code) => {
    const late = { asked: { ...facts().asked, lastSuccessAt: noon - 8 * HOUR } };
    const active = { active: { ...facts().active, lastSuccessAt: noon - 8 * HOUR } };
    expect(asked({ ...late, ...active, ...seen }, {}, { ...managed, ...rules })).toMatchObject({ verdict, code });
  });

  test('a product that has not come for long is weighed like any other', () => {
    const never = { forcing: forcing({ missedChanges: null }), freshness: fresh.freshness };
    expect(asked(never, {}, { ...managed, ...dear })).toMatchObject({ verdict: 'wait', data: { staleChance: 1 } });
  });
});

describe('where no background refresh comes', () => {
  test('what is not worth its price is reused while it is young', () => {
    const young = asked(fresh, {}, dear);
    expect(young).toMatchObject({ verdict: 'reuse', code: 'WORTH_WAITING', asOf: noon - HOUR });
  });

  test.each([
    ['older than data may get', { freshness: { BALANCES: noon - 2 * DAY - 1, TRANSACTIONS: noon } }, {}, 'force'],
    ['as old as data may get', { freshness: { BALANCES: noon - 2 * DAY, TRANSACTIONS: noon } }, {}, 'reuse'],
    ['older than the caller wants', fresh, { maxAgeMs: 30 * MINUTE }, 'force'],
    ['never there', { freshness: {} }, {}, 'force'],
  ] as const)('what is %s is not left to grow old', (_what, seen, asks, verdict) => {
    const decided = asked(seen, asks, dear);
    expect(decided).toMatchObject({ verdict, code: verdict === 'force' ? 'WORTH_OVERDUE' : 'WORTH_WAITING' });
  });
});

describe('the price', () => {
  const monthly = (name: string, perMicro: number | null) =>
    budget({ name, counterId: name, shadow: perMicro === null ? null : { perMicro, at: noon } });

  test('is that of the budgets that pay, together', () => {
    const two = [monthly('one', 4e-6), monthly('other', 1e-6)];
    expect(asked({ budgets: two }).data).toMatchObject({ priceSetBy: 'one, other', price: expect.closeTo(0.6, 10) });
  });

  test('does not grow with budgets that have spent nothing', () => {
    const price = (count: number): number =>
      asked({ budgets: Array.from({ length: count }, (_, nth) => monthly(`b${nth}`, null)) }).data.price as number;
    expect(price(3)).toBeCloseTo(price(1), 10);
  });

  test('of a budget that lies idle falls from the start of its period', () => {
    const begun = (periodStart: number) => asked({ budgets: [budget({ periodStart })] }).data.price as number;
    expect(begun(noon)).toBeCloseTo(0.5, 10);
    expect(begun(noon - DAY)).toBeCloseTo(0.5 * Math.exp(-0.8), 10);
  });
});
