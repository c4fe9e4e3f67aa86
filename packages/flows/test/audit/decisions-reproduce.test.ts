import { beforeEach, describe, expect, test } from '@jest/globals';
import { DAY, HOUR, insert, put } from '@freshet/domain';
import type { DecisionRecord, Effect } from '@freshet/domain';
import { createMemoryStore } from '@freshet/ports/memory';
import { decisionsReproduce, MOST_EXAMPLES } from '../../src/audit/decisions-reproduce.js';
import { sameValues } from '../../src/audit/same-values.js';
import { LIVED_IN, livedIn, type LivedIn } from '../../src/contract/lived-in.js';
import { ask, bringInOne, mxRow, rigsOver, TENANT, type Rig } from '../../src/contract/rig.js';
import { findingsBy } from './test-engine.js';

const newRig = rigsOver(() => createMemoryStore());
let rig: Rig;
let lived: LivedIn;
let records: readonly DecisionRecord[];
let archive: Effect;

beforeEach(async () => {
  rig = newRig(LIVED_IN);
  lived = await livedIn(rig);
  const broken = await bringInOne(rig, mxRow({ customerId: 'customer-5', status: 'UNRECOVERABLE' }));
  await ask(rig, broken.id);
  const latest = await bringInOne(
    rig,
    mxRow({ customerId: 'customer-6', lastSuccessAt: rig.clock.now() - DAY + HOUR / 2 }),
  );
  await ask(rig, latest.id, { request: { mode: 'auto', maxAgeMs: DAY } });
  await ask(rig, latest.id, { request: { mode: 'auto', maxAgeMs: HOUR } });
  const page = { tenantId: TENANT, limit: 100, before: null };
  records = (await rig.store.read('decisionsPage', page)).toReversed();
  const { version: id, archive: body } = rig.engine.policies;
  archive = put('policyArchive', { id, body, createdAt: 0 });
});

const findings = (changed: readonly DecisionRecord[], ...more: readonly Effect[]) =>
  findingsBy(decisionsReproduce, [...more, ...changed.map((record) => insert('decision', record))]);

const forced = (): DecisionRecord => records.find(({ verdict }) => verdict === 'force') as DecisionRecord;
const changing = (change: (record: DecisionRecord) => DecisionRecord): readonly DecisionRecord[] =>
  records.map((record) => (record.id === forced().id ? change(record) : record));
const decidedElse = (over: Partial<DecisionRecord['decision']>): readonly DecisionRecord[] =>
  changing((record) => ({ ...record, decision: { ...record.decision, ...over } }));

test('decisions of every kind reproduce', async () => {
  expect([...new Set(records.map(({ verdict }) => verdict))].sort()).toEqual([
    'force',
    'join',
    'refuse',
    'reuse',
    'wait',
  ]);
  expect(await findings(records, archive)).toEqual([]);
});

test('one whose policy is not archived is found, once for the version', async () => {
  const [finding, ...rest] = await findings(records);
  expect(rest).toEqual([]);
  expect(finding).toMatchObject({
    severity: 'warning',
    connectionId: null,
    money: null,
    summary: `${records.length} decisions of policy ${rig.engine.policies.version} name a policy that is not archived`,
  });
});

test.each([
  ['is no archive', () => '{}'],
  ['is no JSON', () => 'version: 1'],
  ['is that of another version', (body: string) => body.replace(/"version":"[0-9a-f]+"/, '"version":"other"')],
])('an archive that %s is found', async (_what, change) => {
  const { version: id, archive: body } = rig.engine.policies;
  const other = put('policyArchive', { id, body: change(body), createdAt: 0 });
  expect(await findings(records, other)).toMatchObject([{ severity: 'critical', evidence: { count: records.length } }]);
});

