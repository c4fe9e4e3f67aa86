import { isTerminal, permissionsOf, put, remove } from '@freshet/domain';
import type { BackgroundWatch, Connection, Effect, Instant } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';
import { feedEffects, type FeedFacts } from './feed.js';
import { expectedBackgroundAt, graceMsOf, missedFrom, type Timed } from './next-background.js';
import { caughtUpAt, LEAST_LATE_MS, ownPart } from './own-pulls.js';

/** It is asked whether it came this part of the grace later than it has to be: what is due together is not asked for together. */
const OWN_SHARE = 4;
/** Readings that fail so often in a row say as much as one that shows nothing: the provider is down, or shut to us. */
const FAILED_READINGS = 3;
/** While it is late it is asked for again at least so often in each period. */
const ASKED_A_PERIOD = 4;

type Watchable = Timed &
  Pick<Connection, 'id' | 'tenantId' | 'connector' | 'provider' | 'institutionId' | 'active' | 'staleAt'>;

type Awaited = Pick<Connection, 'active' | 'status' | 'statusReason'>;

/** Whoever pulls it by himself would do so: it is the one that stands for its group, and its status lets it be pulled. */
const isPulled = ({ active, status, statusReason: reason }: Awaited): boolean =>
  active && !isTerminal(status) && permissionsOf({ status, reason }).refresh === 'yes';

const watchOf = (connection: Watchable, expectedAt: Instant, dueAt: Instant): BackgroundWatch => ({
  id: connection.id,
  tenantId: connection.tenantId,
  connector: connection.connector,
  provider: connection.provider,
  institutionId: connection.institutionId,
  expectedAt,
  dueAt,
  lookSince: null,
  misses: 0,
  lateSince: null,
  staleSince: null,
});

/** When it is asked whether the refresh came: once it may not be late any more. */
const askedAt = (policy: RefreshPolicy, connection: Watchable, expectedAt: Instant): Instant =>
  missedFrom(policy, connection, expectedAt) + ownPart(connection.id, graceMsOf(policy) / OWN_SHARE);

/** A connection that came, or comes back, is watched from now on, if its provider pulls it by itself. */
export const planWatch = (connection: Watchable, policy: RefreshPolicy, now: Instant): readonly Effect[] => {
  const expectedAt = isPulled(connection) ? expectedBackgroundAt(policy, connection) : null;
  if (expectedAt === null) return [];
  const asked = askedAt(policy, connection, expectedAt);
  return [
    put(
      'backgroundWatch',
      watchOf(connection, expectedAt, asked > now ? asked : caughtUpAt(policy.background.everyMs, connection.id, now)),
    ),
  ];
};

/** One that was not pulled, and is now, is planned at once; whose pulls are its provider's the plan sees. */
export const beginWatching = (before: Connection, after: Connection, now: Instant): readonly Effect[] =>
  !isPulled(before) && isPulled(after) ? [put('backgroundWatch', watchOf(after, now, now))] : [];

/** One that its provider pulls by itself, and what is known of it. */
export interface WatchFacts {
  readonly watch: BackgroundWatch;
  /** As all of its group is known; null: it is gone. */
  readonly connection: Watchable | null;
  readonly feeds: FeedFacts;
  /** Whether anything of it would be heard at all: by webhooks, or by reading it. */
  readonly canHear: boolean;
  /** Whether reading it at its provider costs nothing, and would show that the refresh came. */
  readonly canLook: boolean;
}

/**
 * `due`: its time has come; `looked`: it was read at its provider, and what that showed is taken in; `unread`: that reading
 * failed, so nobody knows.
 */
export type WatchPhase = 'due' | 'looked' | 'unread';

/** The one that was awaited came: not where it only is expected later now. */
const hasCome = (watch: BackgroundWatch, { lastBackgroundAt }: Timed, { background }: RefreshPolicy): boolean =>
  lastBackgroundAt !== null && lastBackgroundAt > watch.expectedAt - background.everyMs;

/** Nothing is late: the next one is awaited. */
const onTime = (
  watch: BackgroundWatch,
  connection: Watchable,
  expectedAt: Instant,
  feeds: FeedFacts,
  policy: RefreshPolicy,
  now: Instant,
): readonly Effect[] => [
  put('backgroundWatch', watchOf(connection, expectedAt, askedAt(policy, connection, expectedAt))),
  ...(hasCome(watch, connection, policy) ? feedEffects(watch, 'came', feeds, policy.background.everyMs, now) : []),
];

/** Often at first, then so often in a period; and at the moment in which its data becomes stale. */
const askedAgainAt = (policy: RefreshPolicy, misses: number, staleAt: Instant | null, now: Instant): Instant => {
  const most = policy.background.everyMs / ASKED_A_PERIOD;
  const again = now + Math.min(graceMsOf(policy) * 2 ** misses, most);
  return staleAt !== null && staleAt > now ? Math.min(again, staleAt) : again;
};

/** Nobody knows yet: it is asked for again, and called late only if it was before. */
const unread = (
  watch: BackgroundWatch,
  { staleAt }: Watchable,
  policy: RefreshPolicy,
  now: Instant,
): readonly Effect[] => [
  put('backgroundWatch', {
    ...watch,
    dueAt: askedAgainAt(policy, watch.misses, staleAt, now),
    lookSince: null,
    misses: watch.misses + 1,
  }),
];

