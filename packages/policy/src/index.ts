export * from './policy.js';
export * from './allocation/index.js';
export * from './catalogue/index.js';
export * from './background/next-background.js';
export * from './cost/budget.js';
export * from './cost/price.js';
export * from './limits/evaluate.js';
export * from './limits/reads.js';
export { renderReason } from './reasons/render-reason.js';
export { renderRefusal, type RenderedRefusal } from './reasons/render-refusal.js';
export { decideRefresh } from './refresh/decide-refresh.js';
export * from './sweep/index.js';
export * from './turn-inputs.js';
export { decideEvent, type EventFacts } from './event/decide-event.js';
export { decideImport, type Imported, type ImportFacts, type ImportItem } from './group/decide-import.js';
export * from './group/decide-lifecycle.js';
export { byRefresh, groupKeyOf } from './group/elect.js';
export { decideOutcome, type OutcomeDecision, type OutcomeFacts } from './outcome/decide-outcome.js';
export { decideRelease, decideSending, stillHolds, type SendingFacts } from './outcome/decide-sending.js';
export {
  decideCancel,
  decideStart,
  isPresent,
  type Lease,
  type StartDecision,
  type StartFacts,
} from './outcome/decide-start.js';
export type { Phase } from './outcome/resolution.js';
export {
  PRESENCE_KEPT_MS,
  recordRefresh,
  type RecordedRefresh,
  type RefreshToRecord,
} from './refresh/record-refresh.js';
