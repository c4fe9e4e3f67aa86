import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import type { ClosureFacts, Decision, ReasonCode, RefreshFacts, RefreshRequest } from '@freshet/domain';
import {
  budget,
  connection,
  connectionFacts,
  connectionId,
  cooldown,
  DAY,
  facts,
  noon,
  openTask,
  policy,
  providerManaged,
  request,
  taskId,
  twins,
} from '../../test/given.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from './decide-refresh.js';

interface Given {
  readonly facts?: Partial<RefreshFacts>;
  readonly request?: Partial<RefreshRequest>;
  readonly policy?: Partial<RefreshPolicy>;
}

const decide = (given: Given): Decision =>
  decideRefresh(facts(given.facts), request(given.request), policy(given.policy));

const codes = (decision: Decision): readonly ReasonCode[] => decision.reasons.map((reason) => reason.code);
const dataOf = (decision: Decision, code: ReasonCode) => decision.reasons.find((reason) => reason.code === code)?.data;
const inStatus = (status: string, reason: string | null = null): Partial<RefreshFacts> => ({
  asked: connectionFacts(connection('a', { status, statusReason: reason })),
});
const twinFacts = (active: Parameters<typeof twins>[0] = {}, inactive: Parameters<typeof twins>[1] = {}) => {
  const [a, b] = twins(active, inactive);
  return { asked: connectionFacts(b), active: connectionFacts(a) };
};
const closure = (kind: ClosureFacts['kind'], until: number | null): ClosureFacts => ({
  scope: 'provider',
  scopeKey: '',
  kind,
  until,
});

test('nothing stands against it: forced, with a reason from each gate', () => {
  const decision = decide({});
  expect(decision).toMatchObject({
    verdict: 'force',
    refusal: null,
    products: ['BALANCES', 'TRANSACTIONS'],
    cost: { micros: 120_000, currency: 'USD' },
    nextForcedAt: noon,
    nextBackgroundAt: null,
    promotes: null,
    widens: [],
    widensRange: null,
  });
  expect(decision.reasons.map((reason) => reason.gate)).toEqual([
    'status',
    'products',
    'in-flight',
    'recent',
    'fresh',
    'open',
    'limits',
    'budget',
    'worth',
    'force',
  ]);
});

