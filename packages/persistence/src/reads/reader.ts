import type { ChainLink, ChainName } from '@freshet/domain';
import type { ReadName, ReadParams, ReadResult } from '@freshet/ports';
import { getTableColumns, sql, type Placeholder } from 'drizzle-orm';
import type { QueryBuilder } from '../effects.js';
import type { ChainTables, Tables } from '../schema/index.js';
import type { Statement, Values } from '../statement.js';

/**
 * How one named read is answered: which statements are run with which values, and what their rows come to. A store
 * only has to run them, at once or awaited.
 */
export interface Reader<Params, Result> {
  statements(params: Params): readonly Statement[];
  values(params: Params): Values;
  /** The rows of each statement, in their order. */
  result(answers: readonly (readonly unknown[])[]): Result;
}

export type Readers<Name extends ReadName = ReadName> = {
  readonly [Each in Name]: Reader<ReadParams<Each>, ReadResult<Each>>;
};

/** Everything that the readers of a database are made from. */
export interface Schema {
  readonly db: QueryBuilder;
  readonly tables: Tables;
  readonly chainTables: ChainTables;
}

/** The columns of the record, without what the store keeps with each row of a chain. */
export const recordColumns = <Table extends Tables[ChainName]>(
  table: Table,
): Omit<Table['_']['columns'], keyof ChainLink> => {
  const { sequence: _sequence, previous: _previous, link: _link, ...columns } = getTableColumns(table);
  return columns;
};

export const value = (name: string): Placeholder => sql.placeholder(name);

/** Most parameters are the placeholders' values by their own names. */
const asValues = (params: object): Values => params as Values;

interface Asking<Params> {
  /** The statement, where it depends on what was asked. */
  readonly statement: (params: Params) => Statement;
  readonly values?: (params: Params) => Values;
}

const reader = <Params extends object, Result>(
  asking: Asking<Params>,
  result: (rows: readonly unknown[]) => Result,
): Reader<Params, Result> => ({
  statements: (params) => [asking.statement(params)],
  values: asking.values ?? asValues,
  result: (answers) => result(answers[0] as readonly unknown[]),
});

/** The first row, or null. */
export const first = <Params extends object, Row>(
  statement: Statement<Row>,
  values?: (params: Params) => Values,
): Reader<Params, Row | null> => firstOf({ statement: () => statement, ...(values && { values }) });

export const firstOf = <Params extends object, Row>(
  asking: Asking<Params> & { readonly statement: (params: Params) => Statement<Row> },
): Reader<Params, Row | null> => reader(asking, (rows) => (rows[0] ?? null) as Row | null);

/** All rows. */
export const all = <Params extends object, Row>(
  statement: Statement<Row>,
  values?: (params: Params) => Values,
): Reader<Params, readonly Row[]> => allOf({ statement: () => statement, ...(values && { values }) });

export const allOf = <Params extends object, Row>(
  asking: Asking<Params> & { readonly statement: (params: Params) => Statement<Row> },
): Reader<Params, readonly Row[]> => reader(asking, (rows) => rows as readonly Row[]);

/** All rows, by id: a few, which the database would take longer to sort. */
export const sortedById = <Params extends object, Row extends { readonly id: string }>(
  statement: Statement<Row>,
): Reader<Params, readonly Row[]> =>
  reader({ statement: () => statement }, (rows) =>
    ([...rows] as Row[]).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
  );
