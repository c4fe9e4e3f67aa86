import { formatAmount, formatInstant } from '@freshet/domain';
import type { AuditRun, Finding } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { stringify } from 'csv-stringify/sync';
import { findingsOf } from '../findings.js';

type Column = readonly [name: string, value: (finding: Finding) => string];

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
];

/** A spreadsheet runs what begins like a formula: such a value gets an apostrophe in front. */
const line = (values: readonly string[]): string =>
  stringify([[...values]], { escape_formulas: true, record_delimiter: 'windows' });

/** All findings, one a line, the header first. */
export async function* csvReport(engine: Engine, run: AuditRun): AsyncGenerator<string> {
  yield line(columns.map(([name]) => name));
  for await (const finding of findingsOf(engine, run)) yield line(columns.map(([, value]) => value(finding)));
}
