import { drizzle } from 'drizzle-orm/better-sqlite3';
import { prepareEffects } from '../effects.js';
import { prepareReads } from '../reads/index.js';
import { prepareChains } from '../chains.js';
import { sqliteChainTables, sqliteTables } from './schema.js';

/** Builds queries, and has no connection to run one on: every connection of the process runs the same. */
const db = drizzle.mock({ casing: 'snake_case' });

export const readers = prepareReads({ db, tables: sqliteTables, chainTables: sqliteChainTables });
export const toWrite = prepareEffects(db, sqliteTables);
export const chains = prepareChains({ db, tables: sqliteTables, chainTables: sqliteChainTables });
