import type { ReadParams } from '@freshet/ports';
import type { TenantId } from '@freshet/domain';
import { and, asc, eq, gt, lte, sql, type SQL } from 'drizzle-orm';
import { present } from '../schema/conditions.js';
import { selecting } from '../statement.js';
import { all, first, value, type Reader, type Readers, type Schema } from './reader.js';

type OfSweeps =
  | 'pullPlan'
  | 'keptSweep'
  | 'duePullPlans'
  | 'duePullPlansOfTenant'
  | 'pullPlanTenantAfter'
  | 'countDuePullPlans'
  | 'countDuePullPlansOfTenant'
  | 'oldestPullPlans'
  | 'pullPlansScan';

const duePullPlans = ({ db, tables: { pullPlan } }: Schema, ...of: readonly SQL[]) =>
  selecting(
    db
      .select()
      .from(pullPlan)
      .where(and(...of, lte(pullPlan.nextPullAt, value('now'))))
      .orderBy(asc(pullPlan.nextPullAt), asc(pullPlan.id))
      .limit(value('limit')),
  );

/** Counted no further than somebody wants to know. */
const countDue = <Params extends object>(
  { db, tables: { pullPlan } }: Schema,
  ...of: readonly SQL[]
): Reader<Params, number> => {
  const counted = db
    .select({ id: pullPlan.id })
    .from(pullPlan)
    .where(and(...of, lte(pullPlan.nextPullAt, value('now'))))
    .limit(value('most'))
    .as('counted');
  const statement = selecting(db.select({ count: sql<number>`count(*)`.mapWith(Number) }).from(counted));
  return {
    statements: () => [statement],
    values: (params) => params as Record<string, unknown>,
    result: ([rows]) => (rows as readonly { readonly count: number }[])[0]?.count ?? 0,
  };
};

/** One row of the index, however many a tenant has. */
const tenantAfter = ({
  db,
  tables: { pullPlan },
}: Schema): Reader<ReadParams<'pullPlanTenantAfter'>, TenantId | null> => {
  const { tenantId } = pullPlan;
  const later = gt(tenantId, value('after'));
  const statement = selecting(db.select({ tenantId }).from(pullPlan).where(later).orderBy(asc(tenantId)).limit(1));
  return {
    statements: () => [statement],
    values: (params) => params,
    result: ([rows]) => (rows as readonly { readonly tenantId: TenantId }[])[0]?.tenantId ?? null,
  };
};

/** When pulls of ours fall due, how far they are behind, and the plan that they were made by. */
export const sweepReaders = (schema: Schema): Readers<OfSweeps> => {
  const { db, tables } = schema;
  const { pullPlan, keptSweep } = tables;
  const ofTenant = eq(pullPlan.tenantId, value('tenantId'));
  return {
    pullPlan: first(
      selecting(
        db
          .select()
          .from(pullPlan)
          .where(and(eq(pullPlan.id, value('id')), ofTenant)),
      ),
    ),
    keptSweep: first(
      selecting(
        db
          .select()
          .from(keptSweep)
          .where(eq(keptSweep.id, value('tenantId'))),
      ),
    ),
    duePullPlans: all(duePullPlans(schema)),
    duePullPlansOfTenant: all(duePullPlans(schema, ofTenant)),
    pullPlanTenantAfter: tenantAfter(schema),
    countDuePullPlans: countDue(schema),
    countDuePullPlansOfTenant: countDue(schema, ofTenant),
    pullPlansScan: all(
      selecting(
        db
          .select()
          .from(pullPlan)
          .where(and(ofTenant, gt(pullPlan.id, value('after'))))
          .orderBy(asc(pullPlan.id))
          .limit(value('limit')),
      ),
    ),
    oldestPullPlans: all(
      selecting(
        db
          .select()
          .from(pullPlan)
          .where(and(ofTenant, present(pullPlan.lastPullAt)))
          .orderBy(asc(pullPlan.lastPullAt), asc(pullPlan.id))
          .limit(value('limit')),
      ),
    ),
  };
};
