import { describe, expect, test } from '@jest/globals';
import { DAY } from '@freshet/domain';
import { budget, days, midnight, referenceCandidates } from '../../test/sweeps.js';
import { problem, referenceWorkload } from '../../test/workloads.js';
import { allocateEvenSpacing, evenSpacingFreshnessBeside } from '../allocation/index.js';
import type { SweepPlan } from './index.js';

const COUNT = 400;
const WARM = 14;
const MEASURED = 14;

/** What two weeks of plans bring and spend, after as many to settle. */
const settled = (moneyPerDay: number, maxAgeMs: number): { fresh: number; spent: number } => {
  let fresh = 0;
  let spent = 0;
  const rest = { budgets: [budget(Math.round(moneyPerDay * 1e6))], rules: { maxAgeMs, worthAtLeast: 0 } };
  // Pulled at some time in the last two weeks: those who were all pulled at once would starve at once.
  const candidates = referenceCandidates(7, COUNT).map((one, row) => ({
    ...one,
    lastPullAt: midnight - Math.floor((row / COUNT) * 14 * DAY),
  }));
  days(candidates, WARM + MEASURED, rest, (plan: SweepPlan, day) => {
    if (day < WARM) return;
    fresh += plan.forecast.freshAfter / MEASURED;
    spent += (plan.forecast.budgets[0]?.plannedMicros ?? 0) / 1e6 / MEASURED;
  });
  return { fresh, spent };
};

/** The share of reads that no timetable can exceed at that money; `minRate`: each is pulled at least so often. */
const bound = (spent: number, minRate: number): number => {
  const { changes, reads, prices } = referenceWorkload(7, COUNT);
  const minRates = new Float64Array(COUNT).fill(minRate);
  const { rates } = allocateEvenSpacing(problem(changes, spent, { weights: reads, prices, minRates }));
  const all = reads.reduce((sum, read) => sum + read, 0);
  const fresh = rates.reduce(
    (sum, rate, row) => sum + (reads[row] as number) * evenSpacingFreshnessBeside(changes[row] as number, 0, rate),
    0,
  );
  return fresh / all;
};

describe('on the reference workload', () => {
  test.each([0.5, 1.1, 2.2])('at $%d a month the plans come within 1 %% of the bound of even spacing', (perMonth) => {
    const perDay = (perMonth / 30) * COUNT;
    const { fresh, spent } = settled(perDay, Infinity);
    // What is left would not have paid the dearest pull.
    expect(spent).toBeGreaterThan(perDay - 0.3);
    expect(fresh).toBeGreaterThan(bound(spent, 0) * 0.99);
    expect(fresh).toBeLessThan(bound(spent, 0) * 1.001);
  });

  test('with nobody starved they come within 1 % of the bound that starves nobody either', () => {
    const { fresh, spent } = settled((1.1 / 30) * COUNT, 14 * DAY);
    expect(fresh).toBeGreaterThan(bound(spent, 1 / 14) * 0.99);
    expect(fresh).toBeLessThan(bound(spent, 0));
  });
});
