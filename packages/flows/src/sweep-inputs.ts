import { calendarPeriod, DAY, isTerminal, leftOutCauses } from '@freshet/domain';
import type { Connection, DurationMs, Instant, PullPlan, TenantId } from '@freshet/domain';
import {
  accountKey,
  anchorOf,
  institutionKey,
  isEngineManaged,
  limitReads,
  ownCandidate,
  ownPullFacts,
  placesFor,
  ratesId,
  sweepMoney,
  SweepRows,
  type Limit,
  type RefreshPolicy,
  type SweepBudget,
  type SweepCandidate,
  type SweepCap,
  type SweepColumns,
  type Window,
} from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadLastRead } from './load-last-read.js';
import { loadBudget, policyOf, usageQuery } from './load-refresh.js';

/** A plan is made for so long. */
export const SWEEP_HORIZON_MS: DurationMs = DAY;
const PLANS_A_TURN = 200;

/** Everything that one tenant's own pulls are planned from. */
export interface SweepInputs {
  readonly columns: SweepColumns;
  /** Of each row: when it goes where nothing is short, and when it goes as it is planned now. */
  readonly anchors: readonly Instant[];
  readonly plannedAt: readonly Instant[];
  readonly budgets: readonly SweepBudget[];
  readonly caps: readonly SweepCap[];
  /** False: there are more connections than were asked for. */
  readonly isComplete: boolean;
}

/** Until when it is shut: Infinity where nobody can tell; null: it is open. */
function* loadClosedUntil(
  { tenantId, id: connectionId, connector, provider, institutionId, groupKey }: Connection,
  now: Instant,
): Loader<Instant | null> {
  const asked = { tenantId, connector, provider, institutionId, groupKey, connectionId };
  const ends = (yield* read('closures', asked)).map(({ until }) => until ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...ends, Number.NEGATIVE_INFINITY);
  return last > now ? last : null;
}

/** Caps hold whole accounts and institutions; what holds a login or a customer is an allowance of the connection. */
const capScopes = { account: true, institution: true } as const;
type CapScope = keyof typeof capScopes;
const isCap = (limit: Limit): limit is Limit & { readonly scope: CapScope } => limit.scope in capScopes;

const isDaily = ({ per }: Window): boolean =>
  (per.shape === 'rolling' && per.ms === DAY) || (per.shape === 'calendar' && per.unit === 'day');

const perMs = (limit: Limit, now: Instant): DurationMs => {
  if (limit.kind === 'cooldown') return limit.forMs;
  if (limit.per.shape !== 'calendar') return limit.per.ms;
  const { start, end } = calendarPeriod(now, limit.per.unit, limit.per.timeZone);
  return end - start;
};

const placesOf = (limit: Limit): number => (limit.kind === 'cooldown' ? 1 : placesFor(limit, false));

function* loadUsedAt(
  connection: Connection,
  policy: RefreshPolicy,
  limit: Limit,
  now: Instant,
): Loader<readonly Instant[]> {
  const wanted = limitReads(policy, connection.products, false, now).find(({ name }) => name === limit.name);
  if (wanted === undefined) return [];
  const pulls = yield* read('countedPulls', usageQuery(wanted, connection, null));
  return pulls.map(({ at }) => at).toSorted((a, b) => a - b);
}

type Limited = readonly [key: string, cap: SweepCap];

/** The caps over a connection that were not met at another one before. */
function* loadCaps(
  connection: Connection,
  policy: RefreshPolicy,
  known: ReadonlyMap<string, SweepCap>,
  now: Instant,
): Loader<readonly Limited[]> {
  const found: Limited[] = [];
  for (const limit of policy.limits) {
    if (!isCap(limit) || limit.applies === 'attended') continue;
    const { provider, institutionId, connector } = connection;
    const key = limit.scope === 'account' ? accountKey(connector, provider) : institutionKey(provider, institutionId);
    const name = JSON.stringify([limit.scope, key, limit.name]);
    if (known.has(name)) continue;
    const usedAt = yield* loadUsedAt(connection, policy, limit, now);
    found.push([name, { scope: limit.scope, key, count: placesOf(limit), perMs: perMs(limit, now), usedAt }]);
  }
  return found;
}

/** The tightest count of a day that holds the connection itself, as the law has one. */
function* loadAllowance(
  connection: Connection,
  policy: RefreshPolicy,
  now: Instant,
): Loader<SweepCandidate['allowance']> {
  const daily = policy.limits
    .filter((limit): limit is Window => limit.kind === 'window' && limit.applies !== 'attended' && !isCap(limit))
    .filter((limit) => isDaily(limit) && placesOf(limit) > 0)
    .toSorted((a, b) => placesOf(a) - placesOf(b))[0];
  if (daily === undefined) return null;
  return { count: placesOf(daily), usedAt: yield* loadUsedAt(connection, policy, daily, now) };
}

