export { breakerEffects, breakersOver, type BreakerFacts } from './breaker-effects.js';
export { probeEffects } from './door.js';
export { afterEnd, afterProbe, pauseOf, trips, withEnd, type BreakerState } from './rule.js';
export { signsOf, tellsOfOutages, type Signs } from './signs.js';
