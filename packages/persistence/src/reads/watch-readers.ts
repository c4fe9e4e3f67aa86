import type { ReadParams, SilentFeedCount, TaskLane } from '@freshet/ports';
import { and, asc, count, eq, lte, sql } from 'drizzle-orm';
import { present } from '../schema/conditions.js';
import { selecting } from '../statement.js';
import { all, first, value, type Reader, type Readers, type Schema } from './reader.js';

type OfWatches =
  | 'backgroundWatch'
  | 'dueBackgroundWatches'
  | 'lookLaneAfter'
  | 'looksOfLane'
  | 'watchedOfFeed'
  | 'feed'
  | 'silentFeedsOfTenant'
  | 'silentFeedCounts';

type Watches = Schema['tables']['backgroundWatch'];

const named = ({ tenantId, id }: Watches) => ({ tenantId, id });

const isInLane = ({ connector, provider, tenantId }: Watches) =>
  and(eq(connector, value('connector')), eq(provider, value('provider')), eq(tenantId, value('tenantId')));

/** One step over the index, however many of a lane wait. */
const lookLaneAfter = ({ db, tables: { backgroundWatch: watch } }: Schema) => {
  const { connector, provider, tenantId } = watch;
  const isLater = sql`(${connector}, ${provider}, ${tenantId}) > (${value('connector')}, ${value('provider')}, ${value('tenantId')})`;
  return first<ReadParams<'lookLaneAfter'>, TaskLane>(
    selecting(
      db
        .select({ connector, provider, tenantId })
        .from(watch)
        .where(and(present(watch.lookSince), isLater))
        .orderBy(asc(connector), asc(provider), asc(tenantId))
        .limit(1),
    ),
  );
};

/** No more rows are counted than are asked for. */
const watchedOfFeed = ({
  db,
  tables: { backgroundWatch: watch },
}: Schema): Reader<ReadParams<'watchedOfFeed'>, number> => {
  const countOf = (isIn: ReturnType<typeof isInLane>) => {
    const counted = db.select({ id: watch.provider }).from(watch).where(isIn).limit(value('take')).as('counted');
    return selecting(db.select({ watched: count() }).from(counted));
  };
  const ofProvider = countOf(isInLane(watch));
  const ofInstitution = countOf(and(isInLane(watch), eq(watch.institutionId, value('institutionId'))));
  return {
    statements: ({ institutionId }) => [institutionId === null ? ofProvider : ofInstitution],
    values: (params) => ({ ...params }),
    result: ([rows]) => (rows as readonly { readonly watched: number }[])[0]?.watched ?? 0,
  };
};

const silentFeedCounts = ({ db, tables: { feed } }: Schema) =>
  all<Record<string, never>, SilentFeedCount>(
    selecting(
      db
        .select({ connector: feed.connector, provider: feed.provider, scope: feed.scope, count: count() })
        .from(feed)
        .where(present(feed.silentSince))
        .groupBy(feed.connector, feed.provider, feed.scope),
    ),
  );

/** Background refreshes that are waited for, and what of them does not come. */
export const watchReaders = (schema: Schema): Readers<OfWatches> => {
  const { db, tables } = schema;
  const { backgroundWatch: watch, feed } = tables;
  return {
    backgroundWatch: first(
      selecting(
        db
          .select()
          .from(watch)
          .where(and(eq(watch.id, value('id')), eq(watch.tenantId, value('tenantId')))),
      ),
    ),
    dueBackgroundWatches: all(
      selecting(
        db
          .select(named(watch))
          .from(watch)
          .where(and(present(watch.dueAt), lte(watch.dueAt, value('now'))))
          .orderBy(asc(watch.dueAt), asc(watch.id))
          .limit(value('limit')),
      ),
    ),
    lookLaneAfter: lookLaneAfter(schema),
    looksOfLane: all(
      selecting(
        db
          .select(named(watch))
          .from(watch)
          .where(and(present(watch.lookSince), isInLane(watch)))
          .orderBy(asc(watch.lookSince), asc(watch.id))
          .limit(value('limit')),
      ),
    ),
    watchedOfFeed: watchedOfFeed(schema),
    feed: first(
      selecting(
        db
          .select()
          .from(feed)
          .where(eq(feed.id, value('id'))),
      ),
    ),
    silentFeedsOfTenant: all(
      selecting(
        db
          .select()
          .from(feed)
          .where(and(present(feed.silentSince), eq(feed.tenantId, value('tenantId'))))
          .orderBy(asc(feed.id)),
      ),
    ),
    silentFeedCounts: silentFeedCounts(schema),
  };
};
