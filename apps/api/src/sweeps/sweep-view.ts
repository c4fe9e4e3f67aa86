import { formatDuration, leftOutCauses, type KeptSweep, type PullPlan, type SweepForecast } from '@freshet/domain';
import type { SweepOverview, SweepPreview } from '@freshet/flows';
import { inItsPeriod, leftOutOf, plannedPull, pullBounds, pullCauses, type PlannedPull } from '@freshet/policy';
import { z } from 'zod';
import { instantView, moneyView, toInstant, toInstantOrNull, toMoney } from '../http/wire.js';

const duration = z.string().meta({ format: 'duration' });
const cause = z.enum(leftOutCauses);

const forecastView = z
  .object({
    calls: z.int(),
    callsPerHour: z.array(z.int()),
    costs: z.array(z.object({ calls: z.int(), cost: moneyView })).meta({ description: 'One for each currency.' }),
    budgets: z.array(z.object({ name: z.string(), available: moneyView, planned: moneyView })).meta({
      description: 'What each budget has for unattended pulls in this stretch, and what of it the plan spends.',
    }),
    freshBefore: z.number().meta({ description: 'Share of the reads that find fresh data without the plan.' }),
    freshAfter: z.number().meta({ description: 'The same with it.' }),
    longestAge: duration.meta({ description: 'The oldest that data gets, of connections that may be swept.' }),
    leftOut: z
      .record(cause, z.int())
      .meta({ description: 'Connections without a pull in this stretch, by the reason.' }),
  })
  .meta({ id: 'SweepForecast' });

const planView = z.object({
  plannedAt: instantView,
  until: instantView,
  policyVersion: z.string(),
  connections: z.int().meta({ description: 'Those that are ours to pull.' }),
  maxAge: duration.meta({ description: 'Nothing that may be pulled gets older, as far as the money lasts.' }),
  prices: z
    .array(z.object({ budget: z.string(), provider: z.string().nullable(), price: z.number() }))
    .meta({ description: 'What a micro of a budget has to bring; 0: there is enough for all.' }),
  forecast: forecastView,
});

const oldestView = z.object({
  connectionId: z.string(),
  lastPullAt: instantView,
  nextPullAt: instantView,
  held: z.string().nullable().meta({ description: 'What keeps it from its period, in a word; null: nothing.' }),
});

export const sweepView = z
  .object({
    plan: planView.nullable().meta({ description: 'Null: nothing was planned yet.' }),
    behind: z.int().meta({ description: 'Pulls that are due for more than five minutes, counted up to 10000.' }),
    behindSince: instantView.nullable(),
    oldestAge: duration.nullable().meta({ description: 'Since the longest ago of all last pulls.' }),
    oldest: z.array(oldestView).meta({ description: 'The twenty that were pulled longest ago, of those that may be.' }),
  })
  .meta({ id: 'Sweep' });
export type SweepAnswer = z.infer<typeof sweepView>;

const pullView = z.object({
  connectionId: z.string(),
  at: instantView,
  cause: z.enum(pullCauses),
  bound: z.enum(pullBounds).meta({ description: 'What keeps it from coming sooner or more often.' }),
  every: duration.nullable(),
  price: moneyView.nullable(),
});

export const previewView = z
  .object({
    from: instantView,
    until: instantView,
    connections: z.int(),
    complete: z.boolean().meta({ description: 'False: the tenant has more connections, which are not looked at.' }),
    forecast: forecastView,
    pulls: z.array(pullView).meta({ description: 'The first so many as `limit` says.' }),
    leftOut: z.array(z.object({ connectionId: z.string(), cause })).meta({
      description: 'The first so many, but for those whose period is not over.',
    }),
  })
  .meta({ id: 'SweepPreview' });
export type PreviewAnswer = z.infer<typeof previewView>;

const toForecast = (forecast: SweepForecast): z.infer<typeof forecastView> => ({
  calls: forecast.calls,
  callsPerHour: [...forecast.callsPerHour],
  costs: forecast.costs.map(({ currency, calls, micros }) => ({ calls, cost: toMoney({ micros, currency }) })),
  budgets: forecast.budgets.map(({ name, currency, micros, plannedMicros }) => ({
    name,
    available: toMoney({ micros, currency }),
    planned: toMoney({ micros: plannedMicros, currency }),
  })),
  freshBefore: forecast.freshBefore,
  freshAfter: forecast.freshAfter,
  longestAge: formatDuration(forecast.longestAgeMs),
  leftOut: { ...forecast.leftOut },
});

const toPlan = ({ prices, ...kept }: KeptSweep): z.infer<typeof planView> => ({
  plannedAt: toInstant(kept.plannedAt),
  until: toInstant(kept.until),
  policyVersion: kept.policyVersion,
  connections: kept.connections,
  maxAge: formatDuration(kept.rules.maxAgeMs),
  prices: prices.budgets.map(({ name, provider, price }) => ({ budget: name, provider, price })),
  forecast: toForecast(kept.forecast),
});

const toOldest = ({ id, lastPullAt, nextPullAt, held }: PullPlan): readonly z.infer<typeof oldestView>[] =>
  lastPullAt === null
    ? []
    : [{ connectionId: id, lastPullAt: toInstant(lastPullAt), nextPullAt: toInstant(nextPullAt), held }];

export const toSweep = ({ kept, behind, behindSince, oldest }: SweepOverview, now: number): SweepAnswer => {
  const since = oldest[0]?.lastPullAt ?? null;
  return {
    plan: kept === null ? null : toPlan(kept),
    behind,
    behindSince: toInstantOrNull(behindSince),
    oldestAge: since === null ? null : formatDuration(Math.max(0, now - since)),
    oldest: oldest.flatMap(toOldest),
  };
};

const toPull = ({ connectionId, at, cause: why, bound, everyMs, priceMicros, currency }: PlannedPull) => ({
  connectionId,
  at: toInstant(at),
  cause: why,
  bound,
  every: everyMs === null ? null : formatDuration(everyMs),
  price: currency === null ? null : toMoney({ micros: priceMicros, currency }),
});

const leftOutIn = ({ columns, ...plan }: SweepPreview['plan'], limit: number): PreviewAnswer['leftOut'] => {
  const found: PreviewAnswer['leftOut'] = [];
  for (let row = 0; row < columns.ids.length && found.length < limit; row += 1) {
    const why = leftOutOf({ ...plan, columns }, row);
    if (why !== null && !inItsPeriod.has(why)) found.push({ connectionId: columns.ids[row] as string, cause: why });
  }
  return found;
};

export const toPreview = ({ plan, isComplete }: SweepPreview, limit: number): PreviewAnswer => ({
  from: toInstant(plan.from),
  until: toInstant(plan.until),
  connections: plan.columns.ids.length,
  complete: isComplete,
  forecast: toForecast(plan.forecast),
  pulls: Array.from({ length: Math.min(limit, plan.pulls.at.length) }, (_, place) => toPull(plannedPull(plan, place))),
  leftOut: leftOutIn(plan, limit),
});
