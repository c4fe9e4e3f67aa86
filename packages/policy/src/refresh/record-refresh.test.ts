import { describe, expect, test } from '@jest/globals';
import { DAY, idOf, MINUTE } from '@freshet/domain';
import type { BudgetCounter, Effect, RefreshFacts, RefreshRequest, Task } from '@freshet/domain';
import {
  budget,
  connectionId,
  counter,
  facts,
  noon,
  openTask,
  policy,
  priced,
  queued,
  request,
  taskId,
  tenant,
} from '../../test/given.js';
import { kept, written } from '../../test/tables.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from './decide-refresh.js';
import { recordRefresh, type RecordedRefresh } from './record-refresh.js';

const record = (
  seen: Partial<RefreshFacts> = {},
  asked: Partial<RefreshRequest> = {},
  rules: Partial<RefreshPolicy> = {},
  joined: Task | null = null,
  presence: string | null = null,
  counters: readonly BudgetCounter[] = [],
): RecordedRefresh => {
  const input = { facts: facts(seen), request: request(asked), policy: policy(rules) };
  const decision = decideRefresh(input.facts, input.request, input.policy);
  const rest = { decision, openTask: joined, presence, counters };
  return recordRefresh({ tenantId: tenant, uuid: 'uuid', ...input, ...rest });
};

const kinds = (effects: readonly Effect[]): readonly string[] => effects.map((it) => `${it.do} ${it.record}`);

describe('a decision to force', () => {
  test('writes itself with its facts, a queued task, its reserved pull and the money held', () => {
    const { record: row, task, effects } = record({ budgets: [budget({ chargedMicros: 5 })] });
    expect(kinds(effects)).toEqual([
      'insert decision',
      'insert task',
      'insert pull',
      'insert ledgerEntry',
      'put budgetCounter',
    ]);
    expect(row).toMatchObject({
      id: 'dec_uuid',
      verdict: 'force',
      taskId: 'task_uuid',
      policyVersion: 'v1',
      decidedAt: noon,
      facts: { now: noon },
    });
    expect(task).toMatchObject({ state: 'queued', attempts: 0, charge: 'reserved', dueAt: noon, giveUpAt: null });
    expect(written(effects, 'pull')).toMatchObject([{ id: 'pull_uuid', state: 'reserved', at: noon, sentAt: null }]);
    expect(written(effects, 'ledgerEntry')).toMatchObject([
      { kind: 'reserved', micros: 120_000, pullId: 'pull_uuid', cause: 'dec_uuid' },
    ]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ reservedMicros: 120_000, chargedMicros: 5 }]);
  });

  test('holds no money where the price is not known, and none in a budget that does not cover it', () => {
    expect(written(record({}, {}, { price: null }).effects, 'ledgerEntry')).toEqual([]);
    const euros = [counter({ currency: 'EUR' })];
    const foreign = record({ budgets: [budget({ currency: 'EUR' })] }, {}, {}, null, null, euros).effects;
    expect(written(foreign, 'ledgerEntry')).toHaveLength(1);
    expect(written(foreign, 'budgetCounter')).toEqual([]);
  });

  test('keeps up the counters of budgets that are not configured any more, where they count it', () => {
    const counters = [
      counter({ id: 'gone@1', reservedMicros: 7 }),
      counter({ id: 'of MX@1', provider: 'MX', reservedMicros: 0 }),
      counter({ id: 'of PLAID@1', provider: 'PLAID' }),
      counter({ id: 'euro@1', currency: 'EUR' }),
      counter({ id: 'over@1', periodEnd: noon }),
      counter({ id: 'to come@1', periodStart: noon + 1 }),
    ];
    const { effects } = record({}, {}, {}, null, null, counters);
    expect(written(effects, 'budgetCounter').map(({ id, reservedMicros }) => [id, reservedMicros])).toEqual([
      ['gone@1', 120_007],
      ['of MX@1', 120_000],
    ]);
  });

  test('moves a counter once, whose budget is configured', () => {
    const { effects } = record({ budgets: [budget()] }, {}, {}, null, null, [counter({ reservedMicros: 0 })]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ id: 'monthly@1', reservedMicros: 120_000 }]);
  });

  test('keeps the sealed presence for five minutes, and only where there is one', () => {
    const attended = record({}, { attended: true }, {}, null, 'sealed').effects;
    expect(written(attended, 'pull')).toMatchObject([{ presence: 'sealed', presenceUntil: noon + 5 * MINUTE }]);
    expect(written(record().effects, 'pull')).toMatchObject([{ presence: null, presenceUntil: null }]);
  });

  test('of a permit counts as sent from the start, keeps no presence, and gives up in time', () => {
    const forced = { available: true, unattended: true, executor: 'caller' } as const;
    const { task, effects } = record({}, { attended: true }, { forced }, null, 'sealed');
    expect(task).toMatchObject({ state: 'running', executor: 'caller', attempts: 1, giveUpAt: noon + 30 * MINUTE });
    expect(written(effects, 'pull')).toMatchObject([{ state: 'sent', sentAt: noon, presence: null }]);
    expect(written(effects, 'connection')).toMatchObject([
      { id: connectionId('a'), lastAttemptAt: noon, lastForcedAt: noon },
    ]);
    expect(written(record().effects, 'connection')).toEqual([]);
  });
});

