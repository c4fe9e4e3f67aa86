import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, taskStates, charges, verdicts } from '@freshet/domain';
import type { ConnectionId, Decision, DecisionRecord, Task } from '@freshet/domain';
import { connection, facts, noon, policy, providerManaged, request } from '../../test/given.js';
import { decideRefresh } from '../refresh/decide-refresh.js';
import { explain, type ExplainFacts } from './explain.js';

const rules = policy({ background: providerManaged });
const seen = facts();
const decide = (asks: Parameters<typeof request>[0], values: Parameters<typeof facts>[0] = {}): Decision =>
  decideRefresh({ ...seen, ...values }, request(asks), rules);

const answered = {
  auto: decide({}),
  unattended: decide({ mode: 'force' }),
  attended: decide({ mode: 'force', attended: true }),
};

const record = (decision: Decision, decidedAt = noon - HOUR): DecisionRecord =>
  ({
    id: 'dec_1',
    connectionId: 'conn_1',
    verdict: decision.verdict,
    taskId: null,
    decision,
    decidedAt,
  }) as DecisionRecord;

const task = (values: Partial<Task> = {}): Task =>
  ({
    ...{
      id: 'task_1',
      state: 'succeeded',
      charge: 'charged',
      cost: { micros: 120_000, currency: 'USD' },
      newData: true,
    },
    ...{ error: null, endedAt: noon - HOUR + MINUTE },
    ...values,
  }) as Task;

const explained = (values: Partial<ExplainFacts> = {}) =>
  explain({
    now: noon,
    connection: connection('conn_1' as never),
    activeId: connection('conn_1' as never).id,
    lastDataAt: noon - 5 * HOUR,
    answered,
    made: [],
    ...values,
  });

const made = (values: Partial<Task>, decision = answered.unattended) =>
  explained({ made: [{ record: record(decision), task: task(values) }] }).made[0]?.text ?? '';

describe('what is told of a connection', () => {
  test('begins with how it stands, and how old its data is', () => {
    expect(explained().text.slice(0, 2)).toEqual([
      'It is ACTIVE.',
      'Its newest data is from 2026-03-02T07:00:00.000Z, 5 h ago.',
    ]);
    const { text } = explained({
      connection: { ...connection('conn_1' as never), status: 'DEGRADED', statusReason: 'UNAVAILABLE' },
      activeId: 'conn_2' as ConnectionId,
      lastDataAt: null,
    });
    expect(text.slice(0, 2)).toEqual([
      'It is DEGRADED (UNAVAILABLE), and stands back behind its twin conn_2, which is kept up for both.',
      'It has never had any data.',
    ]);
  });

  test('says each kind of forcing only where they differ', () => {
    expect(explained().text.filter((each) => each.startsWith('A forced refresh'))).toHaveLength(1);
    const gone = decide(
      { mode: 'force' },
      { asked: { ...seen.asked, status: 'DELETED' }, active: { ...seen.active, status: 'DELETED' } },
    );
    const differing = explained({ answered: { ...answered, unattended: gone } });
    expect(differing.text.filter((each) => each.startsWith('A forced refresh'))).toHaveLength(2);
    expect(differing.unattended.text).toContain('would be refused. The status DELETED');
  });

  test.each(verdicts)('has a sentence for the verdict %s, now and then', (verdict) => {
    const decision = { ...answered.auto, verdict };
    const { auto, made: told } = explained({
      answered: { ...answered, auto: decision },
      made: [{ record: record(decision), task: null }],
    });
    expect(auto.text).toMatch(/^A request in mode auto, without the customer, would \w+/);
    expect(told[0]?.text).toMatch(
      /^2026-03-02T11:00:00.000Z: a request in mode auto without the customer (was|joined) /,
    );
    for (const text of [auto.text, told[0]?.text]) expect(text).not.toMatch(/undefined|null|NaN| {2}| $/);
  });

  test.each<[string, Partial<Task>, RegExp]>([
    ['was charged', {}, /ended succeeded at .* and brought something new; 0.12 USD were charged\.$/],
    ['brought nothing', { newData: false }, /brought nothing new; 0.12 USD were charged\.$/],
    [
      'still runs',
      { state: 'running', charge: 'reserved', endedAt: null },
      /is running; its money is held until it ends\.$/,
    ],
    [
      'is in doubt',
      { state: 'failed', charge: 'uncertain', newData: null, error: { kind: 'unknown', message: 'no reply came' } },
      /ended failed at \S+ \(unknown: no reply came\); nobody can tell whether 0.12 USD were charged\.$/,
    ],
    [
      'cost nothing',
      { state: 'cancelled', charge: 'released', newData: null },
      /ended cancelled at \S+; nothing was charged\.$/,
    ],
    ['has no known price', { cost: null }, /; it was charged\.$/],
  ])('tells of a refresh that %s', (_what, values, expected) => {
    expect(made(values)).toMatch(expected);
  });

  test('has words for every state and charge', () => {
    for (const state of taskStates)
      for (const charge of charges) expect(made({ state, charge })).not.toMatch(/undefined|null/);
  });

  test('of a refused request tells no refresh, whatever it is stored beside', () => {
    expect(made({}, { ...answered.unattended, verdict: 'refuse' })).not.toContain('task_1');
  });

  test.each([
    ['the last thirty days', noon - 30 * DAY + 1, false],
    ['before them', noon - 30 * DAY, true],
  ])('reads out requests of %s', (_what, decidedAt, nobody) => {
    const { text } = explained({ made: [{ record: record(answered.auto, decidedAt), task: null }] });
    expect(text.includes('Nobody asked for a refresh in the last 30 days.')).toBe(nobody);
  });

  test('names when an answer changes by itself', () => {
    expect(explained().unattended.changesAt).toBeNull();
    const waits = { ...answered.auto, verdict: 'wait' as const, nextBackgroundAt: noon + HOUR };
    const refused = { ...answered.auto, verdict: 'refuse' as const, retryAt: noon + MINUTE };
    const { auto, unattended } = explained({ answered: { ...answered, auto: waits, unattended: refused } });
    expect([auto.changesAt, unattended.changesAt]).toEqual([noon + HOUR, noon + MINUTE]);
  });
});
