import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { Connection, ConnectionId, Instant, Pull, Task } from '@freshet/domain';
import type { Report } from '@freshet/policy';
import {
  exportHistory,
  importConnections,
  planAfterPolicyChange,
  reportOutcome,
  setProviderPaused,
  sweepDue,
  type HistoryLine,
} from '../index.js';
import {
  akoyaRow,
  allTasks,
  anotherWorker,
  bringIn,
  bringInOne,
  budRow,
  connectionOf,
  CUSTOMER,
  force,
  MORNING,
  mxRow,
  pass,
  policyBook,
  pullOf,
  rigsOver,
  runDue,
  TENANT,
  UNTOLD,
  type OpenStore,
  type Rig,
} from './rig.js';

const MANY = 60;
/** The whole period, and the part of it that keeps those apart that came together. */
const PERIOD = DAY + HOUR;

const open = ({ engine }: Pick<Rig, 'engine'>): Promise<number> => sweepDue(engine, 1_000);

/** Time passes in steps, and what falls due on the way is done. */
const walk = async (rig: Rig, ms: number, stepMs = 5 * MINUTE): Promise<void> => {
  for (let left = ms; left > 0; left -= stepMs) {
    rig.clock.advance(Math.min(left, stepMs));
    await open(rig);
    await runDue(rig);
  }
};

const planOf = async ({ store }: Rig, { id }: Pick<Connection, 'id'>): Promise<Instant | null> =>
  (await store.read('pullPlan', { tenantId: TENANT, id }))?.nextPullAt ?? null;

const report = (rig: Rig, task: Task, told: Partial<Report>) =>
  reportOutcome(rig.engine, TENANT, task.id, { ...UNTOLD, ...told });

const done = (rig: Rig, task: Task) => report(rig, task, { httpStatus: 200, asOf: rig.clock.now() });

/** The permits as a caller finds them. */
const permits = ({ store }: Rig): Promise<readonly Task[]> =>
  store.read('tasksPage', { tenantId: TENANT, limit: 500, before: null, executor: 'caller', state: 'running' });

const budget = (amount: string) => ({
  version: 1,
  budgets: [{ name: 'a month', provider: 'AKOYA', period: 'month', timeZone: 'UTC', amount, currency: 'USD' }],
});

