export * from './audit/index.js';
export { budgetOverviews, type BudgetOverview } from './budget-overview.js';
export { borrowToken, type LoanResult } from './borrow-token.js';
export * from './change-connection.js';
export { describeConnection, describeConnections, type ConnectionView } from './describe-connection.js';
export { createDispatcher, type Dispatcher } from './dispatch.js';
export type { AuditingEngine, Engine, EngineLog } from './engine.js';
export { explainConnection, type ExplainedConnection } from './explain-connection.js';
export * from './export-history.js';
export * from './import-connections.js';
export * from './invoices/index.js';
export { learnPostingHours } from './learn-posting-hours.js';
export { prune } from './prune.js';
export {
  defaultRetention,
  leastRetention,
  longestNeed,
  retentionRules,
  retentions,
  type Need,
  type Retention,
  type RetentionName,
} from './retention.js';
export { providerOverviews, type ProviderOverview } from './provider-overview.js';
export { planAfterPolicyChange, planSweeps, previewSweep, type SweepPreview } from './plan-sweeps.js';
export { sweepDue } from './sweep-due.js';
export { sweepOverview, type SweepOverview } from './sweep-overview.js';
export * from './repairs/index.js';
export { policyOf } from './load-refresh.js';
export * from './request-refresh.js';
export { releaseDeadLeases, runTask } from './run-task.js';
export * from './tasks.js';
export * from './job-runs.js';
export { lookAtRepairs } from './status-looks.js';
export * from './upkeep.js';
export { createBackgroundWatcher, type BackgroundWatcher } from './watch-backgrounds.js';
export * from './watch-consents.js';
export { processDueWebhooks, processWebhook, receiveWebhook, type WebhookResult } from './webhooks.js';
