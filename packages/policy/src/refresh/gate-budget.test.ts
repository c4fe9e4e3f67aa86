import { describe, expect, test } from '@jest/globals';
import { DAY } from '@freshet/domain';
import type { BudgetFacts, Decision, ReasonCode, RefreshFacts, RefreshRequest } from '@freshet/domain';
import { budget, facts, noon, openTask, policy, priced, providerManaged, request } from '../../test/given.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from './decide-refresh.js';

const decide = (
  budgets: readonly BudgetFacts[],
  asked: Partial<RefreshRequest> = {},
  rules: Partial<RefreshPolicy> = {},
  seen: Partial<RefreshFacts> = {},
): Decision => decideRefresh(facts({ budgets, ...seen }), request({ mode: 'force', ...asked }), policy(rules));

const ofGate = ({ reasons }: Decision, gate: string) => reasons.filter((reason) => reason.gate === gate);
const codes = (decision: Decision, gate = 'budget'): readonly ReasonCode[] =>
  ofGate(decision, gate).map(({ code }) => code);
const only = (decision: Decision, gate = 'budget') => ofGate(decision, gate).at(-1)?.data;

describe('a soft budget', () => {
  const soft = budget({ enforcement: 'soft', chargedMicros: 900_000 });

  test('lets a refresh pass that overruns it, and says by how much', () => {
    const decision = decide([soft]);
    expect(decision).toMatchObject({ verdict: 'force', cost: { micros: 120_000 } });
    expect(codes(decision)).toEqual(['BUDGET_OVERRUN']);
    expect(only(decision)).toEqual({
      budget: 'monthly',
      amountMicros: 1_000_000,
      usedMicros: 900_000,
      costMicros: 120_000,
      currency: 'USD',
      periodEnd: Date.UTC(2026, 3, 1),
      overrunMicros: 20_000,
    });
  });

  test('says nothing of an overrun before there is one', () => {
    expect(codes(decide([{ ...soft, chargedMicros: 880_000 }]))).toEqual(['BUDGETS_ALLOW']);
  });

  test('beside a hard one that fits: both are told of', () => {
    const decision = decide([soft, budget({ name: 'hard' })]);
    expect(decision.verdict).toBe('force');
    expect(codes(decision)).toEqual(['BUDGETS_ALLOW', 'BUDGET_OVERRUN']);
    expect(ofGate(decision, 'budget')[0]?.data['budgets']).toEqual(['hard']);
  });

  test('does not let pass what a hard one holds back', () => {
    const decision = decide([soft, budget({ name: 'hard', amountMicros: 0 })]);
    expect(decision).toMatchObject({ verdict: 'refuse', budget: 'hard' });
    expect(codes(decision)).toEqual(['BUDGET_EXHAUSTED']);
  });

  test('still steers what forcing has to be worth', () => {
    const shadow = { perMicro: 1, start: 1, at: noon };
    const forcing = {
      ...{
        missedChanges: 5,
        changesPerDay: 5,
        readsPerDay: 1,
        toldAt: null,
        toldShare: 0,
        wordTrue: 0.9,
        successChance: 1,
      },
      ...{ slotMs: DAY, slots: [5] },
    };
    const dear = decide([{ ...soft, shadow }], { mode: 'auto' }, {}, { forcing });
    expect(dear).toMatchObject({ verdict: 'reuse' });
    expect(codes(dear, 'worth')).toEqual(['WORTH_WAITING']);
    const cheap = { ...soft, shadow: { ...shadow, perMicro: 1e-9, start: 1e-9 } };
    expect(decide([cheap], { mode: 'auto' }, {}, { forcing }).verdict).toBe('force');
  });

  test('lets a task be widened over it, and says so', () => {
    const seen = { openTask: openTask({ cost: { micros: 40_000, currency: 'USD' } }) };
    const decision = decide([{ ...soft, chargedMicros: 950_000 }], {}, priced, seen);
    expect(decision).toMatchObject({ verdict: 'join', widens: ['TRANSACTIONS'] });
    expect(codes(decision, 'in-flight')).toEqual(['IN_FLIGHT', 'IN_FLIGHT_WIDENED', 'BUDGET_OVERRUN']);
    expect(only(decision, 'in-flight')).toMatchObject({ costMicros: 80_000, overrunMicros: 30_000 });
    const lacking = decide([{ ...soft, chargedMicros: 950_000 }, budget({ amountMicros: 0 })], {}, priced, seen);
    expect(codes(lacking, 'in-flight')).toEqual(['IN_FLIGHT', 'IN_FLIGHT_LACKS_PRODUCTS']);
  });
});

