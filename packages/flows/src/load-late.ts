import type { Connection, ConnectionFacts, Feed, Instant, LateFacts, RefreshRequest } from '@freshet/domain';
import { feedsOver, isBackgroundMissed, silenceIn, type RefreshPolicy } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';

/** The feeds of a connection, as far as they are remembered: nothing is, of one that works. */
export function* loadFeeds(of: Parameters<typeof feedsOver>[0]): Loader<readonly Feed[]> {
  const found: Feed[] = [];
  for (const { id } of feedsOver(of)) {
    const feed = yield* read('feed', { id });
    if (feed !== null) found.push(feed);
  }
  return found;
}

/**
 * What keeps mode `auto` from waiting for the provider's own refresh; null: nothing. That one is late is only said where
 * it was asked for in vain: the clock alone may be ours, after a stop.
 */
export function* loadLate(
  active: Connection,
  /** The same, as all of its group is known. */
  facts: ConnectionFacts,
  { mode }: RefreshRequest,
  policy: RefreshPolicy,
  now: Instant,
): Loader<LateFacts | null> {
  const { owner, everyMs } = policy.background;
  if (mode !== 'auto' || owner !== 'provider' || everyMs <= 0) return null;
  const { tenantId, id } = active;
  const watch = isBackgroundMissed(policy, facts, now) ? yield* read('backgroundWatch', { tenantId, id }) : null;
  const since = watch?.lateSince ?? null;
  const feed = silenceIn(yield* loadFeeds(active));
  return since === null && feed === null ? null : { since, feed };
}
