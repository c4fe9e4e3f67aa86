import { MINUTE } from '@freshet/domain';
import type { KeptSweep, PullPlan, TenantId } from '@freshet/domain';
import type { Engine } from './engine.js';

/** Counting on would cost more than knowing is worth. */
const MOST_COUNTED = 10_000;
const OLDEST_SHOWN = 20;
/** A tick comes every minute: what is due for longer is behind. */
const BEHIND_AFTER_MS = 5 * MINUTE;

/** How a tenant's own pulls stand. */
export interface SweepOverview {
  /** Null: nothing was planned yet. */
  readonly kept: KeptSweep | null;
  readonly behind: number;
  /** Since when the first of those is due. */
  readonly behindSince: number | null;
  /** Pulled longest ago, of those that may be. */
  readonly oldest: readonly PullPlan[];
}

export const sweepOverview = async ({ store, clock }: Engine, tenantId: TenantId): Promise<SweepOverview> => {
  const before = { tenantId, now: clock.now() - BEHIND_AFTER_MS };
  const [first] = await store.read('duePullPlansOfTenant', { ...before, limit: 1 });
  return {
    kept: await store.read('keptSweep', { tenantId }),
    behind: await store.read('countDuePullPlansOfTenant', { ...before, most: MOST_COUNTED }),
    behindSince: first?.nextPullAt ?? null,
    oldest: await store.read('oldestPullPlans', { tenantId, limit: OLDEST_SHOWN }),
  };
};