describe('a paced budget', () => {
  // On the 2nd of March at noon 1.5 of 31 days have passed.
  const paced = budget({ headStart: 0, amountMicros: 1_240_000 });
  const free = 60_000;

  test.each([
    ['as much as is free by now', free, 'force'],
    ['a micro more', free + 1, 'refuse'],
  ])('lets %s pass, or not', (_what, micros, verdict) => {
    const price = { ...policy().price!, perRequestMicros: micros };
    expect(decide([paced], {}, { price }).verdict).toBe(verdict);
  });

  test('says when it will fit, and that it does not lack the money', () => {
    const decision = decide([paced]);
    // 120 of 1240 are free after 3 of 31 days.
    const at = Date.UTC(2026, 2, 4);
    expect(decision).toMatchObject({ refusal: 'budget-exhausted', budget: 'monthly', retryAt: at, nextForcedAt: at });
    expect(codes(decision)).toEqual(['BUDGET_PACED']);
    expect(only(decision)).toMatchObject({ usedMicros: 0, allowedMicros: free, allowedAt: at });
    const later = (now: number) => decide([paced], {}, {}, { now }).verdict;
    expect([later(at - 1), later(at)]).toEqual(['refuse', 'force']);
  });

  test('makes mode auto wait where a background refresh comes', () => {
    const decision = decide([paced], { mode: 'auto' }, { background: providerManaged });
    expect(decision).toMatchObject({ verdict: 'wait', nextForcedAt: Date.UTC(2026, 2, 4) });
  });

  test('is outlasted by one that is spent, and begins anew with the month: then both have room', () => {
    const spent = budget({ name: 'spent', chargedMicros: 1_000_000 });
    const decision = decide([paced, spent]);
    expect(codes(decision)).toEqual(['BUDGET_PACED', 'BUDGET_EXHAUSTED']);
    // 120 of 1240 are free after as much of the 30 days of April.
    const both = spent.periodEnd + Math.ceil((30 * DAY * 120) / 1240);
    expect(decision).toMatchObject({ budget: 'spent', retryAt: both });
  });

  test('holds a widening back as well', () => {
    const seen = { openTask: openTask({ cost: { micros: 40_000, currency: 'USD' } }) };
    expect(decide([paced], {}, priced, seen).widens).toEqual([]);
    expect(decide([{ ...paced, headStart: 1 }], {}, priced, seen).widens).toEqual(['TRANSACTIONS']);
  });
});

describe('a share kept for attended requests', () => {
  const kept = budget({ reserveForAttended: 0.2, chargedMicros: 700_000 });

  test('is not for the others', () => {
    const refused = decide([kept], { attended: false });
    expect(refused).toMatchObject({ refusal: 'budget-exhausted', budget: 'monthly', retryAt: kept.periodEnd });
    expect(codes(refused)).toEqual(['BUDGET_KEPT_FOR_ATTENDED']);
    expect(only(refused)).toMatchObject({ usedMicros: 700_000, keptMicros: 200_000 });
    expect(decide([kept], { attended: true }).verdict).toBe('force');
    expect(decide([{ ...kept, chargedMicros: 680_000 }], { attended: false }).verdict).toBe('force');
  });

  test('widens a task for a customer who is there, whoever it was opened for', () => {
    const seen = { openTask: openTask({ cost: { micros: 40_000, currency: 'USD' } }) };
    const full = [{ ...kept, chargedMicros: 800_000 }];
    expect(decide(full, { attended: true }, priced, seen).widens).toEqual(['TRANSACTIONS']);
    expect(decide(full, { attended: false }, priced, seen).widens).toEqual([]);
  });
});

test('what costs nothing passes a budget that is overdrawn', () => {
  const price = { ...policy().price!, perRequestMicros: 0 };
  expect(decide([budget({ chargedMicros: 2_000_000 })], {}, { price }).verdict).toBe('force');
});

test('a price that nobody knows passes every budget, and the reasons say so', () => {
  const decision = decide([budget({ amountMicros: 0 }), budget({ headStart: 0 })], {}, { price: null });
  expect(decision).toMatchObject({ verdict: 'force', cost: null });
  expect(codes(decision)).toEqual(['PRICE_UNKNOWN']);
});
