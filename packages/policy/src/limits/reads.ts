import { calendarPeriod, countedPullStates, pullOrigins, succeedingPullStates } from '@freshet/domain';
import type { Instant, Product, PullOrigin, PullState } from '@freshet/domain';
import { isEngineManaged } from '../background/engine-managed.js';
import type { Cooldown, Limit, LimitScope, RefreshPolicy, Window } from '../policy.js';

/** What has to be counted to judge one limit: the newest `take` pulls later than `since`. */
export interface LimitRead {
  readonly name: string;
  readonly scope: LimitScope;
  readonly origins: readonly PullOrigin[];
  readonly states: readonly PullState[];
  readonly attended: boolean | null;
  readonly products: readonly Product[] | null;
  readonly since: Instant;
  readonly take: number;
}

/** Where the background is pulls of ours, it is made of calls like any other: what counts forced ones counts them too. */
const withOurs = (origins: readonly PullOrigin[], policy: RefreshPolicy): readonly PullOrigin[] =>
  isEngineManaged(policy) && origins.includes('forced') && !origins.includes('background')
    ? [...origins, 'background']
    : origins;

const calls = ['forced'] as const satisfies readonly PullOrigin[];

/** Where the window that `now` lies in began, and where it ends; a rolling one ends as its pulls leave it. */
export const windowBounds = (
  window: Window,
  now: Instant,
): { readonly since: Instant; readonly end: Instant | null } => {
  const per = window.per;
  if (per.shape === 'rolling') return { since: now - per.ms, end: null };
  if (per.shape === 'calendar') {
    const period = calendarPeriod(now, per.unit, per.timeZone);
    return { since: period.start - 1, end: period.end };
  }
  const start = Math.floor(now / per.ms) * per.ms;
  return { since: start - 1, end: start + per.ms };
};

/** How many of the window's places this request may use: some may be kept back for attended ones. */
export const placesFor = (window: Window, attended: boolean): number =>
  attended ? window.count : Math.max(0, window.count - window.reserveForAttended);

/** Whether the limit has anything to say of such a request. */
export const concerns = (limit: Limit, products: readonly Product[], attended: boolean): boolean => {
  if (limit.applies !== 'all' && (limit.applies === 'attended') !== attended) return false;
  return limit.products === null || limit.products.some((product) => products.includes(product));
};

const cooldownRead = (limit: Cooldown, now: Instant): LimitRead => ({
  name: limit.name,
  scope: limit.scope,
  origins: limit.after === 'attempt' ? calls : pullOrigins,
  states: limit.after === 'success' ? succeedingPullStates : countedPullStates,
  attended: null,
  products: limit.products,
  since: now - limit.forMs,
  take: 1,
});

const windowRead = (limit: Window, attended: boolean, now: Instant): LimitRead => ({
  name: limit.name,
  scope: limit.scope,
  origins: limit.counts.origins,
  states: limit.counts.on === 'success' ? succeedingPullStates : countedPullStates,
  attended: limit.counts.attended,
  products: limit.products,
  since: windowBounds(limit, now).since,
  take: placesFor(limit, attended),
});

/** Since when a pull may count still: in any limit, or as one that the provider hands back. */
export const countsSince = ({ limits, coalesces }: RefreshPolicy, now: Instant): Instant =>
  Math.min(
    now - (coalesces?.withinMs ?? 0),
    ...limits.map((limit) => (limit.kind === 'cooldown' ? now - limit.forMs : windowBounds(limit, now).since)),
  );

/** Everything that has to be counted before this request can be decided. */
export const limitReads = (
  policy: RefreshPolicy,
  products: readonly Product[],
  attended: boolean,
  now: Instant,
): readonly LimitRead[] =>
  policy.limits
    .filter((limit) => concerns(limit, products, attended))
    .map((limit) => (limit.kind === 'cooldown' ? cooldownRead(limit, now) : windowRead(limit, attended, now)))
    .map((wanted) => ({ ...wanted, origins: withOurs(wanted.origins, policy) }))
    .filter((wanted) => wanted.take > 0);
