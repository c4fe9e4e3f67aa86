import { DAY, MINUTE } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';
import { evenSpacingFreshness } from '../allocation/even-spacing.js';

/**
 * The intervals that a sweep uses. Each repeats its times of day within three days, and the next is at most half as long
 * again, so that the best of them is within a percent of the best of all. Slots: a connection is only pulled at its own
 * ones, so that it comes at the same times each day and many connections come evenly. Every slot of an interval is also
 * one of each shorter interval: a shorter one never has to wait longer.
 */
const rungs: readonly (readonly [everyMinutes: number, slotMinutes: number])[] = [
  [15, 15],
  [30, 15],
  [45, 15],
  [60, 30],
  [90, 30],
  [120, 60],
  [180, 60],
  [240, 120],
  [360, 120],
  [480, 240],
  [720, 240],
  [960, 240],
  [1440, 720],
  [2160, 720],
  [2880, 1440],
  [4320, 1440],
  [5760, 1440],
  [7200, 1440],
  [10080, 1440],
  [14400, 1440],
  [20160, 1440],
  [30240, 1440],
  [43200, 1440],
];

/** Where no interval is worth its pulls. */
export const NEVER = rungs.length;

const every = Float64Array.from([...rungs.map(([minutes]) => minutes * MINUTE), Infinity]);
const slots = Float64Array.from([...rungs.map(([, minutes]) => minutes * MINUTE), DAY]);
const days = every.map((ms) => ms / DAY);
/** More pulls per day on the rung before this one than on this one. */
const morePulls = days.map((length, rung) => (rung === 0 ? 0 : 1 / (days[rung - 1] as number) - 1 / length));

/** The finest slots: what is pulled a little late still keeps its place. */
export const FINEST: DurationMs = slots[0] as number;

export const everyMsOf = (rung: number): DurationMs => every[rung] as number;
/** What was never pulled has no place yet: it gets one anywhere in the day. */
export const slotMsOf = (rung: number, pulledBefore: boolean): DurationMs =>
  pulledBefore || (every[rung] as number) < DAY ? (slots[rung] as number) : DAY;

/** The shortest interval that keeps this distance. */
export const rungKeeping = (distanceMs: DurationMs): number => {
  let rung = 0;
  while (rung < NEVER - 1 && (every[rung] as number) < distanceMs) rung += 1;
  return rung;
};

/** The interval that a period comes to on the ladder: never shorter than it. */
export const steppedMs = (everyMs: DurationMs): DurationMs => Math.max(everyMs, everyMsOf(rungKeeping(everyMs)));

/** Value per further pull of going from this rung to the next shorter interval. */
const gain = (rung: number, turns: number, worth: number): number =>
  (worth *
    (evenSpacingFreshness(turns, days[rung - 1] as number) - evenSpacingFreshness(turns, days[rung] as number))) /
  (morePulls[rung] as number);

/**
 * The shortest interval whose last pulls still bring their shadow price. `turns` and `worth` are those of even spacing
 * beside free refreshes; the search begins at `near`, since prices are tried that lie close together.
 */
export const rungAt = (shadowPrice: number, turns: number, worth: number, shortest: number, near: number): number => {
  if (worth === 0) return NEVER;
  let rung = near < shortest ? shortest : near;
  while (rung > shortest && gain(rung, turns, worth) >= shadowPrice) rung -= 1;
  while (rung < NEVER && gain(rung + 1, turns, worth) < shadowPrice) rung += 1;
  return rung;
};

/** The first of the slots (`offset` and every `slotMs` from it) that is not before the time, and the last not after it. */
export const slotFrom = (at: Instant, offset: DurationMs, slotMs: DurationMs): Instant =>
  Math.ceil((at - offset) / slotMs) * slotMs + offset;
export const slotUpTo = (at: Instant, offset: DurationMs, slotMs: DurationMs): Instant =>
  Math.floor((at - offset) / slotMs) * slotMs + offset;
