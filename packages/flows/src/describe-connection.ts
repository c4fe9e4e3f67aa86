import { isTerminal, permissionsOf } from '@freshet/domain';
import type { Connection, Freshness, Instant, TaskId, TenantId } from '@freshet/domain';
import { byRefresh, groupFreshness, judgeLimits, latestOf, nextBackgroundAt } from '@freshet/policy';
import type { RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { activeOf, loadUsage, policyOf } from './load-refresh.js';

/** A connection with what follows from its group, its policy and the time. */
export interface ConnectionView {
  readonly connection: Connection;
  /** The others of its group, the most recently refreshed first. */
  readonly duplicates: readonly string[];
  readonly activeDuplicate: string | null;
  readonly freshness: Freshness;
  readonly stale: boolean;
  readonly nextBackgroundAt: Instant | null;
  /** When a forced refresh would first pass the limits: now or earlier where it would; null where no time is known. */
  readonly nextForcedAt: Instant | null;
  readonly openTaskId: TaskId | null;
}

function* loadNextForcedAt(
  engine: Engine,
  connection: Connection,
  active: Connection,
  policy: RefreshPolicy,
  now: Instant,
): Loader<Instant | null> {
  const { refresh } = permissionsOf({ status: active.status, reason: active.statusReason });
  if (refresh === 'no' || !policy.forced.available) return null;
  const attended = refresh === 'attended' || !policy.forced.unattended;
  const asks = { products: connection.products, attended, except: null };
  const usage = yield* loadUsage(connection, policy, asks, now);
  const closures = yield* read('closures', {
    tenantId: connection.tenantId,
    connector: connection.connector,
    provider: connection.provider,
    institutionId: connection.institutionId,
    groupKey: connection.groupKey,
    connectionId: connection.id,
  });
  const limits = judgeLimits(policy, usage, connection.products, attended, now).map((limit) => limit.allowedAt);
  return latestOf([now, ...limits, ...closures.map((closure) => closure.until)]);
}

/** Whether data is expected at all: not before the connect is complete, nor after the end. */
const isAwaited = ({ status }: Connection): boolean => status !== 'IN_PROGRESS' && !isTerminal(status);

/** Of one connection, as it stands now. */
export function* loadView(engine: Engine, connection: Connection): Loader<ConnectionView> {
  const { tenantId, id } = connection;
  const now = engine.clock.now();
  const group = connection.status === 'DELETED' ? [connection] : yield* read('group', { tenantId, id });
  const active = activeOf(group, connection);
  const policy = policyOf(engine, connection);
  const openTask = yield* read('openTask', { tenantId, groupKey: connection.groupKey });
  const others = group.filter((member) => member.id !== id).sort(byRefresh);
  return {
    connection,
    duplicates: others.map((member) => member.id),
    activeDuplicate: others.length === 0 ? null : active.id,
    freshness: groupFreshness(group),
    stale: isAwaited(connection) && active.staleAt !== null && active.staleAt <= now,
    nextBackgroundAt: nextBackgroundAt(policy, active, now),
    nextForcedAt: yield* loadNextForcedAt(engine, connection, active, policy, now),
    openTaskId: openTask?.id ?? null,
  };
}

/** Several at once, in one turn that changes nothing: each sees the others as they are at that moment. */
export const describeConnections = async (
  engine: Engine,
  connections: readonly Connection[],
): Promise<readonly ConnectionView[]> => {
  function* loadAll(): Loader<readonly ConnectionView[]> {
    const views: ConnectionView[] = [];
    for (const connection of connections) views.push(yield* loadView(engine, connection));
    return views;
  }
  const { views } = await engine.store.turn(loadAll, (loaded) => ({ views: loaded, effects: [] }));
  return views;
};

export const describeConnection = async (
  engine: Engine,
  tenantId: TenantId,
  id: Connection['id'],
): Promise<ConnectionView | null> => {
  const connection = await engine.store.read('connection', { tenantId, id });
  return connection === null ? null : ((await describeConnections(engine, [connection]))[0] ?? null);
};
