import { StoreConflict, StoreUnavailable } from '@freshet/ports';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { getTableConfig } from 'drizzle-orm/sqlite-core';
import { is, Column } from 'drizzle-orm';
import { sqliteTables } from './schema.js';

/** What the machine did, not the statement: nothing was kept, and it may work later. */
const OUTAGES = ['FULL', 'IOERR', 'BUSY', 'LOCKED', 'READONLY', 'CANTOPEN', 'NOMEM', 'CORRUPT', 'NOTADB', 'PROTOCOL'];

interface SqliteError extends Error {
  readonly code: string;
}

/** By its name: the driver's class is one for the process, and not always the one that is imported here. */
export const isSqliteError = (error: unknown): error is SqliteError =>
  typeof error === 'object' && error !== null && 'name' in error && error.name === 'SqliteError' && 'code' in error;

export const isOutage = (error: unknown): boolean =>
  isSqliteError(error) && OUTAGES.some((outage) => error.code.startsWith(`SQLITE_${outage}`));

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** SQLite tells a broken unique index by its columns: `UNIQUE constraint failed: tasks.tenant_id, tasks.group_key`. */
const uniqueIndexes: ReadonlyMap<string, string> = new Map(
  Object.values(sqliteTables).flatMap((table) => {
    const { name, indexes } = getTableConfig(table as SQLiteTable);
    return indexes
      .filter((index) => index.config.unique)
      .map((index) => {
        const columns = index.config.columns.filter((column) => is(column, Column));
        return [columns.map((column) => `${name}.${snakeCase(column.name)}`).join(', '), index.config.name] as const;
      });
  }),
);

const brokenIndex = (message: string): string => {
  const columns = message.replace(/^UNIQUE constraint failed: /, '');
  return uniqueIndexes.get(columns) ?? columns;
};

/** An error of the database in the words of the port; any other as it is. */
export const translated = (error: unknown): unknown => {
  if (!isSqliteError(error)) return error;
  if (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    return new StoreConflict(`such a row is there already (${brokenIndex(error.message)})`, { cause: error });
  }
  if (isOutage(error))
    return new StoreUnavailable(`the database could not be used: ${error.message}`, { cause: error });
  return error;
};
