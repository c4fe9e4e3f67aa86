import { DAY, formatInstant, HOUR, MINUTE, plainAmount, SECOND } from '@freshet/domain';
import type { DurationMs, Instant, ReasonData } from '@freshet/domain';

/** What stands for what a decision of an older version does not have. */
export const NOT_RECORDED = 'not recorded';

/** The farthest instant that can be written. */
const WRITABLE = 8_640_000_000_000_000;

const units: readonly (readonly [string, DurationMs])[] = [
  ['d', DAY],
  ['h', HOUR],
  ['min', MINUTE],
  ['s', SECOND],
  ['ms', 1],
];

/** `3 h`, `1 d 2 h`, `90 s` as `1 min 30 s`: the two largest units say enough. */
export const spokenDuration = (ms: DurationMs): string => {
  if (ms < 0) return `minus ${spokenDuration(-ms)}`;
  const words: string[] = [];
  let rest = Math.round(ms);
  for (const [name, length] of units) {
    const whole = Math.floor(rest / length);
    rest -= whole * length;
    if (whole > 0) words.push(`${whole} ${name}`);
    else if (words.length > 0) break;
    if (words.length === 2) break;
  }
  return words.length === 0 ? '0 s' : words.join(' ');
};

/** `A`, `A and B`, `A, B and C`. */
export const spokenList = (words: readonly string[]): string => {
  if (words.length === 0) return 'none';
  return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
};

/** `0.12 USD`, and as many more digits as it has; the bare number where the currency is not known. */
export const spokenMoney = (micros: number, currency: string | null): string => {
  const amount = plainAmount(micros);
  return currency === null ? amount : `${amount} ${currency}`;
};

export const spokenInstant = (at: Instant): string =>
  Math.abs(at) <= WRITABLE ? formatInstant(at) : 'a time that no calendar has';

/**
 * Reads the numbers and names behind a reason. A decision that was archived by an older version may lack some: then the
 * sentence says so instead of failing.
 */
export interface Spoken {
  /** The number itself, or null where there is none. */
  number(key: string): number | null;
  /** The word itself, or null where there is none. */
  word(key: string): string | null;
  text(key: string): string;
  list(key: string): string;
  instant(key: string): string;
  duration(key: string): string;
  /** To two significant digits: an estimate is not more exact than that. */
  rounded(key: string): string;
  percent(key: string): string;
  /** An amount of micros in the currency under `currency`. */
  money(key: string): string;
}

export const spokenData = (data: ReasonData): Spoken => {
  const number = (key: string): number | null => {
    const value = data[key];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  };
  const word = (key: string): string | null => {
    const value = data[key];
    return typeof value === 'string' ? value : null;
  };
  const list = (key: string): string => {
    const value = data[key];
    return Array.isArray(value) ? spokenList(value.map(String)) : NOT_RECORDED;
  };
  const spokenNumber = (key: string, speak: (value: number) => string): string => {
    const value = number(key);
    return value === null ? NOT_RECORDED : speak(value);
  };
  return {
    number,
    word,
    list,
    text: (key) => word(key) ?? spokenNumber(key, String),
    instant: (key) => spokenNumber(key, spokenInstant),
    duration: (key) => spokenNumber(key, spokenDuration),
    rounded: (key) => spokenNumber(key, (value) => String(Number(value.toPrecision(2)))),
    percent: (key) => spokenNumber(key, (value) => `${Math.round(value * 100)} %`),
    money: (key) => spokenNumber(key, (micros) => spokenMoney(micros, word('currency'))),
  };
};
