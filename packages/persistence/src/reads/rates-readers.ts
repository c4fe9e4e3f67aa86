import { and, desc, eq, gt, sql } from 'drizzle-orm';
import { selecting } from '../statement.js';
import { first, value, type Reader, type Readers, type Schema } from './reader.js';

/** Of the newest decisions alone: a connection that is asked for all day long costs no more to learn from. */
const requestCount = ({ db, tables: { decision } }: Schema) => {
  const newest = db
    .select({ decidedAt: decision.decidedAt })
    .from(decision)
    .where(and(eq(decision.tenantId, value('tenantId')), eq(decision.connectionId, value('connectionId'))))
    .orderBy(desc(decision.id))
    .limit(value('take'))
    .as('newest');
  return selecting<{ readonly count: number }>(
    db
      .select({ count: sql<number>`count(*)`.mapWith(Number) })
      .from(newest)
      .where(gt(newest.decidedAt, value('since'))),
  );
};

type OfRates = 'requestCount' | 'connectionRates' | 'limitDemand' | 'postingProfile';

/** What is learned of a connection, and what it is learned from. */
export const ratesReaders = (schema: Schema): Readers<OfRates> => {
  const { db, tables } = schema;
  const { connectionRates, limitDemand, postingProfile } = tables;
  const counted = first(requestCount(schema));
  return {
    requestCount: {
      ...(counted as Reader<never, unknown>),
      result: (answers) => (answers[0]?.[0] as { readonly count: number }).count,
    } as Readers<OfRates>['requestCount'],
    connectionRates: first(
      selecting(
        db
          .select()
          .from(connectionRates)
          .where(eq(connectionRates.id, value('id'))),
      ),
    ),
    limitDemand: first(
      selecting(
        db
          .select()
          .from(limitDemand)
          .where(eq(limitDemand.id, value('id'))),
      ),
    ),
    postingProfile: first(
      selecting(
        db
          .select()
          .from(postingProfile)
          .where(eq(postingProfile.id, value('id'))),
      ),
    ),
  };
};