const missed = (
  watch: BackgroundWatch,
  { staleAt }: Watchable,
  expectedAt: Instant,
  feeds: FeedFacts,
  policy: RefreshPolicy,
  now: Instant,
): readonly Effect[] => [
  put('backgroundWatch', {
    ...watch,
    expectedAt,
    dueAt: askedAgainAt(policy, watch.misses, staleAt, now),
    lookSince: null,
    misses: watch.misses + 1,
    lateSince: expectedAt,
    staleSince: staleAt !== null && staleAt <= now ? (watch.staleSince ?? staleAt) : null,
  }),
  ...feedEffects(watch, 'missed', feeds, policy.background.everyMs, now),
];

/** Its time was over long ago: nothing ran here, and what was missed by that is the provider's no more than ours. */
const isOverslept = ({ dueAt }: BackgroundWatch, policy: RefreshPolicy, now: Instant): boolean =>
  dueAt !== null && now - dueAt > Math.max(graceMsOf(policy), LEAST_LATE_MS);

/** Whether the refresh that is awaited is so late that it counts as missed. */
export const isBackgroundMissed = (policy: RefreshPolicy, connection: Timed, now: Instant): boolean => {
  const expectedAt = expectedBackgroundAt(policy, connection);
  return expectedAt !== null && missedFrom(policy, connection, expectedAt) <= now;
};

/**
 * When the one that is awaited is, or was, expected. What was due before it was watched is not: nobody pulled it then. One
 * that is late stays the same.
 */
const awaitedAt = ({ expectedAt: since }: BackgroundWatch, policy: RefreshPolicy, connection: Watchable) => {
  const expectedAt = expectedBackgroundAt(policy, connection);
  if (expectedAt === null || expectedAt >= since) return expectedAt;
  const { everyMs } = policy.background;
  return expectedAt + Math.ceil((since - expectedAt) / everyMs) * everyMs;
};

/**
 * What becomes of the watch over one connection whose time has come, or that was read at its provider. What came, told by
 * whomever, needs nothing but the next plan. What did not is read at the provider where that is free, and only then late.
 */
export const decideWatch = (
  { watch, connection, feeds, canHear, canLook }: WatchFacts,
  phase: WatchPhase,
  policy: RefreshPolicy | null,
  now: Instant,
): { readonly effects: readonly Effect[] } => {
  const expectedAt =
    policy === null || connection === null || !isPulled(connection) ? null : awaitedAt(watch, policy, connection);
  if (policy === null || connection === null || expectedAt === null) {
    const everyMs = policy?.background.everyMs ?? 0;
    return { effects: [remove('backgroundWatch', watch.id), ...feedEffects(watch, 'gone', feeds, everyMs, now)] };
  }
  if (missedFrom(policy, connection, expectedAt) > now)
    return { effects: onTime(watch, connection, expectedAt, feeds, policy, now) };
  if (phase === 'due' && isOverslept(watch, policy, now))
    return {
      effects: [put('backgroundWatch', { ...watch, dueAt: caughtUpAt(policy.background.everyMs, watch.id, now) })],
    };
  // Who hears nothing cannot say that nothing came.
  if (!canHear) return { effects: [put('backgroundWatch', { ...watch, dueAt: now + policy.background.everyMs })] };
  if (phase === 'due' && canLook)
    return { effects: [put('backgroundWatch', { ...watch, dueAt: null, lookSince: now })] };
  if (phase === 'unread' && watch.lateSince === null && watch.misses + 1 < FAILED_READINGS)
    return { effects: unread(watch, connection, policy, now) };
  return { effects: missed(watch, connection, expectedAt, feeds, policy, now) };
};

/** Nobody could say anything of it now: it is asked for again then, and does not wait to be read. */
export const postponed = (watch: BackgroundWatch, until: Instant): Effect =>
  put('backgroundWatch', { ...watch, dueAt: until, lookSince: null });

/**
 * Its turn to be read at its provider has come, for one worker: should that one go, it is asked for again. One that its
 * provider does not pull any more is not read, and asked for at once, which ends its watch.
 */
export const claimLook = (
  watch: BackgroundWatch | null,
  connection: Awaited | null,
  policy: RefreshPolicy | null,
  now: Instant,
): { readonly look: boolean; readonly effects: readonly Effect[] } => {
  if (watch === null || watch.lookSince === null) return { look: false, effects: [] };
  const claimed = (dueAt: Instant): Effect => put('backgroundWatch', { ...watch, lookSince: null, dueAt });
  if (policy === null || connection === null || !isPulled(connection)) return { look: false, effects: [claimed(now)] };
  return { look: true, effects: [claimed(now + graceMsOf(policy))] };
};

/** Data came to a connection that was late: told by a webhook, or read. */
export const afterData = (
  { watch, feeds }: Pick<WatchFacts, 'watch' | 'feeds'>,
  connection: Watchable,
  policy: RefreshPolicy,
  now: Instant,
): readonly Effect[] => {
  const expectedAt = expectedBackgroundAt(policy, connection);
  if (expectedAt === null || isBackgroundMissed(policy, connection, now)) return [];
  return onTime(watch, connection, expectedAt, feeds, policy, now);
};
