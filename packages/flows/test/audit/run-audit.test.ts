import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import type { AuditRun } from '@freshet/domain';
import { read, StoreUnavailable } from '@freshet/ports';
import { requestAudit, requestNightlyAudits, runAudit, runQueuedAudits } from '../../src/index.js';
import type { Check } from '../../src/index.js';
import { defineCheck, defineSummary } from '../../src/audit/check.js';
import { connectionRow, imported, NOW, plant, risingIds } from '../../src/contract/audit-rows.js';
import { OTHER_TENANT, TENANT } from '../../src/contract/rig.js';
import { testEngine, type TestEngine } from './test-engine.js';

const ids = risingIds();

/** A store in which each of so many connections is a finding. */
const faulty = async (count: number): Promise<TestEngine> => {
  const made = testEngine();
  const rows = Array.from({ length: count }, () => connectionRow(ids.next(), { active: false }));
  await plant(made.store, ...rows.flatMap(imported));
  return made;
};

const foundIn = ({ store }: TestEngine): readonly string[] =>
  store.rows('finding').map(({ connectionId }) => connectionId as string);

/** Stops the worker in the middle: its process is gone, its turn is not written. */
const dyingAfter = (pages: number, error: Error): readonly Check[] => {
  let left = pages;
  return [
    {
      ...numbers,
      *page(place, rules) {
        if (left === 0) throw error;
        left -= 1;
        return yield* numbers.page(place, rules);
      },
    },
  ];
};

const numbers: Check = defineCheck<{ readonly key: string }>({
  name: 'numbers',
  question: 'Are there numbers?',
  *rows({ after, limit }) {
    yield* read('setting', { id: 'numbers' });
    const from = after === '' ? 0 : Number(after) + 1;
    return Array.from({ length: Math.max(0, Math.min(limit, 10 - from)) }, (_, index) => ({
      key: String(from + index),
    }));
  },
  keyOf: ({ key }) => key,
  judge: ({ key }) => [
    {
      key,
      severity: 'info',
      connectionId: null,
      summary: key,
      action: '',
      money: { micros: 1, currency: 'USD' },
      evidence: {},
    },
  ],
});

/** Adds up what `numbers` walks through, and says it at its end. */
const total: Check = defineSummary<{ readonly key: string }, { readonly of: number; readonly sum: number }>({
  name: 'total',
  question: 'What do the numbers come to?',
  *rows({ after, limit }) {
    yield* read('setting', { id: 'numbers' });
    const from = after === '' ? 0 : Number(after) + 1;
    return Array.from({ length: Math.max(0, Math.min(limit, 10 - from)) }, (_, index) => ({
      key: String(from + index),
    }));
  },
  keyOf: ({ key }) => key,
  nothing: { of: 0, sum: 0 },
  add: ({ of, sum }, { key }) => ({ of: of + 1, sum: sum + Number(key) }),
  summarize: ({ of, sum }) => [
    { key: '', severity: 'info', connectionId: null, summary: `${of}: ${sum}`, action: '', money: null, evidence: {} },
  ],
});

const numbersIn = ({ store }: TestEngine): readonly string[] => store.rows('finding').map(({ summary }) => summary);
const ALL_NUMBERS = Array.from({ length: 10 }, (_, index) => String(index));

const only = ({ store }: TestEngine): AuditRun => store.rows('audit')[0] as AuditRun;

