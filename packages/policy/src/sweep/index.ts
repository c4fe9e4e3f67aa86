export { offsetSeed, type SweepCandidate, type SweepColumns } from './candidates.js';
export { candidateAt, sweepColumns, SweepRows } from './columns.js';
export { leftOutOf, nextPull, plannedPull, type NextPull } from './next-pull.js';
export {
  defaultSweepRules,
  leftOutCauses,
  pullBounds,
  pullCauses,
  type LeftOutCause,
  type PlannedColumns,
  type PlannedPull,
  type PullBound,
  type PullCause,
  type SweepBudget,
  type SweepCap,
  type SweepForecast,
  type SweepInput,
  type SweepPlan,
  type SweepPrices,
  type SweepRules,
} from './plan.js';
export { planSweep } from './plan-sweep.js';
