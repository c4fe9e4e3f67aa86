import type {
  Charge,
  ConnectionId,
  Decision,
  DecisionId,
  Executor,
  Money,
  Product,
  PullId,
  RefreshRequest,
  Task,
  TaskError,
  TaskId,
  TaskState,
  TenantId,
  Verdict,
} from '@freshet/domain';
import { linkColumns } from './chain-tables.js';
import { present, tasks } from './conditions.js';
import type { ColumnKit } from '../sqlite/columns.js';

export const taskTable = ({ table, index, uniqueIndex, text, integer, flag, json }: ColumnKit) =>
  table(
    'tasks',
    {
      id: text().$type<TaskId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connectionId: text().$type<ConnectionId>().notNull(),
      groupKey: text().notNull(),
      decisionId: text().$type<DecisionId>().notNull(),
      connector: text().notNull(),
      provider: text().notNull(),
      state: text().$type<TaskState>().notNull(),
      executor: text().$type<Executor>().notNull(),
      products: json().$type<readonly Product[]>().notNull(),
      attended: flag().notNull(),
      from: integer(),
      to: integer(),
      attempts: integer().notNull(),
      pullId: text().$type<PullId>().notNull(),
      providerTaskId: text(),
      newData: flag(),
      error: json().$type<TaskError>(),
      cost: json().$type<Money>(),
      charge: text().$type<Charge>().notNull(),
      queuedAt: integer().notNull(),
      wantedFrom: integer().notNull(),
      startedAt: integer(),
      endedAt: integer(),
      dueAt: integer(),
      polls: integer().notNull(),
      giveUpAt: integer(),
      leaseOwner: text(),
      leaseUntil: integer(),
      fence: integer().notNull(),
      tries: integer().notNull(),
    } satisfies Record<keyof Task, unknown>,
    (t) => [
      uniqueIndex('tasks_one_open').on(t.tenantId, t.groupKey).where(tasks.open(t)),
      index('tasks_page').on(t.tenantId, t.id, t.state, t.executor),
      index('tasks_connection').on(t.tenantId, t.connectionId, t.id),
      index('tasks_open').on(t.tenantId, t.id).where(tasks.open(t)),
      index('tasks_due').on(t.dueAt, t.id, t.leaseUntil).where(tasks.open(t)),
      index('tasks_lane').on(t.connector, t.provider, t.tenantId, t.dueAt, t.id, t.leaseUntil).where(tasks.open(t)),
      index('tasks_leased').on(t.leaseUntil).where(present(t.leaseUntil)),
      index('tasks_provider_task').on(t.tenantId, t.connector, t.providerTaskId, t.id).where(present(t.providerTaskId)),
    ],
  );

export const decisionTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'decisions',
    {
      id: text().$type<DecisionId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connectionId: text().$type<ConnectionId>().notNull(),
      verdict: text().$type<Verdict>().notNull(),
      taskId: text().$type<TaskId>(),
      policyVersion: text().notNull(),
      decision: json().$type<Decision>().notNull(),
      request: json().$type<RefreshRequest>().notNull(),
      facts: json().$type<unknown>(),
      decidedAt: integer().notNull(),
      ...linkColumns({ text, integer }),
    },
    (t) => [
      // A decision is long: the filters of a page are answered from the index.
      index('decisions_page').on(t.tenantId, t.id, t.verdict, t.decidedAt),
      index('decisions_connection').on(t.tenantId, t.connectionId, t.id, t.verdict, t.decidedAt),
    ],
  );
