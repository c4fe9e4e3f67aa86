import { isTerminal, permissionsOf } from '@freshet/domain';
import type { Connection, Freshness, Instant, RefreshRequest, TaskId, TenantId } from '@freshet/domain';
import { byRefresh, decideRefresh, isEngineManaged, nextBackgroundAt } from '@freshet/policy';
import type { RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { activeOf, groupOf, loadRefreshOf, policyOf, type RefreshLoad } from './load-refresh.js';

/** A connection with what follows from its group, its policy and the time. */
export interface ConnectionView {
  readonly connection: Connection;
  /** The others of its group, the most recently refreshed first. */
  readonly duplicates: readonly string[];
  readonly activeDuplicate: string | null;
  readonly freshness: Freshness;
  readonly stale: boolean;
  readonly nextBackgroundAt: Instant | null;
  /** When a forced refresh of all that it has would first pass, as a decision tells it: now where it would; null where no time is known. */
  readonly nextForcedAt: Instant | null;
  readonly openTaskId: TaskId | null;
}

/** A request for nothing but a forced refresh of all there is; with the customer, where it takes one. */
const forcedRequest = (active: Connection, policy: RefreshPolicy): RefreshRequest => {
  const { refresh } = permissionsOf({ status: active.status, reason: active.statusReason });
  const attended = refresh === 'attended' || !policy.forced.unattended;
  return { mode: 'force', products: null, maxAgeMs: null, from: null, to: null, attended };
};

/** What the decision itself tells whoever asks for one now; where it would pass, that is now. */
const forcedAt = (load: RefreshLoad, request: RefreshRequest): Instant | null => {
  const { verdict, nextForcedAt } = decideRefresh(load.facts, request, load.policy);
  return verdict === 'force' ? load.facts.now : nextForcedAt;
};

/** Whether data is expected at all: not before the connect is complete, nor after the end. */
const isAwaited = ({ status }: Connection): boolean => status !== 'IN_PROGRESS' && !isTerminal(status);

/** The provider's own pull; where nobody but us pulls, that of the plan, unless it is meant to grow old. */
function* loadNextBackground(
  { tenantId, id }: Connection,
  policy: RefreshPolicy,
  { facts }: RefreshLoad,
): Loader<Instant | null> {
  if (!isEngineManaged(policy)) return nextBackgroundAt(policy, facts.active, facts.now);
  const plan = yield* read('pullPlan', { tenantId, id });
  return plan === null || plan.lastPullAt === null ? null : Math.max(plan.nextPullAt, facts.now);
}

/** Of one connection, as it stands now. */
export function* loadView(engine: Engine, connection: Connection): Loader<ConnectionView> {
  const { tenantId, id } = connection;
  const now = engine.clock.now();
  const group = groupOf(yield* read('group', { tenantId, id }), connection);
  const active = activeOf(group, connection);
  const policy = policyOf(engine, connection);
  const request = forcedRequest(active, policy);
  const load = yield* loadRefreshOf(engine, connection, group, request);
  const others = group.filter((member) => member.id !== id).sort(byRefresh);
  return {
    connection,
    duplicates: others.map((member) => member.id),
    activeDuplicate: others.length === 0 ? null : active.id,
    freshness: load.facts.freshness,
    stale: isAwaited(connection) && active.staleAt !== null && active.staleAt <= now,
    nextBackgroundAt: yield* loadNextBackground(active, policy, load),
    nextForcedAt: forcedAt(load, request),
    openTaskId: load.openTask?.id ?? null,
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
