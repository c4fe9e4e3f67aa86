import type { Instant } from './time.js';

/** The periods in which providers count and budgets turn. Weeks begin on Monday. */
export type CalendarUnit = 'day' | 'week' | 'month';

/** From `start` (in it) to `end` (already the next). */
export interface Period {
  readonly start: Instant;
  readonly end: Instant;
}

interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterFor = (timeZone: string): Intl.DateTimeFormat => {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, made);
  return made;
};

/** Whether the runtime knows the IANA name. */
export const isTimeZone = (timeZone: string): boolean => {
  try {
    formatterFor(timeZone);
    return true;
  } catch {
    return false;
  }
};

/** What a wall clock in that zone shows, as if it were UTC. */
const wallClock = (at: Instant, timeZone: string): Instant => {
  const parts = new Map(
    formatterFor(timeZone)
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  );
  const read = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'));
};

/** How far the zone's wall clock is ahead of UTC at an instant, in whole seconds. */
const offsetAt = (at: Instant, timeZone: string): number => wallClock(at, timeZone) - Math.floor(at / 1000) * 1000;

/**
 * The first instant at which a wall clock in that zone shows what `wanted` is in UTC; where clocks that go forward leave it
 * out, the instant of the change.
 */
export const fromWallClock = (wanted: Instant, timeZone: string): Instant => {
  const candidates = [offsetAt(wanted - 86_400_000, timeZone), offsetAt(wanted + 86_400_000, timeZone)].map(
    (offset) => wanted - offset,
  );
  const exact = candidates.filter((at) => wallClock(at, timeZone) === wanted);
  return exact.length > 0 ? Math.min(...exact) : Math.max(...candidates);
};

/** Where the clocks go forward at midnight that day has no 00:00: then it is the instant of the change. */
const startOfDay = ({ year, month, day }: WallTime, timeZone: string): Instant =>
  fromWallClock(Date.UTC(year, month - 1, day), timeZone);

const dayOf = (wall: Instant): WallTime => {
  const date = new Date(wall);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};

/** The first local day of the period, `step` periods on. */
const firstDay = (wall: Instant, unit: CalendarUnit, step: number): WallTime => {
  const { year, month, day } = dayOf(wall);
  if (unit === 'month') return dayOf(Date.UTC(year, month - 1 + step, 1));
  if (unit === 'day') return dayOf(Date.UTC(year, month - 1, day + step));
  const sinceMonday = (new Date(wall).getUTCDay() + 6) % 7;
  return dayOf(Date.UTC(year, month - 1, day - sinceMonday + 7 * step));
};

/**
 * Where clocks go back over midnight, the last hour of a day is lived again after the next one began: it belongs to the
 * next, because a period that has ended stays ended.
 */
const periodFrom = (at: Instant, unit: CalendarUnit, timeZone: string): Period => {
  const wall = wallClock(at, timeZone);
  const [start, end, after] = [0, 1, 2].map((step) => startOfDay(firstDay(wall, unit, step), timeZone)) as [
    Instant,
    Instant,
    Instant,
  ];
  return at < end ? { start, end } : { start: end, end: after };
};

const lastSeen = new Map<string, Period>();

/**
 * The calendar day, week or month of a time zone that an instant lies in. A day is 23 or 25 hours
 * long where the clocks change in it. The period last asked for is remembered: a busy engine asks for the same one.
 */
export const calendarPeriod = (at: Instant, unit: CalendarUnit, timeZone: string): Period => {
  const key = `${unit} ${timeZone}`;
  const seen = lastSeen.get(key);
  if (seen && at >= seen.start && at < seen.end) return seen;
  const period = periodFrom(at, unit, timeZone);
  lastSeen.set(key, period);
  return period;
};
