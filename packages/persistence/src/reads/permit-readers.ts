import { and, asc, eq, lte } from 'drizzle-orm';
import { selecting } from '../statement.js';
import { all, first, value, type Readers, type Schema } from './reader.js';

type OfPermits = 'pullPlan' | 'duePullPlans' | 'tokenRenewal';

/** What stands beside a connection whose team reads by itself: when the next permit falls due, and how its token is renewed. */
export const permitReaders = ({ db, tables: { pullPlan, tokenRenewal } }: Schema): Readers<OfPermits> => ({
  pullPlan: first(
    selecting(
      db
        .select()
        .from(pullPlan)
        .where(and(eq(pullPlan.id, value('id')), eq(pullPlan.tenantId, value('tenantId')))),
    ),
  ),
  duePullPlans: all(
    selecting(
      db
        .select({ tenantId: pullPlan.tenantId, id: pullPlan.id })
        .from(pullPlan)
        .where(lte(pullPlan.nextPullAt, value('now')))
        .orderBy(asc(pullPlan.nextPullAt), asc(pullPlan.id))
        .limit(value('limit')),
    ),
  ),
  tokenRenewal: first(
    selecting(
      db
        .select()
        .from(tokenRenewal)
        .where(and(eq(tokenRenewal.id, value('id')), eq(tokenRenewal.tenantId, value('tenantId')))),
    ),
  ),
});
