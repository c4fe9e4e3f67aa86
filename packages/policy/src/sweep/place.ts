import type { Instant } from '@freshet/domain';
import { CapWindows } from './cap-window.js';
import type { Musts } from './must.js';
import { pullBounds, pullCauses, type PlannedColumns, type PullBound, type SweepCap } from './plan.js';
import { allowedFrom, boundRow, dueOf, firstOf, IN_PLAY, intervalOf, type Prepared } from './prepare.js';
import { pullsOf, shadowOf, startOf, type Market } from './prices.js';
import { NEVER } from './rungs.js';
import { TimeQueue } from './time-queue.js';

/** Pulls at their times, and of each candidate how many could not be placed under the caps. */
export interface Placed {
  readonly pulls: PlannedColumns;
  readonly squeezedOut: Uint32Array;
}

/** Whether the first pull comes only so that the connection does not starve. */
const isStarving = (prepared: Prepared, market: Market, musts: Musts, row: number): boolean => {
  const rung = market.rungs[row] as number;
  const must = musts.at[row] as number;
  return must !== Number.POSITIVE_INFINITY && (rung === NEVER || must < firstOf(prepared, row, rung));
};

/** What bound a pull that no cap moved. */
const boundOf = ({ prepared, market, moneyIsShort }: Floor, row: number, at: Instant, first: boolean): number => {
  const { earliest, earliestBounds, shortest, distanceBounds } = prepared;
  if (first && at === earliest[row] && (earliestBounds[row] as number) > 0) return earliestBounds[row] as number;
  if (market.rungs[row] === shortest[row] && (distanceBounds[row] as number) > 0) return distanceBounds[row] as number;
  return boundRow(moneyIsShort(row) ? 'money' : 'nothing');
};

/** As many rows as are wanted; those that find no place are cut off at the end. */
const emptyPulls = (size: number): PlannedColumns => ({
  candidates: new Int32Array(size),
  at: new Float64Array(size),
  dueAt: new Float64Array(size),
  previousAt: new Float64Array(size),
  everyMs: new Float64Array(size),
  shadowMicros: new Float64Array(size),
  causes: new Uint8Array(size),
  bounds: new Uint8Array(size),
});

interface Floor {
  readonly prepared: Prepared;
  readonly market: Market;
  readonly musts: Musts;
  readonly until: Instant;
  readonly moneyIsShort: (row: number) => boolean;
}

/** How many pulls each candidate wants in the horizon at the prices found, and the first of all of them to be placed. */
const wanted = ({ prepared, market, musts, until }: Floor): { left: Uint32Array; total: number; queue: TimeQueue } => {
  const rows = prepared.standing.length;
  const left = new Uint32Array(rows);
  const first = new Float64Array(rows);
  let count = 0;
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    if (prepared.standing[row] !== IN_PLAY) continue;
    const pulls = pullsOf(prepared, musts, row, market.rungs[row] as number, until);
    if (pulls === 0) continue;
    left[row] = pulls;
    total += pulls;
    const start = startOf(prepared, musts, row, market.rungs[row] as number);
    first[count] = TimeQueue.pack(start - prepared.now, row, rows);
    count += 1;
  }
  return { left, total, queue: new TimeQueue(first.subarray(0, count), rows) };
};

/**
 * Gives each pull its time: its slot, or the first moment after it that every cap and allowance lets pass. Pulls are
 * placed in the order of time, so a window that is never overfull so far is never overfull at all.
 */
export const placePulls = (floor: Floor, caps: readonly SweepCap[]): Placed => {
  const { prepared, market, musts, until } = floor;
  const { columns, now } = prepared;
  const windows = new CapWindows(columns, caps);
  const { left, total, queue } = wanted(floor);
  const pulls = emptyPulls(total);
  const squeezedOut = new Uint32Array(left.length);
  const done = new Uint32Array(left.length);
  const slot = new Float64Array(left.length).fill(Number.NaN);
  /** Row of the bound of the cap that a candidate waits for, 0 where it waits for none. */
  const waits = new Uint8Array(left.length);
  const previousAt = columns.lastPullAt.slice();
  let placed = 0;

  /** The time to come back at, or `at` where it may go. */
  const heldUntil = (row: number, at: Instant): Instant => {
    const allowed = allowedFrom(columns, row, done[row] as number);
    if (allowed > at) {
      waits[row] = boundRow('allowance');
      return allowed;
    }
    const full = windows.fullFor(row, at, (waits[row] as number) > 0);
    if (full === null) return at;
    waits[row] = boundRow(full.bound);
    return full.window.promise();
  };
  const place = (row: number, at: Instant): void => {
    windows.place(row, at, pullBounds[waits[row] as number] as PullBound);
    const first = done[row] === 0;
    const start = slot[row] as number;
    const rung = market.rungs[row] as number;
    const starving = first && isStarving(prepared, market, musts, row);
    pulls.candidates[placed] = row;
    pulls.at[placed] = at;
    pulls.dueAt[placed] = first && !starving ? Math.min(start, dueOf(prepared, row, rung)) : start;
    pulls.previousAt[placed] = previousAt[row] as number;
    pulls.everyMs[placed] = rung === NEVER ? Infinity : intervalOf(prepared, row, rung);
    pulls.shadowMicros[placed] = shadowOf(prepared, market, row);
    pulls.causes[placed] = pullCauses.indexOf(starving ? 'starving' : 'worth');
    pulls.bounds[placed] = waits[row] || boundOf(floor, row, at, first);
    previousAt[row] = at;
    placed += 1;
    done[row] = (done[row] as number) + 1;
    left[row] = (left[row] as number) - 1;
    waits[row] = 0;
    slot[row] = Number.NaN;
    if (left[row] === 0) return;
    put(row, Math.max(start + intervalOf(prepared, row, rung), at + (prepared.distanceMs[row] as number)));
  };
  const put = (row: number, at: Instant): void => {
    if (at < until) queue.put(at - now, row);
    else squeezedOut[row] = left[row] as number;
  };
  for (let packed = queue.take(); packed !== undefined; packed = queue.take()) {
    const row = queue.rowOf(packed);
    const at = now + queue.afterMsOf(packed);
    if (Number.isNaN(slot[row])) slot[row] = at;
    const free = heldUntil(row, at);
    if (free > at) put(row, free);
    else place(row, at);
  }
  return { pulls: upTo(pulls, placed), squeezedOut };
};

const upTo = (pulls: PlannedColumns, count: number): PlannedColumns => ({
  candidates: pulls.candidates.subarray(0, count),
  at: pulls.at.subarray(0, count),
  dueAt: pulls.dueAt.subarray(0, count),
  previousAt: pulls.previousAt.subarray(0, count),
  everyMs: pulls.everyMs.subarray(0, count),
  shadowMicros: pulls.shadowMicros.subarray(0, count),
  causes: pulls.causes.subarray(0, count),
  bounds: pulls.bounds.subarray(0, count),
});
