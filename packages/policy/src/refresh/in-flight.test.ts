import { describe, expect, test } from '@jest/globals';
import { HOUR } from '@freshet/domain';
import type { Decision, OpenTaskFacts, RefreshFacts, RefreshRequest } from '@freshet/domain';
import { budget, cooldown, facts, noon, openTask, policy, priced, request, taskId, window } from '../../test/given.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from './decide-refresh.js';

const join = (
  task: Partial<OpenTaskFacts> = {},
  seen: Partial<RefreshFacts> = {},
  rules: Partial<RefreshPolicy> = {},
  asked: Partial<RefreshRequest> = {},
): Decision => decideRefresh(facts({ openTask: openTask(task), ...seen }), request(asked), policy(rules));

const codes = (decision: Decision): readonly string[] =>
  decision.reasons.filter((reason) => reason.gate === 'in-flight').map((reason) => reason.code);

const balances = { products: ['BALANCES'], cost: { micros: 40_000, currency: 'USD' } } as const;

describe('a refresh under way', () => {
  test.each(['queued', 'running'] as const)('that is %s and brings what is asked for is joined, free', (state) => {
    const decision = join({ state, products: ['BALANCES', 'TRANSACTIONS'] });
    expect(decision).toMatchObject({ verdict: 'join', taskId: taskId('open'), cost: null, widens: [], refusal: null });
    expect(codes(decision)).toEqual(['IN_FLIGHT']);
  });

  test.each(['auto', 'force'] as const)('is joined in mode %s: it would be paid for twice', (mode) => {
    expect(join({}, {}, {}, { mode }).verdict).toBe('join');
  });

  test('is joined by one who asks for less', () => {
    const decision = join({ products: ['BALANCES', 'TRANSACTIONS'] }, {}, {}, { products: ['BALANCES'] });
    expect(codes(decision)).toEqual(['IN_FLIGHT']);
  });

  test('is joined though the provider was closed meanwhile', () => {
    const closures = [{ scope: 'provider', scopeKey: '', kind: 'paused', until: null }] as const;
    expect(join({}, { closures }).verdict).toBe('join');
  });

  test('without one, nothing is joined', () => {
    const decision = decideRefresh(facts(), request(), policy());
    expect(codes(decision)).toEqual(['NONE_IN_FLIGHT']);
  });
});

describe('a refresh that waits for its worker', () => {
  test('is widened by what it lacks', () => {
    const decision = join();
    expect(decision).toMatchObject({ verdict: 'join', widens: ['TRANSACTIONS'] });
    expect(codes(decision)).toEqual(['IN_FLIGHT', 'IN_FLIGHT_WIDENED']);
  });

  const lacks = (decision: Decision): void => {
    expect(decision).toMatchObject({ verdict: 'join', widens: [] });
    expect(decision.reasons.at(-1)).toMatchObject({
      code: 'IN_FLIGHT_LACKS_PRODUCTS',
      data: { products: ['TRANSACTIONS'] },
    });
  };

  test('is not widened once it runs', () => {
    lacks(join({ state: 'running' }));
  });

  test.each([
    ['a cooldown', cooldown({ products: ['TRANSACTIONS'] }), 'cooldown'],
    ['a window', window({ count: 1, products: ['TRANSACTIONS'] }), 'window'],
  ])('is not widened against %s of the product', (_what, limit, name) => {
    const usage = { [name]: { count: 1, oldestAt: noon - 1, latestAt: noon - 1 } };
    lacks(join({}, { usage }, { limits: [limit] }));
    expect(join({}, {}, { limits: [limit] }).widens).toEqual(['TRANSACTIONS']);
  });

  test('is not widened against a block that the provider told', () => {
    const told = (until: number) => [{ scope: 'group', scopeKey: '', kind: 'limited', until }] as const;
    lacks(join({}, { closures: told(noon + 1) }));
    expect(join({}, { closures: told(noon) }).widens).toEqual(['TRANSACTIONS']);
  });

  test.each([
    ['whose last cent it takes', 920_000, true],
    ['that it would exceed', 920_001, false],
  ])('is widened within a budget %s: only the difference counts', (_what, used, widens) => {
    const decision = join(balances, { budgets: [budget({ chargedMicros: used })] }, priced);
    expect(decision.widens).toEqual(widens ? ['TRANSACTIONS'] : []);
    if (!widens) lacks(decision);
  });

  test('is widened free of charge where the price stays the same', () => {
    const spent = budget({ chargedMicros: 1_000_000 });
    expect(join({}, { budgets: [spent] }).widens).toEqual(['TRANSACTIONS']);
  });

  test('that was asked for without the customer is judged as such', () => {
    const limit = window({ count: 2, reserveForAttended: 1, products: ['TRANSACTIONS'] });
    const usage = { window: { count: 1, oldestAt: noon - HOUR / 2, latestAt: noon - HOUR / 2 } };
    lacks(join({}, { usage }, { limits: [limit] }, { attended: true }));
  });
});