describe('a record that was written over is found:', () => {
  const one = (severity: string, told: string, micros: number | null = null) => [
    {
      severity,
      connectionId: lived.busy.id,
      money: micros === null ? null : { micros, currency: 'USD' },
      summary: `1 decision of policy ${rig.engine.policies.version} ${told}`,
    },
  ];

  test('its cost, with the difference', async () => {
    const micros = (forced().decision.cost?.micros ?? 0) + 30_000;
    expect(await findings(decidedElse({ cost: { micros, currency: 'USD' } }), archive)).toMatchObject(
      one('critical', 'would cost something else', 30_000),
    );
  });

  test('its verdict, with the whole cost', async () => {
    const cost = forced().decision.cost?.micros ?? 0;
    expect(cost).toBeGreaterThan(0);
    const refused = changing((record) => ({
      ...record,
      verdict: 'refuse',
      decision: { ...record.decision, verdict: 'refuse', cost: null },
    }));
    expect(await findings(refused, archive)).toMatchObject(one('critical', 'would end otherwise', cost));
  });

  test('its verdict beside the decision', async () => {
    const told = changing((record) => ({ ...record, verdict: 'wait' }));
    expect(await findings(told, archive)).toMatchObject(one('critical', 'would end otherwise'));
  });

  test('a number in its reasons', async () => {
    const reasons = forced().decision.reasons.map((reason) => ({ ...reason, data: { ...reason.data, planted: 1 } }));
    expect(await findings(decidedElse({ reasons }), archive)).toMatchObject(one('warning', 'would have other reasons'));
  });

  test('a time that it told', async () => {
    expect(await findings(decidedElse({ nextForcedAt: 5 }), archive)).toMatchObject(
      one('warning', 'would tell other times or limits'),
    );
  });

  test.each([null, 'nothing', { now: 1 }, { asked: {} }])('its facts, even where %j is left of them', async (facts) => {
    const lost = changing((record) => ({ ...record, facts }));
    expect(await findings(lost, archive)).toMatchObject(
      one('critical', 'cannot be decided again from the facts that are kept'),
    );
  });

  test.each([null, {}])('all of it: %j', async (decision) => {
    const lost = changing((record) => ({ ...record, decision: decision as never }));
    expect(await findings(lost, archive)).toMatchObject([{ severity: 'critical' }]);
  });
});

test('another order of fields is no difference', async () => {
  const turned = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .map(([key, each]) => [key, turned(each)] as const)
            .reverse(),
        )
      : value;
  const again = records.map((record) => ({
    ...record,
    decision: turned(record.decision) as DecisionRecord['decision'],
  }));
  expect(await findings(again, archive)).toEqual([]);
});

test.each([
  [{ a: 1, b: [null, 'x'] }, { b: [null, 'x'], a: 1 }, true],
  [0.1 + 0.2, 0.3, true],
  [1.5, 1.5 * (1 + 1e-8), false],
  // Instants are whole: a millisecond is no rounding.
  [1_790_000_000_000, 1_790_000_000_001, false],
  [1, '1', false],
  [null, {}, false],
  [[], {}, false],
  [{ a: 1 }, { a: 1, b: 1 }, false],
  [{ a: 1, b: 2 }, { a: 1, c: 2 }, false],
  [{ 0: 'x' }, ['x'], false],
  [['x', 'y'], ['x'], false],
])('%j and %j are the same: %s', (a, b, expected) => {
  expect([sameValues(a, b), sameValues(b, a)]).toEqual([expected, expected]);
});

test.each([
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ b: null }, { b: undefined }, false],
  [{ a: null }, { a: Number.NaN }, true],
  [[null, null], [undefined, Infinity], true],
  [{ a: 0 }, { a: Number.NaN }, false],
])('kept as %j it is the same as %j: %s', (kept, made, expected) => {
  expect(sameValues(kept, made)).toBe(expected);
  expect(sameValues(JSON.parse(JSON.stringify(made)), made)).toBe(true);
});

test('of many, some are named', async () => {
  const many = Array.from({ length: MOST_EXAMPLES + 3 }, (_, index) => ({
    ...forced(),
    id: `${forced().id}-${String(index).padStart(3, '0')}` as DecisionRecord['id'],
    decision: { ...forced().decision, cost: null },
  }));
  const [finding] = await findings(many, archive);
  expect(finding?.evidence).toMatchObject({ count: many.length });
  expect(finding?.evidence.examples).toHaveLength(MOST_EXAMPLES);
  expect(finding?.money).toEqual({ micros: many.length * (forced().decision.cost?.micros ?? 0), currency: 'USD' });
});
