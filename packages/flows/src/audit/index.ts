export type { AuditPages, AuditPlace, Check, CheckOf, Found, JudgedPage } from './check.js';
export { auditChecks } from './checks.js';
export { DRIFT_SAMPLE, LARGEST_DRIFT_SAMPLE } from './drift.js';
export { pagesOver } from './pages-over.js';
export { requestAudit, requestNightlyAudits } from './request-audit.js';
export { runAudit, runQueuedAudits, type AuditOptions } from './run-audit.js';
export { amountKey, countKey } from './tally.js';
export {
  readFigures,
  type ConnectionFigure,
  type ConsentFigure,
  type FiguresReport,
  type FreshnessFigure,
  type RefreshFigure,
  type SpendFigure,
  type StakeFigure,
} from './figures/read-figures.js';
export { refreshOutcomes, type RefreshOutcome } from './figures/refreshes.js';
export { figuresFrom } from './figures/spend.js';
