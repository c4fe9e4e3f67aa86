import type { AuditRun, Finding } from '@freshet/domain';
import { showAuditWithFigures, showFinding } from '../audit-view.js';
import { findingsOf, goneFindings, type FindingSource } from '../findings.js';
import { loadFigures } from './html-report.js';

async function* list(findings: AsyncIterable<Finding>, show: (finding: Finding) => unknown): AsyncGenerator<string> {
  let separator = '\n';
  for await (const finding of findings) {
    yield `${separator}${JSON.stringify(show(finding))}`;
    separator = ',\n';
  }
}

/** The audit, all of its findings, and those of the audit before that are gone, as one document, written as they are read. */
export async function* jsonReport(source: FindingSource, run: AuditRun): AsyncGenerator<string> {
  const figures = await loadFigures(source, run);
  yield `{"audit":${JSON.stringify(showAuditWithFigures(run, figures))},"findings":[`;
  yield* list(findingsOf(source, run), (finding) => showFinding(run, finding));
  yield '],"gone":[';
  yield* list(goneFindings(source, run), (finding) => showFinding(null, finding));
  yield ']}\n';
}