describe('one audit', () => {
  test('is queued when asked for, and done when run', async () => {
    const made = testEngine();
    const asked = await requestAudit(made.engine, TENANT, 'request');
    expect(asked).toMatchObject({ state: 'queued', trigger: 'request', requestedAt: NOW, startedAt: null });
    expect(only(made)).toEqual(asked);
    expect(await runQueuedAudits(made.engine, 10)).toBe(1);
    expect(only(made)).toMatchObject({ state: 'done', startedAt: NOW, endedAt: NOW, error: null });
    expect(await runQueuedAudits(made.engine, 10)).toBe(0);
    expect(made.store.rows('setting')).toEqual([]);
  });

  test.each([1, 2, 5, 6, 7])('finds everything once, with %i rows a page', async (pageSize) => {
    const made = await faulty(6);
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    const run = await runAudit(made.engine, TENANT, id, { pageSize });
    expect([...foundIn(made)].sort()).toEqual(made.store.rows('connection').map((row) => row.id));
    expect(run).toMatchObject({ examined: { 'duplicate-groups': 6 }, counts: { 'duplicate-groups/critical': 6 } });
  });

  test('never asks for more than a page, however much there is', async () => {
    const made = await faulty(50);
    const limits: number[] = [];
    const store = {
      ...made.store,
      turn: ((load, decide) =>
        made.store.turn(function* () {
          const loader = load();
          let step = loader.next();
          while (!step.done) {
            if ('after' in step.value.params && 'limit' in step.value.params) limits.push(step.value.params.limit);
            step = loader.next(yield step.value);
          }
          return step.value;
        }, decide)) as typeof made.store.turn,
    };
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    await runAudit({ ...made.engine, store }, TENANT, id, { pageSize: 7 });
    expect(foundIn(made)).toHaveLength(50);
    expect(Math.max(...limits)).toBe(7);
  });

  test('sees one tenant only', async () => {
    const made = await faulty(3);
    const { id } = await requestAudit(made.engine, OTHER_TENANT, 'request');
    expect(await runAudit(made.engine, OTHER_TENANT, id)).toMatchObject({ state: 'done', counts: {} });
    expect(await runAudit(made.engine, TENANT, id)).toBeUndefined();
  });

  test('is not run a second time', async () => {
    const made = await faulty(3);
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    await runAudit(made.engine, TENANT, id);
    await runAudit(made.engine, TENANT, id);
    expect(foundIn(made)).toHaveLength(3);
  });

  test('that fails by its own fault says why, and lets the next one run', async () => {
    const made = testEngine();
    const first = await requestAudit(made.engine, TENANT, 'request');
    const failed = await runAudit(made.engine, TENANT, first.id, { checks: dyingAfter(0, new Error('a bug')) });
    expect(failed).toMatchObject({ state: 'failed', endedAt: NOW, error: 'Error: a bug' });
    expect(made.warnings).toEqual(['an audit failed']);
    const second = await requestAudit(made.engine, TENANT, 'request');
    expect(await runQueuedAudits(made.engine, 10)).toBe(1);
    expect(made.store.rows('audit').find(({ id }) => id === second.id)).toMatchObject({ state: 'done' });
  });
});

