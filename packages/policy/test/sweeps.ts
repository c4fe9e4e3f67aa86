import { DAY, HOUR } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import { offsetSeed, plannedPull, planSweep } from '../src/index.js';
import type { PlannedPull, SweepBudget, SweepCandidate, SweepInput, SweepPlan } from '../src/index.js';
import { referenceWorkload } from './workloads.js';

export const midnight: Instant = Date.parse('2026-03-02T00:00:00Z');

/** Changes twice a day and is read five times; a fresh read is worth ten times the pull, so that it is worth pulling often. */
export const candidate = (name: string, values: Partial<SweepCandidate> = {}): SweepCandidate => ({
  connectionId: name,
  provider: 'AKOYA',
  institution: 'chase',
  account: 'ours',
  lastPullAt: midnight - DAY,
  changesPerDay: 2,
  readsPerDay: 5,
  valueMicros: 1_000_000,
  priceMicros: 100_000,
  currency: 'USD',
  backgroundPerDay: 0,
  minGapMs: HOUR,
  allowance: null,
  lastReadAt: midnight - HOUR,
  seed: offsetSeed(name),
  unattended: true,
  closedUntil: null,
  ...values,
});

export const many = (
  count: number,
  values: Partial<SweepCandidate> | ((row: number) => Partial<SweepCandidate>) = {},
): SweepCandidate[] =>
  Array.from({ length: count }, (_, row) =>
    candidate(`conn_${row}`, typeof values === 'function' ? values(row) : values),
  );

export const budget = (micros: number, values: Partial<SweepBudget> = {}): SweepBudget => ({
  name: 'day',
  provider: null,
  currency: 'USD',
  micros,
  ...values,
});

export const sweep = (
  candidates: readonly SweepCandidate[],
  rest: Partial<Omit<SweepInput, 'candidates'>> = {},
): SweepPlan => planSweep({ now: midnight, candidates, budgets: [], caps: [], ...rest });

export const pullsOf = (plan: SweepPlan): PlannedPull[] =>
  Array.from(plan.pulls.at, (_, place) => plannedPull(plan, place));

/** Plans and pulls one horizon after the other: each candidate's last pull is the last that was planned. */
export const days = (
  candidates: readonly SweepCandidate[],
  count: number,
  rest: Partial<Omit<SweepInput, 'candidates' | 'now'>> = {},
  each: (plan: SweepPlan, day: number) => void = () => undefined,
): void => {
  let known = [...candidates];
  const horizonMs = rest.horizonMs ?? DAY;
  for (let day = 0; day < count; day += 1) {
    const plan = sweep(known, { ...rest, now: midnight + day * horizonMs });
    each(plan, day);
    const last = plan.columns.lastPullAt.slice();
    plan.pulls.candidates.forEach((row, place) => (last[row] = plan.pulls.at[place] as number));
    known = known.map((one, row) => ({
      ...one,
      lastPullAt: Number.isFinite(last[row]) ? (last[row] as number) : null,
    }));
  }
};

/** The reference workload: a fresh read is worth one dollar, and nobody is absent. */
export const referenceCandidates = (seed: number, count: number): SweepCandidate[] => {
  const { changes, reads, prices } = referenceWorkload(seed, count);
  return many(count, (row) => ({
    changesPerDay: changes[row] as number,
    readsPerDay: reads[row] as number,
    priceMicros: Math.round((prices[row] as number) * 1e6),
    lastPullAt: null,
    lastReadAt: null,
    minGapMs: 0,
  }));
};
