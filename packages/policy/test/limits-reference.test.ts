import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, pullOrigins, SECOND } from '@freshet/domain';
import type { ClosureFacts, Connection, Decision, Instant, Product, Pull } from '@freshet/domain';
import fc from 'fast-check';
import { decideRefresh, judgeLimits, limitScopes } from '../src/index.js';
import type { Limit, RefreshPolicy } from '../src/index.js';
import { budget, connection, connectionFacts, DAY, facts, policy, pull, request, providerManaged } from './given.js';
import { usageOf } from './usage.js';

/* The reference: each limit's definition over the whole log of calls, in plain loops. It shares nothing with src/limits. */

interface Asked {
  readonly who: Connection;
  readonly products: readonly Product[];
  readonly attended: boolean;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const dateIn = (timeZone: string, at: Instant): string => {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  formats.set(timeZone, format);
  return format.format(at);
};

const sharesScope = (scope: Limit['scope'], call: Pull, who: Connection): boolean => {
  switch (scope) {
    case 'connection':
      return call.connectionId === who.id;
    case 'group':
      return call.groupKey === who.groupKey;
    case 'customer-institution':
      return (
        call.provider === who.provider && call.customerId === who.customerId && call.institutionId === who.institutionId
      );
    case 'customer':
      return call.provider === who.provider && call.customerId === who.customerId;
    case 'institution':
      return call.provider === who.provider && call.institutionId === who.institutionId;
    case 'account':
      return call.provider === who.provider && call.connector === who.connector;
  }
};

const overlap = (some: readonly Product[], others: readonly Product[]): boolean => {
  for (const product of some) if (others.includes(product)) return true;
  return false;
};

/** Whether the limit, by its words, is about such a call. */
const isAbout = (limit: Limit, call: Pull): boolean => {
  if (call.state === 'refused' || call.state === 'released') return false;
  if (limit.products !== null && !overlap(limit.products, call.products)) return false;
  if (limit.kind === 'cooldown') {
    if (limit.after === 'success') return call.state !== 'failed';
    return limit.after === 'any-pull' || call.origin === 'forced';
  }
  if (!limit.counts.origins.includes(call.origin)) return false;
  if (limit.counts.attended !== null && limit.counts.attended !== call.attended) return false;
  return limit.counts.on === 'attempt' || call.state !== 'failed';
};

/** Whether a call is still within the pause or window at an instant. */
const isWithin = (limit: Limit, call: Pull, at: Instant): boolean => {
  if (limit.kind === 'cooldown') return at < call.at + limit.forMs;
  const { per } = limit;
  if (per.shape === 'rolling') return at < call.at + per.ms;
  if (per.shape === 'fixed') return Math.floor(call.at / per.ms) === Math.floor(at / per.ms);
  const length = per.unit === 'day' ? 'yyyy-mm-dd'.length : 'yyyy-mm'.length;
  return dateIn(per.timeZone, call.at).slice(0, length) === dateIn(per.timeZone, at).slice(0, length);
};

const placesIn = (limit: Limit, attended: boolean): number => {
  if (limit.kind === 'cooldown') return 1;
  return attended ? limit.count : limit.count - limit.reserveForAttended;
};

const leftIn = (limit: Limit, log: readonly Pull[], asked: Asked, at: Instant): number => {
  let left = placesIn(limit, asked.attended);
  for (const call of log)
    if (isAbout(limit, call) && sharesScope(limit.scope, call, asked.who) && isWithin(limit, call, at)) left -= 1;
  return Math.max(0, left);
};

const isAsked = (limit: Limit, asked: Asked): boolean => {
  if (limit.applies === 'attended' && !asked.attended) return false;
  if (limit.applies === 'unattended' && asked.attended) return false;
  return limit.products === null || overlap(limit.products, asked.products);
};

const limitsAllow = (rules: RefreshPolicy, log: readonly Pull[], asked: Asked, at: Instant): boolean => {
  for (const limit of rules.limits) if (isAsked(limit, asked) && leftIn(limit, log, asked, at) === 0) return false;
  return true;
};

/** What else may stand against it: closures, and a budget that is spent until its period turns. */
interface Others {
  readonly closures: readonly ClosureFacts[];
  readonly spentUntil: Instant | null;
}

const allows = (rules: RefreshPolicy, log: readonly Pull[], others: Others, asked: Asked, at: Instant): boolean => {
  for (const { until } of others.closures) if (until === null || at < until) return false;
  if (others.spentUntil !== null && at < others.spentUntil) return false;
  return limitsAllow(rules, log, asked, at);
};

/* The engine's side: what a request is told at an instant, with usage as a store reads it from the same log. */

const usageAt = (rules: RefreshPolicy, log: readonly Pull[], asked: Asked, at: Instant) =>
  usageOf(rules, log, { connection: asked.who, products: asked.products, attended: asked.attended, except: null }, at);

const told = (rules: RefreshPolicy, log: readonly Pull[], others: Others, asked: Asked, at: Instant): Decision => {
  const { spentUntil } = others;
  const seen = facts({
    now: at,
    asked: connectionFacts(asked.who),
    usage: usageAt(rules, log, asked, at),
    closures: others.closures,
    budgets:
      spentUntil === null
        ? []
        : [
            budget({
              periodEnd: at < spentUntil ? spentUntil : at + DAY,
              chargedMicros: at < spentUntil ? 1_000_000 : 0,
            }),
          ],
  });
  return decideRefresh(seen, request({ mode: 'force', products: asked.products, attended: asked.attended }), rules);
};

/* What is tried. */

const twins = { groupKey: 'twins', providerConnectionId: 'mem' };
const connections = [
  connection('a', twins),
  connection('b', twins),
  connection('c', { institutionId: 'bank-2' }),
  connection('d', { customerId: 'customer-2' }),
  connection('e', { connector: 'mx' }),
  connection('f', { provider: 'PLAID' }),
] as const;

const zones = ['Europe/London', 'America/New_York', 'Australia/Lord_Howe', 'UTC'] as const;
/** Just before clocks change in one of the zones (Lord Howe's by half an hour), and at the ends of months. */
const starts = [
  '2026-03-29T00:30Z',
  '2026-10-24T23:00Z',
  '2026-03-08T06:30Z',
  '2026-11-01T04:30Z',
  '2026-04-04T14:30Z',
  '2026-10-03T15:00Z',
  '2026-02-28T12:30Z',
  '2026-12-31T22:30Z',
].map((text) => Date.parse(text));

const someProducts = fc.constantFrom<readonly Product[] | null>(null, null, ['BALANCES'], ['BALANCES', 'TRANSACTIONS']);
const whom = {
  scope: fc.constantFrom(...limitScopes),
  applies: fc.constantFrom('all', 'all', 'attended', 'unattended'),
  products: someProducts,
} as const;

const cooldownRule = fc.record({
  kind: fc.constant('cooldown' as const),
  ...whom,
  after: fc.constantFrom('success', 'attempt', 'any-pull'),
  forMs: fc.constantFrom(1, MINUTE, HOUR, 3 * HOUR, 20 * HOUR),
});

const windowRule = fc
  .record({
    kind: fc.constant('window' as const),
    ...whom,
    count: fc.integer({ min: 1, max: 4 }),
    per: fc.oneof(
      fc.record({ shape: fc.constant('rolling' as const), ms: fc.constantFrom(MINUTE, HOUR, DAY) }),
      fc.record({ shape: fc.constant('fixed' as const), ms: fc.constantFrom(MINUTE, 7 * MINUTE, HOUR) }),
      fc.record({
        shape: fc.constant('calendar' as const),
        unit: fc.constantFrom('day', 'month'),
        timeZone: fc.constantFrom(...zones),
      }),
    ),
    counts: fc.record({
      origins: fc.constantFrom(
        ['forced'] as const,
        ['forced', 'background'] as const,
        ['background'] as const,
        pullOrigins,
      ),
      on: fc.constantFrom('attempt', 'success'),
      attended: fc.constantFrom(null, null, true, false),
    }),
    kept: fc.nat(4),
  })
  .map(({ kept, ...rule }) => ({ ...rule, reserveForAttended: Math.min(kept, rule.count) }));

const rulesOf: fc.Arbitrary<RefreshPolicy> = fc
  .array(fc.oneof(cooldownRule, windowRule), { minLength: 1, maxLength: 4 })
  .map((limits) =>
    policy({
      background: providerManaged,
      limits: limits.map((limit, index) => ({ ...limit, name: `limit-${index}` })),
    }),
  );

const isForced = (limit: Limit): boolean => limit.kind === 'cooldown' || limit.counts.origins.includes('forced');

const ended = ['succeeded', 'partial', 'failed', 'refused', 'released', 'unknown', 'sent', 'accepted'] as const;
const anybody = fc.nat(connections.length - 1);
const products = fc.constantFrom<readonly Product[]>(['BALANCES'], ['TRANSACTIONS'], ['BALANCES', 'TRANSACTIONS']);
const asks = { who: anybody, products, attended: fc.boolean() };

const advances = [1, 999, SECOND, 30 * SECOND, MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 11 * HOUR, DAY, 27 * DAY] as const;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(...advances) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      ...asks,
      then: fc.constantFrom('reserved', 'reserved', ...ended),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('other' as const),
      ...asks,
      origin: fc.constantFrom('background', 'connect', 'repair'),
      state: fc.constantFrom('succeeded', 'failed', 'partial'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(30), state: fc.constantFrom(...ended) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      kind: fc.constantFrom('limited', 'maintenance'),
      forMs: fc.constantFrom(1, MINUTE, 5 * HOUR, null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('spend' as const), forMs: fc.constantFrom(1, HOUR, DAY) }) },
);

