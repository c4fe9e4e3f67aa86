import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, products as allProducts } from '@freshet/domain';
import type { Decision, Instant, Product, Pull, RefreshRequest } from '@freshet/domain';
import {
  connection,
  connectionFacts,
  cooldown,
  DAY,
  facts,
  noon,
  policy,
  providerManaged,
  pull,
  request,
  window,
} from '../../test/given.js';
import { usageOf } from '../../test/usage.js';
import type { Limit } from '../policy.js';
import { decideRefresh } from '../refresh/decide-refresh.js';
import { limitReads } from './reads.js';

const asked = connection('a', { products: allProducts });

/** Decides in mode force at `now`, after these pulls. */
const after = (
  limits: Limit | readonly Limit[],
  pulls: readonly Partial<Pull>[],
  now: Instant = noon,
  asks: Partial<RefreshRequest> = {},
): Decision => {
  const rules = policy({ background: providerManaged, limits: Array.isArray(limits) ? limits : [limits as Limit] });
  const wanted = request({ mode: 'force', ...asks });
  const happened = pulls.map((values, index) =>
    pull({ id: `pull_${index}` as Pull['id'], state: 'succeeded', ...values }),
  );
  const usage = usageOf(
    rules,
    happened,
    {
      connection: asked,
      products: wanted.products ?? asked.products,
      attended: wanted.attended,
      except: null,
    },
    now,
  );
  return decideRefresh(facts({ now, asked: connectionFacts(asked), usage }), wanted, rules);
};

/** Refused, with the time when it passes: there it does, and a millisecond earlier it does not. */
const passesAt = (
  limit: Limit | readonly Limit[],
  pulls: readonly Partial<Pull>[],
  opensAt: Instant,
  asks: Partial<RefreshRequest> = {},
): void => {
  const name = Array.isArray(limit) ? undefined : (limit as Limit).name;
  const refused = after(limit, pulls, opensAt - 1, asks);
  expect(refused).toMatchObject({
    verdict: 'refuse',
    refusal: 'rate-limited',
    retryAt: opensAt,
    nextForcedAt: opensAt,
  });
  if (name !== undefined) expect(refused.limit).toBe(name);
  expect(after(limit, pulls, opensAt, asks).verdict).toBe('force');
};

const passes = (limit: Limit, pulls: readonly Partial<Pull>[], asks: Partial<RefreshRequest> = {}): void => {
  expect(after(limit, pulls, noon, asks).verdict).toBe('force');
};

describe('a cooldown', () => {
  const earlier = noon - 2 * HOUR;

  test('of three hours after a success passes at its very end', () => {
    passesAt(cooldown(), [{ at: earlier }], earlier + 3 * HOUR);
  });

  test.each<[string, Limit, Partial<Pull>, boolean]>([
    ['success, after a success', cooldown(), { state: 'succeeded' }, true],
    ['success, after part of one', cooldown(), { state: 'partial' }, true],
    ['success, while one may yet come', cooldown(), { state: 'sent' }, true],
    ['success, where nobody knows', cooldown(), { state: 'unknown' }, true],
    ['success, after a failure', cooldown(), { state: 'failed' }, false],
    ['success, after one that never was', cooldown(), { state: 'refused' }, false],
    ['success, after a background pull', cooldown(), { origin: 'background' }, true],
    ['attempt, after a failure', cooldown({ after: 'attempt' }), { state: 'failed' }, true],
    ['attempt, after a refusal', cooldown({ after: 'attempt' }), { state: 'refused' }, false],
    ['attempt, after one released', cooldown({ after: 'attempt' }), { state: 'released' }, false],
    ['attempt, after a background pull', cooldown({ after: 'attempt' }), { origin: 'background' }, false],
    ['any-pull, after a background pull', cooldown({ after: 'any-pull' }), { origin: 'background' }, true],
    ['any-pull, after a connect', cooldown({ after: 'any-pull' }), { origin: 'connect' }, true],
    ['any-pull, after a failed repair', cooldown({ after: 'any-pull' }), { origin: 'repair', state: 'failed' }, true],
  ])('%s: holds back', (_what, limit, happened, holds) => {
    expect(after(limit, [{ at: earlier, ...happened }]).verdict).toBe(holds ? 'refuse' : 'force');
  });

  test('counts from one that is reserved until it is sent, however long ago it was made', () => {
    const decision = after(cooldown(), [{ at: noon - 5 * HOUR, state: 'reserved' }]);
    expect(decision).toMatchObject({ verdict: 'refuse', limit: 'cooldown', retryAt: noon + 3 * HOUR });
  });

  test('counts from the newest of several', () => {
    passesAt(cooldown(), [{ at: earlier - HOUR }, { at: earlier }], earlier + 3 * HOUR);
  });

  test('says where it stands, and when it lets the next one pass', () => {
    expect(after(cooldown(), [{ at: earlier }]).limits).toEqual([
      { name: 'cooldown', scope: 'group', limit: 1, remaining: 0, resetAt: earlier + 3 * HOUR },
    ]);
    const forced = after(cooldown(), []);
    expect(forced.limits).toEqual([{ name: 'cooldown', scope: 'group', limit: 1, remaining: 1, resetAt: null }]);
    expect(forced.nextForcedAt).toBe(noon + 3 * HOUR);
  });
});

