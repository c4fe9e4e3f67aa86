import type { BackgroundWatch, Instant } from '@freshet/domain';
import type { ReadName, ReadParams, ReadResult, SilentFeedCount } from '../reads.js';
import { nextLane } from './lanes.js';
import { ALL, countWhile, keyOf } from './table.js';
import type { Kept } from './tables.js';

type WatchRead =
  | 'dueBackgroundWatches'
  | 'lookLaneAfter'
  | 'looksOfLane'
  | 'watchedOfFeed'
  | 'silentFeedsOfTenant'
  | 'silentFeedCounts';
type WatchReads = { readonly [Name in WatchRead & ReadName]: (params: ReadParams<Name>) => ReadResult<Name> };

const named = (rows: readonly BackgroundWatch[]) => rows.map(({ tenantId, id }) => ({ tenantId, id }));

const silentFeedCounts = ({ other }: Kept): readonly SilentFeedCount[] => {
  const counts = new Map<string, SilentFeedCount>();
  for (const { connector, provider, scope } of other.silentFeeds.of(ALL)) {
    const key = keyOf(connector, provider, scope);
    counts.set(key, { connector, provider, scope, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
};

/** Background refreshes that are waited for, and what of them does not come. */
export const watchReads = (kept: Kept): WatchReads => {
  const { other } = kept;
  return {
    dueBackgroundWatches: ({ now, limit }) => {
      const rows = other.dueWatches.of(ALL);
      const due = countWhile(rows, (row) => (row.dueAt as Instant) <= now);
      return named(rows.slice(0, Math.min(due, limit)));
    },
    lookLaneAfter: (after) => nextLane(other.lookLanes, after),
    looksOfLane: ({ connector, provider, tenantId, limit }) =>
      named(other.looksOfLane.of(keyOf(connector, provider, tenantId)).slice(0, limit)),
    watchedOfFeed: ({ tenantId, connector, provider, institutionId, take }) => {
      const rows =
        institutionId === null
          ? other.watchesOfFeed.of(keyOf(tenantId, connector, provider))
          : other.watchesOfInstitution.of(keyOf(tenantId, connector, provider, institutionId));
      return Math.min(rows.length, take);
    },
    silentFeedsOfTenant: ({ tenantId }) => [...other.silentOfTenant.of(tenantId)],
    silentFeedCounts: () => silentFeedCounts(kept),
  };
};
