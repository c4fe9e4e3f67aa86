export * from './clock.js';
export * from './connector.js';
export * from './pages.js';
export * from './reads.js';
export * from './store.js';
export * from './usage.js';
