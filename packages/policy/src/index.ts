export * from './policy.js';
export * from './background/next-background.js';
export * from './cost/budget.js';
export * from './cost/price.js';
export * from './limits/evaluate.js';
export * from './limits/reads.js';
export { decideRefresh } from './refresh/decide-refresh.js';