describe('a decision to join', () => {
  const balances: Task = queued({
    id: taskId('open'),
    pullId: idOf('pull', 'open'),
    products: ['BALANCES'],
    cost: { micros: 40_000, currency: 'USD' },
  });
  const seen = {
    openTask: openTask({ cost: balances.cost }),
    budgets: [budget({ reservedMicros: 40_000 })],
  };

  test('as it is writes nothing but itself', () => {
    const {
      task,
      effects,
      record: row,
    } = record(seen, { products: ['BALANCES'] }, priced, balances, null, [counter()]);
    expect(kinds(effects)).toEqual(['insert decision']);
    expect(task).toBe(balances);
    expect(row).toMatchObject({ verdict: 'join', taskId: taskId('open') });
  });

  test('and to widen it holds what it costs more, for the same pull', () => {
    const { task, effects } = record(seen, {}, priced, balances);
    expect(task).toMatchObject({ products: ['BALANCES', 'TRANSACTIONS'], cost: { micros: 120_000 } });
    expect(written(effects, 'ledgerEntry')).toMatchObject([
      { micros: 80_000, pullId: 'pull_open', taskId: 'task_open' },
    ]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ reservedMicros: 120_000 }]);
    expect(written(effects, 'pull')).toEqual([{ id: 'pull_open', products: ['BALANCES', 'TRANSACTIONS'] }]);
  });

  test('and to widen its range holds nothing more', () => {
    const range = { maxBackMs: 90 * DAY, overlapMs: 7 * DAY };
    const whole = { ...balances, products: ['BALANCES', 'TRANSACTIONS'] } as const;
    const open = { openTask: openTask({ products: whole.products }) };
    const { task, effects } = record(open, { from: noon - 80 * DAY }, { ...priced, range }, whole);
    expect(kinds(effects)).toEqual(['insert decision', 'update task']);
    expect(written(effects, 'task')).toEqual([{ id: 'task_open', from: noon - 80 * DAY, to: null }]);
    expect(task).toEqual({ ...whole, from: noon - 80 * DAY });
  });

  test('and to widen it for the same price holds nothing more', () => {
    const { effects } = record(seen, {}, { price: { ...priced.price!, perRequestMicros: 40_000 } }, balances);
    expect(written(effects, 'ledgerEntry')).toEqual([]);
    expect(written(effects, 'task')).toMatchObject([{ cost: { micros: 40_000 } }]);
  });
});

test('a refusal writes itself and nothing else: it is asked for later', () => {
  const { effects, task, record: row } = record({}, { products: ['OWNERS'] });
  expect(kinds(effects)).toEqual(['insert decision']);
  expect(task).toBeNull();
  expect(row).toMatchObject({ verdict: 'refuse', taskId: null, decision: { refusal: 'product-not-granted' } });
});

test('the effects fit the rows that the facts showed', () => {
  const rows = kept();
  rows.apply(record({ budgets: [budget()] }).effects);
  expect(rows.all('task')).toHaveLength(1);
  expect(() => rows.apply(record().effects)).toThrow('twice');
});
