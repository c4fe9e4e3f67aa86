import { DAY, formatAmount, formatInstant, HOUR } from '@freshet/domain';
import {
  leftOutOf,
  nextPull,
  offsetSeed,
  plannedPull,
  planSweep,
  type SweepCandidate,
  type SweepPlan,
} from '@freshet/policy';

const now = Date.parse('2026-03-02T00:00:00Z');

// 1. What you know of each connection: how often it changes and is read, what a fresh read is worth, what a pull costs.
const connection = (id: string, values: Partial<SweepCandidate>): SweepCandidate => ({
  connectionId: id,
  provider: 'AKOYA',
  institution: 'fidelity',
  account: 'our-client-id',
  lastPullAt: now - 20 * HOUR,
  changesPerDay: 1.2,
  readsPerDay: 3,
  valueMicros: 100_000,
  priceMicros: 50_000,
  currency: 'USD',
  backgroundPerDay: 0,
  minGapMs: HOUR,
  allowance: { count: 4, usedAt: [now - 20 * HOUR] },
  lastReadAt: now - HOUR,
  seed: offsetSeed(id),
  unattended: true,
  closedUntil: null,
  ...values,
});
const candidates = [
  connection('conn_busy', { readsPerDay: 12 }),
  connection('conn_quiet', { readsPerDay: 0.2, lastPullAt: now - 6 * DAY }),
  connection('conn_absent', { lastReadAt: now - 100 * DAY }),
  connection('conn_closed', { institution: 'vanguard', closedUntil: now + 6 * HOUR }),
];

// 2. The plan of a day, and what it will cost and bring, before anything is called.
const plan = planSweep({
  now,
  candidates,
  budgets: [{ name: 'sweeps', provider: 'AKOYA', currency: 'USD', micros: 200_000 }],
  caps: [{ scope: 'account', key: 'our-client-id', count: 100, perMs: DAY, usedAt: [] }],
});
const print = (sweep: SweepPlan): void => {
  sweep.pulls.at.forEach((_at, place) => {
    const { at, connectionId, cause, bound } = plannedPull(sweep, place);
    console.log(`${formatInstant(at)} ${connectionId}: ${cause}, bound by ${bound}`);
  });
  candidates.forEach(({ connectionId }, row) => {
    const cause = leftOutOf(sweep, row);
    if (cause !== null) console.log(`left out: ${connectionId}, ${cause}`);
  });
};
print(plan);
const { calls, budgets, freshBefore, freshAfter } = plan.forecast;
console.log(`${calls} calls, ${formatAmount(budgets[0]?.plannedMicros ?? 0)} of ${formatAmount(200_000)} USD`);
console.log(`fresh reads: ${Math.round(freshBefore * 100)} % without, ${Math.round(freshAfter * 100)} % with it`);

// 3. After a pull, a little late: its next time, at the prices of the plan and without the others. Store it, wake up then.
const pulledAt = Date.parse('2026-03-02T00:34:10Z');
const next = nextPull(connection('conn_busy', { readsPerDay: 12, lastPullAt: pulledAt }), plan, pulledAt);
console.log(`conn_busy again at ${formatInstant(next.at ?? 0)}`);
