import type { ConnectionId, KeptSweep, PullPlan, TenantId } from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';
import { present } from './conditions.js';

export const pullPlanTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'pull_plans',
    {
      id: text().$type<ConnectionId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      nextPullAt: integer().notNull(),
      everyMs: integer().notNull(),
      lastPullAt: integer(),
      held: text(),
    } satisfies Record<keyof PullPlan, unknown>,
    (t) => [
      index('pull_plans_due').on(t.nextPullAt, t.id),
      index('pull_plans_scan').on(t.tenantId, t.id),
      index('pull_plans_tenant').on(t.tenantId, t.nextPullAt, t.id),
      index('pull_plans_age').on(t.tenantId, t.lastPullAt, t.id).where(present(t.lastPullAt)),
    ],
  );

export const keptSweepTable = ({ table, text, integer, json }: ColumnKit) =>
  table('kept_sweeps', {
    id: text().$type<TenantId>().primaryKey(),
    tenantId: text().$type<TenantId>().notNull(),
    plannedAt: integer().notNull(),
    until: integer().notNull(),
    policyVersion: text().notNull(),
    connections: integer().notNull(),
    prices: json().$type<KeptSweep['prices']>().notNull(),
    rules: json().$type<KeptSweep['rules']>().notNull(),
    forecast: json().$type<KeptSweep['forecast']>().notNull(),
  } satisfies Record<keyof KeptSweep, unknown>);
