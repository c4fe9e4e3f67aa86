import { isChained, type ChainedRecords, type Effect, type RecordName, type Records } from '@freshet/domain';
import type { Loader, ReadName, ReadParams, ReadResult } from '../reads.js';
import { StoreUnavailable, type Store } from '../store.js';
import { createReads } from './reads.js';
import type { Table } from './table.js';
import { createTables, type Kept } from './tables.js';

/** A store that forgets: for tests and simulations. It refuses what the others refuse. */
export interface MemoryStore extends Store {
  /** All rows of a record, by id: what tests look at and audits of a simulation count. */
  rows<Name extends RecordName>(record: Name): readonly Records[Name][];
}

/** A turn runs in one go before `turn` returns, so nothing comes in between. */
export const createMemoryStore = (): MemoryStore => {
  const kept = createTables();
  const reads = createReads(kept);
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new StoreUnavailable('the store is closed');
  };
  const read = <Name extends ReadName>(name: Name, params: ReadParams<Name>): ReadResult<Name> =>
    (reads[name] as (params: ReadParams<Name>) => ReadResult<Name>)(params);
  const load = <Facts>(loader: Loader<Facts>): Facts => {
    let step = loader.next();
    while (!step.done) step = loader.next(read(step.value.read, step.value.params as ReadParams<ReadName>));
    return step.value;
  };

  return {
    turn: async (loading, decide) => {
      assertOpen();
      const decided = decide(load(loading()));
      applyAll(kept, decided.effects);
      return decided;
    },
    read: async (name, params) => {
      assertOpen();
      return read(name, params);
    },
    close: async () => {
      closed = true;
    },
    rows: <Name extends RecordName>(record: Name) => {
      const table: Table<Records[Name]> = kept.tables[record];
      return [...table.all()].sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
};

/** All of them or, where one is refused, none. */
const applyAll = (kept: Kept, effects: readonly Effect[]): void => {
  const undo: (() => void)[] = [];
  try {
    for (const effect of effects) {
      undo.push(follow(kept, effect));
      undo.push(apply(kept, effect));
    }
  } catch (error) {
    for (const takeBack of undo.reverse()) takeBack();
    throw error;
  }
};

/** Rows of a chain get their place in it, and leave it from the oldest on. */
const follow = ({ chains, tables }: Kept, effect: Effect): (() => void) => {
  const { record } = effect;
  if (!isChained(record)) return () => undefined;
  if (effect.do === 'insert') return chains.append(record, effect.row as ChainedRecords[typeof record]);
  const row = tables[record].get(effect.do === 'remove' ? effect.id : '');
  if (effect.do !== 'remove') throw new Error(`a row of a chain is never changed (${record})`);
  return row === null ? () => undefined : chains.cut(record, row);
};

const apply = ({ tables }: Kept, effect: Effect): (() => void) => {
  // An effect's row is of its record, which the compiler cannot follow through the table of tables.
  const table = tables[effect.record] as unknown as Table<Records[RecordName]>;
  switch (effect.do) {
    case 'insert':
      return table.insert(effect.row);
    case 'put':
      return table.put(effect.row);
    case 'update':
      return table.update(effect.id, effect.set as Partial<Records[RecordName]>);
    case 'remove':
      return table.remove(effect.id);
  }
};
