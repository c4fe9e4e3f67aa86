import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import type { ForcingFacts, PlaceDemand, RefreshFacts, RefreshRequest } from '@freshet/domain';
import fc from 'fast-check';
import { cooldown, DAY, facts, noon, policy, providerManaged, request, tenant, window } from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { RefreshPolicy, Window } from '../policy.js';
import { renderReason } from '../reasons/render-reason.js';
import { decideRefresh } from './decide-refresh.js';
import { recordRefresh } from './record-refresh.js';

const forcing = (values: Partial<ForcingFacts> = {}): ForcingFacts => ({
  ...{ missedChanges: 1, changesPerDay: 1.2, readsPerDay: 0.6, toldAt: null, toldShare: 0, wordTrue: 0.9 },
  ...{ successChance: 1, slotMs: HOUR, slots: Array.from({ length: 8 }, () => 0.05) },
  ...values,
});
/** Eleven of twelve places of the account are taken. */
const account = (values: Partial<Window> = {}): Window =>
  window({ name: 'hourly', scope: 'account', count: 12, ...values });
const used = { hourly: { count: 11, oldestAt: noon - 40 * MINUTE, latestAt: noon - MINUTE } };
const wanted: PlaceDemand = { perWindow: 12, worth: 0.9, at: noon };

const decided = (
  seen: Partial<RefreshFacts> = {},
  rules: Partial<RefreshPolicy> = {},
  asks: Partial<RefreshRequest> = {},
) => {
  const known = facts({ forcing: forcing(), usage: used, demand: { hourly: wanted }, ...seen });
  const held = policy({ limits: [account()], background: providerManaged, ...rules });
  const given = { facts: known, request: request(asks), policy: held };
  const decision = decideRefresh(given.facts, given.request, given.policy);
  const worth = decision.reasons.find(({ gate }) => gate === 'worth');
  const bare = { tenantId: tenant, uuid: 'uuid', counters: [], openTask: null, presence: null };
  return {
    decision,
    verdict: decision.verdict,
    worth,
    data: worth?.data ?? {},
    ...recordRefresh({ ...bare, ...given, decision }),
  };
};
/** Its last data is eight hours old, so the background refresh is sixteen hours away. */
const late = {
  asked: { ...facts().asked, lastSuccessAt: noon - 8 * HOUR },
  active: { ...facts().active, lastSuccessAt: noon - 8 * HOUR },
};

describe('a place that many connections share', () => {
  test('is kept for a read that needs it more, and says when the next comes free', () => {
    expect(decided({ ...late, demand: {} }).verdict).toBe('force');
    const { verdict, data, worth } = decided(late);
    expect(verdict).toBe('wait');
    expect(data).toMatchObject({ placeUnder: 'hourly', placeFreeAt: noon + 20 * MINUTE });
    expect(data.placePrice).toBeCloseTo(0.9 * Number(data.placeMissed), 10);
    expect(worth === undefined ? '' : renderReason(worth)).toContain(
      '0.5 are wanted for its money (by the worth configured) and 0.72 for its place under hourly, where the next comes ' +
        'free at 2026-03-02T12:20:00.000Z (a later refresh is turned away for it with a chance of 80 %): it is not worth',
    );
  });

  test('is given to one that brings more than its money and its place', () => {
    const busy = forcing({ missedChanges: 4, readsPerDay: 6 });
    expect(decided({ ...late, forcing: busy })).toMatchObject({ verdict: 'force', worth: { code: 'WORTH_FORCING' } });
  });

  test.each([
    [
      'none of whose places is counted for this request',
      [account({ counts: { origins: ['background'], on: 'attempt', attended: null } })],
    ],
    ['that concerns the other kind of request', [account({ applies: 'attended' })]],
    ['of one connection', [account({ scope: 'connection' })]],
  ] as const)('has no price under a limit %s', (_what, limits) => {
    expect(decided(late, { limits })).toMatchObject({
      verdict: 'force',
      data: expect.not.objectContaining({ placePrice: 0 }),
    });
    expect(decided(late, { limits }).data).not.toHaveProperty('placePrice');
  });

  test('of two limits asks for both', () => {
    const other = account({ name: 'bank', scope: 'institution' });
    const both = { usage: { ...used, bank: used.hourly }, demand: { hourly: wanted, bank: wanted } };
    const one = Number(decided(late).data.placePrice);
    expect(decided({ ...late, ...both }, { limits: [account(), other] }).data.placePrice).toBeCloseTo(2 * one, 10);
  });
});

