export { leaseStories } from './lease-stories.js';
export { outcomeStories } from './outcome-stories.js';
export { requestStories } from './request-stories.js';
export type { OpenStore } from './rig.js';