describe('an audit whose worker is lost', () => {
  const lost = new StoreUnavailable('gone');
  const interrupted = async (pages: number): Promise<TestEngine> => {
    const made = testEngine();
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    await expect(runAudit(made.engine, TENANT, id, { checks: dyingAfter(pages, lost), pageSize: 3 })).rejects.toBe(
      lost,
    );
    return made;
  };

  test('is left alone while its lease lasts, and goes on behind its last page afterwards', async () => {
    const made = await interrupted(2);
    expect(only(made)).toMatchObject({ state: 'running', examined: { numbers: 6 } });
    const other = testEngine('worker-2', made);
    expect(await runQueuedAudits(other.engine, 10, { checks: [numbers], pageSize: 3 })).toBe(0);
    expect(numbersIn(made)).toHaveLength(6);
    made.clock.realNow += 60_000;
    expect(await runQueuedAudits(other.engine, 10, { checks: [numbers], pageSize: 3 })).toBe(1);
    expect(numbersIn(made)).toEqual(ALL_NUMBERS);
    expect(only(made)).toMatchObject({
      state: 'done',
      examined: { numbers: 10 },
      counts: { 'numbers/info': 10 },
      money: [{ micros: 10, currency: 'USD' }],
    });
  });

  test.each([1, 3, 5, 10, 11])('takes along what it has added up, with %i rows a page', async (pageSize) => {
    const made = testEngine();
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    const lost = new StoreUnavailable('gone');
    let left = 2;
    const dying: Check = {
      ...total,
      *page(place, rules) {
        if (left === 0) throw lost;
        left -= 1;
        return yield* total.page(place, rules);
      },
    };
    const first = runAudit(made.engine, TENANT, id, { checks: [dying], pageSize });
    if (pageSize < 10) {
      await expect(first).rejects.toBe(lost);
      expect(numbersIn(made)).toEqual([]);
      made.clock.realNow += made.engine.leaseMs;
      const other = testEngine('worker-2', made).engine;
      await runAudit(other, TENANT, id, { checks: [total], pageSize });
    }
    expect(await first.catch(() => only(made))).toMatchObject({ state: 'done', examined: { total: 10 } });
    expect(numbersIn(made)).toEqual(['10: 45']);
  });

  test('tells how far it got only now and then where it finds nothing, and nothing of that is lost', async () => {
    const made = testEngine();
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    const quiet = (pages: number, lastsMs: number): Check => ({
      ...total,
      *page(place, rules) {
        if (pages === 0) throw lost;
        pages -= 1;
        made.clock.realNow += lastsMs;
        return yield* total.page(place, rules);
      },
    });
    let writes = 0;
    const store = {
      ...made.store,
      turn: (async (load, decide) => {
        const decided = await made.store.turn(load, decide);
        writes += Number(decided.effects.length > 0);
        return decided;
      }) as typeof made.store.turn,
    };
    const run = (check: Check, pageSize: number) =>
      runAudit({ ...made.engine, store }, TENANT, id, { checks: [check], pageSize });
    await expect(run(quiet(4, 1), 2)).rejects.toBe(lost);
    // It was taken; and four pages, before the one that could not be read, are one.
    expect(writes).toBe(1 + 1);
    expect(only(made)).toMatchObject({ state: 'running', examined: { total: 8 } });
    made.clock.realNow += made.engine.leaseMs;
    await run(quiet(9, made.engine.leaseMs), 1);
    // Slow ones are told of one by one: the last two numbers, and that there are no more.
    expect(writes).toBe(1 + 1 + 1 + 3);
    expect(only(made)).toMatchObject({ state: 'done', examined: { total: 10 } });
    expect(numbersIn(made)).toEqual(['10: 45']);
  });

  test('is finished before those that are queued', async () => {
    const made = await interrupted(1);
    await requestAudit(made.engine, TENANT, 'request');
    made.clock.realNow += 60_000;
    expect(await runQueuedAudits(made.engine, 1, { checks: [numbers] })).toBe(1);
    expect(made.store.rows('audit').map(({ state }) => state)).toEqual(['done', 'queued']);
  });

  test('is given up after it was lost three times', async () => {
    const made = await interrupted(1);
    const { id } = only(made);
    for (let take = 2; take <= 3; take += 1) {
      made.clock.realNow += 60_000;
      await expect(runAudit(made.engine, TENANT, id, { checks: dyingAfter(0, lost) })).rejects.toBe(lost);
    }
    made.clock.realNow += 60_000;
    expect(await runAudit(made.engine, TENANT, id, { checks: [numbers] })).toMatchObject({
      state: 'failed',
      error: 'its worker was lost 3 times, the last time in check numbers',
    });
    expect(made.store.rows('setting')).toEqual([]);
  });

  test('is failed where this version does not know how to go on', async () => {
    const made = await interrupted(1);
    made.clock.realNow += 60_000;
    expect(await runAudit(made.engine, TENANT, only(made).id)).toMatchObject({ state: 'failed' });
  });

  test('a worker that was only slow writes nothing once it was replaced', async () => {
    const made = testEngine();
    const other = testEngine('worker-2', made);
    const { id } = await requestAudit(made.engine, TENANT, 'request');
    const slow = made.store.turn;
    let turns = 0;
    const store = {
      ...made.store,
      // After its first page it stands still for longer than its lease; another worker does the rest.
      turn: (async (load, decide) => {
        turns += 1;
        if (turns === 3) {
          made.clock.realNow += 60_000;
          await runAudit(other.engine, TENANT, id, { checks: [numbers], pageSize: 4 });
        }
        return slow(load, decide);
      }) as typeof slow,
    };
    await runAudit({ ...made.engine, store }, TENANT, id, { checks: [numbers], pageSize: 4 });
    expect(numbersIn(made)).toEqual(ALL_NUMBERS);
    expect(only(made)).toMatchObject({ state: 'done', examined: { numbers: 10 } });
  });

  test('two workers at once run it once', async () => {
    const made = await faulty(20);
    const other = testEngine('worker-2', made);
    await requestAudit(made.engine, TENANT, 'request');
    await Promise.all([
      runQueuedAudits(made.engine, 10, { pageSize: 2 }),
      runQueuedAudits(other.engine, 10, { pageSize: 2 }),
      runQueuedAudits(made.engine, 10, { pageSize: 2 }),
    ]);
    expect(foundIn(made)).toHaveLength(20);
    expect(only(made)).toMatchObject({ state: 'done', counts: { 'duplicate-groups/critical': 20 } });
  });
});

