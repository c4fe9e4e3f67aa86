export { breakersOver } from './breaker-effects.js';
export { tellsOfOutages } from './signs.js';
