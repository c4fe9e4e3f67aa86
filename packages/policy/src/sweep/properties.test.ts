import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import fc from 'fast-check';
import { candidate, midnight, pullsOf, sweep } from '../../test/sweeps.js';
import {
  leftOutOf,
  planSweep,
  type SweepBudget,
  type SweepCandidate,
  type SweepCap,
  type SweepInput,
} from './index.js';

const between = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
const orNull = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const ago = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most }).map((ms) => midnight - ms);

const worths = {
  changesPerDay: fc.oneof(fc.constant(0), between(0.01, 30)),
  readsPerDay: between(0, 20),
  valueMicros: fc.constantFrom(10_000, 100_000, 1_000_000),
  priceMicros: fc.integer({ min: 1, max: 300_000 }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
};
const some: fc.Arbitrary<Partial<SweepCandidate>> = fc.record({
  ...worths,
  provider: fc.constantFrom('AKOYA', 'BUD'),
  institution: fc.constantFrom('chase', 'citi'),
  account: fc.constantFrom('ours', 'theirs'),
  lastPullAt: orNull(ago(10 * DAY)),
  currency: fc.constantFrom('USD', 'EUR', null),
  backgroundPerDay: fc.constantFrom(0, 1),
  minGapMs: fc.constantFrom(0, 20 * MINUTE, 5 * HOUR, 30 * HOUR),
  allowance: orNull(
    fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      usedAt: fc.array(ago(DAY - 1), { maxLength: 4 }).map((times) => times.sort((a, b) => a - b)),
    }),
  ),
  lastReadAt: orNull(ago(120 * DAY)),
  unattended: fc.constantFrom(true, true, true, false),
  closedUntil: orNull(fc.integer({ min: midnight - HOUR, max: midnight + 30 * HOUR })),
});
const named = (all: readonly Partial<SweepCandidate>[]): SweepCandidate[] =>
  all.map((values, row) => {
    const { allowance, ...rest } = values;
    // What was used is what the allowance let pass.
    const usedAt = allowance?.usedAt.slice(-allowance.count) ?? [];
    return candidate(`conn_${row}`, { ...rest, allowance: allowance ? { ...allowance, usedAt } : null });
  });

const budgets: fc.Arbitrary<SweepBudget[]> = fc
  .tuple(fc.nat(3_000_000), fc.nat(1_000_000), fc.nat(1_000_000))
  .chain(([all, bud, euros]) =>
    fc.subarray([
      { name: 'all', provider: null, currency: 'USD', micros: all },
      { name: 'bud', provider: 'BUD', currency: 'USD', micros: bud },
      { name: 'euros', provider: null, currency: 'EUR', micros: euros },
    ]),
  );
const caps: fc.Arbitrary<SweepCap[]> = fc.array(
  fc
    .record({
      scope: fc.constantFrom('account' as const, 'institution' as const),
      key: fc.constantFrom('ours', 'chase', 'citi'),
      count: fc.integer({ min: 0, max: 5 }),
      perMs: fc.constantFrom(MINUTE, HOUR, DAY),
      used: fc.array(fc.integer({ min: 1, max: DAY }), { maxLength: 5 }),
    })
    .map(({ used, ...cap }) => ({
      ...cap,
      usedAt: used.slice(0, cap.count).map((ms) => midnight - (ms % cap.perMs)),
    })),
  { maxLength: 4 },
);
const inputs: fc.Arbitrary<SweepInput & { candidates: SweepCandidate[] }> = fc.record({
  now: fc.constant(midnight),
  horizonMs: fc.constantFrom(DAY, HOUR, 3 * DAY),
  candidates: fc.array(some, { maxLength: 14 }).map(named),
  budgets,
  caps,
  rules: fc.record({
    maxAgeMs: fc.constantFrom(Infinity, 7 * DAY, DAY, 6 * HOUR),
    worthAtLeast: fc.constantFrom(0, 1),
  }),
});

const overfull = (times: readonly number[], count: number, perMs: number): boolean => {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.some((at, place) => place >= count && at - (sorted[place - count] as number) < perMs);
};

