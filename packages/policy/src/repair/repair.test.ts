import { describe, expect, test } from '@jest/globals';
import type { Connection, Effect } from '@freshet/domain';
import { connection, counter, inputs, noon, policy } from '../../test/given.js';
import { decideRecounted, decideStaleAt } from './recount.js';
import { decideGroupSettled } from './settle-group.js';

/** The members as the effects leave them: `active ACTIVE`. */
const after = (members: readonly Connection[], effects: readonly Effect[]): readonly string[] =>
  members.map((member) => {
    const changed = effects.reduce<Connection>(
      (row, effect) =>
        effect.do === 'update' && effect.record === 'connection' && effect.id === row.id
          ? { ...row, ...effect.set }
          : row,
      member,
    );
    return `${changed.active ? 'active' : 'inactive'} ${changed.statusReason ?? changed.status}`;
  });

const stepped = { active: false, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' } as const;

describe('a group is settled', () => {
  test.each<readonly [what: string, members: readonly Partial<Connection>[], expected: readonly string[]]>([
    ['nobody is there', [], []],
    ['one is active, and the other stepped back', [{}, stepped], ['active ACTIVE', 'inactive INACTIVE_DUPLICATE']],
    [
      'the active one was never imported',
      [{ ...stepped, active: true }, stepped],
      ['active INACTIVE_DUPLICATE', 'inactive INACTIVE_DUPLICATE'],
    ],
    [
      'two are active: the one refreshed last',
      [{ lastSuccessAt: noon - 1 }, { lastSuccessAt: noon }],
      ['inactive INACTIVE_DUPLICATE', 'active ACTIVE'],
    ],
    [
      'two are active, one of them an inactive duplicate by its status',
      [{ lastSuccessAt: noon - 1 }, { ...stepped, active: true, lastSuccessAt: noon }],
      ['active ACTIVE', 'inactive INACTIVE_DUPLICATE'],
    ],
    ['none is active: an inactive duplicate is promoted', [stepped], ['active ACTIVE']],
    [
      'none is active: a status of its own is kept',
      [{ active: false, status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }, stepped],
      ['active LOGIN_REQUIRED', 'inactive INACTIVE_DUPLICATE'],
    ],
    ['a deleted one has no say', [{ status: 'DELETED' }, stepped], ['active DELETED', 'active ACTIVE']],
  ])('where %s', (_what, rows, expected) => {
    const members = rows.map((values, n) => connection(`m${n}`, { groupKey: 'g', ...values }));
    const { effects } = decideGroupSettled(members, inputs());
    expect(after(members, effects)).toEqual(expected);
  });
});

describe('what is counted anew', () => {
  const amounts = { reservedMicros: 1, chargedMicros: 2, uncertainMicros: 3 };

  test('is the counter, where it differs in anything', () => {
    const wrong = counter({ ...amounts, uncertainMicros: 4, alerted: [0.5] });
    expect(decideRecounted(wrong, amounts).effects).toEqual([
      { do: 'put', record: 'budgetCounter', row: { ...wrong, ...amounts } },
    ]);
    expect(decideRecounted(counter(amounts), amounts).effects).toEqual([]);
  });

  test('is when the data of the active one is stale, from the newest of its group', () => {
    const rules = policy();
    const { staleAfterMs } = rules.background;
    const twin = connection('b', { ...stepped, lastSuccessAt: noon });
    const active = connection('a', { lastSuccessAt: noon - 5, staleAt: null });
    const { effects } = decideStaleAt(active, [active, twin], rules, inputs());
    expect(effects).toMatchObject([{ do: 'update', id: active.id, set: { staleAt: noon + staleAfterMs } }]);
    const right = { ...active, staleAt: noon + staleAfterMs };
    expect(decideStaleAt(right, [right, twin], rules, inputs()).effects).toEqual([]);
    expect(decideStaleAt(twin, [active, twin], rules, inputs()).effects).toEqual([]);
  });
});
