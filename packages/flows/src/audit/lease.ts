import { put, remove } from '@freshet/domain';
import type { AuditId, Effect, Instant, Setting, TenantId } from '@freshet/domain';

/**
 * The audit that is under way: one at a time over all workers, because it reads everything. It carries how far the
 * audit has got, written in the same turn as the findings of that page, so that whoever takes over goes on behind it
 * and finds nothing twice.
 */
export interface AuditLease {
  readonly tenantId: TenantId;
  readonly id: AuditId;
  /** Random for each take: a holder that was thought dead recognises that it was replaced. */
  readonly holder: string;
  /** Real time: it holds against other processes. */
  readonly until: Instant;
  readonly takes: number;
  readonly check: string;
  readonly after: string;
}

export const LEASE_ID = 'audit under way';

export const leaseIn = (setting: Setting | null): AuditLease | undefined =>
  setting === null ? undefined : (JSON.parse(setting.value) as AuditLease);

export const holdLease = (lease: AuditLease): Effect => put('setting', { id: LEASE_ID, value: JSON.stringify(lease) });

export const dropLease = (): Effect => remove('setting', LEASE_ID);
