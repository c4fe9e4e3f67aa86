import { DAY, put } from '@freshet/domain';
import type { ConnectorName, Instant, PostingProfile, ProviderName, Pull, TenantId } from '@freshet/domain';
import { everyHourAlike, noPostings, observePosting, postingHoursFrom, postingProfileId } from '@freshet/policy';
import type { PostingHours } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Engine } from './engine.js';

/** Habits of banks change slowly, and a weekday needs several weeks to show. */
const DAYS_LOOKED_AT = 56;
/** Of each day: a sample, so that the work does not grow with the number of connections. */
const PULLS_A_DAY = 1_000;
/** Fewer say nothing of an hour of the week. */
const FEWEST_INTERVALS = 500;
/** Rounds of expectation and maximisation, from the profile of the night before. */
const ROUNDS = 5;

interface Interval {
  readonly from: Instant;
  readonly until: Instant;
  readonly found: boolean;
}

const intervalOf = ({ sinceAt, at, newData }: Pull): Interval | null =>
  sinceAt === null || newData === null || sinceAt >= at ? null : { from: sinceAt, until: at, found: newData };

/** What pulls at the provider found, and in which time it had come. */
const intervalsAt = async (
  engine: Engine,
  tenantId: TenantId,
  connector: ConnectorName,
  provider: ProviderName,
): Promise<readonly Interval[]> => {
  const now = engine.clock.now();
  const asked = { tenantId, connector, provider };
  const whole = { ...asked, from: now - DAYS_LOOKED_AT * DAY, until: now, limit: 1 };
  const intervals: Interval[] = [];
  if ((await engine.store.read('pullsOfProvider', whole)).length === 0) return intervals;
  for (let days = DAYS_LOOKED_AT; days > 0; days -= 1) {
    const [from, until] = [now - days * DAY, now - (days - 1) * DAY];
    const pulls = await engine.store.read('pullsOfProvider', { ...asked, from, until, limit: PULLS_A_DAY });
    intervals.push(...pulls.map(intervalOf).filter((interval) => interval !== null));
  }
  return intervals;
};

const hoursFrom = (intervals: readonly Interval[], before: PostingHours, ratePerDay: number): PostingHours => {
  let hours = before;
  for (let round = 0; round < ROUNDS; round += 1) {
    const counts = noPostings();
    for (const interval of intervals) observePosting(counts, hours, { ...interval, ratePerDay });
    hours = postingHoursFrom(counts);
  }
  return hours;
};

/** How often something was new, per day looked at: what one hour of the week is compared with. */
const changesPerDayIn = (intervals: readonly Interval[]): number => {
  const days = intervals.reduce((sum, { from, until }) => sum + (until - from) / DAY, 0);
  return intervals.filter(({ found }) => found).length / days;
};

/** Makes the profile of one provider anew, once a day; false where too little was seen. */
const learnProvider = async (engine: Engine, tenantId: TenantId, provider: ProviderName): Promise<boolean> => {
  const id = postingProfileId(tenantId, provider);
  const before = await engine.store.read('postingProfile', { id });
  if (before !== null && before.at > engine.clock.now() - DAY) return false;
  const intervals: Interval[] = [];
  for (const connector of engine.connectors.keys())
    intervals.push(...(await intervalsAt(engine, tenantId, connector, provider)));
  if (intervals.length < FEWEST_INTERVALS) return false;
  const ratePerDay = changesPerDayIn(intervals);
  if (ratePerDay === 0) return false;
  const hours = hoursFrom(intervals, before?.hours ?? everyHourAlike, ratePerDay);
  const profile: PostingProfile = {
    id,
    tenantId,
    provider,
    // Two digits say as much as can be known, in a row that is read at every decision.
    hours: hours.map((weight) => Number(weight.toPrecision(3))),
    intervals: intervals.length,
    at: engine.clock.now(),
  };
  await engine.store.turn(
    () => read('postingProfile', { id }),
    () => ({ effects: [put('postingProfile', profile)] }),
  );
  return true;
};

/**
 * When in the week the banks behind each provider post, from what the pulls of the last weeks found; for each tenant and
 * provider once a day. How many were learned.
 */
export const learnPostingHours = async (engine: Engine): Promise<number> => {
  const nextAfter = (after: string): Promise<TenantId | null> => engine.store.read('tenantAfter', { after });
  let learned = 0;
  for (let tenantId = await nextAfter(''); tenantId !== null; tenantId = await nextAfter(tenantId)) {
    for (const provider of engine.policies.providers) {
      if (await learnProvider(engine, tenantId, provider)) learned += 1;
    }
  }
  return learned;
};
