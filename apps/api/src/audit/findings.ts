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

/** A check's findings, the worst first. */
export async function* findingsOfCheck(
  { store }: FindingSource,
  { tenantId, id: auditId, ...run }: AuditRun,
  check: string,
): AsyncGenerator<Finding> {
  const counts = countsOf(run, check);
  for (const severity of worstFirst) {
    if (counts[severity] === 0) continue;
    yield* paged((before, limit) => store.read('findingsPage', { tenantId, auditId, check, severity, before, limit }));
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