describe('gate 1, status', () => {
  test.each([
    ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED', 'repair'],
    ['UNRECOVERABLE', 'CONTINUED_AGGREGATION_FAILURES', 'repair'],
    ['IN_PROGRESS', null, 'connect'],
    ['EXPIRED', null, 'connect'],
    ['DELETED', null, null],
    ['A_NEW_WORD', null, 'repair'],
  ])('%s (%s) is refused in both modes, and %s helps', (status, reason, operation) => {
    for (const mode of ['auto', 'force'] as const) {
      const decision = decide({ facts: inStatus(status, reason), request: { mode, attended: true } });
      expect(decision).toMatchObject({
        verdict: 'refuse',
        refusal: 'not-refreshable',
        operation,
        operationConnectionId: connectionId('a'),
        nextForcedAt: null,
      });
      expect(codes(decision)).toEqual(['STATUS_FORBIDS']);
    }
  });

  test.each([
    ['ACTIVE', null],
    ['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS'],
    ['DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE'],
    ['UNDETERMINED', null],
  ])('%s (%s) passes', (status, reason) => {
    const decision = decide({ facts: inStatus(status, reason) });
    expect(decision.verdict).toBe('force');
    expect(dataOf(decision, 'STATUS_ALLOWS')).toEqual({ status, reason, connectionId: connectionId('a') });
  });

  test('of an inactive twin is read from the active one, which is the one to repair', () => {
    const decision = decide({ facts: twinFacts({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }) });
    expect(decision).toMatchObject({
      verdict: 'refuse',
      refusal: 'not-refreshable',
      operationConnectionId: connectionId('a'),
    });
  });

  test('of an inactive twin is read from the active one, whatever word of its own it bears', () => {
    const active = { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' };
    expect(decide({ facts: twinFacts(active, { status: 'ACTIVE', statusReason: null }) }).verdict).toBe('refuse');
    expect(decide({ facts: twinFacts({}, { status: 'A_NEW_WORD', statusReason: null }) }).verdict).toBe('force');
  });

  test('of a healthy active twin lets the inactive one pass, which takes its place', () => {
    expect(decide({ facts: twinFacts() })).toMatchObject({ verdict: 'force', promotes: connectionId('a') });
  });

  test('of a deleted connection is its own, though its heir is well', () => {
    const decision = decide({ facts: twinFacts({}, { status: 'DELETED', statusReason: null }) });
    expect(decision).toMatchObject({ verdict: 'refuse', operationConnectionId: connectionId('b') });
  });
});

describe('gate 2, products and range', () => {
  test('a product that is not granted is refused by name, also when others are', () => {
    const decision = decide({ request: { products: ['BALANCES', 'OWNERS'] } });
    expect(decision).toMatchObject({ verdict: 'refuse', refusal: 'product-not-granted' });
    expect(dataOf(decision, 'PRODUCT_NOT_GRANTED')).toEqual({
      products: ['OWNERS'],
      granted: ['BALANCES', 'TRANSACTIONS'],
    });
  });

  test.each([
    ['one is named', ['BALANCES'], ['BALANCES']],
    ['none is named', null, ['BALANCES', 'TRANSACTIONS']],
    ['an empty list names none', [], ['BALANCES', 'TRANSACTIONS']],
  ] as const)('%s: those granted are pulled', (_what, products, pulled) => {
    expect(decide({ request: { products } })).toMatchObject({ verdict: 'force', products: pulled });
  });

  const range = { maxBackMs: 90 * DAY, overlapMs: 7 * DAY };
  test.each<[string, Partial<RefreshRequest>, boolean]>([
    ['from the farthest day on', { from: noon - 90 * DAY }, true],
    ['from one millisecond before it', { from: noon - 90 * DAY - 1 }, false],
    ['up to now', { to: noon }, true],
    ['up to the next millisecond', { to: noon + 1 }, false],
    ['up to the farthest day', { to: noon - 90 * DAY }, false],
    ['one millisecond long', { from: noon - 1, to: noon }, true],
    ['empty', { from: noon - 1, to: noon - 1 }, false],
    ['the wrong way round', { from: noon - 1, to: noon - 2 }, false],
    ['from the future', { from: noon + 1 }, false],
    ['not named', {}, true],
  ])('a range %s', (_what, asked, passes) => {
    const decision = decide({ request: asked, policy: { range } });
    expect(decision.verdict).toBe(passes ? 'force' : 'refuse');
    expect(decision.refusal).toBe(passes ? null : 'range-out-of-reach');
  });

  test('any range is out of reach where the provider takes none', () => {
    expect(decide({ request: { from: noon - HOUR } })).toMatchObject({ refusal: 'range-out-of-reach' });
  });
});

describe('gate 4, recent', () => {
  const coalesces = { withinMs: HOUR, scope: 'customer-institution', origins: ['forced', 'connect'] } as const;
  const pulledAt = (at: number): Given => ({
    facts: { recent: { at, taskId: taskId('before'), products: ['BALANCES'] } },
    policy: { coalesces },
  });

  test('a pull one millisecond inside the hour is handed back, also in mode force', () => {
    const at = noon - HOUR + 1;
    for (const mode of ['auto', 'force'] as const) {
      expect(decide({ ...pulledAt(at), request: { mode } })).toMatchObject({
        verdict: 'reuse',
        taskId: taskId('before'),
        asOf: noon - DAY,
        cost: null,
        nextForcedAt: noon + 1,
      });
    }
  });

  test('a pull that is an hour old counts no more', () => {
    const decision = decide(pulledAt(noon - HOUR));
    expect(decision.verdict).toBe('force');
    expect(codes(decision)).toContain('NONE_RECENT');
  });

  test('where the provider has no such rule, none is handed back', () => {
    expect(decide({ ...pulledAt(noon), policy: { coalesces: null } }).verdict).toBe('force');
  });

  test('where something never arrived, the time of the pull is told', () => {
    const given = pulledAt(noon - MINUTE);
    expect(decide({ ...given, facts: { ...given.facts, freshness: {} } }).asOf).toBe(noon - MINUTE);
  });

  test('the next forced one waits for the limits too, whichever is later', () => {
    const cooling = { limits: [cooldown()], coalesces };
    const usage = { cooldown: { count: 1, oldestAt: noon - MINUTE, latestAt: noon - MINUTE } };
    const given = pulledAt(noon - MINUTE);
    expect(decide({ facts: { ...given.facts, usage }, policy: cooling }).nextForcedAt).toBe(noon - MINUTE + 3 * HOUR);
  });

  test('after one that is forced now, the next is handed back for an hour', () => {
    expect(decide({ policy: { coalesces } }).nextForcedAt).toBe(noon + HOUR);
  });
});

describe('gate 5, fresh', () => {
  const aged = (ageMs: number, asked: Partial<RefreshRequest>): Decision =>
    decide({
      facts: {
        freshness: { BALANCES: noon - ageMs, TRANSACTIONS: noon },
        latest: { at: noon - ageMs, taskId: taskId('last'), products: ['BALANCES'] },
      },
      request: asked,
    });

  test.each([
    ['exactly as old as asked for', 15 * MINUTE, 'reuse'],
    ['one millisecond older', 15 * MINUTE + 1, 'force'],
  ])('data %s', (_what, age, verdict) => {
    const decision = aged(age, { maxAgeMs: 15 * MINUTE });
    expect(decision.verdict).toBe(verdict);
    expect(decision.asOf).toBe(verdict === 'reuse' ? noon - age : null);
    expect(decision.taskId).toBe(verdict === 'reuse' ? taskId('last') : null);
  });

  test('is per product: only the oldest of those asked for counts', () => {
    expect(aged(HOUR, { maxAgeMs: MINUTE, products: ['TRANSACTIONS'] })).toMatchObject({
      verdict: 'reuse',
      asOf: noon,
    });
    expect(aged(HOUR, { maxAgeMs: MINUTE, products: ['BALANCES'] }).verdict).toBe('force');
  });

  test('is not weighed in mode force, nor where no age was asked for', () => {
    expect(codes(aged(0, { maxAgeMs: MINUTE, mode: 'force' }))).toContain('FRESHNESS_NOT_WEIGHED');
    expect(aged(0, { maxAgeMs: MINUTE, mode: 'force' }).verdict).toBe('force');
    expect(codes(aged(0, {}))).toContain('FRESHNESS_NOT_ASKED');
  });

  test('is not what never arrived', () => {
    const decision = decide({ facts: { freshness: { BALANCES: noon } }, request: { maxAgeMs: DAY } });
    expect(dataOf(decision, 'NOT_FRESH_ENOUGH')).toEqual({ asOf: null, ageMs: null, maxAgeMs: DAY });
  });
});

describe('gate 6, open', () => {
  test.each([
    ['paused', 'PROVIDER_PAUSED'],
    ['maintenance', 'PROVIDER_IN_MAINTENANCE'],
    ['breaker', 'BREAKER_OPEN'],
  ] as const)('a provider that is closed by %s is refused until it opens', (kind, code) => {
    const decision = decide({ facts: { closures: [closure(kind, noon + 1)] } });
    expect(decision).toMatchObject({ verdict: 'refuse', refusal: 'provider-closed', retryAt: noon + 1 });
    expect(dataOf(decision, code)).toEqual({ scope: 'provider', until: noon + 1 });
    expect(decide({ facts: { closures: [closure(kind, noon)] } }).verdict).toBe('force');
  });

  test('without a known end, no time is told; of several, the last', () => {
    const forGood = decide({ facts: { closures: [closure('paused', null), closure('breaker', noon + HOUR)] } });
    expect(forGood).toMatchObject({ retryAt: null, nextForcedAt: null });
    expect(codes(forGood)).toEqual(expect.arrayContaining(['PROVIDER_PAUSED', 'BREAKER_OPEN']));
    const both = [closure('breaker', noon + HOUR), closure('maintenance', noon + 2 * HOUR)];
    expect(decide({ facts: { closures: both } }).retryAt).toBe(noon + 2 * HOUR);
  });

  test('a connector that is switched off cannot force; a caller who reads needs none', () => {
    expect(decide({ facts: { connectorOn: false } })).toMatchObject({ refusal: 'provider-closed', retryAt: null });
    const forced = { available: true, unattended: true, executor: 'caller' } as const;
    expect(decide({ facts: { connectorOn: false }, policy: { forced } }).verdict).toBe('force');
  });

  test('a provider without forced refreshes is refused in both modes', () => {
    const forced = { available: false, unattended: true, executor: 'engine' } as const;
    expect(decide({ policy: { forced } })).toMatchObject({ refusal: 'not-forceable', nextForcedAt: null });
    expect(decide({ policy: { forced }, request: { mode: 'force' } })).toMatchObject({ refusal: 'not-forceable' });
  });

  test.each([
    ['forbids forcing unattended', { forced: { available: true, unattended: false, executor: 'engine' } as const }, {}],
    ['is in INTERACTIVE_REFRESH', {}, inStatus('DEGRADED', 'INTERACTIVE_REFRESH')],
  ])('one that %s needs the customer', (_what, rules, seen) => {
    expect(decide({ policy: rules, facts: seen })).toMatchObject({ verdict: 'refuse', refusal: 'customer-required' });
    expect(decide({ policy: rules, facts: seen, request: { attended: true } })).toMatchObject({
      verdict: 'force',
      attended: true,
    });
  });
});

describe('gate 8, budget', () => {
  const spent = (micros: number): Given => ({ facts: { budgets: [budget({ chargedMicros: micros })] } });

  test.each([
    ['whose last cent it takes', 880_000, 'force'],
    ['that it would exceed by a millionth', 880_001, 'refuse'],
  ])('a budget %s', (_what, used, verdict) => {
    expect(decide(spent(used)).verdict).toBe(verdict);
  });

  test('reserved, charged and uncertain money are all spoken for', () => {
    const used = budget({ reservedMicros: 300_000, chargedMicros: 300_000, uncertainMicros: 300_000 });
    const decision = decide({ facts: { budgets: [used] } });
    expect(decision).toMatchObject({
      refusal: 'budget-exhausted',
      budget: 'monthly',
      retryAt: used.periodEnd,
      nextForcedAt: used.periodEnd,
    });
    expect(dataOf(decision, 'BUDGET_EXHAUSTED')).toMatchObject({ usedMicros: 900_000, costMicros: 120_000 });
  });

  test('every budget that covers it has to have room; the last to turn tells the time', () => {
    const day = budget({ name: 'daily', period: 'day', chargedMicros: 900_000, periodEnd: noon + HOUR });
    const month = budget({ chargedMicros: 900_000 });
    expect(decide({ facts: { budgets: [month, day] } })).toMatchObject({ budget: 'monthly', retryAt: month.periodEnd });
    expect(decide({ facts: { budgets: [budget(), day] } })).toMatchObject({ budget: 'daily', retryAt: noon + HOUR });
  });

  test('what costs more than a budget ever has free is told no time', () => {
    const small = budget({ name: 'small', amountMicros: 119_999 });
    const decision = decide({ facts: { budgets: [budget({ chargedMicros: 900_000 }), small] } });
    expect(decision).toMatchObject({ refusal: 'budget-exhausted', budget: 'small', retryAt: null, nextForcedAt: null });
  });

  test('one in another currency does not cover it', () => {
    expect(decide({ facts: { budgets: [budget({ currency: 'EUR', amountMicros: 0 })] } }).verdict).toBe('force');
  });

  test('without a known price, no budget holds it back, and the decision says so', () => {
    const decision = decide({ facts: { budgets: [budget({ amountMicros: 0 })] }, policy: { price: null } });
    expect(decision).toMatchObject({ verdict: 'force', cost: null });
    expect(codes(decision)).toContain('PRICE_UNKNOWN');
  });

  test('without a budget nothing is held back', () => {
    expect(codes(decide({}))).toContain('NO_BUDGET');
  });
});

describe('gate 9, worth', () => {
  const nextAt = (at: number): Given => ({
    facts: { asked: connectionFacts(connection('a', { lastSuccessAt: at - DAY })) },
    policy: { background: providerManaged },
  });

  test.each([
    ['within the patience of the catalogue', 15 * MINUTE, {}, 'wait'],
    ['one millisecond beyond it', 15 * MINUTE + 1, {}, 'force'],
    ['within the maxAge of the caller', HOUR, { maxAgeMs: HOUR }, 'wait'],
    ['one millisecond beyond it', HOUR + 1, { maxAgeMs: HOUR }, 'force'],
    ['soon, but mode force does not wait', 1, { mode: 'force' as const }, 'force'],
  ])('a background refresh %s', (_what, inMs, asked, verdict) => {
    const decision = decide({ ...nextAt(noon + inMs), request: asked });
    expect(decision.verdict).toBe(verdict);
    expect(decision.nextBackgroundAt).toBe(noon + inMs);
    expect(decision.cost === null).toBe(verdict === 'wait');
  });
});

describe('held back by 6, 7 or 8', () => {
  const background: Partial<RefreshPolicy> = { background: providerManaged };
  const closed: Partial<RefreshFacts> = { closures: [closure('paused', noon + HOUR)] };
  const limited: Partial<RefreshFacts> = { closures: [closure('limited', noon + HOUR)] };
  const broke: Partial<RefreshFacts> = { budgets: [budget({ chargedMicros: 900_000 })] };

  test.each([
    ['closed', closed, 'provider-closed'],
    ['limited', limited, 'rate-limited'],
    ['without money', broke, 'budget-exhausted'],
  ])('%s, mode auto waits for the background refresh that comes', (_what, seen, refusal) => {
    const waits = decide({ facts: seen, policy: background });
    expect(waits).toMatchObject({ verdict: 'wait', refusal: null, nextBackgroundAt: noon + HOUR, cost: null });
    expect(codes(waits).at(-1)).toBe('BACKGROUND_INSTEAD');
    expect(waits.nextForcedAt).toBe(seen === broke ? Date.UTC(2026, 3, 1) : noon + HOUR);
    expect(decide({ facts: seen })).toMatchObject({ verdict: 'refuse', refusal });
    expect(decide({ facts: seen, policy: background, request: { mode: 'force' } })).toMatchObject({
      verdict: 'refuse',
      refusal,
    });
  });

  test('a provider does not pull in the background where only the customer may', () => {
    const decision = decide({ facts: inStatus('DEGRADED', 'INTERACTIVE_REFRESH'), policy: background });
    expect(decision).toMatchObject({ verdict: 'refuse', nextBackgroundAt: null });
  });
});

describe('the gates in their order', () => {
  /** Each stops a request by itself; together, the earliest speaks. */
  const stops: readonly (readonly [ReasonCode, Given])[] = [
    ['STATUS_FORBIDS', { facts: inStatus('RECONNECT_REQUIRED') }],
    ['PRODUCT_NOT_GRANTED', { request: { products: ['OWNERS'] } }],
    ['IN_FLIGHT', { facts: { openTask: openTask({ products: ['BALANCES', 'TRANSACTIONS'] }) } }],
    [
      'RECENT_COUNTS',
      {
        facts: { recent: { at: noon, taskId: null, products: [] } },
        policy: { coalesces: { withinMs: HOUR, scope: 'group', origins: ['forced'] } },
      },
    ],
    ['FRESH_ENOUGH', { request: { maxAgeMs: 2 * DAY } }],
    ['PROVIDER_PAUSED', { facts: { closures: [closure('paused', null), closure('limited', null)] } }],
    [
      'LIMIT_REACHED',
      {
        facts: { usage: { cooldown: { count: 1, oldestAt: noon, latestAt: noon } } },
        policy: { limits: [cooldown()] },
      },
    ],
    ['BUDGET_EXHAUSTED', { facts: { budgets: [budget({ amountMicros: 0 })] } }],
  ];

  const all = (from: number): Given =>
    stops.slice(from).reduceRight<Given>(
      (merged, [, given]) => ({
        facts: { ...merged.facts, ...given.facts },
        request: { ...merged.request, ...given.request },
        policy: { ...merged.policy, ...given.policy },
      }),
      {},
    );

  test.each(stops.map(([code], index) => [code, index] as const))(
    '%s is reported first where it and every later one would stop it',
    (code, index) => {
      const { reasons } = decide(all(index));
      expect(reasons.filter((reason) => reason.gate === reasons.at(-1)?.gate)[0]?.code).toBe(code);
      expect(decide(stops[index]?.[1] ?? {}).reasons.map((reason) => reason.code)).toContain(code);
    },
  );
});
