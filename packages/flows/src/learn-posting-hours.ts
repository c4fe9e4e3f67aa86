import { DAY, HOUR, put } from '@freshet/domain';
import type { ConnectorName, Effect, Instant, PostingProfile, ProviderName, Pull, TenantId } from '@freshet/domain';
import { everyHourAlike, noPostings, observePosting, postingHoursFrom, postingProfileId } from '@freshet/policy';
import type { PostingHours } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Engine } from './engine.js';

/** Habits of banks change slowly, and a weekday needs several weeks to show. */
const DAYS_LOOKED_AT = 56;
/** Of each hour: a sample, so that the work does not grow with the number of connections, and no hour speaks for the others. */
const PULLS_AN_HOUR = 40;
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

/** What pulls at the provider found, and in which time it had come. Nothing, where none of the last day says so. */
const intervalsAt = async (
  engine: Engine,
  tenantId: TenantId,
  connector: ConnectorName,
  provider: ProviderName,
): Promise<readonly Interval[]> => {
  const now = engine.clock.now();
  const intervals: Interval[] = [];
  for (let hours = 0; hours < DAYS_LOOKED_AT * 24; hours += 1) {
    if (hours === 24 && intervals.length === 0) return [];
    const [from, until] = [now - (hours + 1) * HOUR, now - hours * HOUR];
    const scope = { kind: 'account', connector, provider } as const;
    const pulls = await engine.store.read('pullsBetween', { tenantId, scope, from, until, limit: PULLS_AN_HOUR });
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

/** Once a day, whatever came of it: the looking itself is what costs. */
const isDue = async (engine: Engine, profileId: string): Promise<boolean> => {
  const id = `posting hours ${profileId}`;
  const now = engine.clock.now();
  const decided = await engine.store.turn(
    () => read('setting', { id }),
    (mark): { readonly due: boolean; readonly effects: readonly Effect[] } =>
      mark !== null && Number(mark.value) > now - DAY + HOUR / 2
        ? { due: false, effects: [] }
        : { due: true, effects: [put('setting', { id, value: String(now) })] },
  );
  return decided.due;
};

/** Makes the profile of one provider anew, once a day; false where too little was seen. */
const learnProvider = async (engine: Engine, tenantId: TenantId, provider: ProviderName): Promise<boolean> => {
  const id = postingProfileId(tenantId, provider);
  if (!(await isDue(engine, id))) return false;
  const intervals: Interval[] = [];
  for (const connector of engine.connectorsOf(tenantId).keys())
    intervals.push(...(await intervalsAt(engine, tenantId, connector, provider)));
  if (intervals.length < FEWEST_INTERVALS) return false;
  const before = await engine.store.read('postingProfile', { id });
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