describe('a rolling window', () => {
  const two = window();

  test('passes when the oldest of a full one has left', () => {
    passesAt(two, [{ at: noon - 50 * MINUTE }, { at: noon - 10 * MINUTE }], noon + 10 * MINUTE);
  });

  test('that is not full passes', () => {
    passes(two, [{ at: noon - 10 * MINUTE }]);
    passes(two, [{ at: noon - HOUR }, { at: noon - 10 * MINUTE }]);
  });

  test('that was filled over counts the newest only', () => {
    const pulls = [{ at: noon - 50 * MINUTE }, { at: noon - 40 * MINUTE }, { at: noon - 10 * MINUTE }];
    passesAt(two, pulls, noon - 40 * MINUTE + HOUR);
  });

  test('says how much is left, and when the next one passes', () => {
    const decision = after(two, [{ at: noon - 10 * MINUTE }]);
    expect(decision.limits).toEqual([
      { name: 'window', scope: 'group', limit: 2, remaining: 1, resetAt: noon + 50 * MINUTE },
    ]);
    expect(decision.nextForcedAt).toBe(noon + 50 * MINUTE);
    expect(after(two, []).nextForcedAt).toBe(noon);
    expect(after(window({ count: 1 }), []).nextForcedAt).toBe(noon + HOUR);
  });

  test('that does not count this very request leaves the next one its place', () => {
    const unattended = { origins: ['forced'], on: 'attempt', attended: false } as const;
    const one = window({ count: 1, counts: unattended });
    expect(after(one, [], noon, { attended: true }).nextForcedAt).toBe(noon);
    expect(after(one, []).nextForcedAt).toBe(noon + HOUR);
  });

  test('counts one that is reserved however long ago, and never names a time that is past', () => {
    const held = { at: noon - 5 * HOUR, state: 'reserved' } as const;
    const decision = after(window({ count: 1 }), [held]);
    expect(decision).toMatchObject({ verdict: 'refuse', retryAt: noon + HOUR });
  });
});

describe('a fixed window', () => {
  const perMinute = window({ count: 1, per: { shape: 'fixed', ms: MINUTE } });

  test('turns at the full minute, whenever in it the pull was', () => {
    passesAt(perMinute, [{ at: noon }], noon + MINUTE);
    passesAt(perMinute, [{ at: noon + MINUTE - 1 }], noon + MINUTE);
  });

  test('counts the first instant of its own minute, not the last of the one before', () => {
    expect(after(perMinute, [{ at: noon }], noon).verdict).toBe('refuse');
    expect(after(perMinute, [{ at: noon - 1 }], noon).verdict).toBe('force');
  });
});

