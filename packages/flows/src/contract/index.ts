export { TENANT, type OpenStore } from './rig.js';
export {
  auditingEngine,
  connectionRow,
  entryRow,
  findingRow,
  NOW,
  openTaskRow,
  plant,
  risingIds,
  runRow,
  taskRow,
} from './audit-rows.js';
export { breakerStories } from './breaker-stories.js';
export { budgetStories } from './budget-stories.js';
export { changeStories } from './change-stories.js';
export { dispatchStories } from './dispatch-stories.js';
export { importStories } from './import-stories.js';
export { jobStories } from './job-stories.js';
export { learningStories } from './learning-stories.js';
export { leaseStories } from './lease-stories.js';
export { outcomeStories } from './outcome-stories.js';
export { overtakenStories } from './overtaken-stories.js';
export { permitStories, presenceStories } from './permit-stories.js';
export { raceStories } from './race-stories.js';
export { requestStories } from './request-stories.js';
export { webhookStories } from './webhook-stories.js';
