import { DAY } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';
import { evenSpacingIndex } from '../allocation/even-spacing.js';
import type { SweepCandidate } from './candidates.js';
import { sweepColumns } from './columns.js';
import {
  leftOutCauses,
  pullBounds,
  pullCauses,
  type LeftOutCause,
  type PlannedPull,
  type PullBound,
  type PullCause,
  type SweepPlan,
} from './plan.js';
import { firstOf, IN_PLAY, intervalOf, prepare } from './prepare.js';
import { marketFrom, rungOf } from './prices.js';
import { NEVER } from './rungs.js';

/** When one connection is next pulled; `at` null: not until what is known of it changes, for the reason in `leftOut`. */
export interface NextPull {
  readonly at: Instant | null;
  readonly cause: PullCause | null;
  readonly everyMs: DurationMs | null;
  readonly leftOut: LeftOutCause | null;
}

const none = (leftOut: LeftOutCause): NextPull => ({ at: null, cause: null, everyMs: null, leftOut });

/**
 * The next pull of one connection at the prices of a plan: what to store as its `nextPullAt` after it was pulled, or when
 * what is known of it has changed. Caps and money were counted when the plan was made and are counted again when the pull
 * is decided; this looks at no other connection.
 */
export const nextPull = (
  candidate: SweepCandidate,
  { prices, rules }: Pick<SweepPlan, 'prices' | 'rules'>,
  now: Instant,
): NextPull => {
  const prepared = prepare(sweepColumns([candidate]), rules, now, Number.POSITIVE_INFINITY);
  const standing = prepared.standing[0] as number;
  if (standing !== IN_PLAY) return none(leftOutCauses[standing] as LeftOutCause);
  const rung = rungOf(prepared, marketFrom(prepared, prices), 0);
  const must = prepared.mustAt[0] as number;
  const worthAt = rung === NEVER ? Number.POSITIVE_INFINITY : firstOf(prepared, 0, rung);
  const at = Math.min(worthAt, must);
  if (at === Number.POSITIVE_INFINITY) return none('not-worth');
  return {
    at,
    cause: must < worthAt ? 'starving' : 'worth',
    everyMs: rung === NEVER ? null : intervalOf(prepared, 0, rung),
    leftOut: null,
  };
};

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** One row of the plan with its reason and its numbers. */
export const plannedPull = ({ columns, pulls }: SweepPlan, place: number): PlannedPull => {
  const row = pulls.candidates[place] as number;
  const at = pulls.at[place] as number;
  const changes = columns.changesPerDay[row] as number;
  const turns = changes + (columns.backgroundPerDay[row] as number);
  const value = (columns.readsPerDay[row] as number) * (columns.valueMicros[row] as number);
  const ageDays = (at - (pulls.previousAt[place] as number)) / DAY;
  return {
    connectionId: columns.ids[row] as string,
    at,
    cause: pullCauses[pulls.causes[place] as number] as PullCause,
    bound: pullBounds[pulls.bounds[place] as number] as PullBound,
    dueAt: pulls.dueAt[place] as number,
    everyMs: finite(pulls.everyMs[place] as number),
    worthMicros: turns === 0 ? 0 : evenSpacingIndex(turns, (value * changes) / turns, ageDays),
    shadowMicros: pulls.shadowMicros[place] as number,
    priceMicros: columns.priceMicros[row] as number,
    currency: columns.currencyNames[columns.currencies[row] as number] ?? null,
    missedChanges: finite(changes * ageDays),
  };
};

/** Why that connection has no pull in the plan; null: it has one. */
export const leftOutOf = ({ leftOut }: SweepPlan, row: number): LeftOutCause | null =>
  leftOutCauses[leftOut[row] as number] ?? null;