type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

const callOf = ({ who, products, attended }: Asked, index: number, at: Instant, values: Partial<Pull>): Pull => {
  const { id, groupKey, connector, provider, customerId, institutionId } = who;
  const own = { connectionId: id, groupKey, connector, provider, customerId, institutionId };
  return pull({ ...own, id: `pull_${index}` as Pull['id'], at, products, attended, ...values });
};

/** One that is reserved is yet to be sent: now is the earliest that it can be, whenever it was made. */
const sentBy = (log: readonly Pull[], now: Instant): readonly Pull[] =>
  log.map((call) => (call.state === 'reserved' ? { ...call, at: now } : call));

/** The log, the clock, and what else stands against a request; a run asks `check` at each request, before it is made. */
const replay = (
  rules: RefreshPolicy,
  start: Instant,
  steps: readonly Step[],
  check: (log: readonly Pull[], others: Others, asked: Asked, now: Instant) => void,
): void => {
  let now = start;
  let others: Others = { closures: [], spentUntil: null };
  const log: Pull[] = [];
  const asking = (of: Omit<Asked, 'who'> & { readonly who: number }): Asked => ({
    who: connections[of.who] as Connection,
    products: of.products,
    attended: of.attended,
  });
  const add = (asked: Asked, values: Partial<Pull>): void => {
    log.push(callOf(asked, log.length, now, values));
  };
  for (const made of steps) {
    if (made.do === 'advance') now += made.ms;
    else if (made.do === 'other') add(asking(made), { origin: made.origin, state: made.state });
    else if (made.do === 'spend') others = { ...others, spentUntil: now + made.forMs };
    else if (made.do === 'close') {
      // One that nobody ends is opened by the next.
      const until = made.forMs === null ? null : now + made.forMs;
      const closed: ClosureFacts = { scope: 'provider', scopeKey: '', kind: made.kind, until };
      others = { ...others, closures: [...others.closures.filter((closure) => closure.until !== null), closed] };
    } else if (made.do === 'settle') {
      const index = made.which % Math.max(1, log.length);
      const call = log[index];
      if (call !== undefined && ['reserved', 'sent', 'accepted'].includes(call.state))
        log[index] = { ...call, state: made.state, at: now };
    } else {
      const asked = asking(made);
      check(log, others, asked, now);
      if (allows(rules, sentBy(log, now), others, asked, now)) add(asked, { state: made.then });
    }
  }
};

