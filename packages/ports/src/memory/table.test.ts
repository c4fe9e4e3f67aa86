import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoreConflict } from '../store.js';
import { createIndex, createTable, keyOf } from './table.js';

interface Row {
  readonly id: string;
  readonly shelf: string | null;
  readonly rank: number;
  readonly label: string | null;
}

const openTable = () => {
  const onShelf = createIndex<Row, number>(
    (row) => row.shelf,
    (row) => row.rank,
  );
  const table = createTable<Row>('row', [onShelf], { rows_label: (row) => row.label });
  return { table, onShelf };
};

const row = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  shelf: fc.constantFrom(null, 'left', 'right'),
  rank: fc.integer({ min: 0, max: 3 }),
  label: fc.constantFrom(null, 'one', 'two'),
});
const step = fc.record({ row, takeBack: fc.boolean() });

describe('a table with an index and a unique key', () => {
  test('after any changes, taken back or refused, it finds exactly what is there, in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { table, onShelf } = openTable();
        const expected = new Map<string, Row>();
        for (const { row: next, takeBack } of steps) {
          const taken = [...expected.values()].some(({ id, label }) => id !== next.id && label === next.label);
          if (next.label !== null && taken) {
            expect(() => table.put(next)).toThrow(StoreConflict);
            continue;
          }
          const undo = table.put(next);
          if (takeBack) undo();
          else expected.set(next.id, next);
        }
        const rows = [...expected.values()].toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1));
        for (const shelf of ['left', 'right']) {
          expect(onShelf.of(shelf)).toEqual(rows.filter((one) => one.shelf === shelf));
        }
        for (const label of ['one', 'two']) {
          expect(table.holding('rows_label', label)).toEqual(rows.find((one) => one.label === label) ?? null);
        }
      }),
    );
  });
});

test('keys of other parts are other keys', () => {
  const parts = fc.array(fc.option(fc.string({ maxLength: 3 })), { maxLength: 3 });
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(keyOf(...one) === keyOf(...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
  );
  expect(keyOf('1:a', null)).not.toBe(keyOf('1:a-'));
});
