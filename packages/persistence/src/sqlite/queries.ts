import { drizzle } from 'drizzle-orm/better-sqlite3';
import { prepareEffects } from '../effects.js';
import { prepareReads } from '../reads/index.js';
import { sqliteTables } from './schema.js';

/** Builds queries, and has no connection to run one on: every connection of the process runs the same. */
const db = drizzle.mock({ casing: 'snake_case' });

export const readers = prepareReads({ db, tables: sqliteTables });
export const toWrite = prepareEffects(db, sqliteTables);
