import { isOpen } from '@freshet/domain';
import type {
  BudgetCounter,
  BudgetFacts,
  Connection,
  ConnectionFacts,
  ConnectionId,
  ForcingFacts,
  Instant,
  LateFacts,
  OpenTaskFacts,
  PlaceDemand,
  Product,
  Pull,
  PullId,
  RecentPull,
  RefreshFacts,
  RefreshRequest,
  Task,
  TenantId,
  Usage,
} from '@freshet/domain';
import {
  budgetFacts,
  budgetPeriod,
  forcingFacts,
  groupFreshness,
  limitDemandId,
  limitReads,
  newestData,
  nextBackgroundAt,
  postingProfileId,
  ratesId,
  sharedLimits,
} from '@freshet/policy';
import type { Budget, LimitRead, LimitScope, RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader, UsageQuery, UsageScope } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadLate } from './load-late.js';

/** Everything that one refresh request is decided from, and the rows that recording it needs. */
export interface RefreshLoad {
  readonly facts: RefreshFacts;
  readonly policy: RefreshPolicy;
  readonly asked: Connection;
  readonly group: readonly Connection[];
  readonly openTask: Task | null;
  readonly counters: readonly BudgetCounter[];
}

export const policyOf = (engine: Engine, connection: Connection): RefreshPolicy =>
  engine.policies.policyFor({
    tenantId: connection.tenantId,
    connector: connection.connector,
    provider: connection.provider,
    institutionId: connection.institutionId,
    connectionId: connection.id,
  });

/** The living active member; the connection itself where it is deleted, alone, or its group has lost its active one. */
export const activeOf = (group: readonly Connection[], asked: Connection): Connection =>
  group.find((member) => member.active && member.status !== 'DELETED') ?? asked;

const connectionFacts = (connection: Connection): ConnectionFacts => ({
  id: connection.id,
  connector: connection.connector,
  provider: connection.provider,
  customerId: connection.customerId,
  institutionId: connection.institutionId,
  groupKey: connection.groupKey,
  active: connection.active,
  status: connection.status,
  statusReason: connection.statusReason,
  products: connection.products,
  lastSuccessAt: connection.lastSuccessAt,
  lastAttemptAt: connection.lastAttemptAt,
  lastForcedAt: connection.lastForcedAt,
  lastBackgroundAt: connection.lastBackgroundAt,
  connectedAt: connection.connectedAt,
  consentExpiresAt: connection.consentExpiresAt,
  historicalLoaded: connection.historicalLoaded,
});

const latest = (instants: readonly (Instant | null)[]): Instant | null =>
  instants.reduce((newest, at) => (at !== null && (newest === null || at > newest) ? at : newest), null);

/** What the whole group knows: a pull of any twin is a pull of the one provider connection. */
export const asProviderConnection = (active: Connection, group: readonly Connection[]): ConnectionFacts => ({
  ...connectionFacts(active),
  lastSuccessAt: newestData(group),
  lastAttemptAt: latest(group.map((member) => member.lastAttemptAt)),
  lastForcedAt: latest(group.map((member) => member.lastForcedAt)),
  lastBackgroundAt: latest(group.map((member) => member.lastBackgroundAt)),
  historicalLoaded: group.some((member) => member.historicalLoaded),
});

export const usageScope = (scope: LimitScope, connection: Connection): UsageScope => {
  const { provider, connector, customerId, institutionId } = connection;
  if (scope === 'connection') return { kind: scope, groupKey: connection.groupKey, connectionId: connection.id };
  if (scope === 'group') return { kind: scope, groupKey: connection.groupKey };
  if (scope === 'account') return { kind: scope, connector, provider };
  if (scope === 'institution') return { kind: scope, provider, institutionId };
  if (scope === 'customer') return { kind: scope, provider, customerId };
  return { kind: scope, provider, customerId, institutionId };
};

/** What has to be counted for one limit. */
export const usageQuery = (
  { scope, origins, states, attended, products, since, take }: LimitRead,
  connection: Connection,
  except: PullId | null,
): UsageQuery => ({
  ...{ tenantId: connection.tenantId, scope: usageScope(scope, connection) },
  ...{ origins, states, attended, products, since, take, except },
});

