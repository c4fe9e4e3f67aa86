export { LIVED_IN, livedIn, type LivedIn } from './lived-in.js';
export { force, rigsOver, TENANT, type OpenStore, type Rig, type RigOptions } from './rig.js';
export {
  auditingEngine,
  connectionRow,
  entryRow,
  findingRow,
  historyRow,
  imported,
  NOW,
  openTaskRow,
  plant,
  pullRow,
  risingIds,
  runRow,
  taskRow,
} from './audit-rows.js';
export { backgroundStories } from './background-stories.js';
export { batchStories } from './batch-stories.js';
export { breakerStories } from './breaker-stories.js';
export { budgetStories } from './budget-stories.js';
export { changeStories } from './change-stories.js';
export { consentStories } from './consent-stories.js';
export { disorderStories } from './disorder-stories.js';
export { dispatchStories } from './dispatch-stories.js';
export { importStories } from './import-stories.js';
export { jobStories } from './job-stories.js';
export { learningStories } from './learning-stories.js';
export { leaseStories } from './lease-stories.js';
export { lifecycleStories } from './lifecycle-stories.js';
export { maintenanceStories } from './maintenance-stories.js';
export { otherPullStories } from './other-pull-stories.js';
export { outcomeStories } from './outcome-stories.js';
export { ownPullStories } from './own-pull-stories.js';
export { sweepStories } from './sweep-stories.js';
export { overtakenStories } from './overtaken-stories.js';
export { permitStories, presenceStories } from './permit-stories.js';
export { pruneStories } from './prune-stories.js';
export { raceStories } from './race-stories.js';
export { requestStories } from './request-stories.js';
export { tokenStories } from './token-stories.js';
export { webhookStories } from './webhook-stories.js';
