import type { KeptSweep, TenantId } from '@freshet/domain';
import { isEngineManaged, type RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';
import type { Engine } from './engine.js';

/** The plan of the tenant's own pulls while it is in force: prices of a horizon that is over say nothing of today. */
export function* loadKeptInForce({ clock }: Engine, tenantId: TenantId): Loader<KeptSweep | null> {
  const kept = yield* read('keptSweep', { tenantId });
  return kept !== null && kept.until > clock.now() ? kept : null;
}

/** The same for a connection; null where it is not ours to pull. */
export function* loadKeptSweep(engine: Engine, tenantId: TenantId, policy: RefreshPolicy): Loader<KeptSweep | null> {
  return isEngineManaged(policy) ? yield* loadKeptInForce(engine, tenantId) : null;
}