/** How much of each limit is used, the pull that asks left out. */
export function* loadUsage(
  connection: Connection,
  policy: RefreshPolicy,
  asks: { readonly products: readonly Product[]; readonly attended: boolean; readonly except: PullId | null },
  now: Instant,
): Loader<Readonly<Record<string, Usage>>> {
  const usage: Record<string, Usage> = {};
  for (const limit of limitReads(policy, asks.products, asks.attended, now)) {
    usage[limit.name] = yield* read('usage', usageQuery(limit, connection, asks.except));
  }
  return usage;
}

/** How much the places are wanted of the limits that many connections share; nothing is read where there are none. */
function* loadDemand(
  connection: Connection,
  policy: RefreshPolicy,
  asks: { readonly products: readonly Product[]; readonly attended: boolean },
): Loader<Pick<RefreshFacts, 'demand'>> {
  const demand: Record<string, PlaceDemand> = {};
  for (const limit of sharedLimits(policy, asks.products, asks.attended)) {
    const row = yield* read('limitDemand', { id: limitDemandId(connection.tenantId, limit, connection) });
    if (row !== null) demand[limit.name] = { perWindow: row.perWindow, worth: row.worth, at: row.at };
  }
  return Object.keys(demand).length === 0 ? {} : { demand };
}

/**
 * A budget as its counter has it. One that is not there yet is counted once from the ledger: a budget may be configured in
 * mid-period. `counters`: all of the tenant whose period it is.
 */
export function* loadBudget(
  budget: Budget,
  tenantId: TenantId,
  counters: readonly BudgetCounter[],
  now: Instant,
): Loader<BudgetFacts> {
  const period = budgetPeriod(budget, tenantId, now);
  const counter = counters.find(({ id }) => id === period.counterId);
  if (counter !== undefined) return budgetFacts(period, counter);
  const earlier = budgetPeriod(budget, tenantId, period.start - 1);
  const before = (yield* read('budgetCounters', { tenantId, at: earlier.start })).find(
    ({ id }) => id === earlier.counterId,
  );
  const totals = yield* read('ledgerTotals', {
    tenantId,
    provider: budget.provider,
    currency: budget.currency,
    from: period.start,
    until: period.end,
  });
  // What a micro has to buy does not begin anew with the period.
  return budgetFacts(period, { ...totals, shadow: before?.shadow ?? null, alerted: [] });
}

const recentPull = (pull: Pull | null): RecentPull | null =>
  pull === null ? null : { at: pull.at, taskId: pull.taskId, products: pull.products };

function* loadRecent(connection: Connection, policy: RefreshPolicy, now: Instant): Loader<RecentPull | null> {
  const rule = policy.coalesces;
  if (rule === null) return null;
  const { tenantId } = connection;
  const query = {
    ...{ tenantId, scope: usageScope(rule.scope, connection), origins: rule.origins },
    ...{ attended: null, products: null, since: now - rule.withinMs, except: null },
  };
  // One that is under way, whoever of the same customer asked for it: its reply may be lost, and then nobody could tell
  // whose call it was that the provider took.
  const pending = yield* read('latestPull', { ...query, states: ['reserved', 'sent', 'unknown'] });
  if (pending?.taskId != null) {
    const task = yield* read('task', { tenantId, id: pending.taskId });
    if (task !== null && isOpen(task.state)) return recentPull(pending);
  }
  return recentPull(yield* read('latestPull', { ...query, states: ['accepted', 'succeeded', 'partial'] }));
}

/** The pull that made the data what it is: only where the caller states how fresh it has to be. */
function* loadLatest(connection: Connection, request: RefreshRequest): Loader<RecentPull | null> {
  if (request.maxAgeMs === null || request.mode === 'force') return null;
  const pull = yield* read('latestPull', {
    tenantId: connection.tenantId,
    scope: { kind: 'group', groupKey: connection.groupKey },
    origins: ['forced', 'background', 'connect', 'repair', 'import', 'products'],
    states: ['succeeded', 'partial'],
    attended: null,
    products: null,
    since: Number.MIN_SAFE_INTEGER,
    except: null,
  });
  return recentPull(pull);
}

const openTaskFacts = (task: Task | null): OpenTaskFacts | null =>
  task === null
    ? null
    : {
        id: task.id,
        pullId: task.pullId,
        cost: task.cost,
        state: task.state,
        products: task.products,
        attended: task.attended,
        from: task.from,
        to: task.to,
      };

