import { describe, expect, test } from '@jest/globals';
import {
  allows,
  closureKinds,
  gates,
  HOUR,
  MINUTE,
  products as allProducts,
  reasonsByStatus,
  refusals,
  statuses,
} from '@freshet/domain';
import type { ConnectionFacts, RefreshFacts, RefreshRequest } from '@freshet/domain';
import fc from 'fast-check';
import { decideRefresh, renderReason, renderRefusal } from '../src/index.js';
import type { RefreshPolicy } from '../src/index.js';
import {
  budget,
  connection,
  connectionFacts,
  connectionId,
  cooldown,
  DAY,
  noon,
  openTask,
  policy,
  providerManaged,
  taskId,
  window,
} from './given.js';

const past = fc.integer({ min: noon - 100 * DAY, max: noon });
const future = fc.integer({ min: noon - DAY, max: noon + DAY });
const orNull = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const someProducts = fc.subarray([...allProducts], { minLength: 1 });

/** Every status with every reason, and words that nobody knows. */
const standing = fc.constantFrom(
  ...statuses.flatMap((status) => [null, ...reasonsByStatus[status]].map((statusReason) => ({ status, statusReason }))),
  { status: 'IMPEDED', statusReason: null },
  { status: 'ACTIVE', statusReason: 'WEATHER' },
);

const member = (name: string, active: boolean): fc.Arbitrary<ConnectionFacts> =>
  fc
    .record({
      standing,
      products: someProducts,
      lastSuccessAt: orNull(past),
      lastForcedAt: orNull(past),
      historicalLoaded: fc.boolean(),
    })
    .map(({ standing: { status, statusReason }, ...values }) =>
      connectionFacts(connection(name, { ...values, status, statusReason, active, groupKey: 'group' })),
    );

const pair = fc.oneof(
  member('a', true).map((asked) => ({ asked, active: asked })),
  fc.record({ asked: member('b', false), active: member('a', true) }),
);

const usage = fc.record({ count: fc.nat(3), oldestAt: past, latestAt: past }).map((values) => ({
  ...values,
  ...(values.count === 0
    ? { oldestAt: null, latestAt: null }
    : { latestAt: Math.max(values.oldestAt, values.latestAt) }),
}));

const facts: fc.Arbitrary<RefreshFacts> = fc
  .record({
    pair,
    freshness: fc.dictionary(fc.constantFrom(...allProducts), past),
    openTask: orNull(
      fc.record({
        state: fc.constantFrom('queued' as const, 'running' as const),
        products: someProducts,
        attended: fc.boolean(),
      }),
    ),
    recent: orNull(past),
    usage: fc.record({ cooldown: usage, window: usage }),
    closures: fc.array(fc.record({ kind: fc.constantFrom(...closureKinds), until: orNull(future) }), { maxLength: 2 }),
    connectorOn: fc.boolean(),
    budgets: fc.array(fc.record({ chargedMicros: fc.nat(1_000_000), currency: fc.constantFrom('USD', 'EUR') }), {
      maxLength: 2,
    }),
  })
  .map(({ pair: members, ...values }) => ({
    now: noon,
    ...members,
    freshness: values.freshness,
    openTask: values.openTask === null ? null : openTask(values.openTask),
    recent: values.recent === null ? null : { at: values.recent, taskId: taskId('recent'), products: [] },
    latest: null,
    usage: values.usage,
    closures: values.closures.map((closure) => ({ scope: 'provider', scopeKey: '', ...closure })),
    connectorOn: values.connectorOn,
    budgets: values.budgets.map((spent) => budget(spent)),
    forcing: null,
  }));

const request: fc.Arbitrary<RefreshRequest> = fc.record({
  mode: fc.constantFrom('auto', 'force'),
  products: orNull(fc.subarray([...allProducts])),
  maxAgeMs: orNull(fc.integer({ min: 0, max: 3 * DAY })),
  from: orNull(fc.constantFrom(noon - DAY, noon + DAY)),
  to: orNull(fc.constantFrom(noon - HOUR, noon + DAY)),
  attended: fc.boolean(),
});

