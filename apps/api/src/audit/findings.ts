import { severities } from '@freshet/domain';
import type { AuditRun, Finding, Severity } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { checksOf, countsOf } from './audit-view.js';

/** What findings are read from. */
export type FindingSource = Pick<Engine, 'store'>;

/** What one read brings: a report of any length is made from pages of this size. */
const PAGE_SIZE = 200;
const worstFirst: readonly Severity[] = [...severities].reverse();

/** All of them, never more than a page in memory. */
async function* paged(
  page: (before: string | null, limit: number) => Promise<readonly Finding[]>,
): AsyncGenerator<Finding> {
  let before: string | null = null;
  for (;;) {
    const found: readonly Finding[] = await page(before, PAGE_SIZE);
    yield* found;
    if (found.length < PAGE_SIZE) return;
    before = found.at(-1)?.id ?? null;
  }
}

const ofSeverity = (
  { store }: FindingSource,
  { tenantId, id: auditId, ...run }: AuditRun,
  check: string,
  severity: Severity,
): AsyncIterable<Finding> | readonly Finding[] =>
  countsOf(run, check)[severity] === 0
    ? []
    : paged((before, limit) => store.read('findingsPage', { tenantId, auditId, check, severity, before, limit }));

/** A check's findings, the worst first. */
export async function* findingsOfCheck(source: FindingSource, run: AuditRun, check: string): AsyncGenerator<Finding> {
  for (const severity of worstFirst) yield* ofSeverity(source, run, check, severity);
}

/** All findings of an audit, the worst first, whichever check found them. */
export async function* worstFindings(source: FindingSource, run: AuditRun): AsyncGenerator<Finding> {
  for (const severity of worstFirst) {
    for (const check of checksOf(run)) yield* ofSeverity(source, run, check, severity);
  }
}

/** All findings of an audit, check by check. */
export async function* findingsOf(source: FindingSource, run: AuditRun): AsyncGenerator<Finding> {
  for (const check of checksOf(run)) yield* findingsOfCheck(source, run, check);
}

/** What the audit before found, and this one does not; none before this one has seen everything. */
export async function* goneFindings({ store }: FindingSource, run: AuditRun): AsyncGenerator<Finding> {
  const { tenantId, id: laterId, since, state } = run;
  if (since === null || state !== 'done') return;
  const found = paged((before, limit) =>
    store.read('goneFindingsPage', { tenantId, auditId: since.auditId, laterId, before, limit }),
  );
  for await (const finding of found) if (since.checks.includes(finding.check)) yield finding;
}
