import { and, asc, eq, lte } from 'drizzle-orm';
import { selecting } from '../statement.js';
import { all, first, value, type Readers, type Schema } from './reader.js';

type OfPermits = 'pullPlan' | 'duePullPlans' | 'tokenRenewal' | 'statusLook' | 'dueStatusLooks';

/** What stands beside a connection: when its next permit falls due, how its token is renewed, when its status is looked at. */
export const permitReaders = ({ db, tables: { pullPlan, statusLook, tokenRenewal } }: Schema): Readers<OfPermits> => ({
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
  statusLook: first(
    selecting(
      db
        .select()
        .from(statusLook)
        .where(and(eq(statusLook.id, value('id')), eq(statusLook.tenantId, value('tenantId')))),
    ),
  ),
  dueStatusLooks: all(
    selecting(
      db
        .select({ tenantId: statusLook.tenantId, id: statusLook.id })
        .from(statusLook)
        .where(lte(statusLook.dueAt, value('now')))
        .orderBy(asc(statusLook.dueAt), asc(statusLook.id))
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