const rules: fc.Arbitrary<RefreshPolicy> = fc
  .record({
    background: fc.constantFrom(policy().background, providerManaged, {
      ...providerManaged,
      suppressedByForcedMs: 20 * HOUR,
    }),
    forced: fc.record({
      available: fc.boolean(),
      unattended: fc.boolean(),
      executor: fc.constantFrom('engine' as const, 'caller' as const),
    }),
    coalesces: fc.constantFrom(null, { withinMs: HOUR, scope: 'group' as const, origins: ['forced' as const] }),
    range: fc.constantFrom(null, { maxBackMs: 90 * DAY, overlapMs: 7 * DAY }),
    limits: fc.subarray([cooldown(), window({ reserveForAttended: 1 })]),
    price: fc.constantFrom(null, policy().price),
    patienceMs: fc.constantFrom(0, 15 * MINUTE, 2 * DAY),
  })
  .map((values) => policy(values));

const always = (check: (facts: RefreshFacts, request: RefreshRequest, policy: RefreshPolicy) => void): void =>
  fc.assert(fc.property(facts, request, rules, check), { numRuns: 1000 });

describe('whatever is known and asked', () => {
  test('nothing is forced, joined or waited for in a status that forbids it', () => {
    always((seen, asked, rule) => {
      const { verdict } = decideRefresh(seen, asked, rule);
      const speaker = ['DELETED', 'EXPIRED'].includes(seen.asked.status) ? seen.asked : seen.active;
      const current = { status: speaker.status, reason: speaker.statusReason };
      if (!allows(current, 'refresh', true)) expect(verdict).toBe('refuse');
      if (verdict === 'force') expect(allows(current, 'refresh', asked.attended)).toBe(true);
    });
  });

  test('the same facts give the same decision, also after they were kept as JSON', () => {
    always((seen, asked, rule) => {
      const decision = decideRefresh(seen, asked, rule);
      const kept = JSON.parse(JSON.stringify({ seen, asked, rule })) as {
        seen: RefreshFacts;
        asked: RefreshRequest;
        rule: RefreshPolicy;
      };
      expect(decideRefresh(seen, asked, rule)).toEqual(decision);
      expect(decideRefresh(kept.seen, kept.asked, kept.rule)).toEqual(decision);
      expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
    });
  });

  test('it changes nothing that it was given', () => {
    always((seen, asked, rule) => {
      const before = JSON.stringify({ seen, asked, rule });
      decideRefresh(seen, asked, rule);
      expect(JSON.stringify({ seen, asked, rule })).toBe(before);
    });
  });

  test('a decision is whole: each verdict has what it needs, and no time is past', () => {
    always((seen, asked, rule) => {
      const decision = decideRefresh(seen, asked, rule);
      const { verdict, refusal, taskId: task, cost, asOf, nextBackgroundAt, nextForcedAt, retryAt } = decision;
      expect(refusal === null).toBe(verdict !== 'refuse');
      if (refusal !== null) expect(refusals).toContain(refusal);
      if (verdict !== 'force') expect(cost).toBeNull();
      if (verdict === 'join') expect(task).toBe(seen.openTask?.id);
      if (verdict === 'reuse') expect(asOf).not.toBeNull();
      if (verdict === 'wait') expect(nextBackgroundAt).not.toBeNull();
      for (const at of [retryAt, nextBackgroundAt]) if (at !== null) expect(at).toBeGreaterThan(noon);
      if (nextForcedAt !== null) expect(nextForcedAt).toBeGreaterThanOrEqual(noon);
      if (verdict === 'force' && asked.mode === 'force') expect(rule.forced.available).toBe(true);
    });
  });

  test('every reason and every refusal can be said', () => {
    always((seen, asked, rule) => {
      const decision = decideRefresh(seen, asked, rule);
      for (const reason of decision.reasons) {
        const sentence = renderReason(reason);
        expect(sentence).toMatch(/^[A-Z].*\.$/);
        expect(sentence).not.toMatch(/undefined|null|NaN|not recorded|\[object/);
      }
      expect(renderRefusal(decision) === undefined).toBe(decision.verdict !== 'refuse');
    });
  });

  test('the ask is decided at its first stop: each reason is of a later gate than the one before it', () => {
    always((seen, asked, rule) => {
      const places = decideRefresh(seen, asked, rule).reasons.map((reason) => gates.indexOf(reason.gate));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    });
  });
});

test('a connection is what its facts were taken from', () => {
  expect(connectionFacts(connection('a')).id).toBe(connectionId('a'));
});
