import { pullStates } from '@freshet/domain';
import type { Connection, Instant, TenantId } from '@freshet/domain';
import { isEngineManaged, postingProfileId, ratesId, type LearningFacts, type RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';

/** A connection that is asked for more often than this between two pulls is a busy one, however much more. */
const MOST_REQUESTS = 200;

/** Pulls of ours that fell due have decisions like requests, and nobody asked for them. */
function* loadOwnPulls(tenantId: TenantId, groupKey: string, since: Instant): Loader<number> {
  const pulls = yield* read('countedPulls', {
    tenantId,
    scope: { kind: 'group', groupKey },
    origins: ['background'],
    states: pullStates,
    attended: null,
    products: null,
    since,
    take: MOST_REQUESTS,
    except: null,
  });
  return pulls.filter(({ taskId }) => taskId !== null).length;
}

/** How often somebody asked for a group since then. */
export function* loadRequests(
  group: readonly Connection[],
  { tenantId, groupKey }: Connection,
  policy: RefreshPolicy,
  since: Instant,
): Loader<number> {
  let requests = 0;
  for (const { id } of group) {
    requests += yield* read('requestCount', { tenantId, connectionId: id, since, take: MOST_REQUESTS });
  }
  if (isEngineManaged(policy) && requests > 0) requests -= yield* loadOwnPulls(tenantId, groupKey, since);
  return Math.max(0, requests);
}

/**
 * What is known of the rates of a group, and how often it was asked for since they were made. Requests are counted here,
 * where data arrives, and not at each request: those are the busiest turns.
 */
export function* loadLearning(
  group: readonly Connection[],
  connection: Connection,
  policy: RefreshPolicy,
  now: Instant,
): Loader<LearningFacts> {
  const { tenantId, groupKey, provider } = connection;
  const rates = yield* read('connectionRates', { id: ratesId(tenantId, groupKey) });
  const profile = yield* read('postingProfile', { id: postingProfileId(tenantId, provider) });
  const requests = yield* loadRequests(group, connection, policy, rates?.reads.countedUntil ?? now);
  return { rates, hours: profile?.hours ?? null, requests };
}
