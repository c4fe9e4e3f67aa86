import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';
import { scrambled, type SweepColumns } from './candidates.js';
import { leftOutCauses, pullBounds, type LeftOutCause, type PullBound, type SweepRules } from './plan.js';
import { everyMsOf, FINEST, NEVER, rungKeeping, slotFrom, slotMsOf, slotUpTo } from './rungs.js';

export const IN_PLAY = 255;
export const leftOutRow = (cause: LeftOutCause): number => leftOutCauses.indexOf(cause);
export const boundRow = (bound: PullBound): number => pullBounds.indexOf(bound);

/** What follows for each candidate from its facts and the rules alone, before any money is counted. */
export interface Prepared {
  readonly columns: SweepColumns;
  readonly rules: SweepRules;
  readonly now: Instant;
  /** IN_PLAY, or a row of `leftOutCauses`. */
  readonly standing: Uint8Array;
  /** Rate and worth per day of even spacing beside the free refreshes. */
  readonly turns: Float64Array;
  readonly worth: Float64Array;
  /** Its own place in the day. */
  readonly offsets: Float64Array;
  /** The newest pull on its finest slots: what was pulled a little late keeps its place. */
  readonly lastSlots: Float64Array;
  /** The distance that two of its pulls must keep, the shortest interval that does, and what asks for it. */
  readonly distanceMs: Float64Array;
  readonly shortest: Uint8Array;
  readonly distanceBounds: Uint8Array;
  /** Nothing may go before this, and why. */
  readonly earliest: Float64Array;
  readonly earliestBounds: Uint8Array;
  /** The slot from which it would starve if it was not pulled; Infinity: never. */
  readonly mustAt: Float64Array;
}

const TIE = 1e-3;
const UNIT = 2 ** 32;

const offsetOf = (seed: number): DurationMs => Math.floor((seed / UNIT) * DAY);

/** The seed of what is to come at this time of day. */
export const seedOf = (at: Instant): number => Math.ceil(((((at % DAY) + DAY) % DAY) / DAY) * UNIT);

/** How seldom an absent customer is swept: 0 where the table does not slow it, Infinity where it is not swept at all. */
export const slowedTo = (rules: SweepRules, lastReadAt: Instant, now: Instant): DurationMs => {
  let slowed = 0;
  for (const { afterMs, everyMs } of rules.dormancy)
    if (now - lastReadAt > afterMs) slowed = everyMs ?? Number.POSITIVE_INFINITY;
  return slowed;
};

/** The time from which the next pull would be within the allowance of any 24 hours, `ahead` planned ones before it. */
export const allowedFrom = (columns: SweepColumns, row: number, ahead: number): Instant => {
  const count = columns.allowanceCounts[row] as number;
  const end = columns.allowanceStarts[row + 1] as number;
  const place = end - (count - ahead);
  if (count === 0 || ahead >= count || place < (columns.allowanceStarts[row] as number))
    return Number.NEGATIVE_INFINITY;
  return (columns.allowanceUsedAt[place] as number) + DAY;
};

/** The last slot before it starves lies up to a whole slot early: so the slots are short where the age is. */
const mustSlotMs = (maxAgeMs: DurationMs): DurationMs => {
  if (maxAgeMs >= 2 * DAY) return DAY;
  if (maxAgeMs >= 8 * HOUR) return 4 * HOUR;
  return maxAgeMs >= 2 * HOUR ? HOUR : 15 * MINUTE;
};

const empty = (columns: SweepColumns, rules: SweepRules, now: Instant): Prepared => {
  const count = columns.ids.length;
  return {
    columns,
    rules,
    now,
    standing: new Uint8Array(count).fill(IN_PLAY),
    turns: new Float64Array(count),
    worth: new Float64Array(count),
    offsets: new Float64Array(count),
    lastSlots: new Float64Array(count),
    distanceMs: new Float64Array(count),
    shortest: new Uint8Array(count),
    distanceBounds: new Uint8Array(count),
    earliest: new Float64Array(count),
    earliestBounds: new Uint8Array(count),
    mustAt: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  };
};

const weigh = ({ columns, turns, worth, offsets, lastSlots }: Prepared, row: number): void => {
  const seed = columns.seeds[row] as number;
  const changes = columns.changesPerDay[row] as number;
  const background = columns.backgroundPerDay[row] as number;
  const value = (columns.readsPerDay[row] as number) * (columns.valueMicros[row] as number);
  turns[row] = changes + background;
  // Equals are told apart by a thousandth, so that money for half of them goes to half of them.
  const tied = 1 + TIE * (scrambled((columns.ties ?? columns.seeds)[row] as number) / UNIT - 0.5);
  worth[row] = changes === 0 ? 0 : (value * tied * changes) / (changes + background);
  const offset = offsetOf(seed);
  offsets[row] = offset;
  const lastPullAt = columns.lastPullAt[row] as number;
  lastSlots[row] = lastPullAt === Number.NEGATIVE_INFINITY ? lastPullAt : slotUpTo(lastPullAt, offset, FINEST);
};

