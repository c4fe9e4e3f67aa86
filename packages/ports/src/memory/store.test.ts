import { expect, test } from '@jest/globals';
import { insert } from '@freshet/domain';
import { storeContract } from '../contract/index.js';
import { createMemoryStore } from './store.js';

storeContract('the store in memory', createMemoryStore);

test('all rows of a record can be looked at', async () => {
  const store = createMemoryStore();
  const rows = ['b', 'a'].map((id) => ({ id, value: id }));
  await store.turn(
    function* () {
      yield* [];
    },
    () => ({ effects: rows.map((row) => insert('setting', row)) }),
  );
  expect(store.rows('setting')).toEqual([...rows].reverse());
  expect(store.rows('task')).toEqual([]);
});
