import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { Connection, Instant, PullPlan, TenantId } from '@freshet/domain';
import {
  importConnections,
  planSweeps,
  previewSweep,
  setProviderPaused,
  sweepDue,
  sweepOverview,
  type ImportRow,
} from '../index.js';
import {
  allTasks,
  ask,
  bringIn,
  bringInOne,
  budRow,
  connectionOf,
  CUSTOMER,
  deliverFromBud,
  force,
  MORNING,
  OTHER_TENANT,
  pullOf,
  rigsOver,
  runDue,
  TENANT,
  type OpenStore,
  type Rig,
  type RigOptions,
} from './rig.js';

/** The whole period, and the part of it that keeps those apart that came together. */
const PERIOD = DAY + HOUR;
const BATCH = 200;
/** Weeks are walked through, over a real file too. */
const LONG_MS = 60_000;

const done = { kind: 'done', asOf: null, newData: true } as const;

/** Each of another customer at another bank, so that no limit of one holds another. */
const ownRow = (number: number, changes: Partial<ImportRow> = {}): ImportRow =>
  budRow({
    ...{ customerId: `customer-${number}`, institutionId: `bank-${number % 7}`, lastSuccessAt: MORNING },
    ...changes,
  });

const rowsOf = (count: number, changes: Partial<ImportRow> = {}): readonly ImportRow[] =>
  Array.from({ length: count }, (_, number) => ownRow(number, changes));

const sweepAll = async ({ engine }: Pick<Rig, 'engine'>): Promise<number> => {
  let all = 0;
  for (let some = await sweepDue(engine, BATCH); some > 0; some = await sweepDue(engine, BATCH)) all += some;
  return all;
};

/** Time passes in steps; what falls due is swept, and each plan is made at its time. */
const walk = async (rig: Rig, ms: number, stepMs = 15 * MINUTE): Promise<void> => {
  for (let left = ms; left > 0; left -= stepMs) {
    rig.clock.advance(Math.min(left, stepMs));
    if (
      Math.floor((rig.clock.now() - MORNING) / (6 * HOUR)) !==
      Math.floor((rig.clock.now() - stepMs - MORNING) / (6 * HOUR))
    )
      await planSweeps(rig.engine);
    await sweepAll(rig);
    await runDue(rig);
  }
};

const planOf = async (
  { store }: Rig,
  { id }: Pick<Connection, 'id'>,
  tenantId: TenantId = TENANT,
): Promise<PullPlan> => {
  const plan = await store.read('pullPlan', { tenantId, id });
  if (plan === null) throw new Error('it has no plan');
  return plan;
};

const monthly = (amount: string) => ({
  version: 1,
  budgets: [{ name: 'a month', provider: 'BUD', period: 'month', timeZone: 'UTC', amount, currency: 'GBP' }],
});
const daily = (amount: string) => ({
  version: 1,
  budgets: [{ name: 'a day', provider: 'BUD', period: 'day', timeZone: 'UTC', amount, currency: 'GBP' }],
});

