import { formatAmount, formatInstant } from '@freshet/domain';
import type { AuditRun, Finding } from '@freshet/domain';
import { stringify } from 'csv-stringify/sync';
import { findingsOf, type FindingSource } from '../findings.js';
import { isNew } from '../since-view.js';

type Column = readonly [name: string, value: (finding: Finding, run: AuditRun) => string];

/** Empty where there is nothing to compare it with. */
const novelty = (fresh: boolean | null): string => (fresh === null ? '' : fresh ? 'yes' : 'no');

const columns: readonly Column[] = [
  ['audit_id', ({ auditId }) => auditId],
  ['finding_id', ({ id }) => id],
  ['check', ({ check }) => check],
  ['severity', ({ severity }) => severity],
  ['connection_id', ({ connectionId }) => connectionId ?? ''],
  ['summary', ({ summary }) => summary],
  ['action', ({ action }) => action],
  ['amount', ({ money }) => (money === null ? '' : formatAmount(money.micros))],
  ['currency', ({ money }) => money?.currency ?? ''],
  ['evidence', ({ evidence }) => JSON.stringify(evidence)],
  ['found_at', ({ at }) => formatInstant(at)],
  ['first_seen_at', ({ firstSeenAt }) => formatInstant(firstSeenAt)],
  ['is_new', (finding, run) => novelty(isNew(run, finding))],
  ['key', ({ key }) => key],
];

/** A spreadsheet runs what begins like a formula: such a value gets an apostrophe in front. */
const line = (values: readonly string[]): string =>
  stringify([[...values]], { escape_formulas: true, record_delimiter: 'windows' });

/** All findings, one a line, the header first. */
export async function* csvReport(source: FindingSource, run: AuditRun): AsyncGenerator<string> {
  yield line(columns.map(([name]) => name));
  for await (const finding of findingsOf(source, run)) yield line(columns.map(([, value]) => value(finding, run)));
}