export const ownPullStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a connection that nobody else refreshes', () => {
    test('has a permit opened when a period is over: unattended, in the background, and found by its caller', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, akoyaRow({ lastSuccessAt: MORNING }));
      await walk(rig, DAY - 5 * MINUTE);
      expect(await allTasks(rig)).toEqual([]);
      await walk(rig, HOUR + 5 * MINUTE);
      const [task] = await permits(rig);
      expect(task).toMatchObject({ connectionId: id, executor: 'caller', attended: false, charge: 'reserved' });
      expect(await pullOf(rig, task as Task)).toMatchObject({ origin: 'background', attended: false, state: 'sent' });
      expect(await connectionOf(rig, id)).toMatchObject({ lastForcedAt: null, lastAttemptAt: task?.queuedAt });
      await done(rig, task as Task);
      expect(await connectionOf(rig, id)).toMatchObject({ status: 'ACTIVE', lastSuccessAt: rig.clock.now() });
    });

    test('has one in each period, whether it is reported or not', async () => {
      const rig = newRig();
      await bringInOne(rig, akoyaRow({ lastSuccessAt: MORNING }));
      await walk(rig, 4 * PERIOD + 30 * MINUTE);
      const states = (await allTasks(rig)).map(({ state, charge }) => [state, charge]);
      expect(states).toEqual(new Array(4).fill(['failed', 'uncertain']));
    });

    test('is left alone while it is fresh, by whatever made it so', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, akoyaRow({ lastSuccessAt: MORNING }));
      await walk(rig, 12 * HOUR);
      await done(rig, await force(rig, id, { presence: CUSTOMER }));
      await walk(rig, DAY - 5 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(1);
      await walk(rig, HOUR + 5 * MINUTE);
      expect(await permits(rig)).toHaveLength(1);
    });

    test('does not get a second permit beside one that is open', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, akoyaRow({ lastSuccessAt: MORNING }));
      await walk(rig, DAY - 5 * MINUTE);
      const asked = await force(rig, id);
      await walk(rig, 25 * MINUTE);
      expect(await allTasks(rig)).toMatchObject([{ id: asked.id }]);
    });

    test('is opened once, however many workers look', async () => {
      const rig = newRig();
      const rows = Array.from({ length: MANY }, () => akoyaRow({ lastSuccessAt: MORNING }));
      await bringIn(rig, rows);
      rig.clock.advance(DAY);
      const workers = ['a', 'b', 'c'].map((name) => ({ engine: anotherWorker(rig, name) }));
      for (let at = 0; at < HOUR; at += 5 * MINUTE) {
        rig.clock.advance(5 * MINUTE);
        await Promise.all(workers.map(open));
      }
      const tasks = await allTasks(rig);
      expect(tasks).toHaveLength(MANY);
      expect(new Set(tasks.map(({ connectionId }) => connectionId)).size).toBe(MANY);
    });

    test('costs nothing to look for while nothing is due', async () => {
      const rig = newRig();
      await bringIn(
        rig,
        Array.from({ length: MANY }, () => akoyaRow({ lastSuccessAt: MORNING })),
      );
      const before = rig.written();
      expect(await open(rig)).toBe(0);
      expect(rig.written()).toBe(before);
    });
  });

  describe('many that would come together', () => {
    const opensOf = async (rig: Rig, ms: number): Promise<readonly number[]> => {
      const counts: number[] = [];
      for (let at = 0; at < ms; at += 15 * MINUTE) {
        const before = (await allTasks(rig)).length;
        await walk(rig, 15 * MINUTE);
        counts.push((await allTasks(rig)).length - before);
      }
      return counts;
    };

    test.each([
      ['were imported with old data', async () => undefined],
      ['were missed while nothing ran', async (rig: Rig) => void rig.clock.advance(3 * DAY)],
    ])('come one by one where they %s', async (what, before) => {
      const rig = newRig();
      const age = what.startsWith('were imported') ? 3 * DAY : 0;
      await bringIn(
        rig,
        Array.from({ length: MANY }, () => akoyaRow({ lastSuccessAt: MORNING - age })),
      );
      await before(rig);
      const counts = await opensOf(rig, 6 * HOUR + 15 * MINUTE);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(MANY);
      expect(Math.max(...counts)).toBeLessThan(MANY / 4);
    });
  });

  describe('a pull of ours is within what a request would be', () => {
    test('money: what does not fit is not opened, and comes with the next period of the budget', async () => {
      const rig = newRig({ policyFile: budget('0.08') });
      const rows = Array.from({ length: 5 }, () => akoyaRow({ lastSuccessAt: MORNING - 3 * DAY }));
      await bringIn(rig, rows);
      await walk(rig, 12 * HOUR, 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(2);
      await walk(rig, 5 * DAY, HOUR);
      expect(await allTasks(rig)).toHaveLength(2);
    });

    test('limits: it counts in them like a forced one', async () => {
      const limits = {
        ours: {
          kind: 'window',
          scope: 'account',
          count: 2,
          per: { shape: 'rolling', length: 'P7D' },
          counts: { origins: ['forced'] },
        },
      };
      const rig = newRig({
        policyFile: { version: 1, overrides: [{ match: { connector: 'akoya' }, set: { limits } }] },
      });
      await bringIn(
        rig,
        Array.from({ length: 5 }, () => akoyaRow({ lastSuccessAt: MORNING - 3 * DAY })),
      );
      await walk(rig, DAY, 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(2);
    });

    test.each([
      ['paused', { status: 'ACTIVE' }, 0],
      ['broken', { status: 'RECONNECT_REQUIRED' }, 0],
      ['only for the present customer', { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' }, 0],
      ['healthy', { status: 'ACTIVE' }, 2],
    ] as const)('a connection that is %s', async (what, given, count) => {
      const rig = newRig();
      if (what === 'paused') await setProviderPaused(rig.engine, TENANT, 'AKOYA', true);
      await bringInOne(rig, akoyaRow({ ...given, lastSuccessAt: MORNING }));
      await walk(rig, 2 * PERIOD, 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(count);
    });

    test('what fell due while its provider was paused comes back one by one once it is open again', async () => {
      const rig = newRig();
      const rows = Array.from({ length: MANY }, () => akoyaRow({ lastSuccessAt: MORNING }));
      await bringIn(rig, rows);
      await walk(rig, DAY - 5 * MINUTE);
      await setProviderPaused(rig.engine, TENANT, 'AKOYA', true);
      await walk(rig, PERIOD - DAY + 10 * MINUTE);
      expect(await allTasks(rig)).toEqual([]);
      await setProviderPaused(rig.engine, TENANT, 'AKOYA', false);
      await walk(rig, HOUR, 15 * MINUTE);
      expect((await allTasks(rig)).length).toBeLessThan(MANY / 2);
      await walk(rig, 5 * HOUR + 15 * MINUTE, 15 * MINUTE);
      expect(new Set((await allTasks(rig)).map(({ connectionId }) => connectionId)).size).toBe(MANY);
    });

    test('one that is repaired by an import is pulled again from then on', async () => {
      const rig = newRig();
      const row = akoyaRow({ status: 'RECONNECT_REQUIRED', lastSuccessAt: MORNING });
      await bringInOne(rig, row);
      await walk(rig, 3 * DAY, 15 * MINUTE);
      await importConnections(rig.engine, TENANT, [{ ...row, status: 'ACTIVE' }]);
      await walk(rig, 6 * HOUR + 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(1);
    });

    test('one that is deleted is forgotten', async () => {
      const rig = newRig();
      const row = akoyaRow({ lastSuccessAt: MORNING });
      const connection = await bringInOne(rig, row);
      await importConnections(rig.engine, TENANT, [{ ...row, status: 'DELETED' }]);
      await walk(rig, 2 * PERIOD, HOUR);
      expect(await allTasks(rig)).toEqual([]);
      expect(await planOf(rig, connection)).toBeNull();
    });
  });

  describe('nothing is swept that is somebody else’s to refresh', () => {
    const set = (settings: object) => ({ version: 1, overrides: [{ match: { provider: 'MX' }, set: settings }] });

    const bud = (settings: object) => ({ version: 1, overrides: [{ match: { provider: 'BUD' }, set: settings }] });

    test.each([
      ['by the provider, through Meld', null, mxRow, 0],
      ['by the provider, at Akoya through Meld', null, () => mxRow({ provider: 'AKOYA' }), 0],
      ['by the provider, though its team reads', set({ forced: { executor: 'caller' } }), mxRow, 0],
      ['by Bud, which has switched its own refreshes on', bud({ background: { owner: 'provider' } }), budRow, 0],
      [
        'by us, where an override says so and its team reads',
        set({ forced: { executor: 'caller' }, background: { owner: 'engine' } }),
        mxRow,
        1,
      ],
    ] as const)('%s', async (_what, policyFile, row, count) => {
      const rig = newRig({ policyFile });
      const connection = await bringInOne(rig, { ...row(), lastSuccessAt: MORNING });
      expect((await planOf(rig, connection)) === null).toBe(count === 0);
      await walk(rig, PERIOD, 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(count);
      expect([...rig.meld.callsOf('refresh'), ...rig.bud.callsOf('refresh')]).toEqual([]);
    });
  });

  describe('an import that changes who reads', () => {
    const ours = { forced: { executor: 'caller' }, background: { owner: 'engine' } };
    const policyFile = { version: 1, overrides: [{ match: { provider: 'MX', institution: 'ours' }, set: ours }] };

    test('plans its pulls from then on, and drops them where it is not ours any more', async () => {
      const rig = newRig({ policyFile });
      const row = mxRow({ lastSuccessAt: MORNING });
      const connection = await bringInOne(rig, row);
      expect(await planOf(rig, connection)).toBeNull();
      await importConnections(rig.engine, TENANT, [{ ...row, institutionId: 'ours' }]);
      await walk(rig, PERIOD, 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(1);
      await importConnections(rig.engine, TENANT, [row]);
      await walk(rig, 2 * PERIOD, 15 * MINUTE);
      expect(await allTasks(rig)).toHaveLength(1);
      expect(await planOf(rig, connection)).toBeNull();
    });
  });

  describe('where the policy changes', () => {
    const withPolicy = (rig: Rig, policyFile: unknown): Rig => ({
      ...rig,
      engine: { ...rig.engine, policies: policyBook(policyFile) },
    });
    const ours = {
      version: 1,
      overrides: [
        { match: { provider: 'MX' }, set: { forced: { executor: 'caller' }, background: { owner: 'engine' } } },
      ],
    };

    test('connections that came before are planned once, and those that are not ours any more are dropped', async () => {
      const before = newRig();
      const connections = await bringIn(
        before,
        Array.from({ length: 3 }, () => mxRow({ lastSuccessAt: MORNING })),
      );
      await planAfterPolicyChange(before.engine);
      const after = withPolicy(before, ours);
      expect(await planOf(after, connections[0] as Connection)).toBeNull();
      await planAfterPolicyChange(after.engine);
      for (const each of connections) expect(await planOf(after, each)).toBeGreaterThanOrEqual(MORNING + DAY);
      const written = after.written();
      await planAfterPolicyChange(after.engine);
      expect(after.written()).toBe(written);
      await walk(before, PERIOD, 15 * MINUTE);
      expect(await allTasks(before)).toEqual([]);
      for (const each of connections) expect(await planOf(before, each)).toBeNull();
    });
  });

  test('nobody asked for it: it does not teach that the connection is read', async () => {
    const rig = newRig();
    const { id, groupKey } = await bringInOne(rig, akoyaRow({ lastSuccessAt: MORNING }));
    for (let day = 0; day < 5; day += 1) {
      await walk(rig, PERIOD, 15 * MINUTE);
      for (const task of await permits(rig)) await done(rig, task);
    }
    const read = await rig.store.read('connectionRates', { id: JSON.stringify([TENANT, groupKey]) });
    expect(read?.reads.reads).toBe(0);
    rig.clock.advance(HOUR);
    await done(rig, await force(rig, id as ConnectionId));
    const after = await rig.store.read('connectionRates', { id: JSON.stringify([TENANT, groupKey]) });
    expect(after?.reads.reads).toBe(1);
  });

  test('nobody asked for it: a history tells of its pull, and of no request', async () => {
    const rig = newRig();
    const { id } = await bringInOne(rig, akoyaRow({ lastSuccessAt: MORNING }));
    await walk(rig, PERIOD, 15 * MINUTE);
    await walk(rig, HOUR, 15 * MINUTE);
    await force(rig, id);
    const lines: HistoryLine[] = [];
    const stretch = { tenantId: TENANT, from: MORNING, until: rig.clock.now() + 1 };
    for await (const line of exportHistory(rig.engine, stretch)) lines.push(line);
    expect(lines.filter(({ line }) => line === 'decision')).toHaveLength(1);
    expect(lines.flatMap((line) => (line.line === 'pull' ? [line.origin] : []))).toEqual([
      'import',
      'background',
      'forced',
    ]);
  });

  test('a walk of the clock passes nothing over', async () => {
    const rig = newRig();
    await bringInOne(rig, akoyaRow({ lastSuccessAt: MORNING }));
    await pass(rig, PERIOD, HOUR);
    await open(rig);
    await walk(rig, 6 * HOUR);
    const pulls: Pull[] = [];
    for (const task of await allTasks(rig)) pulls.push(await pullOf(rig, task));
    expect(pulls).toHaveLength(1);
  });
};
