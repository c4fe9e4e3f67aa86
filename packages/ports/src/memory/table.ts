import { StoreConflict } from '../store.js';

/** Rows of one key in an order of their own, kept so as they come and go. */
export interface Index<Row> {
  of(key: string): readonly Row[];
  add(row: Row): void;
  drop(row: Row): void;
  /** The row as it is now, in the place of the row as it was; most changes leave it where it stands. */
  replace(before: Row, after: Row): void;
}

interface Identified {
  readonly id: string;
}

/** The key under which a row is found; null: not at all, as in a partial index. */
export type KeyOf<Row> = (row: Row) => string | null;

/** Each part with its length before it: no two lists of parts make the same key, whatever is in them. */
export const keyOf = (...parts: readonly (string | null)[]): string => {
  let key = '';
  for (const part of parts) key += part === null ? '-' : `${part.length}:${part}`;
  return key;
};

/** How many rows, from the front of an ordered list, are such. */
export const countWhile = <Row>(rows: readonly Row[], isSuch: (row: Row) => boolean): number => {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSuch(rows[middle] as Row)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** By a number or text of the row's; equal ones by id. */
export const createIndex = <Row extends Identified, Rank extends number | string = string>(
  key: KeyOf<Row>,
  rank: (row: Row) => Rank = (row) => row.id as Rank,
): Index<Row> => {
  const byKey = new Map<string, Row[]>();
  const isBefore = (a: Row, b: Row): boolean => rank(a) < rank(b) || (rank(a) === rank(b) && a.id < b.id);
  const placeOf = (rows: readonly Row[], row: Row): number => countWhile(rows, (other) => isBefore(other, row));
  const addUnder = (under: string | null, row: Row): void => {
    if (under === null) return;
    const rows = byKey.get(under);
    if (rows) rows.splice(placeOf(rows, row), 0, row);
    else byKey.set(under, [row]);
  };
  const dropUnder = (under: string | null, row: Row): void => {
    const rows = under === null ? undefined : byKey.get(under);
    if (under === null || rows === undefined) return;
    rows.splice(placeOf(rows, row), 1);
    if (rows.length === 0) byKey.delete(under);
  };
  return {
    of: (wanted) => byKey.get(wanted) ?? [],
    add: (row) => addUnder(key(row), row),
    drop: (row) => dropUnder(key(row), row),
    replace: (before, after) => {
      const [from, to] = [key(before), key(after)];
      const rows = from === null || from !== to || rank(before) !== rank(after) ? undefined : byKey.get(from);
      if (rows) {
        rows[placeOf(rows, before)] = after;
      } else if (from !== null || to !== null) {
        dropUnder(from, before);
        addUnder(to, after);
      }
    },
  };
};

/** The one key of an index over everything. */
export const ALL = '';

export interface Table<Row extends Identified> {
  get(id: string): Row | null;
  /** The row that holds this key of a unique index. */
  holding(unique: string, key: string): Row | null;
  all(): Iterable<Row>;
  /** Each answers with what takes it back. */
  insert(row: Row): () => void;
  put(row: Row): () => void;
  update(id: string, set: Partial<Row>): () => void;
  remove(id: string): () => void;
}

interface UniqueKeys<Row> {
  /** Refuses, and takes nothing, where another row holds one of the row's keys. */
  take(row: Row): void;
  giveBack(row: Row): void;
  /** Takes the keys of the row as it is now for those of the row as it was; refuses as `take` does, and changes nothing. */
  exchange(before: Row, after: Row): void;
  holder(unique: string, key: string): string | undefined;
}

const createUniqueKeys = <Row extends Identified>(unique: Readonly<Record<string, KeyOf<Row>>>): UniqueKeys<Row> => {
  const indexes = Object.entries(unique).map(([name, key]) => ({ name, key, ids: new Map<string, string>() }));
  const keysOf = (row: Row) =>
    indexes.flatMap(({ name, key, ids }) => {
      const under = key(row);
      return under === null ? [] : [{ name, under, ids }];
    });
  const refuse = (name: string): never => {
    throw new StoreConflict(`such a row is there already (${name})`);
  };
  return {
    take: (row) => {
      const keys = keysOf(row);
      for (const { name, under, ids } of keys) {
        if (ids.has(under)) refuse(name);
      }
      for (const { under, ids } of keys) ids.set(under, row.id);
    },
    exchange: (before, after) => {
      const moved = indexes
        .map(({ name, key, ids }) => ({ name, ids, from: key(before), to: key(after) }))
        .filter(({ from, to }) => from !== to);
      for (const { name, ids, to } of moved) {
        if (to !== null && ids.has(to)) refuse(name);
      }
      for (const { ids, from, to } of moved) {
        if (from !== null) ids.delete(from);
        if (to !== null) ids.set(to, after.id);
      }
    },
    giveBack: (row) => {
      for (const { under, ids } of keysOf(row)) ids.delete(under);
    },
    holder: (wanted, key) => indexes.find(({ name }) => name === wanted)?.ids.get(key),
  };
};

export const createTable = <Row extends Identified>(
  name: string,
  indexes: readonly Index<Row>[],
  unique: Readonly<Record<string, KeyOf<Row>>>,
): Table<Row> => {
  const rows = new Map<string, Row>();
  const keys = createUniqueKeys(unique);

  const add = (row: Row): void => {
    keys.take(row);
    for (const index of indexes) index.add(row);
    rows.set(row.id, row);
  };
  const drop = (row: Row): void => {
    keys.giveBack(row);
    for (const index of indexes) index.drop(row);
    rows.delete(row.id);
  };
  const exchange = (before: Row, after: Row): void => {
    keys.exchange(before, after);
    for (const index of indexes) index.replace(before, after);
    rows.set(after.id, after);
  };
  const replace = (before: Row, after: Row): (() => void) => {
    exchange(before, after);
    return () => exchange(after, before);
  };
  const insert = (row: Row): (() => void) => {
    if (rows.has(row.id)) throw new StoreConflict(`such a row is there already (${name}.id)`);
    const kept = Object.freeze({ ...row });
    add(kept);
    return () => drop(kept);
  };

  return {
    get: (id) => rows.get(id) ?? null,
    holding: (wanted, key) => rows.get(keys.holder(wanted, key) ?? '') ?? null,
    all: () => rows.values(),
    insert,
    put: (row) => {
      const before = rows.get(row.id);
      return before ? replace(before, Object.freeze({ ...row })) : insert(row);
    },
    update: (id, set) => {
      const before = rows.get(id);
      if (!before) throw new StoreConflict(`there is no such row to update (${name})`);
      return replace(before, Object.freeze({ ...before, ...set }));
    },
    remove: (id) => {
      const before = rows.get(id);
      if (!before) return () => undefined;
      drop(before);
      return () => add(before);
    },
  };
};
