import { index, integer, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/**
 * What SQLite calls the few kinds of column that there are. The tables themselves are written once, over such a kit
 * (`../schema`): a second database brings its own kit and nothing else.
 */
export const sqliteColumns = {
  table: sqliteTable,
  index,
  uniqueIndex,
  text: () => text(),
  /** Milliseconds, micros and counts. */
  integer: () => integer(),
  /** Rates: estimates, never money. */
  real: () => real(),
  flag: () => integer({ mode: 'boolean' }),
  json: () => text({ mode: 'json' }),
};

export type ColumnKit = typeof sqliteColumns;
