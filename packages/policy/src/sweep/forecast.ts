import { DAY, HOUR } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';
import type { SweepColumns } from './candidates.js';
import { pays } from './constraints.js';
import { leftOutCauses, type LeftOutCause, type PlannedColumns, type SweepBudget, type SweepForecast } from './plan.js';
import { IN_PLAY } from './prepare.js';

/**
 * Days fresh in a stretch that begins `ageDays` after a refresh: what the last one left, fading, and what free refreshes at
 * random moments bring.
 */
const freshDays = (changes: number, background: number, ageDays: number, lengthDays: number): number => {
  const turns = changes + background;
  if (turns === 0) return ageDays === Number.POSITIVE_INFINITY ? 0 : lengthDays;
  const free = background / turns;
  const fading = Math.exp(-turns * ageDays) * -Math.expm1(-turns * lengthDays);
  return free * lengthDays + ((1 - free) * fading) / turns;
};

/** Follows each candidate from its last pull through the planned ones. */
class Ages {
  readonly fresh: Float64Array;
  longestMs: DurationMs = 0;
  private readonly pulledAt: Float64Array;
  private readonly seenAt: Float64Array;

  private readonly columns: SweepColumns;

  constructor(columns: SweepColumns, from: Instant) {
    this.columns = columns;
    this.pulledAt = columns.lastPullAt.slice();
    this.seenAt = new Float64Array(columns.ids.length).fill(from);
    this.fresh = new Float64Array(columns.ids.length);
  }

  /** Counts the time up to `at`; `swept`: its age counts among the longest. */
  pass(row: number, at: Instant, swept: boolean): void {
    const { columns } = this;
    const seenAt = this.seenAt[row] as number;
    const pulledAt = this.pulledAt[row] as number;
    const fresh = freshDays(
      columns.changesPerDay[row] as number,
      columns.backgroundPerDay[row] as number,
      (seenAt - pulledAt) / DAY,
      (at - seenAt) / DAY,
    );
    this.fresh[row] = (this.fresh[row] as number) + fresh;
    this.seenAt[row] = at;
    if (swept && pulledAt !== Number.NEGATIVE_INFINITY) this.longestMs = Math.max(this.longestMs, at - pulledAt);
  }

  pull(row: number, at: Instant): void {
    this.pass(row, at, true);
    this.pulledAt[row] = at;
  }
}

const shareOfReads = (columns: SweepColumns, days: Float64Array, horizonDays: number): number => {
  let fresh = 0;
  let reads = 0;
  for (let row = 0; row < days.length; row += 1) {
    const perDay = columns.readsPerDay[row] as number;
    fresh += perDay * (days[row] as number);
    reads += perDay * horizonDays;
  }
  return reads === 0 ? 1 : fresh / reads;
};

const costsOf = (columns: SweepColumns, pulls: PlannedColumns, budgets: readonly SweepBudget[]) => {
  const costs = columns.currencyNames.map((currency) => ({ currency, calls: 0, micros: 0 }));
  const paid = budgets.map(({ name, currency, micros }) => ({ name, currency, micros, plannedMicros: 0 }));
  pulls.candidates.forEach((row) => {
    const micros = columns.priceMicros[row] as number;
    const cost = costs[columns.currencies[row] as number];
    if (cost === undefined) return;
    cost.calls += 1;
    cost.micros += micros;
    budgets.forEach((budget, place) => {
      const line = paid[place];
      if (line !== undefined && pays(budget, columns, row)) line.plannedMicros += micros;
    });
  });
  return { costs, budgets: paid };
};

/** What the plan will have brought and cost by `until`. */
export const forecastOf = (
  columns: SweepColumns,
  from: Instant,
  until: Instant,
  pulls: PlannedColumns,
  leftOut: Uint8Array,
  budgets: readonly SweepBudget[],
): SweepForecast => {
  const before = new Ages(columns, from);
  const after = new Ages(columns, from);
  const callsPerHour = new Array<number>(Math.ceil((until - from) / HOUR)).fill(0);
  pulls.candidates.forEach((row, place) => {
    const at = pulls.at[place] as number;
    after.pull(row, at);
    const hour = Math.floor((at - from) / HOUR);
    callsPerHour[hour] = (callsPerHour[hour] as number) + 1;
  });
  const counts = Object.fromEntries(leftOutCauses.map((cause) => [cause, 0])) as Record<LeftOutCause, number>;
  for (let row = 0; row < leftOut.length; row += 1) {
    const cause = leftOutCauses[leftOut[row] as number];
    if (cause !== undefined) counts[cause] += 1;
    before.pass(row, until, false);
    after.pass(row, until, leftOut[row] === IN_PLAY || !exempt.has(cause));
  }
  const horizonDays = (until - from) / DAY;
  return {
    calls: pulls.candidates.length,
    callsPerHour,
    ...costsOf(columns, pulls, budgets),
    freshBefore: shareOfReads(columns, before.fresh, horizonDays),
    freshAfter: shareOfReads(columns, after.fresh, horizonDays),
    longestAgeMs: after.longestMs,
    leftOut: counts,
  };
};

/** Those who are meant to grow old. */
const exempt: ReadonlySet<LeftOutCause | undefined> = new Set<LeftOutCause | undefined>(['not-allowed', 'dormant']);
