/** Milliseconds since 1970-01-01T00:00:00Z. Always an argument or a fact: nothing here reads a clock. */
export type Instant = number;
/** A length of time in milliseconds. */
export type DurationMs = number;

export const SECOND: DurationMs = 1_000;
export const MINUTE: DurationMs = 60 * SECOND;
export const HOUR: DurationMs = 60 * MINUTE;
export const DAY: DurationMs = 24 * HOUR;

/** The farthest instants that ISO-8601 with a four-digit year can name. */
const EARLIEST: Instant = -62_135_596_800_000;
const LATEST: Instant = 253_402_300_799_999;

export const formatInstant = (at: Instant): string => new Date(at).toISOString();

const ISO_INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * An ISO-8601 instant with its offset, or undefined. Refused are times without an offset (whose
 * meaning depends on the reader) and days that the calendar does not have (2026-02-30).
 */
export const parseInstant = (text: string): Instant | undefined => {
  const match = ISO_INSTANT.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const calendarDay = new Date(Date.UTC(year, month - 1, day));
  if (calendarDay.getUTCMonth() !== month - 1 || calendarDay.getUTCDate() !== day) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) || at < EARLIEST || at > LATEST ? undefined : at;
};

const ISO_DURATION =
  /^P(?:(\d{1,6})W|(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})(?:\.(\d{1,3}))?S)?)?)$/;

/** An ISO-8601 duration in weeks, days, hours, minutes, seconds; undefined for months and years, whose length varies. */
export const parseDuration = (text: string): DurationMs | undefined => {
  const match = ISO_DURATION.exec(text);
  if (!match || text === 'P' || text.endsWith('T')) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const fraction = Number((match[6] ?? '0').padEnd(3, '0'));
  return part(1) * 7 * DAY + part(2) * DAY + part(3) * HOUR + part(4) * MINUTE + part(5) * SECOND + fraction;
};

/** The shortest ISO-8601 form: `PT3H`, `P1DT30M`, `PT0S`. */
export const formatDuration = (ms: DurationMs): string => {
  const days = Math.floor(ms / DAY);
  const hours = Math.floor((ms % DAY) / HOUR);
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  const seconds = (ms % MINUTE) / SECOND;
  const date = days > 0 ? `${days}D` : '';
  const time = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${seconds > 0 ? `${seconds}S` : ''}`;
  return date + time === '' ? 'PT0S' : `P${date}${time === '' ? '' : `T${time}`}`;
};
