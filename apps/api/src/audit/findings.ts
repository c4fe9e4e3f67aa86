import { severities } from '@freshet/domain';
import type { AuditRun, Finding, Severity } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { checksOf, countsOf } from './audit-view.js';

/** What one read brings: a report of any length is made from pages of this size. */
const PAGE_SIZE = 200;
const worstFirst: readonly Severity[] = [...severities].reverse();

async function* ofSeverity(
  { store }: Engine,
  run: AuditRun,
  check: string,
  severity: Severity,
): AsyncGenerator<Finding> {
  let before: string | null = null;
  for (;;) {
    const asked = { tenantId: run.tenantId, auditId: run.id, check, severity, before, limit: PAGE_SIZE };
    const page: readonly Finding[] = await store.read('findingsPage', asked);
    yield* page;
    if (page.length < PAGE_SIZE) return;
    before = page.at(-1)?.id ?? null;
  }
}

/** A check's findings, the worst first, never more than a page of them in memory. */
export async function* findingsOfCheck(engine: Engine, run: AuditRun, check: string): AsyncGenerator<Finding> {
  const counts = countsOf(run, check);
  for (const severity of worstFirst) {
    if (counts[severity] > 0) yield* ofSeverity(engine, run, check, severity);
  }
}

/** All findings of an audit, check by check. */
export async function* findingsOf(engine: Engine, run: AuditRun): AsyncGenerator<Finding> {
  for (const check of checksOf(run)) yield* findingsOfCheck(engine, run, check);
}