interface Found {
  readonly candidate: SweepCandidate;
  readonly anchor: Instant;
  readonly plannedAt: Instant;
}

/** What a refusal moved is thought of anew; what a plan placed keeps its time, so that planning again moves nothing. */
const placed: ReadonlySet<string | null> = new Set([null, 'starving', ...leftOutCauses]);
const keepsTime = ({ held }: PullPlan): boolean => placed.has(held);

function* loadCandidate(engine: Engine, plan: PullPlan, connection: Connection, policy: RefreshPolicy): Loader<Found> {
  const now = engine.clock.now();
  const rates = yield* read('connectionRates', { id: ratesId(connection.tenantId, connection.groupKey) });
  const isOff = policy.forced.executor === 'engine' && !engine.connectorsOf(plan.tenantId).has(connection.connector);
  const facts = {
    ...ownPullFacts(connection, rates, null),
    lastReadAt: yield* loadLastRead(connection, policy, rates, now),
    allowance: yield* loadAllowance(connection, policy, now),
    closedUntil: isOff ? Number.POSITIVE_INFINITY : yield* loadClosedUntil(connection, now),
  };
  const anchor = anchorOf(policy, connection, keepsTime(plan) ? plan : null, now);
  return { candidate: ownCandidate(policy, connection, facts, anchor), anchor, plannedAt: plan.nextPullAt };
}

interface Page {
  readonly last: string | null;
  readonly found: readonly Found[];
  readonly caps: readonly Limited[];
}

function* loadPage(
  engine: Engine,
  place: { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
  known: ReadonlyMap<string, SweepCap>,
): Loader<Page> {
  const plans = yield* read('pullPlansScan', place);
  const caps = new Map(known);
  const found: Found[] = [];
  for (const plan of plans) {
    const connection = yield* read('connection', { tenantId: place.tenantId, id: plan.id });
    if (connection === null || !connection.active || isTerminal(connection.status)) continue;
    const policy = policyOf(engine, connection);
    if (!isEngineManaged(policy)) continue;
    found.push(yield* loadCandidate(engine, plan, connection, policy));
    for (const [name, cap] of yield* loadCaps(connection, policy, caps, engine.clock.now())) caps.set(name, cap);
  }
  const last = plans.length < place.limit ? null : (plans.at(-1)?.id ?? null);
  return { last, found, caps: [...caps].filter(([name]) => !known.has(name)) };
}

function* loadBudgets(engine: Engine, tenantId: TenantId): Loader<readonly SweepBudget[]> {
  const now = engine.clock.now();
  const counters = yield* read('budgetCounters', { tenantId, at: now });
  const budgets: SweepBudget[] = [];
  for (const budget of engine.policies.budgetsFor(tenantId)) {
    const { name, provider, currency } = budget;
    const facts = yield* loadBudget(budget, tenantId, counters, now);
    budgets.push({ name, provider, currency, micros: sweepMoney(facts, now, now + SWEEP_HORIZON_MS) });
  }
  return budgets;
}

/** One page a turn: nobody waits for it, and what is kept of a connection is a row of numbers. */
export const gatherSweep = async (engine: Engine, tenantId: TenantId, most: number): Promise<SweepInputs> => {
  const { store } = engine;
  const outside = <Facts>(load: () => Loader<Facts>) => store.turn(load, (facts) => ({ facts, effects: [] }));
  const { facts: budgets } = await outside(() => loadBudgets(engine, tenantId));
  const rows = new SweepRows();
  const anchors: Instant[] = [];
  const plannedAt: Instant[] = [];
  const caps = new Map<string, SweepCap>();
  let after: string | null = '';
  while (after !== null && rows.count < most) {
    const place = { tenantId, after, limit: Math.min(PLANS_A_TURN, most - rows.count) };
    const { facts: page } = (await outside(() => loadPage(engine, place, caps))) as { readonly facts: Page };
    for (const one of page.found) {
      rows.add(one.candidate);
      anchors.push(one.anchor);
      plannedAt.push(one.plannedAt);
    }
    for (const [name, cap] of page.caps) caps.set(name, cap);
    after = page.last;
  }
  return { columns: rows.columns(), anchors, plannedAt, budgets, caps: [...caps.values()], isComplete: after === null };
};
