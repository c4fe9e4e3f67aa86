import { isOpen } from '@freshet/domain';
import type { Effect, RecordName, Records } from '@freshet/domain';

type Tables = { [Name in RecordName]?: Map<string, Records[Name]> };

/**
 * Rows in lists, moved by nothing but effects. An effect on a row that the decision cannot have seen throws: it would
 * break a unique index, or change no row, in a real store.
 */
export interface Kept {
  all<Name extends RecordName>(record: Name): readonly Records[Name][];
  one<Name extends RecordName>(record: Name, id: string): Records[Name];
  apply(effects: readonly Effect[]): void;
}

export const kept = (...seed: readonly Effect[]): Kept => {
  const tables: Tables = {};
  const table = <Name extends RecordName>(record: Name): Map<string, Records[Name]> =>
    (tables[record] ??= new Map() as never) as Map<string, Records[Name]>;
  const write = (effect: Effect): void => {
    const rows = table(effect.record) as Map<string, Records[RecordName]>;
    if (effect.do === 'remove') {
      rows.delete(effect.id);
    } else if (effect.do === 'update') {
      const before = rows.get(effect.id);
      if (before === undefined) throw new Error(`no ${effect.record} ${effect.id} to update`);
      rows.set(effect.id, { ...before, ...effect.set } as Records[RecordName]);
    } else {
      if (effect.do === 'insert' && rows.has(effect.row.id)) throw new Error(`${effect.record} ${effect.row.id} twice`);
      rows.set(effect.row.id, effect.row);
    }
    if (effect.record === 'connection') atMostOneActive(table('connection'));
    if (effect.record === 'task') atMostOneOpen(table('task'));
  };
  const one = <Name extends RecordName>(record: Name, id: string): Records[Name] => {
    const row = table(record).get(id);
    if (row === undefined) throw new Error(`no ${record} ${id}`);
    return row;
  };
  const apply = (effects: readonly Effect[]): void => effects.forEach(write);
  apply(seed);
  return { all: (record) => [...table(record).values()], one, apply };
};

/** What the partial unique index of a real store refuses, effect by effect. */
const atMostOneActive = (connections: ReadonlyMap<string, Records['connection']>): void => {
  const active = [...connections.values()].filter((row) => row.active && row.status !== 'DELETED');
  const keys = active.map((row) => row.groupKey);
  if (new Set(keys).size < keys.length) throw new Error('two active connections in one group');
};

const atMostOneOpen = (tasks: ReadonlyMap<string, Records['task']>): void => {
  const keys = [...tasks.values()].filter(({ state }) => isOpen(state)).map((row) => row.groupKey);
  if (new Set(keys).size < keys.length) throw new Error('two open tasks in one group');
};

/** Every value that an effect of that kind writes: a decision's mark in one line of a test. */
export const written = <Name extends RecordName>(
  effects: readonly Effect[],
  record: Name,
): readonly Partial<Records[Name]>[] =>
  effects.flatMap((effect): readonly Partial<Records[Name]>[] => {
    if (effect.record !== record) return [];
    if (effect.do === 'remove') return [{ id: effect.id } as Partial<Records[Name]>];
    return [(effect.do === 'update' ? { id: effect.id, ...effect.set } : effect.row) as Partial<Records[Name]>];
  });
