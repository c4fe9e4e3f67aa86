import type { Instant, PullPlan } from '@freshet/domain';
import { ALL, countWhile, type Index } from './table.js';
import type { Kept } from './tables.js';
import type { MemoryReads } from './reads.js';

type OfOwnPulls =
  | 'duePullPlans'
  | 'duePullPlansOfTenant'
  | 'pullPlanTenantAfter'
  | 'countDuePullPlans'
  | 'countDuePullPlansOfTenant'
  | 'oldestPullPlans';

const countDue = (index: Index<PullPlan>, key: string, now: Instant): number =>
  countWhile(index.of(key), (row) => row.nextPullAt <= now);

const due = (index: Index<PullPlan>, key: string, now: Instant, limit: number): readonly PullPlan[] =>
  index.of(key).slice(0, Math.min(limit, countDue(index, key, now)));

/** When pulls of ours fall due, and how far they are behind. */
export const ownPullReads = ({ other }: Kept): Pick<MemoryReads, OfOwnPulls> => ({
  duePullPlans: ({ now, limit }) => due(other.duePullPlans, ALL, now, limit),
  duePullPlansOfTenant: ({ tenantId, now, limit }) => due(other.duePullPlansOfTenant, tenantId, now, limit),
  pullPlanTenantAfter: ({ after }) => {
    const rows = other.pullPlansByTenant.of(ALL);
    return rows[countWhile(rows, (row) => row.tenantId <= after)]?.tenantId ?? null;
  },
  countDuePullPlans: ({ now, most }) => Math.min(most, countDue(other.duePullPlans, ALL, now)),
  countDuePullPlansOfTenant: ({ tenantId, now, most }) =>
    Math.min(most, countDue(other.duePullPlansOfTenant, tenantId, now)),
  oldestPullPlans: ({ tenantId, limit }) => other.pullPlansByAge.of(tenantId).slice(0, limit),
});
