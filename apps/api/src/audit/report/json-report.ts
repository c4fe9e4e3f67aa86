import type { AuditRun } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { showAudit, showFinding } from '../audit-view.js';
import { findingsOf } from '../findings.js';

/** The audit and all of its findings as one document, written as they are read. */
export async function* jsonReport(engine: Engine, run: AuditRun): AsyncGenerator<string> {
  yield `{"audit":${JSON.stringify(showAudit(run))},"findings":[`;
  let separator = '\n';
  for await (const finding of findingsOf(engine, run)) {
    yield `${separator}${JSON.stringify(showFinding(finding))}`;
    separator = ',\n';
  }
  yield ']}\n';
}
