import type { ConnectionId, RenewalState, StatusLook, TaskId, TenantId, TokenRenewal } from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';

export const statusLookTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'status_looks',
    {
      id: text().$type<ConnectionId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      since: integer().notNull(),
      dueAt: integer().notNull(),
    } satisfies Record<keyof StatusLook, unknown>,
    (t) => [index('status_looks_due').on(t.dueAt, t.id)],
  );

export const tokenRenewalTable = ({ table, text, integer }: ColumnKit) =>
  table('token_renewals', {
    id: text().$type<ConnectionId>().primaryKey(),
    tenantId: text().$type<TenantId>().notNull(),
    state: text().$type<RenewalState>().notNull(),
    lease: text(),
    leaseUntil: integer(),
    lost: integer().notNull(),
    notBefore: integer(),
    lentFor: text().$type<TaskId>(),
    renewedFor: text().$type<TaskId>(),
    at: integer().notNull(),
  } satisfies Record<keyof TokenRenewal, unknown>);
