export { fixedClock, type FixedClock } from './clock.js';
export { scriptedConnector, type RecordedCall, type Script, type ScriptedConnector } from './connector.js';
export { sequentialIds } from './ids.js';
export { createMemoryStore, type MemoryStore } from './store.js';
export { plainVault } from './vault.js';
