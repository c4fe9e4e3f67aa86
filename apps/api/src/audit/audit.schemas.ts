import { severities } from '@freshet/domain';
import { z } from 'zod';
import { optional, text } from '../http/fields.js';
import { listOf, listQuery } from '../http/page.js';
import { instantView, moneyView } from '../http/wire.js';
import { reportFormats } from './report/report.js';

const count = z.int().min(0);
const bySeverity = z.object({ critical: count, warning: count, info: count });
const severity = z.enum(severities);
/** Names of checks are ours: a name that no check has finds nothing. */
const check = text(64);

export const auditView = z
  .object({
    id: z.string(),
    trigger: z.enum(['nightly', 'request']),
    state: z.enum(['queued', 'running', 'done', 'failed']),
    requestedAt: instantView,
    startedAt: instantView.nullable(),
    endedAt: instantView.nullable(),
    findings: count.meta({ description: 'All findings so far.' }),
    counts: z.object({ bySeverity, byCheck: z.record(z.string(), bySeverity) }),
    examined: z.record(z.string(), count).meta({ description: 'How many rows each check has looked at.' }),
    money: z
      .array(moneyView)
      .meta({ description: 'What the findings leave unaccounted for or hold back, by currency.' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'Audit' });
export type AuditView = z.infer<typeof auditView>;

export const findingView = z
  .object({
    id: z.string(),
    auditId: z.string(),
    check: z.string(),
    severity,
    connectionId: z.string().nullable(),
    summary: z.string(),
    action: z.string().meta({ description: 'What a person should do about it.' }),
    money: moneyView.nullable(),
    evidence: z.record(z.string(), z.unknown()),
    repairable: z.boolean().meta({ description: 'Whether POST /v1/audits/{id}/repairs can do something about it.' }),
    repairedAt: instantView.nullable(),
    at: instantView,
  })
  .meta({ id: 'Finding' });
export type FindingView = z.infer<typeof findingView>;

export const auditList = listOf(auditView);
export const findingList = listOf(findingView);

/** An audit is asked for without a body, or with an empty object. */
export const auditRequest = optional(z.strictObject({}));

export const auditsQuery = listQuery({});
export type AuditsQuery = z.output<typeof auditsQuery>;

export const findingsQuery = listQuery({ check: optional(check), severity: optional(severity) });
export type FindingsQuery = z.output<typeof findingsQuery>;

export const reportQuery = z.strictObject({
  format: optional(z.enum(reportFormats)).transform((format) => format ?? 'html'),
});
export type ReportQuery = z.output<typeof reportQuery>;
