export { requestStories } from './request-stories.js';
export type { OpenStore } from './rig.js';