const setEarliest = (prepared: Prepared, row: number): void => {
  const { columns, rules, now, offsets, earliest, earliestBounds } = prepared;
  const closedUntil = columns.closedUntil[row] as number;
  const bounds: readonly (readonly [Instant, PullBound])[] = [
    [(columns.lastPullAt[row] as number) + (columns.minGapMs[row] as number), 'gap'],
    [allowedFrom(columns, row, 0), 'allowance'],
    // One by one, each at its own part of the time after the opening.
    [closedUntil > now ? closedUntil + ((offsets[row] as number) / DAY) * rules.reopeningMs : -Infinity, 'closed'],
  ];
  let latest = now;
  for (const [at, bound] of bounds) {
    if (at <= latest) continue;
    latest = Math.ceil(at);
    earliestBounds[row] = boundRow(bound);
  }
  earliest[row] = latest;
};

const setDistance = (prepared: Prepared, row: number, slowed: DurationMs): void => {
  const { columns, distanceMs, shortest, distanceBounds } = prepared;
  const allowed = columns.allowanceCounts[row] as number;
  const bounds: readonly (readonly [DurationMs, PullBound])[] = [
    [columns.minGapMs[row] as number, 'gap'],
    [allowed === 0 ? 0 : Math.ceil(DAY / allowed), 'allowance'],
    [slowed, 'dormancy'],
  ];
  let widest = 0;
  for (const [distance, bound] of bounds) {
    if (distance <= widest) continue;
    widest = distance;
    distanceBounds[row] = boundRow(bound);
  }
  distanceMs[row] = Math.ceil(widest);
  shortest[row] = rungKeeping(widest);
};

const setMust = (prepared: Prepared, row: number): void => {
  const { columns, rules, now, offsets, distanceMs, earliest, mustAt } = prepared;
  const slotMs = mustSlotMs(rules.maxAgeMs);
  const offset = offsets[row] as number;
  const deadline = (columns.lastPullAt[row] as number) + Math.max(rules.maxAgeMs, (distanceMs[row] as number) + slotMs);
  if (deadline === Number.POSITIVE_INFINITY || rules.maxAgeMs === Number.POSITIVE_INFINITY) return;
  const slot = Math.max(slotUpTo(deadline, offset, slotMs), slotFrom(now, offset, slotMs));
  mustAt[row] = Math.max(slot, earliest[row] as number);
};

/** What follows from facts and rules; candidates that cannot be pulled before `until` are put aside with the reason. */
export const prepare = (columns: SweepColumns, rules: SweepRules, now: Instant, until: Instant): Prepared => {
  const prepared = empty(columns, rules, now);
  const { standing, earliest, earliestBounds } = prepared;
  const outBy: Readonly<Record<number, LeftOutCause>> = {
    [boundRow('gap')]: 'gap',
    [boundRow('allowance')]: 'cap',
    [boundRow('closed')]: 'closed',
  };
  for (let row = 0; row < standing.length; row += 1) {
    weigh(prepared, row);
    const slowed = slowedTo(rules, columns.lastReadAt[row] as number, now);
    if (columns.unattended[row] === 0) standing[row] = leftOutRow('not-allowed');
    else if (slowed === Number.POSITIVE_INFINITY) standing[row] = leftOutRow('dormant');
    if (standing[row] !== IN_PLAY) continue;
    setEarliest(prepared, row);
    setDistance(prepared, row, slowed);
    setMust(prepared, row);
    const bound = outBy[earliestBounds[row] as number];
    if ((earliest[row] as number) >= until && bound !== undefined) standing[row] = leftOutRow(bound);
  }
  return prepared;
};

/** Its interval on that rung: never shorter than the distance that it must keep. */
export const intervalOf = ({ distanceMs }: Prepared, row: number, rung: number): DurationMs =>
  Math.max(everyMsOf(rung), distanceMs[row] as number);

/** Its slot on that rung if nothing forbids it: one interval after the last pull, or now. */
export const dueOf = (prepared: Prepared, row: number, rung: number): Instant => {
  if (rung === NEVER) return Number.POSITIVE_INFINITY;
  const { now, offsets, lastSlots } = prepared;
  const due = (lastSlots[row] as number) + intervalOf(prepared, row, rung);
  const slotMs = slotMsOf(rung, due !== Number.NEGATIVE_INFINITY);
  return slotFrom(Math.max(due, now), offsets[row] as number, slotMs);
};

/** The first pull on that rung. */
export const firstOf = (prepared: Prepared, row: number, rung: number): Instant =>
  Math.max(dueOf(prepared, row, rung), prepared.earliest[row] as number);
