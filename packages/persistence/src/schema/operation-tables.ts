import type {
  AuditFigures,
  AuditId,
  AuditRun,
  ConnectionId,
  DecisionId,
  FindingId,
  Money,
  RunId,
  Severity,
  Task,
  TenantId,
  WebhookId,
  WebhookRecord,
} from '@freshet/domain';
import { audits, present } from './conditions.js';
import type { ColumnKit } from '../sqlite/columns.js';

export const webhookTable = ({ table, index, uniqueIndex, text, integer }: ColumnKit) =>
  table(
    'webhooks',
    {
      id: text().$type<WebhookId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connector: text().notNull(),
      eventKey: text().notNull(),
      body: text().notNull(),
      state: text().$type<WebhookRecord['state']>().notNull(),
      error: text(),
      attempts: integer().notNull(),
      receivedAt: integer().notNull(),
      dueAt: integer(),
    },
    (t) => [
      uniqueIndex('webhooks_event').on(t.tenantId, t.connector, t.eventKey),
      index('webhooks_due').on(t.dueAt, t.id).where(present(t.dueAt)),
    ],
  );

export const idempotencyTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'idempotency_records',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      fingerprint: text().notNull(),
      decisionId: text().$type<DecisionId>().notNull(),
      task: json().$type<Task>(),
      expiresAt: integer().notNull(),
    },
    (t) => [index('idempotency_records_expiry').on(t.expiresAt)],
  );

export const auditTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'audits',
    {
      id: text().$type<AuditId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      trigger: text().$type<AuditRun['trigger']>().notNull(),
      state: text().$type<AuditRun['state']>().notNull(),
      requestedAt: integer().notNull(),
      startedAt: integer(),
      endedAt: integer(),
      examined: json().$type<AuditRun['examined']>().notNull(),
      counts: json().$type<AuditRun['counts']>().notNull(),
      money: json().$type<readonly Money[]>().notNull(),
      digests: json().$type<AuditRun['digests']>().notNull(),
      amounts: json().$type<AuditRun['amounts']>().notNull(),
      since: json().$type<NonNullable<AuditRun['since']>>(),
      error: text(),
    },
    (t) => [
      index('audits_page').on(t.tenantId, t.id),
      index('audits_queued').on(t.id).where(audits.queued(t)),
      index('audits_done').on(t.tenantId, t.trigger, t.id).where(audits.done(t)),
    ],
  );

export const auditFiguresTable = ({ table, text, json }: ColumnKit) =>
  table('audit_figures', {
    id: text().$type<AuditId>().primaryKey(),
    tenantId: text().$type<TenantId>().notNull(),
    sums: json().$type<AuditFigures['sums']>().notNull(),
    budgets: json().$type<AuditFigures['budgets']>().notNull(),
  });

export const findingTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'findings',
    {
      id: text().$type<FindingId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      auditId: text().$type<AuditId>().notNull(),
      check: text().notNull(),
      key: text().notNull(),
      severity: text().$type<Severity>().notNull(),
      connectionId: text().$type<ConnectionId>(),
      summary: text().notNull(),
      action: text().notNull(),
      money: json().$type<Money>(),
      evidence: json().$type<Readonly<Record<string, unknown>>>().notNull(),
      at: integer().notNull(),
      firstSeenAt: integer().notNull(),
      repairedAt: integer(),
    },
    (t) => [
      index('findings_page').on(t.tenantId, t.auditId, t.id, t.check, t.severity),
      index('findings_key').on(t.auditId, t.check, t.key),
    ],
  );

export const jobRunTable = ({ table, index, uniqueIndex, text, integer }: ColumnKit) =>
  table(
    'job_runs',
    {
      id: text().$type<RunId>().primaryKey(),
      job: text().notNull(),
      dueAt: integer(),
      startedAt: integer().notNull(),
      endedAt: integer(),
      did: integer(),
      error: text(),
    },
    (t) => [
      index('job_runs_page').on(t.job, t.id),
      index('job_runs_start').on(t.startedAt),
      uniqueIndex('job_runs_due').on(t.job, t.dueAt).where(present(t.dueAt)),
    ],
  );

export const policyArchiveTable = ({ table, text, integer }: ColumnKit) =>
  table('policy_archives', {
    id: text().primaryKey(),
    body: text().notNull(),
    createdAt: integer().notNull(),
  });

export const apiKeyTable = ({ table, uniqueIndex, text, integer, json }: ColumnKit) =>
  table(
    'api_keys',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      hash: text().notNull(),
      scopes: json().$type<readonly string[]>().notNull(),
      createdAt: integer().notNull(),
    },
    (t) => [uniqueIndex('api_keys_hash').on(t.hash)],
  );

export const settingTable = ({ table, text }: ColumnKit) =>
  table('settings', {
    id: text().primaryKey(),
    value: text().notNull(),
  });
