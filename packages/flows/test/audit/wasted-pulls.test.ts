import { describe, expect, test } from '@jest/globals';
import { DAY, insert, MINUTE } from '@freshet/domain';
import type { Connection, Effect, Pull, Task } from '@freshet/domain';
import { LOOK_BACK_MS } from '../../src/audit/look-backs.js';
import { SOON_MS, WARN_FROM_MICROS, wastedPulls } from '../../src/audit/wasted-pulls.js';
import { connectionRow, NOW, pullRow, risingIds, taskRow } from '../../src/contract/audit-rows.js';
import { findingsBy } from './test-engine.js';

const ids = risingIds();
const next = (): string => ids.next();
const AT = NOW - 10 * DAY;

interface Forced {
  readonly task: Task;
  readonly effects: readonly Effect[];
}

const forced = (connection: Connection, over: Partial<Task> = {}, at = AT): Forced => {
  const { id: connectionId, groupKey } = connection;
  const task = taskRow(next(), { connectionId, groupKey, queuedAt: at - 3 * MINUTE, endedAt: at, ...over });
  const pull: Partial<Pull> = { id: task.pullId, connectionId, groupKey, taskId: task.id, origin: 'forced' };
  const row = pullRow(next(), { ...pull, at, sentAt: at - 2 * MINUTE, endedAt: at, newData: task.newData });
  return { task, effects: [insert('task', task), insert('pull', row)] };
};

const background = ({ id: connectionId, groupKey }: Connection, at: number, over: Partial<Pull> = {}): Effect =>
  insert('pull', pullRow(next(), { connectionId, groupKey, origin: 'background', at, ...over }));

const found = async (...effects: readonly Effect[]) =>
  (await findingsBy(wastedPulls, effects)).map(({ severity, summary, money }) => [
    severity,
    summary.replace(/^\d+ forced pulls? of the last 30 days /, '').replace(/,.*$/, ''),
    money?.micros ?? null,
  ]);

const NOTHING_NEW = 'brought nothing new';
const SOON = 'came minutes before a free one';

test('pulls that brought something, were free, or were not charged are no findings', async () => {
  const connection = connectionRow(next());
  expect(
    await found(
      insert('connection', connection),
      ...forced(connection).effects,
      ...forced(connection, { newData: null }).effects,
      ...forced(connection, { newData: false, charge: 'released' }).effects,
      ...forced(connection, { newData: false, charge: 'uncertain' }).effects,
      background(connection, AT - 5 * MINUTE),
      background(connection, AT + DAY),
    ),
  ).toEqual([]);
});

describe('what brought nothing new', () => {
  test('is one finding a connection, with the sum and the pulls', async () => {
    const [one, other] = [connectionRow(next()), connectionRow(next())];
    const wasted = [forced(one, { newData: false }), forced(one, { newData: false, attended: true })];
    const findings = await findingsBy(wastedPulls, [
      insert('connection', one),
      insert('connection', other),
      ...wasted.flatMap(({ effects }) => effects),
      ...forced(one).effects,
      ...forced(other, { newData: false }).effects,
    ]);
    expect(findings).toMatchObject([
      {
        severity: 'info',
        connectionId: one.id,
        money: { micros: 240_000, currency: 'USD' },
        summary: '2 forced pulls of the last 30 days brought nothing new, for 0.24 USD',
        evidence: { count: 2, attended: 1 },
      },
      { connectionId: other.id, money: { micros: 120_000, currency: 'USD' } },
    ]);
    const named = findings[0]?.evidence.pulls as readonly { readonly taskId: string }[];
    expect(named.map(({ taskId }) => taskId)).toEqual(wasted.map(({ task }) => task.id).toReversed());
  });

  test.each([
    [WARN_FROM_MICROS - 1, 'info'],
    [WARN_FROM_MICROS, 'warning'],
  ])('is worth %i micros: %s', async (micros, severity) => {
    const connection = connectionRow(next());
    const { effects } = forced(connection, { newData: false, cost: { micros, currency: 'USD' } });
    expect(await found(insert('connection', connection), ...effects)).toEqual([[severity, NOTHING_NEW, micros]]);
  });

  test('is told of without money where the price is not known, and in each currency', async () => {
    const [one, other] = [connectionRow(next()), connectionRow(next())];
    expect(
      await found(
        insert('connection', one),
        insert('connection', other),
        ...forced(one, { newData: false, cost: null }).effects,
        ...forced(other, { newData: false }).effects,
        ...forced(other, { newData: false, cost: { micros: 5, currency: 'GBP' } }).effects,
      ),
    ).toEqual([
      ['info', NOTHING_NEW, null],
      ['info', NOTHING_NEW, 5],
      ['info', NOTHING_NEW, 120_000],
    ]);
  });

  test('is looked for 30 days back', async () => {
    const connection = connectionRow(next());
    const asked = (queuedAt: number) => forced(connection, { newData: false, queuedAt }).effects;
    expect(await found(insert('connection', connection), ...asked(NOW - LOOK_BACK_MS - 1))).toEqual([]);
    expect(await found(insert('connection', connection), ...asked(NOW - LOOK_BACK_MS))).toHaveLength(1);
  });

  test('is found behind many others', async () => {
    const connection = connectionRow(next());
    const first = forced(connection, { newData: false });
    const others = Array.from({ length: 250 }, () => forced(connection).effects).flat();
    expect(await found(insert('connection', connection), ...first.effects, ...others)).toHaveLength(1);
  });
});