const connectorFacts = (engine: Engine, { tenantId, connector }: Connection) =>
  engine.connectorsOf(tenantId).has(connector)
    ? { connectorOn: true }
    : { connectorOn: false, connectorNeeds: engine.connectorNeeds(tenantId, connector) };

/** What forcing would bring, by what was learned: weighed in mode `auto` alone. */
function* loadForcing(
  asked: Connection,
  active: Connection,
  group: readonly Connection[],
  openTask: Task | null,
  request: RefreshRequest,
  late: LateFacts | null,
  policy: RefreshPolicy,
  now: Instant,
): Loader<ForcingFacts | null> {
  // Gate 9 is not asked where the mode does not weigh, or where a refresh is under way and is joined.
  if (request.mode === 'force' || openTask !== null) return null;
  const { tenantId, groupKey, provider } = asked;
  const rates = yield* read('connectionRates', { id: ratesId(tenantId, groupKey) });
  const profile = yield* read('postingProfile', { id: postingProfileId(tenantId, provider) });
  const asks = {
    products: request.products === null || request.products.length === 0 ? asked.products : request.products,
    freshness: groupFreshness(group),
    lastDataAt: newestData(group),
    nextBackgroundAt: late === null ? nextBackgroundAt(policy, asProviderConnection(active, group), now) : null,
    now,
  };
  return forcingFacts(rates, profile?.hours ?? null, asks, policy);
}

/** Facts of one refresh request; undefined where the tenant has no such connection. */
export function* loadRefresh(
  engine: Engine,
  tenantId: TenantId,
  connectionId: ConnectionId,
  request: RefreshRequest,
): Loader<RefreshLoad | undefined> {
  const members = yield* read('group', { tenantId, id: connectionId });
  const asked = members.find((member) => member.id === connectionId);
  return asked === undefined ? undefined : yield* loadRefreshOf(engine, asked, groupOf(members, asked), request);
}

/** One that is deleted stands for itself. */
export const groupOf = (members: readonly Connection[], asked: Connection): readonly Connection[] =>
  asked.status === 'DELETED' ? [asked] : members;

/** The same, of a connection whose group is at hand. */
export function* loadRefreshOf(
  engine: Engine,
  asked: Connection,
  group: readonly Connection[],
  request: RefreshRequest,
): Loader<RefreshLoad> {
  const { tenantId, id: connectionId } = asked;
  const now = engine.clock.now();
  const active = activeOf(group, asked);
  const policy = policyOf(engine, asked);
  const openTask = yield* read('openTask', { tenantId, groupKey: asked.groupKey });
  const closures = yield* read('closures', {
    tenantId,
    connector: asked.connector,
    provider: asked.provider,
    institutionId: asked.institutionId,
    groupKey: asked.groupKey,
    connectionId,
  });
  const asks = {
    products: openTask === null ? (request.products ?? asked.products) : asked.products,
    attended: request.attended,
    except: openTask?.pullId ?? null,
  };
  const counters = yield* read('budgetCounters', { tenantId, at: now });
  const budgets: BudgetFacts[] = [];
  for (const budget of policy.budgets) budgets.push(yield* loadBudget(budget, tenantId, counters, now));
  const governing = asProviderConnection(active, group);
  const late = openTask === null ? yield* loadLate(active, governing, request, policy, now) : null;
  const facts: RefreshFacts = {
    now,
    asked: connectionFacts(asked),
    active: governing,
    freshness: groupFreshness(group),
    openTask: openTaskFacts(openTask),
    recent: yield* loadRecent(asked, policy, now),
    latest: yield* loadLatest(asked, request),
    usage: yield* loadUsage(asked, policy, asks, now),
    // What joins takes no place.
    ...(openTask === null ? yield* loadDemand(asked, policy, asks) : {}),
    closures: closures.map(({ scope, scopeKey, kind, until, probe }) => ({
      ...{ scope, scopeKey, kind, until },
      ...(probe === null ? {} : { probe }),
    })),
    ...connectorFacts(engine, asked),
    budgets,
    forcing: yield* loadForcing(asked, active, group, openTask, request, late, policy, now),
    ...(late === null ? {} : { late }),
  };
  return { facts, policy, asked, group, openTask, counters };
}