describe('places of one connection alone', () => {
  const four = window({ name: 'four', scope: 'connection', count: 4, per: { shape: 'rolling', ms: DAY } });
  const one = { four: { count: 3, oldestAt: noon - HOUR, latestAt: noon - HOUR } };
  const busy = forcing({ readsPerDay: 12, changesPerDay: 4, missedChanges: 0.5 });

  test('are spread over its reads where it is read more often than they come back', () => {
    expect(decided({ ...late, forcing: busy }, { limits: [four] }).data).toMatchObject({
      placeUnder: 'four',
      placeMissed: null,
    });
    const last = decided({ ...late, forcing: busy, usage: one }, { limits: [four] });
    expect(last).toMatchObject({ verdict: 'wait', data: { placeFreeAt: noon + 23 * HOUR } });
    expect(last.worth === undefined ? '' : renderReason(last.worth)).toContain(
      '(so that its own last): it is not worth',
    );
  });

  test.each([
    ['read seldom', {}, [four]],
    ['held by a pause', { readsPerDay: 12 }, [cooldown({ scope: 'connection' })]],
    ['with one place', { readsPerDay: 12 }, [{ ...four, count: 1 }]],
  ] as const)('have no price where it is %s', (_what, values, limits) => {
    const { data } = decided({ ...late, forcing: forcing(values), usage: {} }, { limits });
    expect(data).toHaveProperty('freshReads');
    expect(data).not.toHaveProperty('placePrice');
  });
});

describe('what a refresh leaves of the demand', () => {
  const rows = (...asked: Parameters<typeof decided>) => written(decided(...asked).effects, 'limitDemand');
  const strong = { ...late, forcing: forcing({ missedChanges: 4, readsPerDay: 6 }) };

  test('is one more, and what it brought beyond its money', () => {
    const { data } = decided(strong);
    const brought = Number(data.freshReads) - Number(data.price);
    // The twelfth fills the window: until the oldest leaves it, nobody can be let in.
    expect(rows(strong)).toEqual([
      {
        id: '["ten_test","MX","account","hourly","meld"]',
        ...{ tenantId: tenant, provider: 'MX', limit: 'hourly', perWindow: 13, at: noon + 20 * MINUTE },
        worth: expect.closeTo(0.9 + (brought - 0.9) / 24, 10),
      },
    ]);
  });

  test('is one more in mode force, of which nobody knows what it brings', () => {
    expect(rows({ ...strong, forcing: null }, {}, { mode: 'force' })).toMatchObject([{ perWindow: 13, worth: 0.9 }]);
  });

  test('is nothing where none was forced, or where no place is shared', () => {
    expect(rows(late)).toEqual([]);
    expect(rows(strong, { limits: [account({ scope: 'group' })] })).toEqual([]);
  });
});

describe('whatever places are said to be worth', () => {
  const amounts = fc.double({ min: 0, max: 1e6, noNaN: true });
  const states = fc.record({
    perWindow: amounts,
    worth: amounts,
    at: fc.integer({ min: noon - DAY, max: noon + DAY }),
  });

  test('what nothing else would bring is forced, once there is a place', () => {
    fc.assert(
      fc.property(states, fc.integer({ min: 1, max: 30 }), fc.nat(30), amounts, (state, count, taken, readsPerDay) => {
        const usage = { hourly: { count: Math.min(taken, count), oldestAt: noon - HOUR / 2, latestAt: noon } };
        const old = {
          freshness: { BALANCES: noon - 3 * DAY, TRANSACTIONS: noon - 3 * DAY },
          usage,
          demand: { hourly: state },
        };
        const rules = { limits: [account({ count })], background: policy().background };
        const held = decided({ ...old, forcing: forcing({ readsPerDay }) }, rules);
        if (taken < count) expect(held.verdict).toBe('force');
        else expect(held.decision.retryAt).toBe(noon + HOUR / 2);
      }),
    );
  });

  test('it is the same again from the facts that were kept', () => {
    fc.assert(
      fc.property(states, fc.nat(11), (state, count) => {
        const usage = { hourly: { ...used.hourly, count } };
        const { decision, record } = decided({ ...late, usage, demand: { hourly: state } });
        const kept = JSON.parse(JSON.stringify(record)) as typeof record;
        expect(
          decideRefresh(
            kept.facts as RefreshFacts,
            kept.request,
            policy({ limits: [account()], background: providerManaged }),
          ),
        ).toEqual(decision);
      }),
    );
  });
});
