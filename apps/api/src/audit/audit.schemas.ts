import { severities } from '@freshet/domain';
import { z } from 'zod';
import { optional, text } from '../http/fields.js';
import { listOf, listQuery } from '../http/page.js';
import { instantView, moneyView } from '../http/wire.js';
import { figuresView } from './figures-view.js';
import { reportFormats } from './report/report.js';

const count = z.int().min(0);
const bySeverity = z.object({ critical: count, warning: count, info: count });
const severity = z.enum(severities);
/** Names of checks are ours: a name that no check has finds nothing. */
const check = text(64);

const difference = {
  new: count,
  gone: count.nullable().meta({ description: 'Null until the audit is done.' }),
  stayed: count,
};
const since = z.object({
  auditId: z.string(),
  requestedAt: instantView,
  ...difference,
  byCheck: z.record(z.string(), z.object(difference)).meta({ description: 'Of the checks that both asked.' }),
  money: z
    .array(z.object({ currency: z.string(), then: z.string(), now: z.string() }))
    .meta({ description: 'At stake in what those checks found.' }),
});

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
    notAsked: z.array(z.string()).meta({ description: 'Checks of this version that it left out.' }),
    examined: z.record(z.string(), count).meta({ description: 'How many rows each check has looked at.' }),
    money: z
      .array(moneyView)
      .meta({ description: 'What the findings leave unaccounted for or hold back, by currency.' }),
    digests: z.record(z.string(), z.string()).meta({
      description:
        'What checks say whether or not they found anything, such as the digest of all chain heads: keep it elsewhere.',
    }),
    since: since.nullable().meta({
      description: 'What has changed since the audit before: the last nightly one, else the last; null: there is none.',
    }),
    error: z.string().nullable(),
  })
  .meta({ id: 'Audit' });
export type AuditView = z.infer<typeof auditView>;

export const auditWithFiguresView = auditView
  .extend({
    figures: figuresView.nullable().meta({ description: 'What it added up while it read; null: it has not begun.' }),
  })
  .meta({ id: 'AuditWithFigures' });
export type AuditWithFiguresView = z.infer<typeof auditWithFiguresView>;

export const findingView = z
  .object({
    id: z.string(),
    auditId: z.string(),
    check: z.string(),
    key: z.string().meta({ description: 'What it is about: the same of its check on every night.' }),
    severity,
    connectionId: z.string().nullable(),
    summary: z.string(),
    action: z.string().meta({ description: 'What a person should do about it.' }),
    money: moneyView.nullable(),
    evidence: z.record(z.string(), z.unknown()),
    repairable: z.boolean().meta({ description: 'Whether POST /v1/audits/{id}/repairs can do something about it.' }),
    repairedAt: instantView.nullable(),
    at: instantView,
    firstSeenAt: instantView.meta({ description: 'By the first of the audits that found it one after the other.' }),
    isNew: z
      .boolean()
      .nullable()
      .meta({ description: 'Not in the audit before; null: there is none, or it did not ask.' }),
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
