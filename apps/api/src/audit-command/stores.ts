import { openSqliteStore, type SqliteStore } from '@freshet/persistence';
import { asMisuse } from './misuse.js';

/* The stores of the command: this process is put together apart from the service. */

/** Beside its owner, if it has one, and never written. */
export const openDatabase = (file: string): SqliteStore => asMisuse(() => openSqliteStore({ file, readonly: true }));

export const openScratch = (file: string): SqliteStore => openSqliteStore({ file });

export type { SqliteStore };
