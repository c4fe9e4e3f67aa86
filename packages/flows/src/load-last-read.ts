import type { Connection, ConnectionRates, Instant } from '@freshet/domain';
import { ownPullFacts, ownSweepRules, type RefreshPolicy } from '@freshet/policy';
import type { Loader } from '@freshet/ports';
import { loadRequests } from './load-learning.js';

const AWAY_AFTER_MS = ownSweepRules.dormancy[0]?.afterMs ?? Number.POSITIVE_INFINITY;

/** When somebody last asked. What is counted comes with data only: who seems to be away is looked for. */
export function* loadLastRead(
  connection: Connection,
  policy: RefreshPolicy,
  rates: ConnectionRates | null,
  now: Instant,
): Loader<Instant> {
  const lastAt = ownPullFacts(connection, rates, null).lastReadAt ?? now;
  if (now - lastAt <= AWAY_AFTER_MS) return lastAt;
  const since = Math.max(rates?.reads.countedUntil ?? connection.createdAt, now - AWAY_AFTER_MS);
  return (yield* loadRequests([connection], connection, policy, since)) > 0 ? now : lastAt;
}