const property = (
  check: (rules: RefreshPolicy, log: readonly Pull[], others: Others, asked: Asked, now: Instant) => void,
): void => {
  const steps = fc.array(step, { minLength: 10, maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(rulesOf, fc.constantFrom(...starts), steps, (rules, start, made) =>
      replay(rules, start, made, (...seen) => check(rules, ...seen)),
    ),
    { numRuns: 300 },
  );
};

/** What a limit says of itself, held against the log. */
const saysTrue = (rules: RefreshPolicy, log: readonly Pull[], asked: Asked, now: Instant): void => {
  const verdicts = judgeLimits(rules, usageAt(rules, log, asked, now), asked.products, asked.attended, now);
  const concerned = rules.limits.filter((limit) => isAsked(limit, asked));
  expect(verdicts.map((verdict) => verdict.state.name)).toEqual(concerned.map((limit) => limit.name));
  verdicts.forEach(({ state, open, allowedAt }, index) => {
    const limit = concerned[index] as Limit;
    const left = (at: Instant): number => leftIn(limit, sentBy(log, now), asked, at);
    expect(state).toMatchObject({ limit: placesIn(limit, asked.attended), remaining: left(now) });
    expect(open).toBe(left(now) > 0);
    expect(state.resetAt === null).toBe(left(now) === state.limit);
    if (state.resetAt !== null) {
      expect(left(state.resetAt - 1)).toBe(left(now));
      expect(left(state.resetAt)).toBeGreaterThan(left(now));
    }
    if (open) expect(allowedAt).toBe(now);
    else if (allowedAt === null) expect(state.limit).toBe(0);
    else expect([left(allowedAt - 1), left(allowedAt) > 0]).toEqual([0, true]);
  });
};

const neverAllowed = (rules: RefreshPolicy, { closures }: Others, asked: Asked): boolean =>
  closures.some(({ until }) => until === null) ||
  rules.limits.some((limit) => isAsked(limit, asked) && placesIn(limit, asked.attended) === 0);

describe('against a replay of the whole log of calls', () => {
  test('where the background is pulls of ours, what counts forced pulls counts them alike', () => {
    property((rules, log, _others, asked, now) => {
      const limits = rules.limits.filter(isForced);
      const ours = policy({ limits });
      const theirs = { ...rules, limits };
      const asForced = log.map((call) =>
        call.origin === 'background' ? { ...call, origin: 'forced' as const } : call,
      );
      const judged = (of: RefreshPolicy, calls: readonly Pull[]) =>
        judgeLimits(of, usageAt(of, calls, asked, now), asked.products, asked.attended, now);
      expect(judged(ours, log)).toEqual(judged(theirs, asForced));
    });
  });

  test('every limit allows what its definition allows, and names the first instant when it allows it again', () => {
    property((rules, calls, others, asked, now) => {
      saysTrue(rules, calls, asked, now);
      const log = sentBy(calls, now);
      const decision = told(rules, calls, others, asked, now);
      expect(decision.verdict).toBe(allows(rules, log, others, asked, now) ? 'force' : 'refuse');
      if (decision.verdict === 'force') return;
      const { retryAt } = decision;
      expect(decision.nextForcedAt).toBe(retryAt);
      expect(retryAt === null).toBe(neverAllowed(rules, others, asked));
      if (retryAt === null) return;
      expect(allows(rules, log, others, asked, retryAt - 1)).toBe(false);
      expect(allows(rules, log, others, asked, retryAt)).toBe(true);
      const sent = log.map((call): Pull => (call.state === 'reserved' ? { ...call, state: 'sent' } : call));
      expect(told(rules, sent, others, asked, retryAt - 1)).toMatchObject({ verdict: 'refuse', retryAt });
      expect(told(rules, sent, others, asked, retryAt).verdict).toBe('force');
    });
  });

  test('what stays reserved holds its place for as long, and never lets a request pass before the time it was told', () => {
    property((rules, calls, others, asked, now) => {
      const { retryAt } = told(rules, calls, others, asked, now);
      if (retryAt === null) return;
      expect(allows(rules, sentBy(calls, retryAt - 1), others, asked, retryAt - 1)).toBe(false);
      expect(told(rules, calls, others, asked, retryAt - 1).verdict).toBe('refuse');
    });
  });

  test('a refresh that is forced names the first instant when the same one may be forced again', () => {
    property((rules, calls, others, asked, now) => {
      const decision = told(rules, calls, others, asked, now);
      if (decision.verdict !== 'force') return;
      const log = [...sentBy(calls, now), callOf(asked, calls.length, now, { state: 'sent' })];
      const next = decision.nextForcedAt ?? 0;
      expect(next).toBeGreaterThanOrEqual(now);
      if (next > now) expect(limitsAllow(rules, log, asked, next - 1)).toBe(false);
      expect(limitsAllow(rules, log, asked, next)).toBe(true);
    });
  });
});
