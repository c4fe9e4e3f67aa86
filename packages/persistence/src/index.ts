export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite/store.js';
export type { Commit } from './sqlite/turns.js';