describe('the nightly audit', () => {
  test('is asked for once a UTC date, also after a restart', async () => {
    const made = await faulty(1);
    expect(await requestNightlyAudits(made.engine)).toMatchObject([{ trigger: 'nightly', state: 'queued' }]);
    made.clock.now += 20 * HOUR;
    expect(await requestNightlyAudits(made.engine)).toEqual([]);
    expect(await requestNightlyAudits(testEngine('worker-2', made).engine)).toEqual([]);
    made.clock.now = Date.UTC(2026, 4, 21);
    expect(await requestNightlyAudits(made.engine)).toHaveLength(1);
    expect(made.store.rows('audit')).toHaveLength(2);
  });

  test('is asked for once by replicas that ask in the same moment', async () => {
    const made = await faulty(1);
    const other = testEngine('worker-2', made);
    const asked = await Promise.all([requestNightlyAudits(made.engine), requestNightlyAudits(other.engine)]);
    expect(asked.flat()).toHaveLength(1);
    expect(made.store.rows('audit')).toHaveLength(1);
  });

  test('a replica that loses the race makes nothing', async () => {
    const made = await faulty(1);
    const other = testEngine('worker-2', made);
    // It has looked before the other one wrote: what a store with weaker isolation would let through.
    const blind = {
      ...made.store,
      turn: ((_load, decide) =>
        made.store.turn(function* () {
          yield* read('setting', { id: 'another one' });
          return null as never;
        }, decide)) as typeof made.store.turn,
    };
    await requestNightlyAudits(other.engine);
    expect(await requestNightlyAudits({ ...made.engine, store: blind })).toEqual([]);
    expect(made.store.rows('audit')).toHaveLength(1);
  });

  test('is one for each tenant that has connections', async () => {
    const made = await faulty(3);
    await plant(made.store, ...imported(connectionRow(ids.next(), { tenantId: OTHER_TENANT })));
    const asked = await requestNightlyAudits(made.engine);
    expect(asked.map(({ tenantId }) => tenantId)).toEqual([TENANT, OTHER_TENANT]);
    expect(await runQueuedAudits(made.engine, 10)).toBe(2);
    expect(made.store.rows('audit').map(({ tenantId, state, examined }) => [tenantId, state, examined])).toEqual([
      [TENANT, 'done', expect.objectContaining({ 'duplicate-groups': 3 })],
      [OTHER_TENANT, 'done', expect.objectContaining({ 'duplicate-groups': 1 })],
    ]);
    expect(await requestNightlyAudits(testEngine().engine)).toEqual([]);
  });

  test('forgets the marks of a week ago', async () => {
    const made = await faulty(1);
    await requestNightlyAudits(made.engine);
    made.clock.now += 7 * DAY;
    await requestNightlyAudits(made.engine);
    expect(made.store.rows('setting').map(({ id }) => id)).toEqual(['nightly audit of ten_default 2026-05-27']);
  });
});
