import { calendarPeriod, fromWallClock, MINUTE, parseInstant } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';

/** A moment, or a whole day. */
export interface BilledTime {
  readonly at: Instant;
  /** The last instant of it. */
  readonly until: Instant;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const WALL_TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)$/;
/** As some spreadsheets and databases write an instant. */
const WITH_SPACE = /^(\d{4}-\d{2}-\d{2}) (\S+?) ?(Z|UTC|[+-]\d{2}:\d{2})$/;

export const localDay = (text: string, timeZone: string): BilledTime | undefined => {
  const noon = DATE.test(text) ? parseInstant(`${text}T12:00:00Z`) : undefined;
  if (noon === undefined) return undefined;
  const { start, end } = calendarPeriod(fromWallClock(noon, timeZone), 'day', timeZone);
  return { at: start, until: end - 1 };
};

/** Clocks change at whole quarters of an hour: a file of a hundred thousand lines has few of them. */
const QUARTER_MS: DurationMs = 15 * MINUTE;

/**
 * Reads times as a file has them: an instant with its offset, a time of the wall clock in that zone, or a day of it. Others
 * (3/10/2026) mean one thing here and another there, and are refused.
 */
export const createTimeReader = (timeZone: string): ((text: string) => BilledTime | undefined) => {
  const quarters = new Map<number, Instant>();
  const days = new Map<string, BilledTime | undefined>();

  const onWall = (wall: Instant): Instant => {
    const quarter = Math.floor(wall / QUARTER_MS) * QUARTER_MS;
    const start = quarters.get(quarter) ?? fromWallClock(quarter, timeZone);
    quarters.set(quarter, start);
    return start + wall - quarter;
  };

  const dayOf = (text: string): BilledTime | undefined => {
    if (!days.has(text)) days.set(text, localDay(text, timeZone));
    return days.get(text);
  };

  return (text) => {
    if (DATE.test(text)) return dayOf(text);
    const [, date, time] = WALL_TIME.exec(text) ?? [];
    const wall = date === undefined ? undefined : parseInstant(`${date}T${time}Z`);
    const spaced = text.replace(WITH_SPACE, (_all, day: string, clock: string, zone: string) =>
      zone === 'UTC' ? `${day}T${clock}Z` : `${day}T${clock}${zone}`,
    );
    const at = wall === undefined ? parseInstant(spaced) : onWall(wall);
    return at === undefined ? undefined : { at, until: at };
  };
};
