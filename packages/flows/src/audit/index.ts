export type { Check, CheckOf, Found } from './check.js';
export { auditChecks } from './checks.js';
export { requestAudit, requestNightlyAudit } from './request-audit.js';
export { runAudit, runQueuedAudits, type AuditOptions } from './run-audit.js';
export { countKey } from './tally.js';
