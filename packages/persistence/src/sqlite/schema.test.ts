import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTaskStates } from '@freshet/domain';
import { getTableConfig } from 'drizzle-orm/sqlite-core';
import { temporaryFile } from '../../test/temporary-file.js';
import { openFile, type OpenFile } from './open.js';
import { sqliteChainTables, sqliteTables } from './schema.js';

let file: OpenFile;
beforeAll(() => {
  file = openFile(temporaryFile(), false);
});
afterAll(() => {
  file.client.close();
  file.hold?.release();
});

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const tables = [...Object.values(sqliteTables), ...Object.values(sqliteChainTables)].map(
  (table) => [getTableConfig(table).name, getTableConfig(table)] as const,
);

describe('the migrations make the tables that the code knows', () => {
  test.each(tables)('%s has its columns', (name, { columns }) => {
    const found = file.client.pragma(`table_info(${name})`) as readonly ColumnInfo[];
    expect(
      found.map(({ name: column, type, notnull, pk }) => [column, type.toLowerCase(), notnull === 1, pk === 1]),
    ).toEqual(columns.map((column) => [snakeCase(column.name), column.getSQLType(), column.notNull, column.primary]));
  });

  test.each(tables)('%s has its indexes', (name, { indexes }) => {
    const found = file.client.pragma(`index_list(${name})`) as readonly {
      name: string;
      unique: number;
      partial: number;
    }[];
    const made = found.filter((index) => !index.name.startsWith('sqlite_autoindex'));
    const described = (list: readonly (readonly [string, boolean, boolean])[]) => [...list].sort();
    expect(described(made.map(({ name: index, unique, partial }) => [index, unique === 1, partial === 1]))).toEqual(
      described(indexes.map(({ config }) => [config.name, config.unique, config.where !== undefined])),
    );
  });

  test('one open task a group is of the states that the domain calls open', () => {
    const sql = file.client.prepare(`select sql from sqlite_master where name = 'tasks_one_open'`).pluck().get();
    expect(sql).toContain(`in (${openTaskStates.map((state) => `'${state}'`).join(', ')})`);
  });
});
