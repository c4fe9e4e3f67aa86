import type { Effect } from '@freshet/domain';
import {
  StoreConflict,
  type Loader,
  type ReadName,
  type ReadParams,
  type ReadRequest,
  type ReadResult,
} from '@freshet/ports';
import type Database from 'better-sqlite3';
import type { Reader } from '../reads/index.js';
import type { Statement } from '../statement.js';
import { linking } from './linking.js';
import { readers, toWrite } from './queries.js';

/** Runs loaders and effects on a connection, at once. */
export interface Driver {
  read<Name extends ReadName>(name: Name, params: ReadParams<Name>): ReadResult<Name>;
  load<Facts>(loader: Loader<Facts>): Facts;
  /** The effects of one turn. */
  apply(effects: readonly Effect[]): void;
}

/** How many prepared statements a connection keeps. */
const MOST_PREPARED = 1_000;

export const createDriver = (client: Database.Database): Driver => {
  const prepared = preparing(client);

  const answer = <Params, Result>(reader: Reader<Params, Result>, params: Params): Result => {
    const values = reader.values(params);
    const answers = reader.statements(params).map((statement) => {
      const rows = prepared.query(statement).all(statement.bind(values)) as unknown[][];
      return rows.map((row) => statement.decode(row));
    });
    return reader.result(answers);
  };
  const read = <Name extends ReadName>(name: Name, params: ReadParams<Name>): ReadResult<Name> =>
    answer<ReadParams<Name>, ReadResult<Name>>(readers[name] as Reader<ReadParams<Name>, ReadResult<Name>>, params);

  return {
    read,
    load: (loader) => {
      let step = loader.next();
      while (!step.done) {
        const { read: name, params } = step.value as ReadRequest;
        step = loader.next(read(name, params as ReadParams<typeof name>));
      }
      return step.value;
    },
    apply: (effects) => {
      const links = linking(prepared);
      for (const effect of effects) {
        const write = toWrite(effect);
        if (write === null) continue;
        const { statement, values, mustChange, chain } = write;
        const bound = statement.bind(values);
        if (chain !== null) links.follow(chain, effect, bound);
        const { changes } = prepared.command(statement).run(bound);
        if (mustChange && changes === 0) throw new StoreConflict(`there is no such row to update (${effect.record})`);
      }
      links.keep();
    },
  };
};

/**
 * SQLite may plan a query anew for each value of a bare parameter (beside a partial index, an unused equality, a LIMIT),
 * and since better-sqlite3 clears its bindings after each run, it then does so every time: 100 µs instead of 3. The
 * plans here are the same for all values, and `+?` says so. No text here has a question mark of its own.
 */
export const planned = (text: string): string => text.replaceAll('?', '+?');

export interface Prepared {
  query(statement: Statement): Database.Statement;
  command(statement: Statement): Database.Statement;
}

/** Prepared statements by what they were built from; the oldest leave when there are too many. */
const preparing = (client: Database.Database): Prepared => {
  const made = new Map<Statement, Database.Statement>();
  const keep = (statement: Statement, prepared: Database.Statement): Database.Statement => {
    if (made.size >= MOST_PREPARED) made.delete(made.keys().next().value as Statement);
    made.set(statement, prepared);
    return prepared;
  };
  return {
    query: (statement: Statement): Database.Statement =>
      made.get(statement) ?? keep(statement, client.prepare(planned(statement.text)).raw()),
    command: (statement: Statement): Database.Statement =>
      made.get(statement) ?? keep(statement, client.prepare(statement.text)),
  };
};
