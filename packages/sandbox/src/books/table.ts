import type { Change } from './journal.js';

/** Names a record's place in an index; null keeps it out. */
export type IndexKey<T> = (record: T) => string | null;

/** What the journal needs of a table. */
export interface JournaledTable {
  readonly name: string;
  replay(change: Change): void;
  snapshot(): Iterable<Change>;
}

/**
 * Records by id, in the order in which they first came. Every write is handed to `written`, which journals it.
 * A record is never changed in place: it is put again.
 */
export class Table<T> implements JournaledTable {
  private readonly records = new Map<string, T>();
  private readonly indexes = new Map<string, { keyOf: IndexKey<T>; ids: Map<string, Set<string>> }>();

  constructor(
    readonly name: string,
    private readonly written: (change: Change) => void,
    indexes: Readonly<Record<string, IndexKey<T>>> = {},
  ) {
    for (const [index, keyOf] of Object.entries(indexes)) this.indexes.set(index, { keyOf, ids: new Map() });
  }

  get size(): number {
    return this.records.size;
  }

  get(id: string): T | undefined {
    return this.records.get(id);
  }

  /** The record, where its absence would be a fault in the emulator itself. */
  need(id: string): T {
    const record = this.records.get(id);
    if (record === undefined) throw new Error(`no ${this.name} record ${id}`);
    return record;
  }

  all(): T[] {
    return [...this.records.values()];
  }

  /** Oldest first, like `all`. */
  find(index: string, key: string): T[] {
    const ids = this.indexes.get(index)?.ids.get(key);
    return ids === undefined ? [] : [...ids].map((id) => this.need(id));
  }

  put(id: string, record: T): T {
    this.restore(id, record);
    this.written([this.name, id, record]);
    return record;
  }

  remove(id: string): boolean {
    const had = this.forget(id);
    if (had) this.written([this.name, id]);
    return had;
  }

  clear(): void {
    for (const id of [...this.records.keys()]) this.remove(id);
  }

  /** A change that the journal already holds. */
  replay(change: Change): void {
    if (change.length === 2) this.forget(change[1]);
    else this.restore(change[1], change[2] as T);
  }

  *snapshot(): Iterable<Change> {
    for (const [id, record] of this.records) yield [this.name, id, record];
  }

  private restore(id: string, record: T): void {
    const before = this.records.get(id);
    for (const index of this.indexes.values()) {
      const oldKey = before === undefined ? null : index.keyOf(before);
      const newKey = index.keyOf(record);
      if (oldKey === newKey) continue;
      if (oldKey !== null) unlist(index.ids, oldKey, id);
      if (newKey !== null) list(index.ids, newKey, id);
    }
    this.records.set(id, record);
  }

  private forget(id: string): boolean {
    const before = this.records.get(id);
    if (before === undefined) return false;
    for (const index of this.indexes.values()) {
      const key = index.keyOf(before);
      if (key !== null) unlist(index.ids, key, id);
    }
    return this.records.delete(id);
  }
}

function list(ids: Map<string, Set<string>>, key: string, id: string): void {
  const listed = ids.get(key);
  if (listed === undefined) ids.set(key, new Set([id]));
  else listed.add(id);
}

function unlist(ids: Map<string, Set<string>>, key: string, id: string): void {
  const listed = ids.get(key);
  listed?.delete(id);
  if (listed?.size === 0) ids.delete(key);
}