describe('what came minutes before a free one', () => {
  test.each([
    ['at the end of the half hour', SOON_MS, true],
    ['after it', SOON_MS + 1, false],
    ['while the forced one ran', -MINUTE, true],
    ['before it was sent', -2 * MINUTE, false],
  ])('%s', async (_when, later, isFound) => {
    const connection = connectionRow(next());
    const effects = [
      insert('connection', connection),
      ...forced(connection).effects,
      background(connection, AT + later),
    ];
    expect(await found(...effects)).toEqual(isFound ? [['info', SOON, 120_000]] : []);
  });

  test('only a free one that succeeded counts, of its group, whichever twin it names', async () => {
    const connection = connectionRow(next(), { groupKey: 'a' });
    const twin = connectionRow(next(), { groupKey: 'a', active: false });
    const soon = AT + 5 * MINUTE;
    const base = [insert('connection', connection), insert('connection', twin), ...forced(connection).effects];
    expect(await found(...base, background(connection, soon, { state: 'failed' }))).toEqual([]);
    expect(await found(...base, background(connection, soon, { origin: 'repair' }))).toEqual([]);
    expect(await found(...base, background(connection, soon, { groupKey: 'b' }))).toEqual([]);
    expect(await found(...base, background(twin, soon))).toEqual([['info', SOON, 120_000]]);
  });

  test('is never a permit of ours that fell due: nobody asked for it, and it is billed', async () => {
    const connection = connectionRow(next());
    const base = [insert('connection', connection), ...forced(connection).effects];
    expect(await found(...base, background(connection, AT + MINUTE, { taskId: taskRow(next()).id }))).toEqual([]);
    for (const newData of [true, false]) {
      const own = forced(connection, { newData }, AT).effects.map((effect) =>
        effect.do === 'insert' && effect.record === 'pull'
          ? insert('pull', { ...(effect.row as Pull), origin: 'background' })
          : effect,
      );
      expect(await found(insert('connection', connection), ...own, background(connection, AT + MINUTE))).toEqual([]);
    }
  });

  test('is found in the group that it was made in, and in the one that its pulls went to', async () => {
    const connection = connectionRow(next(), { groupKey: 'new' });
    const old = { ...connection, groupKey: 'old' };
    const base = [insert('connection', connection), ...forced(old).effects];
    expect(await found(...base, background(old, AT + MINUTE))).toHaveLength(1);
    expect(await found(...base, background(connection, AT + MINUTE))).toHaveLength(1);
  });

  test('is not counted twice where it brought nothing new either', async () => {
    const connection = connectionRow(next());
    const { effects } = forced(connection, { newData: false });
    expect(await found(insert('connection', connection), ...effects, background(connection, AT + MINUTE))).toEqual([
      ['info', NOTHING_NEW, 120_000],
    ]);
  });
});
