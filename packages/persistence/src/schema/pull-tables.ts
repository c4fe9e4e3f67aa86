import type {
  Breaker,
  BreakerEnd,
  Charge,
  Closure,
  ConnectionId,
  LedgerId,
  Product,
  PullId,
  PullOrigin,
  PullState,
  ShadowPrice,
  TaskId,
  TenantId,
} from '@freshet/domain';
import { pulls } from './conditions.js';
import type { ColumnKit } from '../sqlite/columns.js';

export const pullTable = ({ table, index, text, integer, flag, json }: ColumnKit) =>
  table(
    'pulls',
    {
      id: text().$type<PullId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connector: text().notNull(),
      provider: text().notNull(),
      connectionId: text().$type<ConnectionId>().notNull(),
      groupKey: text().notNull(),
      customerId: text().notNull(),
      institutionId: text().notNull(),
      taskId: text().$type<TaskId>(),
      origin: text().$type<PullOrigin>().notNull(),
      attended: flag().notNull(),
      products: json().$type<readonly Product[]>().notNull(),
      state: text().$type<PullState>().notNull(),
      at: integer().notNull(),
      sentAt: integer(),
      endedAt: integer(),
      sinceAt: integer(),
      newData: flag(),
      presence: text(),
      presenceUntil: integer(),
    },
    // One index for each kind of UsageScope, by time, with what usage filters by. Those that are still reserved count
    // whenever they were made: they are few, so one index by time does for all scopes (each more costs every insert).
    (t) => [
      index('pulls_group').on(t.tenantId, t.groupKey, t.at, t.state, t.origin, t.attended, t.connectionId),
      index('pulls_customer').on(
        t.tenantId,
        t.customerId,
        t.provider,
        t.at,
        t.state,
        t.origin,
        t.attended,
        t.institutionId,
      ),
      index('pulls_institution').on(t.tenantId, t.provider, t.institutionId, t.at, t.state, t.origin, t.attended),
      index('pulls_account').on(t.tenantId, t.provider, t.connector, t.at, t.state, t.origin, t.attended),
      index('pulls_reserved')
        .on(t.tenantId, t.at, t.groupKey, t.connectionId, t.customerId, t.institutionId, t.provider, t.connector)
        .where(pulls.reserved(t)),
      index('pulls_forced').on(t.tenantId, t.at, t.provider, t.state, t.id).where(pulls.forced(t)),
    ],
  );

export const ledgerEntryTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'ledger_entries',
    {
      id: text().$type<LedgerId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connectionId: text().$type<ConnectionId>().notNull(),
      connector: text().notNull(),
      provider: text().notNull(),
      taskId: text().$type<TaskId>(),
      pullId: text().$type<PullId>().notNull(),
      kind: text().$type<Charge>().notNull(),
      micros: integer().notNull(),
      currency: text().notNull(),
      cause: text().notNull(),
      at: integer().notNull(),
    },
    (t) => [
      index('ledger_entries_pull').on(t.pullId, t.id, t.kind, t.currency),
      index('ledger_entries_task').on(t.taskId, t.id),
      index('ledger_entries_scan').on(t.tenantId, t.id),
      index('ledger_entries_connection').on(t.connectionId, t.at, t.id),
      index('ledger_entries_time').on(t.tenantId, t.at, t.provider, t.currency, t.kind, t.micros, t.pullId),
    ],
  );

export const budgetCounterTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'budget_counters',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      provider: text(),
      currency: text().notNull(),
      periodStart: integer().notNull(),
      periodEnd: integer().notNull(),
      reservedMicros: integer().notNull(),
      chargedMicros: integer().notNull(),
      uncertainMicros: integer().notNull(),
      shadow: json().$type<ShadowPrice>(),
      alerted: json().$type<readonly number[]>().notNull(),
    },
    // By its end: of the periods that are not over, few are yet to begin.
    (t) => [index('budget_counters_period').on(t.tenantId, t.periodEnd, t.periodStart)],
  );

export const budgetAlertTable = ({ table, index, text, integer, real }: ColumnKit) =>
  table(
    'budget_alerts',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      budget: text().notNull(),
      provider: text(),
      currency: text().notNull(),
      periodStart: integer().notNull(),
      periodEnd: integer().notNull(),
      threshold: real().notNull(),
      amountMicros: integer().notNull(),
      usedMicros: integer().notNull(),
      at: integer().notNull(),
    },
    (t) => [index('budget_alerts_period').on(t.tenantId, t.periodEnd, t.periodStart)],
  );

export const closureTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'closures',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connector: text().notNull(),
      provider: text().notNull(),
      scope: text().$type<Closure['scope']>().notNull(),
      scopeKey: text().notNull(),
      kind: text().$type<Closure['kind']>().notNull(),
      until: integer(),
      probe: text().$type<TaskId>(),
      at: integer().notNull(),
    },
    (t) => [
      index('closures_key').on(t.tenantId, t.provider, t.scopeKey),
      index('closures_scope').on(t.tenantId, t.scope, t.id),
    ],
  );

export const breakerTable = ({ table, text, integer, json }: ColumnKit) =>
  table('breakers', {
    id: text().primaryKey(),
    tenantId: text().$type<TenantId>().notNull(),
    connector: text().notNull(),
    provider: text().notNull(),
    scope: text().$type<Breaker['scope']>().notNull(),
    scopeKey: text().notNull(),
    ends: json().$type<readonly BreakerEnd[]>().notNull(),
    opened: integer().notNull(),
    at: integer().notNull(),
  } satisfies Record<keyof Breaker, unknown>);
