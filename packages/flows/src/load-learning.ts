import type { Connection, Instant } from '@freshet/domain';
import { postingProfileId, ratesId, type LearningFacts } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';

/** A connection that is asked for more often than this between two pulls is a busy one, however much more. */
const MOST_REQUESTS = 200;

/**
 * What is known of the rates of a group, and how often it was asked for since they were made. Requests are counted here,
 * where data arrives, and not at each request: those are the busiest turns.
 */
export function* loadLearning(
  group: readonly Connection[],
  { tenantId, groupKey, provider }: Connection,
  now: Instant,
): Loader<LearningFacts> {
  const rates = yield* read('connectionRates', { id: ratesId(tenantId, groupKey) });
  const profile = yield* read('postingProfile', { id: postingProfileId(tenantId, provider) });
  const since = rates?.reads.countedUntil ?? now;
  let requests = 0;
  for (const { id } of group) {
    requests += yield* read('requestCount', { tenantId, connectionId: id, since, take: MOST_REQUESTS });
  }
  return { rates, hours: profile?.hours ?? null, requests };
}
