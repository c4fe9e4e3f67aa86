export * from './policy.js';
export * from './allocation/index.js';
export { breakersOver, tellsOfOutages } from './breaker/index.js';
export * from './catalogue/index.js';
export { feedsOver, FEED_OUTCOMES, silenceIn, type FeedFacts } from './background/feed.js';
export {
  claimLook,
  decideWatch,
  isBackgroundMissed,
  planWatch,
  postponed,
  type WatchFacts,
  type WatchPhase,
} from './background/watch.js';
export { eventsShown } from './background/shown.js';
export {
  accountKey,
  institutionKey,
  nothingKnown,
  openTerms,
  ownCandidate,
  ownPullAt,
  ownSweepRules,
  type OwnPullFacts,
  type OwnPullTime,
  type SweepTerms,
} from './background/own-candidate.js';
export {
  anchorOf,
  catchUp,
  decideOwnPull,
  isMissed,
  nextOwnPull,
  OWN_PULL,
  planOwnPull,
  planRow,
  type OwnPullDecision,
} from './background/own-pulls.js';
export { inItsPeriod, plannedTimes } from './background/planned-times.js';
export { ownPullFacts } from './background/replan.js';
export { isEngineManaged } from './background/engine-managed.js';
export { takeTurns, type Lane, type Room } from './dispatch/take-turns.js';
export { nextBackgroundAt, staleAt } from './background/next-background.js';
export { allowedMicros, keptMicros } from './cost/allowance.js';
export {
  budgetFacts,
  budgetPeriod,
  countsIn,
  covers,
  holdInBudget,
  usedMicros,
  type BudgetPeriod,
} from './cost/budget.js';
export { forecastMicros, type EarlierPeriod } from './cost/forecast.js';
export { sweepMoney } from './cost/sweep-money.js';
export * from './cost/price.js';
export * from './limits/evaluate.js';
export * from './limits/reads.js';
export { limitDemandId, sharedLimits } from './limits/shared-places.js';
export {
  explain,
  type AnsweredNow,
  type ExplainedAnswer,
  type ExplainedRequest,
  type ExplainFacts,
  type Explanation,
  type MadeRequest,
} from './reasons/explain.js';
export { renderReason } from './reasons/render-reason.js';
export { renderRefusal, type RenderedRefusal } from './reasons/render-refusal.js';
export { decideRefresh } from './refresh/decide-refresh.js';
export * from './sweep/index.js';
export {
  decideLoan,
  RENEWING_MS,
  type KeptToken,
  type LoanDecision,
  type LoanFacts,
  type RenewalLease,
} from './tokens/decide-loan.js';
export {
  decideRenewalSending,
  decideRenewed,
  type BegunRenewal,
  type RenewalDecision,
  type RenewalEnd,
  type RenewalFacts,
  type RenewalSending,
} from './tokens/decide-renewal.js';
export * from './turn-inputs.js';
export { decideEvent, type EventDecision, type EventFacts } from './event/decide-event.js';
export { decideConsent } from './consent/decide-consent.js';
export type { QueuedTask } from './event/needless-task.js';
export { ECHO_MS, nearestPull } from './event/echo.js';
export { keyToldBy } from './event/linking.js';
export type { Clash, GroupHoldings, HoldingsByKey } from './group/carry.js';
export { decideImport, type ImportClash, type Imported, type ImportFacts } from './group/decide-import.js';
export { importedKey, type ImportItem } from './group/import-item.js';
export * from './group/decide-lifecycle.js';
export { beginLooking, decideLook, type LookDecision } from './group/status-look.js';
export { byRefresh, groupKeyOf } from './group/elect.js';
export { decideOutcome, isLastTry, type OutcomeDecision, type OutcomeFacts } from './outcome/decide-outcome.js';
export {
  decideRelease,
  decideSending,
  stillHolds,
  type SendingDecision,
  type SendingFacts,
} from './outcome/decide-sending.js';
export {
  decideCancel,
  decideStart,
  isPresent,
  type Lease,
  type StartDecision,
  type StartFacts,
} from './outcome/decide-start.js';
export { decideUnstuck, type Unstuck } from './repair/end-stuck.js';
export { decideRecounted, decideStaleAt } from './repair/recount.js';
export { decideGroupSettled } from './repair/settle-group.js';
export { readReport, type Report, type ReportedOutcome } from './outcome/read-report.js';
export type { CallEnd, NeverSent, Phase } from './outcome/resolution.js';
export {
  PRESENCE_KEPT_MS,
  recordRefresh,
  type RecordedRefresh,
  type RefreshToRecord,
} from './refresh/record-refresh.js';
export { changesPerDay, noChangesSeen, observeChange } from './freshness/change-rate.js';
export { forcingFacts, learnFromData, learnFromForced, nothingLearned, ratesId } from './freshness/connection-rates.js';
export { forcingValue, isWorth, type ForcingValue, type Outlook } from './freshness/forcing-value.js';
export type { LearningFacts } from './freshness/learn.js';
export {
  businessDays,
  everyHourAlike,
  noPostings,
  observePosting,
  postingHoursFrom,
  postingProfileId,
  type PostingCounts,
  type PostingHours,
} from './freshness/posting-hours.js';
export { afterSpending, shadowPriceAt, unspentPrice, worthPerMicro, type MoneyLeft } from './freshness/shadow-price.js';
export {
  afterTaking,
  ownPlacePrice,
  placePrice,
  turnedAway,
  type OwnUse,
  type Places,
} from './freshness/place-price.js';
export { groupFreshness, newestData } from './group/group-freshness.js';