describe('a calendar window', () => {
  const inParis = (unit: 'day' | 'month'): Limit =>
    window({ count: 1, per: { shape: 'calendar', unit, timeZone: 'Europe/Paris' } });

  test('turns at midnight of its zone', () => {
    passesAt(inParis('day'), [{ at: noon }], Date.UTC(2026, 2, 2, 23));
    expect(after(inParis('day'), [{ at: Date.UTC(2026, 2, 1, 23) }]).verdict).toBe('refuse');
    expect(after(inParis('day'), [{ at: Date.UTC(2026, 2, 1, 23) - 1 }]).verdict).toBe('force');
  });

  test('turns after 23 hours where the clocks go forward', () => {
    const start = Date.UTC(2026, 2, 28, 23);
    passesAt(inParis('day'), [{ at: start }], start + 23 * HOUR);
  });

  test('of a month turns with the month, and with its summer time', () => {
    passesAt(inParis('month'), [{ at: noon }], Date.UTC(2026, 2, 31, 22));
  });
});

describe('what a window counts', () => {
  const one = (values: Parameters<typeof window>[0]): Limit => window({ count: 1, ...values });
  const ours = { origins: ['forced'], on: 'attempt', attended: null } as const;

  test.each<[string, Limit, Partial<Pull>, Partial<RefreshRequest>, boolean]>([
    ['a failed attempt', one({}), { state: 'failed' }, {}, true],
    [
      'a failed one, where only successes count',
      one({ counts: { ...ours, on: 'success' } }),
      { state: 'failed' },
      {},
      false,
    ],
    ['a background pull, where only forced ones count', one({}), { origin: 'background' }, {}, false],
    [
      'a background pull, where it counts',
      one({ counts: { ...ours, origins: ['background'] } }),
      { origin: 'background' },
      {},
      true,
    ],
    [
      'an unattended one, where unattended ones count',
      one({ counts: { ...ours, attended: false } }),
      { attended: false },
      {},
      true,
    ],
    [
      'an attended one, where unattended ones count',
      one({ counts: { ...ours, attended: false } }),
      { attended: true },
      {},
      false,
    ],
    ['for the unattended, one of them', one({ applies: 'unattended' }), {}, {}, true],
    [
      'for the unattended, the customer is not held back',
      one({ applies: 'unattended' }),
      {},
      { attended: true },
      false,
    ],
    ['for the attended, one of them', one({ applies: 'attended' }), {}, { attended: true }, true],
    ['for the attended, a job is not held back', one({ applies: 'attended' }), {}, {}, false],
    ['a pull of its product', one({ products: ['OWNERS'] }), { products: ['OWNERS'] }, { products: ['OWNERS'] }, true],
    [
      'a pull of another product',
      one({ products: ['OWNERS'] }),
      { products: ['BALANCES'] },
      { products: ['OWNERS'] },
      false,
    ],
    [
      'nothing, where its product is not asked for',
      one({ products: ['OWNERS'] }),
      { products: ['OWNERS'] },
      { products: ['BALANCES'] },
      false,
    ],
    ['its product, where all are asked for', one({ products: ['OWNERS'] }), { products: ['OWNERS'] }, {}, true],
    [
      'a pull of the other one of its products',
      one({ products: ['OWNERS', 'IDENTIFIERS'] }),
      { products: ['IDENTIFIERS', 'BALANCES'] },
      { products: ['OWNERS'] },
      true,
    ],
    [
      'a pull of none of its products',
      one({ products: ['OWNERS', 'IDENTIFIERS'] }),
      { products: ['BALANCES'] },
      { products: ['OWNERS'] },
      false,
    ],
    [
      'nothing, where none of its products is asked for',
      one({ products: ['OWNERS', 'IDENTIFIERS'] }),
      { products: ['OWNERS'] },
      { products: ['BALANCES'] },
      false,
    ],
    ['another connection of the group', one({}), { connectionId: 'conn_b' as Pull['connectionId'] }, {}, true],
    ['another group', one({}), { groupKey: 'other' }, {}, false],
    ['another group at the institution', one({ scope: 'institution' }), { groupKey: 'other' }, {}, true],
    [
      'the customer at another institution',
      one({ scope: 'customer' }),
      { institutionId: 'other', groupKey: 'o' },
      {},
      true,
    ],
    ['another customer', one({ scope: 'customer' }), { customerId: 'other' }, {}, false],
    ['the customer at another provider', one({ scope: 'customer' }), { provider: 'PLAID' }, {}, false],
    ['another customer at the institution', one({ scope: 'customer-institution' }), { customerId: 'other' }, {}, false],
    [
      'another institution of the account',
      one({ scope: 'account' }),
      { institutionId: 'other', groupKey: 'other' },
      {},
      true,
    ],
    ['another connection', one({ scope: 'connection' }), { connectionId: 'conn_b' as Pull['connectionId'] }, {}, false],
  ])('%s: holds back', (_what, limit, happened, asks, holds) => {
    const decision = after(limit, [{ at: noon - MINUTE, ...happened }], noon, asks);
    expect(decision.verdict).toBe(holds ? 'refuse' : 'force');
  });
});