export const sweepStories = (openStore: OpenStore): void => {
  const over = rigsOver(openStore);
  const newRig = (options: RigOptions = {}): Rig => over({ bud: { refresh: [done] }, ...options });

  describe('a connection that the engine pulls while nobody asks', () => {
    test('is called once in each period: unattended, without any address, in the background', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, ownRow(1));
      await walk(rig, 3 * PERIOD);
      const tasks = await allTasks(rig);
      expect(tasks).toHaveLength(3);
      for (const task of tasks) {
        expect(task).toMatchObject({ connectionId: id, executor: 'engine', attended: false, state: 'succeeded' });
        expect(await pullOf(rig, task)).toMatchObject({ origin: 'background', attended: false, presence: null });
      }
      expect(rig.bud.callsOf('refresh').map(({ presence }) => presence)).toEqual([null, null, null]);
      expect(await connectionOf(rig, id)).toMatchObject({ lastForcedAt: null });
    });

    test('is left alone for a period after a refresh that somebody asked for', async () => {
      const rig = newRig();
      const connection = await bringInOne(rig, ownRow(1));
      await walk(rig, 12 * HOUR);
      await force(rig, connection.id, { presence: CUSTOMER });
      await runDue(rig);
      const asked = rig.clock.now();
      // Its row says so at once, not only when the old time has come.
      expect((await planOf(rig, connection)).nextPullAt).toBeGreaterThanOrEqual(asked + DAY);
      await walk(rig, DAY - 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(1);
      await walk(rig, HOUR + 30 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(2);
    });

    test('that cannot be pulled is pulled again a while after it can', async () => {
      const rig = newRig();
      const connection = await bringInOne(
        rig,
        ownRow(1, { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }),
      );
      await walk(rig, 3 * DAY);
      expect(await allTasks(rig)).toEqual([]);
      expect(await planOf(rig, connection)).toMatchObject({ lastPullAt: null, held: 'not-allowed' });
      const { externalId } = connection;
      const at = rig.clock.now();
      await deliverFromBud(rig, 'repaired', { kind: 'status-told', externalId, status: 'ACTIVE', reason: null, at });
      await walk(rig, 6 * HOUR + 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(1);
    });

    test.each([
      ['only for the present customer', { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' }],
      ['given up', { status: 'UNRECOVERABLE', statusReason: 'CONTINUED_AGGREGATION_FAILURES' }],
      ['of a status that nobody knows', { status: 'HAPPY' }],
      ['being connected', { status: 'IN_PROGRESS' }],
    ] as const)('that is %s is never called', async (_what, given) => {
      const rig = newRig();
      await bringInOne(rig, ownRow(1, given));
      await walk(rig, 3 * PERIOD, HOUR);
      expect(rig.bud.callsOf('refresh')).toEqual([]);
    });

    test(
      'no more than four a day that the customer did not ask for, whoever made them',
      async () => {
        const policyFile = {
          version: 1,
          overrides: [{ match: { provider: 'BUD' }, set: { background: { every: 'PT3H', staleAfter: 'P1D' } } }],
        };
        const rig = newRig({ policyFile });
        await bringInOne(rig, ownRow(1));
        await walk(rig, 3 * DAY);
        const times = (await allTasks(rig)).map(({ queuedAt }) => queuedAt).toSorted((a, b) => a - b);
        expect(times.length).toBeGreaterThanOrEqual(11);
        times.slice(4).forEach((at, place) => expect(at - (times[place] as Instant)).toBeGreaterThanOrEqual(DAY));
      },
      LONG_MS,
    );

    test(
      'an absent customer is swept every third day, then weekly, then not at all, and again once they ask',
      async () => {
        const rig = newRig();
        const connection = await bringInOne(rig, ownRow(1));
        await walk(rig, 30 * DAY, HOUR);
        const before = (await allTasks(rig)).length;
        expect(before).toBeGreaterThanOrEqual(28);
        await walk(rig, 15 * DAY, HOUR);
        const seldom = (await allTasks(rig)).length - before;
        expect(seldom).toBeGreaterThanOrEqual(4);
        expect(seldom).toBeLessThanOrEqual(7);
        await walk(rig, 50 * DAY, 6 * HOUR);
        const last = (await allTasks(rig)).length;
        await walk(rig, 10 * DAY, 6 * HOUR);
        expect((await allTasks(rig)).length).toBe(last);
        expect(await planOf(rig, connection)).toMatchObject({ held: 'dormant', lastPullAt: null });
        await force(rig, connection.id, { presence: CUSTOMER });
        await runDue(rig);
        await walk(rig, PERIOD, HOUR);
        expect((await allTasks(rig)).length).toBe(last + 2);
      },
      LONG_MS,
    );
  });

  describe('a customer who comes back', () => {
    test(
      'is swept again though what they asked for was refused',
      async () => {
        const rig = newRig();
        const connection = await bringInOne(rig, ownRow(1));
        rig.clock.advance(120 * DAY);
        await walk(rig, 2 * DAY, HOUR);
        expect(await planOf(rig, connection)).toMatchObject({ held: 'dormant' });
        const before = (await allTasks(rig)).length;
        await setProviderPaused(rig.engine, TENANT, 'BUD', true);
        expect((await ask(rig, connection.id)).record.verdict).toBe('refuse');
        await setProviderPaused(rig.engine, TENANT, 'BUD', false);
        await walk(rig, 6 * HOUR + PERIOD, HOUR);
        expect((await allTasks(rig)).length).toBeGreaterThan(before);
      },
      LONG_MS,
    );
  });

  describe('money', () => {
    test(
      'a budget buys what it buys: never more, and those that are left out are told',
      async () => {
        const rig = newRig({ policyFile: daily('0.5') });
        await bringIn(rig, rowsOf(40, { lastSuccessAt: MORNING - 3 * DAY }));
        await planSweeps(rig.engine);
        const { kept } = await sweepOverview(rig.engine, TENANT);
        expect(kept?.forecast.leftOut['no-money']).toBeGreaterThan(20);
        const seen = new Map<number, number>();
        await walk(rig, 5 * DAY, HOUR);
        for (const { queuedAt } of await allTasks(rig)) {
          const day = Math.floor(queuedAt / DAY);
          seen.set(day, (seen.get(day) ?? 0) + 1);
        }
        // Ten a day at five pence.
        for (const count of seen.values()) expect(count).toBeLessThanOrEqual(10);
        expect([...seen.values()].reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(30);
      },
      LONG_MS,
    );

    test(
      'nobody starves while the money is enough for one pull a week each',
      async () => {
        const rig = newRig({ policyFile: daily('0.25') });
        const connections = await bringIn(rig, rowsOf(20));
        await planSweeps(rig.engine);
        let oldest = 0;
        for (let day = 0; day < 21; day += 1) {
          await walk(rig, DAY, HOUR);
          for (const { id } of connections) {
            const { lastSuccessAt } = await connectionOf(rig, id);
            oldest = Math.max(oldest, rig.clock.now() - (lastSuccessAt ?? 0));
          }
        }
        expect(oldest).toBeLessThanOrEqual(8 * DAY);
      },
      LONG_MS,
    );

    test(
      'a month is not spent on its first day',
      async () => {
        const rig = newRig({ policyFile: monthly('30') });
        await bringIn(rig, rowsOf(300, { lastSuccessAt: MORNING - 3 * DAY }));
        await planSweeps(rig.engine);
        await walk(rig, DAY, HOUR);
        // Three hundred at five pence are fifteen pounds; by the end of the day after, three days and a half of thirty have passed.
        expect((await allTasks(rig)).length).toBeLessThanOrEqual(70);
        expect((await allTasks(rig)).length).toBeGreaterThanOrEqual(15);
      },
      LONG_MS,
    );

    test('an exhausted budget stops the sweep, and says so', async () => {
      const rig = newRig({ policyFile: daily('0.02') });
      const connection = await bringInOne(rig, ownRow(1));
      await walk(rig, 2 * DAY);
      expect(await allTasks(rig)).toEqual([]);
      expect((await planOf(rig, connection)).held).toMatch(/no-money|budget-exhausted/);
      const { oldest } = await sweepOverview(rig.engine, TENANT);
      expect(oldest).toMatchObject([{ id: connection.id, lastPullAt: MORNING }]);
    });
  });

  describe('fairness', () => {
    test('a tenant with very many due ones does not hold up the others', async () => {
      const rig = newRig();
      await importConnections(rig.engine, TENANT, rowsOf(300));
      await importConnections(rig.engine, OTHER_TENANT, rowsOf(3));
      rig.clock.advance(PERIOD);
      for (const tenantId of [TENANT, OTHER_TENANT]) await dueNow(rig, tenantId);
      await sweepDue(rig.engine, 40);
      const others = await rig.store.read('tasksPage', { tenantId: OTHER_TENANT, limit: 9, before: null });
      expect(others).toHaveLength(3);
      expect((await allTasks(rig)).length).toBeGreaterThan(15);
    });

    /** Every row of a tenant due a minute ago; the other tenant's later than all of the first one's. */
    const dueNow = async (rig: Rig, tenantId: TenantId): Promise<void> => {
      const at = rig.clock.now() - (tenantId === TENANT ? 2 : 1) * MINUTE;
      const rows = await rig.store.read('pullPlansScan', { tenantId, after: '', limit: 1_000 });
      await rig.store.turn(
        function* () {
          yield* [];
        },
        () => ({ effects: rows.map((row) => ({ do: 'put', record: 'pullPlan', row: { ...row, nextPullAt: at } })) }),
      );
    };

    test(
      'one bank that is shut moves its own connections only',
      async () => {
        const policyFile = {
          version: 1,
          overrides: [
            {
              match: { provider: 'BUD' },
              set: { breaker: { failures: 2, of: 3, within: 'PT1H', pause: 'PT1H', maxPause: 'PT1H' } },
            },
          ],
        };
        const down = { kind: 'unavailable', who: 'institution', retryAt: null, message: 'down' } as const;
        const rig = newRig({
          policyFile,
          bud: { refresh: [({ institutionId }) => (institutionId === 'bank-3' ? down : done)] },
        });
        const connections = await bringIn(rig, rowsOf(70));
        await walk(rig, PERIOD + 30 * MINUTE);
        for (const { id, institutionId } of connections) {
          const { lastSuccessAt } = await connectionOf(rig, id);
          if (institutionId === 'bank-3') expect(lastSuccessAt).toBe(MORNING);
          else expect(lastSuccessAt).toBeGreaterThan(MORNING + DAY - HOUR);
        }
      },
      LONG_MS,
    );
  });

  describe('after a time in which nothing ran', () => {
    test('the longest behind come first, spread over a part of the period', async () => {
      const rig = newRig();
      const rows = Array.from({ length: 48 }, (_, number) =>
        ownRow(number, { lastSuccessAt: MORNING - (number * HOUR) / 2 }),
      );
      const connections = await bringIn(rig, rows);
      const due = new Map<string, Instant>();
      for (const each of connections) due.set(each.id, (await planOf(rig, each)).nextPullAt);
      rig.clock.advance(3 * DAY);
      const restart = rig.clock.now();
      await walk(rig, 6 * HOUR + 15 * MINUTE);
      const tasks = (await allTasks(rig)).toSorted((a, b) => a.queuedAt - b.queuedAt);
      expect(tasks).toHaveLength(48);
      expect(new Set(tasks.map(({ connectionId }) => connectionId)).size).toBe(48);
      const perHour = new Map<number, number>();
      for (const { queuedAt } of tasks) {
        const hour = Math.floor((queuedAt - restart) / HOUR);
        perHour.set(hour, (perHour.get(hour) ?? 0) + 1);
      }
      for (const count of perHour.values()) expect(count).toBeLessThanOrEqual(12);
      const first = tasks.slice(0, 24).map(({ connectionId }) => due.get(connectionId) as Instant);
      const second = tasks.slice(24).map(({ connectionId }) => due.get(connectionId) as Instant);
      expect(Math.max(...first)).toBeLessThanOrEqual(Math.min(...second) + HOUR);
    });

    test(
      'what fell due while the provider was paused comes back, and nothing of it is lost',
      async () => {
        const rig = newRig();
        await bringIn(rig, rowsOf(30));
        await setProviderPaused(rig.engine, TENANT, 'BUD', true);
        await walk(rig, 2 * DAY, HOUR);
        expect(await allTasks(rig)).toEqual([]);
        await setProviderPaused(rig.engine, TENANT, 'BUD', false);
        await walk(rig, 6 * HOUR + 30 * MINUTE);
        expect(new Set((await allTasks(rig)).map(({ connectionId }) => connectionId)).size).toBe(30);
      },
      LONG_MS,
    );
  });

  describe('planning', () => {
    test('again moves nothing that is still to come, and writes nothing but the plan', async () => {
      const rig = newRig();
      const connections = await bringIn(rig, rowsOf(30, { lastSuccessAt: MORNING - 3 * DAY }));
      await planSweeps(rig.engine);
      const before = await Promise.all(connections.map((each) => planOf(rig, each)));
      rig.clock.advance(MINUTE);
      const written = rig.written();
      expect(await planSweeps(rig.engine)).toBe(30);
      expect(await Promise.all(connections.map((each) => planOf(rig, each)))).toEqual(before);
      expect(rig.written()).toBe(written + 1);
    });

    test('a preview tells what would be called, and changes nothing', async () => {
      const rig = newRig({ policyFile: daily('0.5') });
      await bringIn(rig, rowsOf(40, { lastSuccessAt: MORNING - 3 * DAY }));
      const written = rig.written();
      const { plan, isComplete } = await previewSweep(rig.engine, TENANT);
      expect(rig.written()).toBe(written);
      expect(isComplete).toBe(true);
      const [cost] = plan.forecast.costs;
      expect(cost).toMatchObject({ currency: 'GBP', micros: plan.forecast.calls * 50_000 });
      expect(plan.forecast.budgets[0]?.plannedMicros).toBeLessThanOrEqual(plan.forecast.budgets[0]?.micros ?? 0);
      expect(plan.forecast.freshAfter).toBeGreaterThan(plan.forecast.freshBefore);
    });

    test('a preview comes true where nobody interferes', async () => {
      const rig = newRig();
      await bringIn(rig, rowsOf(30, { lastSuccessAt: MORNING - HOUR * 12 }));
      await planSweeps(rig.engine);
      const { plan } = await previewSweep(rig.engine, TENANT);
      await walk(rig, DAY);
      expect(await allTasks(rig)).toHaveLength(plan.forecast.calls);
    });
  });
};
