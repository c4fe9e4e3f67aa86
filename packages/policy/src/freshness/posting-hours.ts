import { DAY, HOUR } from '@freshet/domain';
import type { Instant, ProviderName, TenantId } from '@freshet/domain';

/** Hours of a week, from Monday 00:00 UTC. */
export const WEEK_HOURS = 168;
const WEEK = 7 * DAY;
/** 1970-01-01 was a Thursday. */
const FIRST_MONDAY: Instant = 4 * DAY;

/** One row for all connections of a tenant at one provider. */
export const postingProfileId = (tenantId: TenantId, provider: ProviderName): string =>
  JSON.stringify([tenantId, provider]);

/** How busy each hour of the week is, 1 on average: banks post at night, and hardly on a Sunday. */
export type PostingHours = readonly number[];

export const everyHourAlike: PostingHours = Array.from({ length: WEEK_HOURS }, () => 1);

export const hourOfWeek = (at: Instant): number => Math.floor(((((at - FIRST_MONDAY) % WEEK) + WEEK) % WEEK) / HOUR);

/**
 * Days of average business between two instants: a night in which the bank posts counts for more than the day after it.
 * A rate per day times this is the number of changes to expect.
 */
export const businessDays = (hours: PostingHours | null, from: Instant, until: Instant): number => {
  if (until <= from) return 0;
  if (hours === null) return (until - from) / DAY;
  const weeks = Math.floor((until - from) / WEEK);
  let days = weeks * 7;
  let at = from + weeks * WEEK;
  while (at < until) {
    const next = Math.min(until, (Math.floor(at / HOUR) + 1) * HOUR);
    days += ((next - at) / DAY) * (hours[hourOfWeek(at)] as number);
    at = next;
  }
  return days;
};

/** Counts of changes by hour, gathered from intervals in which something was new. */
export interface PostingCounts {
  readonly changes: Float64Array;
  readonly exposure: Float64Array;
}

export const noPostings = (): PostingCounts => ({
  changes: new Float64Array(WEEK_HOURS),
  exposure: new Float64Array(WEEK_HOURS),
});

/** Longer intervals say little of the hour. */
const LONGEST_TOLD: number = 2 * DAY;

/**
 * One interval between two looks: where something was new, the change is spread over its hours by how busy they are
 * thought to be now (the expectation step of expectation-maximisation), at a rate of so many changes a day.
 */
export const observePosting = (
  counts: PostingCounts,
  hours: PostingHours,
  interval: { readonly from: Instant; readonly until: Instant; readonly found: boolean; readonly ratePerDay: number },
): void => {
  const { from, until, found, ratePerDay } = interval;
  if (until <= from || until - from > LONGEST_TOLD) return;
  const expected = ratePerDay * businessDays(hours, from, until);
  // Given that at least one came, so many times as many are expected in all.
  const share = found && expected > 0 ? 1 / -Math.expm1(-expected) : 0;
  for (let at = from; at < until;) {
    const next = Math.min(until, (Math.floor(at / HOUR) + 1) * HOUR);
    const hour = hourOfWeek(at);
    const exposed = ratePerDay * ((next - at) / DAY);
    counts.exposure[hour] = (counts.exposure[hour] as number) + exposed;
    counts.changes[hour] = (counts.changes[hour] as number) + exposed * (hours[hour] as number) * share;
    at = next;
  }
};

/** What the belief that all hours are alike weighs, in expected changes per hour of the week. */
const PRIOR_CHANGES = 2;

/** The profile that the counts speak for (the maximisation step), 1 on average. */
export const postingHoursFrom = ({ changes, exposure }: PostingCounts): PostingHours => {
  const raw = Array.from(
    changes,
    (count, hour) => (count + PRIOR_CHANGES) / ((exposure[hour] as number) + PRIOR_CHANGES),
  );
  const mean = raw.reduce((sum, each) => sum + each, 0) / WEEK_HOURS;
  return raw.map((each) => each / mean);
};
