export type { AuditPages, AuditPlace, Check, CheckOf, Found, JudgedPage } from './check.js';
export { auditChecks } from './checks.js';
export { pagesOver } from './pages-over.js';
export { requestAudit, requestNightlyAudits } from './request-audit.js';
export { runAudit, runQueuedAudits, type AuditOptions } from './run-audit.js';
export { countKey } from './tally.js';