describe('whatever is known', () => {
  test('no budget, cap, allowance, gap or closure is broken, and nobody is pulled who may not be', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const pulls = pullsOf(planSweep(input));
        const of = new Map(input.candidates.map((one) => [one.connectionId, one]));
        for (const { name, provider, currency, micros } of input.budgets) {
          const paid = pulls.filter((pull) => {
            const one = of.get(pull.connectionId);
            return pull.currency === currency && (provider === null || one?.provider === provider);
          });
          expect([name, paid.reduce((sum, pull) => sum + pull.priceMicros, 0) <= micros]).toEqual([name, true]);
        }
        for (const cap of input.caps) {
          const under = pulls.filter(({ connectionId }) => of.get(connectionId)?.[cap.scope] === cap.key);
          if (under.length > 0)
            expect(overfull([...cap.usedAt, ...under.map(({ at }) => at)], cap.count, cap.perMs)).toBe(false);
        }
        for (const one of input.candidates) {
          const times = pulls.filter(({ connectionId }) => connectionId === one.connectionId).map(({ at }) => at);
          if (times.length === 0) continue;
          expect(one.unattended).toBe(true);
          expect(times[0]).toBeGreaterThanOrEqual(Math.max(one.closedUntil ?? midnight, midnight));
          expect(times.at(-1)).toBeLessThan(midnight + (input.horizonMs ?? DAY));
          const all = [...(one.lastPullAt === null ? [] : [one.lastPullAt]), ...times];
          all.slice(1).forEach((at, place) => expect(at - (all[place] as number)).toBeGreaterThanOrEqual(one.minGapMs));
          if (one.allowance)
            expect(overfull([...one.allowance.usedAt, ...times], one.allowance.count, DAY)).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('pulls are in the order of time, and everybody has a pull or a reason', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planSweep(input);
        const pulls = pullsOf(plan);
        expect(pulls.map(({ at }) => at)).toEqual(pulls.map(({ at }) => at).sort((a, b) => a - b));
        const pulled = new Set(pulls.map(({ connectionId }) => connectionId));
        input.candidates.forEach(({ connectionId }, row) =>
          expect(leftOutOf(plan, row) === null).toBe(pulled.has(connectionId)),
        );
        const { freshBefore, freshAfter } = plan.forecast;
        expect(freshAfter).toBeGreaterThanOrEqual(freshBefore - 1e-12);
        expect(freshAfter).toBeLessThanOrEqual(1 + 1e-12);
        for (const pull of pulls)
          for (const value of Object.values(pull)) expect(value === Infinity || Number.isNaN(value)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('the same input gives the same plan, and is left as it was', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const before = structuredClone(input);
        expect(planSweep(input)).toEqual(planSweep(before));
        expect(input).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  test('with money and room enough nothing that may be pulled is older than the age at the end', () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 14 }).map(named), (candidates) => {
        const maxAgeMs = 3 * DAY;
        const may = candidates.filter(
          ({ unattended, closedUntil, allowance, minGapMs, lastReadAt }) =>
            unattended && closedUntil === null && allowance === null && minGapMs < DAY && lastReadAt === null,
        );
        const plan = sweep(may, { rules: { maxAgeMs } });
        const last = new Map(may.map(({ connectionId, lastPullAt }) => [connectionId, lastPullAt ?? -Infinity]));
        for (const { connectionId, at } of pullsOf(plan)) last.set(connectionId, at);
        for (const at of last.values()) expect(midnight + DAY - at).toBeLessThanOrEqual(maxAgeMs + DAY);
        for (const { connectionId, lastPullAt } of may) {
          const deadline = (lastPullAt ?? -Infinity) + maxAgeMs;
          if (deadline < midnight + DAY) expect(last.get(connectionId)).toBeGreaterThanOrEqual(midnight);
          if (deadline >= midnight + DAY) continue;
          const first = pullsOf(plan).find((pull) => pull.connectionId === connectionId)?.at ?? Infinity;
          expect(first).toBeLessThanOrEqual(Math.max(deadline, midnight + DAY));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('more money', () => {
  /** Pulled on their own slots or never, and nothing but money in the way. */
  const steady = fc
    .array(fc.record({ ...worths, quarters: orNull(fc.integer({ min: 0, max: 500 })) }), {
      minLength: 1,
      maxLength: 10,
    })
    .map((all) =>
      all.map(({ quarters, ...values }, row) => {
        const offset = Math.floor((values.seed / 2 ** 32) * DAY) % (15 * MINUTE);
        const lastPullAt = quarters === null ? null : midnight - (quarters + 1) * 15 * MINUTE + offset;
        return candidate(`conn_${row}`, { ...values, lastPullAt, minGapMs: 0, lastReadAt: null });
      }),
    );

  test('never lowers the freshness that is predicted', () => {
    fc.assert(
      fc.property(steady, fc.nat(4_000_000), fc.nat(1_000_000), (candidates, micros, more) => {
        const fresh = (money: number): number =>
          sweep(candidates, {
            budgets: [{ name: 'day', provider: null, currency: 'USD', micros: money }],
            rules: { maxAgeMs: Infinity, worthAtLeast: 0 },
          }).forecast.freshAfter;
        expect(fresh(micros + more)).toBeGreaterThanOrEqual(fresh(micros) - 1e-9);
      }),
      { numRuns: 1000 },
    );
  });
});
