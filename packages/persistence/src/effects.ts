import { isChained, type ChainName, type Effect, type RecordName } from '@freshet/domain';
import { eq, getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import type { Tables } from './schema/index.js';
import { variants, writing, type Statement, type Values } from './statement.js';

/** Builds queries and runs none: typed as SQLite's, whichever database it is. */
export type QueryBuilder = BaseSQLiteDatabase<'sync', unknown>;

/** One row to be written. */
export interface Write {
  readonly statement: Statement<never>;
  readonly values: Values;
  /** An update is of a row that the facts showed: where it changes none, the decision was wrong. */
  readonly mustChange: boolean;
  /** The chain that the row is put into, or taken from: a store gives it its link, or leaves a checkpoint. */
  readonly chain: ChainName | null;
}

interface RecordWrites {
  readonly insert: () => Statement<never>;
  readonly put: () => Statement<never>;
  readonly remove: () => Statement<never>;
  readonly update: (columns: readonly string[]) => Statement<never>;
}

/** The key of an update is a value of its own: columns that it sets may be called anything but this. */
const KEY = 'where id';

const placeholders = (columns: readonly string[]): Record<string, SQL> =>
  Object.fromEntries(columns.map((column) => [column, sql.placeholder(column) as unknown as SQL]));

const once = <Made>(build: () => Made): (() => Made) => {
  let made: Made | undefined;
  return () => (made ??= build());
};

const writesOf = (db: QueryBuilder, table: Tables['setting']): RecordWrites => {
  const columns = Object.keys(getTableColumns(table));
  const row = placeholders(columns) as { id: SQL; value: SQL };
  const others = columns.filter((column) => column !== 'id');
  // `excluded` is the row that was not inserted; a column is named here as the table names it, whatever the casing.
  const replaced = Object.fromEntries(
    others.map((column) => [column, sql`excluded.${sql.identifier(snakeCase(column))}`]),
  );
  return {
    insert: once(() => writing(db.insert(table).values(row))),
    put: once(() => writing(db.insert(table).values(row).onConflictDoUpdate({ target: table.id, set: replaced }))),
    remove: once(() => writing(db.delete(table).where(eq(table.id, sql.placeholder('id'))))),
    update: variants(
      (set) => set.join(),
      (set) =>
        writing(
          db
            .update(table)
            .set(placeholders(set))
            .where(eq(table.id, sql.placeholder(KEY))),
        ),
    ),
  };
};

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const writeOf = (writes: RecordWrites, effect: Effect): Write | null => {
  const chain = isChained(effect.record) ? effect.record : null;
  switch (effect.do) {
    case 'insert':
      return { statement: writes.insert(), values: effect.row as unknown as Values, mustChange: false, chain };
    case 'put':
      return { statement: writes.put(), values: effect.row as unknown as Values, mustChange: false, chain };
    case 'remove':
      return { statement: writes.remove(), values: { id: effect.id }, mustChange: false, chain };
    case 'update': {
      const columns = Object.keys(effect.set);
      if (columns.length === 0) return null;
      const values = { ...effect.set, [KEY]: effect.id };
      return { statement: writes.update(columns), values, mustChange: true, chain };
    }
  }
};

/** How each effect is written; null for an update that sets nothing. */
export const prepareEffects = (db: QueryBuilder, tables: Tables): ((effect: Effect) => Write | null) => {
  // All tables have an `id`, which is all that is asked of them here.
  const writes = Object.fromEntries(
    Object.entries(tables).map(([name, table]) => [name, writesOf(db, table as unknown as Tables['setting'])]),
  ) as Record<RecordName, RecordWrites>;
  return (effect) => writeOf(writes[effect.record], effect);
};
