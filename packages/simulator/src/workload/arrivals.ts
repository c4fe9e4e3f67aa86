import { DAY, HOUR } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import type { Random } from '../random.js';
import { HOURS_OF_WEEK } from './workload.js';

/** The hour of the week that an instant lies in, in UTC; 1970 began on a Thursday. */
const hourOfWeek = (at: Instant): number => (Math.floor(at / HOUR) + 3 * 24) % HOURS_OF_WEEK;

/** Weights of mean 1: a rate per day stays what it is over a week. */
const normalized = (weights: readonly number[]): readonly number[] => {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
};

/** How time passes for what happens more in some hours than in others. */
interface Pace {
  /** The moment at which so much has been done after `from`; beyond `until` it need not be told. */
  readonly after: (from: number, work: number, until: number) => number;
}

const evenPace: Pace = { after: (from, work) => from + work * DAY };

const pacedBy = (hourWeights: readonly number[], start: Instant): Pace => {
  const weights = normalized(hourWeights);
  return {
    after: (from, work, until) => {
      let [at, left] = [from, work * DAY];
      while (at < until) {
        const weight = weights[hourOfWeek(start + at)] as number;
        const endOfHour = (Math.floor((start + at) / HOUR) + 1) * HOUR - start;
        const done = (endOfHour - at) * weight;
        if (done > left) return at + left / weight;
        left -= done;
        at = endOfHour;
      }
      return at;
    },
  };
};

export const paceOf = (hourWeights: readonly number[] | null, start: Instant): Pace =>
  hourWeights === null ? evenPace : pacedBy(hourWeights, start);

/** Poisson arrivals from 0 to `spanMs`, in whole milliseconds, none at 0 itself. */
export const arrivals = (random: Random, perDay: number, spanMs: number, pace: Pace): Float64Array => {
  const times: number[] = [];
  let at = pace.after(0, random.exponential() / perDay, spanMs);
  while (at < spanMs - 1) {
    times.push(Math.floor(at) + 1);
    at = pace.after(at, random.exponential() / perDay, spanMs);
  }
  return Float64Array.from(times);
};
