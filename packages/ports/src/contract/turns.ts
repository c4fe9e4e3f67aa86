import { expect, test } from '@jest/globals';
import { insert, put, remove, update } from '@freshet/domain';
import { read } from '../reads.js';
import { StoreConflict, StoreUnavailable } from '../store.js';
import * as a from './samples.js';
import { nothing, type Current } from './subject.js';

function* counter() {
  const setting = yield* read('setting', { id: 'counter' });
  return Number(setting?.value ?? 0);
}

export const turnsContract = (current: Current): void => {
  const count = async (): Promise<number> => Number((await current().read('setting', { id: 'counter' }))?.value ?? 0);
  const increment = () =>
    current().store.turn(counter, (value) => ({
      value: value + 1,
      effects: [put('setting', a.setting('counter', { value: String(value + 1) }))],
    }));

  test('a turn answers with what was decided', async () => {
    expect(await increment()).toMatchObject({ value: 1 });
    expect(await count()).toBe(1);
  });

  test('a hundred turns at once each see the one before', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, increment));
    expect(answers.map(({ value }) => value).sort((x, y) => x - y)).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    expect(await count()).toBe(100);
  });

  test('each turn is given a loader of its own', async () => {
    let loaders = 0;
    const load = () => {
      loaders += 1;
      return counter();
    };
    const decided = await Promise.all(
      [1, 2, 3].map(() => current().store.turn(load, (value) => ({ value, effects: [] }))),
    );
    expect(decided.map(({ value }) => value)).toEqual([0, 0, 0]);
    expect(loaders).toBeGreaterThanOrEqual(3);
  });

  test('a loader reads what the answers before tell it to', async () => {
    await current().apply(insert('connection', a.connection(1)), insert('task', a.task(1)));
    const { facts } = await current().store.turn(
      function* () {
        const connection = yield* read('connection', { tenantId: a.tenantId, id: a.connection(1).id });
        return yield* read('openTask', { tenantId: a.tenantId, groupKey: connection?.groupKey ?? '' });
      },
      (found) => ({ facts: found, effects: [] }),
    );
    expect(facts).toEqual(a.task(1));
  });

  test('a turn that is refused half-way leaves nothing of any of its effects', async () => {
    const kept = [a.setting('kept'), a.setting('removed'), a.setting('put')];
    await current().apply(...kept.map((row) => insert('setting', row)));
    const refused = current().apply(
      insert('setting', a.setting('new')),
      update('setting', 'kept', { value: 'changed' }),
      remove('setting', 'removed'),
      put('setting', a.setting('put', { value: 'changed' })),
      put('setting', a.setting('put anew')),
      insert('setting', a.setting('kept')),
    );
    await expect(refused).rejects.toThrow(StoreConflict);
    for (const row of kept) expect(await current().read('setting', { id: row.id })).toEqual(row);
    for (const id of ['new', 'put anew']) expect(await current().read('setting', { id })).toBeNull();
  });

  test.each([
    ['its loader', () => current().store.turn(thrower, () => ({ effects: [] }))],
    [
      'its decision',
      () =>
        current().store.turn(nothing, () => {
          throw new Error('planned');
        }),
    ],
  ])('what %s throws is what the caller gets', async (_what, turn) => {
    await expect(turn()).rejects.toThrow('planned');
  });

  test('one failing turn among others harms none of them', async () => {
    await current().apply(insert('setting', a.setting('taken')));
    const turns = Array.from({ length: 30 }, (_, n) => {
      if (n === 7) return current().apply(insert('setting', a.setting('half')), insert('setting', a.setting('taken')));
      if (n === 14) return current().store.turn(thrower, () => ({ effects: [] }));
      if (n === 21) return current().apply(insert('setting', a.setting('taken')));
      return increment();
    });
    const outcomes = await Promise.allSettled(turns);
    const failed = outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []));
    expect(failed).toEqual([7, 14, 21]);
    expect(await count()).toBe(27);
    expect(await current().read('setting', { id: 'half' })).toBeNull();
  });

  test('rows that were answered do not change under whoever holds them', async () => {
    await current().apply(insert('connection', a.connection(1)));
    const before = await current().read('group', { tenantId: a.tenantId, id: a.connection(1).id });
    await current().apply(update('connection', a.connection(1).id, { status: 'DELETED', active: false }));
    await current().apply(insert('connection', a.connection(2, { groupKey: 'group-1' })));
    expect(before).toEqual([a.connection(1)]);
  });

  test('a read outside of a turn sees what turns have kept', async () => {
    await current().apply(insert('setting', a.setting('s')));
    expect(await current().store.read('setting', { id: 's' })).toEqual(a.setting('s'));
  });

  test('closing waits for the turns under way, and takes no more', async () => {
    const underWay = increment();
    await current().store.close();
    await expect(underWay).resolves.toMatchObject({ value: 1 });
    await expect(current().apply()).rejects.toThrow(StoreUnavailable);
    await expect(current().store.read('setting', { id: 's' })).rejects.toThrow(StoreUnavailable);
    await current().store.close();
  });
};

function* thrower(): Generator<never, null> {
  throw new Error('planned');
}
