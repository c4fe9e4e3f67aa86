import { countedPullStates, pullOrigins } from '@freshet/domain';
import type { Connection, Instant } from '@freshet/domain';
import { countsSince, ratesId } from '@freshet/policy';
import type { GroupHoldings, RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';

/** More pulls than a month's windows can ask for; what is older of a group that was pulled more often stays behind. */
const PULLS_CARRIED = 1000;

export type HeldFor = Pick<Connection, 'id' | 'tenantId' | 'connector' | 'provider' | 'institutionId'>;

/** What belongs to the group of that key; with its pulls, as far as they can count still, where somebody leaves it. */
export function* loadHoldings(
  connection: HeldFor,
  groupKey: string,
  leaves: { readonly policy: RefreshPolicy; readonly now: Instant } | null,
): Loader<GroupHoldings> {
  const { id: connectionId, tenantId, connector, provider, institutionId } = connection;
  const openTask = yield* read('openTask', { tenantId, groupKey });
  const about = { tenantId, connector, provider, institutionId, groupKey, connectionId };
  const closures = yield* read('closures', about);
  const rates = yield* read('connectionRates', { id: ratesId(tenantId, groupKey) });
  if (leaves === null) return { openTask, closures, pulls: [], rates };
  const pulls = yield* read('countedPulls', {
    tenantId,
    scope: { kind: 'group', groupKey },
    origins: pullOrigins,
    states: countedPullStates,
    attended: null,
    products: null,
    since: countsSince(leaves.policy, leaves.now),
    take: PULLS_CARRIED,
    except: null,
  });
  return { openTask, closures, pulls, rates };
}