describe('a reserve for the attended', () => {
  const kept = window({ count: 3, reserveForAttended: 2 });
  const used = (count: number): readonly Partial<Pull>[] =>
    Array.from({ length: count }, (_, index) => ({ at: noon - (index + 1) * MINUTE }));

  test.each([
    [0, false, 'force'],
    [1, false, 'refuse'],
    [1, true, 'force'],
    [2, true, 'force'],
    [3, true, 'refuse'],
  ])('of two among three: after %d, attended %s: %s', (count, attended, verdict) => {
    expect(after(kept, used(count), noon, { attended }).verdict).toBe(verdict);
  });

  test('of everything leaves the unattended no place, now or ever', () => {
    const all = window({ count: 2, reserveForAttended: 2 });
    const decision = after(all, []);
    expect(decision).toMatchObject({ verdict: 'refuse', refusal: 'rate-limited', retryAt: null, nextForcedAt: null });
    expect(decision.limits[0]).toMatchObject({ limit: 0, remaining: 0, resetAt: null });
    expect(after(all, [], noon, { attended: true }).verdict).toBe('force');
  });
});

describe('several limits', () => {
  const both = [cooldown({ forMs: HOUR }), window({ count: 1, per: { shape: 'rolling', ms: DAY } })];

  test('each says where it stands, and the last to open tells the time', () => {
    const decision = after(both, [{ at: noon - MINUTE }]);
    expect(decision.reasons.filter((reason) => reason.code === 'LIMIT_REACHED')).toHaveLength(2);
    expect(decision).toMatchObject({ limit: 'window', retryAt: noon - MINUTE + DAY });
  });

  test('a block that the provider told is outranked by none of them', () => {
    const rules = policy({ limits: [cooldown()] });
    const usage = { cooldown: { count: 1, oldestAt: noon - 2 * HOUR, latestAt: noon - 2 * HOUR } };
    const told = (until: number) => ({ scope: 'group', scopeKey: 'a', kind: 'limited', until }) as const;
    const decide = (until: number): Decision =>
      decideRefresh(facts({ usage, closures: [told(until)] }), request({ mode: 'force' }), rules);
    expect(decide(noon + 2 * HOUR)).toMatchObject({ limit: 'told-by-provider', retryAt: noon + 2 * HOUR });
    expect(decide(noon + 30 * MINUTE)).toMatchObject({ limit: 'cooldown', retryAt: noon + HOUR });
    expect(decide(noon)).toMatchObject({ limit: 'cooldown', retryAt: noon + HOUR });
  });
});

describe('what has to be read', () => {
  const rules = policy({
    limits: [cooldown(), window({ products: ['OWNERS'] }), window({ name: 'kept', reserveForAttended: 2 })],
  });
  const names = (products: readonly Product[], attended: boolean): readonly string[] =>
    limitReads(rules, products, attended, noon).map((read) => read.name);

  test('is asked only of limits that concern the request and have a place for it', () => {
    expect(names(['BALANCES'], false)).toEqual(['cooldown']);
    expect(names(['OWNERS'], false)).toEqual(['cooldown', 'window']);
    expect(names(['BALANCES'], true)).toEqual(['cooldown', 'kept']);
  });

  test('is never more than a limit has places', () => {
    expect(limitReads(rules, ['OWNERS'], true, noon).map((read) => read.take)).toEqual([1, 2, 2]);
  });
});
