export * from './clock.js';
export * from './connector.js';
export * from './reads.js';
export * from './store.js';
