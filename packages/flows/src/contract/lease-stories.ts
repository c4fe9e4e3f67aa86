import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { ConnectionId, RefreshAnswer, Task } from '@freshet/domain';
import { StoreUnavailable } from '@freshet/ports';
import type { Store } from '@freshet/ports';
import { releaseDeadLeases, runTask } from '../index.js';
import {
  anotherWorker,
  ask,
  bringIn,
  bringInOne,
  failure,
  force,
  kindsOf,
  ledgerOf,
  MORNING,
  mxRow,
  pass,
  pullOf,
  rigsOver,
  runDue,
  statusOf,
  step,
  taskOf,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';
import { billed, calling, stoppedWorker } from './stopped-worker.js';

const LEASE_MS = 20 * SECOND;
const ACCEPTED: RefreshAnswer = { kind: 'accepted', providerTaskId: 'job-1', coalesced: false };
const DONE = { kind: 'done', asOf: MORNING, newData: true } as const;
const DOWN: RefreshAnswer = { kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' };
const ONE_REFRESH = {
  version: 1,
  budgets: [{ name: 'one', provider: 'MX', period: 'day', timeZone: 'UTC', amount: '0.10', currency: 'USD' }],
};

/** The worker takes the task and stops; `runOn` lets it end. */
const stopsAt = async ({ engine, isThere, go }: ReturnType<typeof stoppedWorker>, task: Task) => {
  const running = runTask(engine, TENANT, task.id);
  await isThere;
  return {
    runOn: async () => {
      go();
      await running;
    },
  };
};

/** The worker is there, and then it is gone: its lease runs out. */
const dies = async (rig: Rig, worker: ReturnType<typeof stoppedWorker>, task: Task): Promise<void> => {
  await stopsAt(worker, task);
  rig.clock.advanceReal(LEASE_MS);
};

export const leaseStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a forced call', () => {
    test('is durably `sent` before its first byte, under a lease', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const { id: taskId } = await force(rig, id);
      const seen: unknown[] = [];
      rig.meld.script({
        refresh: [
          async () => {
            const task = await taskOf(rig, taskId);
            seen.push(task.state, task.leaseOwner, task.attempts, (await pullOf(rig, task)).state);
            return ACCEPTED;
          },
        ],
      });
      await step(rig, taskId);
      expect(seen).toEqual(['running', 'worker-1', 1, 'sent']);
    });

    test('is only `reserved` while its token is fetched', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const { id: taskId } = await force(rig, id);
      const seen: unknown[] = [];
      const engine = calling(rig, async (call, context) => {
        const task = await taskOf(rig, taskId);
        seen.push(task.state, task.attempts, (await pullOf(rig, task)).state);
        return rig.meld.refresh(call, context);
      });
      await runTask(engine, TENANT, taskId);
      expect(seen).toEqual(['running', 0, 'reserved']);
      expect(billed(rig)).toBe(1);
    });

    test('ends at its deadline, and is unknown from then on', async () => {
      const rig = newRig({ callTimeoutMs: 5 });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const engine = calling(rig, async (_call, { signal, sending }) => {
        await sending();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return { kind: 'unknown', message: 'the deadline passed' };
      });
      await runTask(engine, TENANT, task.id);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'running', charge: 'reserved', leaseOwner: null });
      expect((await pullOf(rig, task)).state).toBe('unknown');
    });

    test('that fails in the connector’s own code after it was sent is unknown', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const engine = calling(rig, async (_call, { sending }) => {
        await sending();
        throw new Error('a bug');
      });
      await runTask(engine, TENANT, task.id);
      expect((await pullOf(rig, task)).state).toBe('unknown');
      expect(rig.warnings).toMatchObject([{ message: 'a connector threw', facts: { connector: 'meld' } }]);
    });

    test.each([
      ['throws', () => Promise.reject(new Error('a bug'))],
      ['answers that it does not know', async () => ({ kind: 'unknown', message: 'lost' }) as const],
    ])('of a connector that %s before it was sent surely did not happen: it is tried again', async (_how, refresh) => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await runTask(calling(rig, refresh), TENANT, task.id);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', attempts: 0, charge: 'reserved' });
      rig.meld.script({ refresh: [DONE] });
      await pass(rig, MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', attempts: 1 });
    });

    test('that met another’s without being sent is looked for as long as any other', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await runTask(
        calling(rig, async () => ({ kind: 'busy', runningId: null })),
        TENANT,
        task.id,
      );
      await pass(rig, 31 * MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', error: { kind: 'unknown' } });
    });
  });

  describe('where `sent` cannot be made durable', () => {
    /** The store as it is when the disk is full: from the moment that the connector is ready to send. */
    const withBrokenSending = (rig: Rig) => {
      let isBroken = false;
      const store: Store = {
        ...rig.store,
        turn: (load, decide) =>
          isBroken ? Promise.reject(new StoreUnavailable('disk full')) : rig.store.turn(load, decide),
      };
      const engine = calling(
        rig,
        (call, context) => {
          isBroken = true;
          return rig.meld.refresh(call, context);
        },
        { ...rig.engine, store },
      );
      return engine;
    };

    test('nothing is sent, and once the lease has run out it is tried again with what it holds', async () => {
      const rig = newRig({ meld: { refresh: [DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      expect(await failure(runTask(withBrokenSending(rig), TENANT, task.id))).toBeInstanceOf(StoreUnavailable);
      expect(billed(rig)).toBe(0);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'running', attempts: 0, leaseOwner: 'worker-1' });

      rig.clock.advance(LEASE_MS - 1);
      expect(await releaseDeadLeases(rig.engine, 10)).toBe(0);
      rig.clock.advance(1);
      expect(await releaseDeadLeases(rig.engine, 10)).toBe(1);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', pullId: task.pullId, charge: 'reserved' });
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', attempts: 1, charge: 'charged' });
      expect(billed(rig)).toBe(1);
    });

    test('again and again, it fails after as many workers as a call has tries, and its money is free', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      for (let worker = 1; worker <= 4; worker += 1) {
        expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', fence: worker - 1 });
        await failure(runTask(withBrokenSending(rig), TENANT, task.id));
        rig.clock.advance(LEASE_MS);
        await releaseDeadLeases(rig.engine, 10);
      }
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', charge: 'released', attempts: 0 });
      expect(await statusOf(rig, id)).toBe('ACTIVE');
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', 'released']);
      expect(billed(rig)).toBe(0);
    });
  });

  describe('a worker that lost its lease', () => {
    test('before it sent anything sends nothing: the other one does', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const slow = await stopsAt(stoppedWorker(rig, 'before sending'), task);
      rig.clock.advance(LEASE_MS);
      await releaseDeadLeases(rig.engine, 10);
      await runTask(anotherWorker(rig), TENANT, task.id);
      const before = [await taskOf(rig, task.id), rig.written()] as const;
      await slow.runOn();
      expect([await taskOf(rig, task.id), rig.written()]).toEqual(before);
      expect(before[0]).toMatchObject({ state: 'running', attempts: 1, fence: 2 });
      expect(billed(rig)).toBe(1);
      expect(rig.warnings.map(({ message }) => message)).toEqual(['a worker lost its lease and stopped']);
    });

    test('sends nothing even where nobody has taken the task yet', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const slow = await stopsAt(stoppedWorker(rig, 'before sending'), task);
      rig.clock.advanceReal(LEASE_MS);
      await slow.runOn();
      expect(billed(rig)).toBe(0);
    });

    test('a moment before its lease ends still sends', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const slow = await stopsAt(stoppedWorker(rig, 'before sending'), task);
      rig.clock.advanceReal(LEASE_MS - 1);
      await slow.runOn();
      expect(billed(rig)).toBe(1);
    });

    test.each([[ACCEPTED], [DONE], [DOWN], [{ kind: 'refused', message: 'no' }]] as [RefreshAnswer][])(
      'after it sent writes nothing of its late answer %j, and nothing is sent again',
      async (answer) => {
        const rig = newRig();
        const { id } = await bringInOne(rig);
        const task = await force(rig, id);
        const slow = await stopsAt(stoppedWorker(rig, 'after sending', answer), task);
        rig.clock.advance(LEASE_MS);
        await releaseDeadLeases(rig.engine, 10);
        expect((await pullOf(rig, task)).state).toBe('unknown');
        const before = rig.written();
        await slow.runOn();
        expect(rig.written()).toBe(before);
        await pass(rig, 31 * MINUTE);
        expect(billed(rig)).toBe(1);
        expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', charge: 'uncertain' });
      },
    );
  });

  describe('a call whose worker died after it was sent', () => {
    const killed = async (rig: Rig): Promise<{ readonly task: Task; readonly id: ConnectionId }> => {
      const { id } = await bringInOne(rig, mxRow());
      const task = await force(rig, id);
      await dies(rig, stoppedWorker(rig, 'after sending'), task);
      expect(await releaseDeadLeases(rig.engine, 10)).toBe(1);
      return { task, id };
    };

    test('is unknown, holds its place and its money, and is looked for', async () => {
      const rig = newRig({ policyFile: ONE_REFRESH });
      const { task, id } = await killed(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'running', charge: 'reserved', leaseOwner: null });
      expect((await pullOf(rig, task)).state).toBe('unknown');
      const neighbour = await bringInOne(rig);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'join' } });
      expect(await ask(rig, neighbour.id)).toMatchObject({ record: { decision: { refusal: 'budget-exhausted' } } });
    });

    test('is ended by what the provider shows; a stamp alone leaves its charge uncertain', async () => {
      const rig = newRig();
      const { task } = await killed(rig);
      rig.meld.script({ progress: [{ kind: 'pending' }, DONE] });
      await pass(rig, MINUTE, SECOND);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', charge: 'uncertain', attempts: 1 });
      expect(billed(rig)).toBe(1);
    });

    test('is given up after thirty minutes: failed, its money uncertain, the connection UNDETERMINED', async () => {
      const rig = newRig();
      const { task, id } = await killed(rig);
      await pass(rig, 30 * MINUTE - SECOND, SECOND * 30);
      expect((await taskOf(rig, task.id)).state).toBe('running');
      await pass(rig, 30 * SECOND);
      expect(await taskOf(rig, task.id)).toMatchObject({
        state: 'failed',
        error: { kind: 'unknown' },
        charge: 'uncertain',
        attempts: 1,
      });
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', 'uncertain']);
      expect(await statusOf(rig, id)).toBe('UNDETERMINED');
      expect(billed(rig)).toBe(1);
    });

    test('counts against the cooldown and the budget for good', async () => {
      const rig = newRig({ policyFile: ONE_REFRESH });
      const { id } = await killed(rig);
      const [neighbour] = await bringIn(rig, [mxRow()]);
      await pass(rig, 31 * MINUTE);
      expect(await ask(rig, id)).toMatchObject({ record: { decision: { refusal: 'rate-limited' } } });
      expect(await ask(rig, neighbour?.id as ConnectionId)).toMatchObject({
        record: { decision: { refusal: 'budget-exhausted' } },
      });
    });
  });

  describe('two workers at the same task', () => {
    test('make one call, whoever comes first', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const workers = [rig.engine, anotherWorker(rig), anotherWorker(rig, 'worker-3')];
      await Promise.all(workers.map((engine) => runTask(engine, TENANT, task.id)));
      expect(billed(rig)).toBe(1);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'running', attempts: 1, leaseOwner: null });
      expect((await pullOf(rig, task)).state).toBe('accepted');
    });

    test.each(['before sending', 'after sending'] as const)(
      'the second changes nothing while the first is at its call, %s',
      async (where) => {
        const rig = newRig({ meld: { progress: [DONE] } });
        const { id } = await bringInOne(rig);
        const task = await force(rig, id);
        const first = await stopsAt(stoppedWorker(rig, where), task);
        const before = rig.written();
        await runTask(anotherWorker(rig), TENANT, task.id);
        expect(rig.written()).toBe(before);
        expect(rig.meld.callsOf('progress')).toEqual([]);
        await first.runOn();
        expect(await taskOf(rig, task.id)).toMatchObject({ state: 'running', providerTaskId: 'job-1' });
        expect(billed(rig)).toBe(1);
      },
    );

    test('the second, coming to a task whose worker died before it sent, does not look for a call that never was', async () => {
      const rig = newRig({ meld: { progress: [DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await dies(rig, stoppedWorker(rig, 'before sending'), task);
      await runTask(anotherWorker(rig), TENANT, task.id);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', attempts: 0 });
      expect(rig.meld.callsOf('progress')).toEqual([]);
    });
  });

  describe('a call that surely did not happen', () => {
    test('is made again after ever longer pauses, at most four times in all, each with its own reservation', async () => {
      const rig = newRig({ meld: { refresh: [DOWN] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const pulls = new Set<Task['pullId']>([task.pullId]);
      const pauses: number[] = [];
      for (let attempt = 1; attempt <= 4; attempt += 1) {
        const now = await step(rig, task.id);
        pulls.add(now.pullId);
        if (now.dueAt !== null) pauses.push(now.dueAt - rig.clock.now());
        rig.clock.set(now.dueAt ?? rig.clock.now());
      }
      // 2, 4 and 8 seconds, the upper half of each spread.
      expect(pauses.map((ms) => Math.ceil(Math.log2(ms / SECOND)))).toEqual([1, 2, 3]);
      const failed = await taskOf(rig, task.id);
      expect(failed).toMatchObject({
        state: 'failed',
        error: { kind: 'unavailable' },
        charge: 'released',
        attempts: 4,
      });
      expect(billed(rig)).toBe(4);
      expect(pulls.size).toBe(4);
      for (const pullId of pulls) {
        expect(kindsOf(await ledgerOf(rig, { pullId }))).toEqual(['reserved', 'released']);
        expect((await pullOf(rig, { pullId })).state).toBe('refused');
      }
      await pass(rig, HOUR);
      expect(billed(rig)).toBe(4);
      expect(await statusOf(rig, id)).toBe('DEGRADED/SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE');
      rig.meld.script({ refresh: [{ ...DONE, asOf: null }] });
      await step(rig, (await force(rig, id)).id);
      expect(await statusOf(rig, id)).toBe('ACTIVE');
    });

    test('holds the same money once, however often it is made', async () => {
      const rig = newRig({ policyFile: ONE_REFRESH, meld: { refresh: [DOWN, DOWN, DONE] } });
      const [first, second] = await bringIn(rig, [mxRow(), mxRow()]);
      const task = await force(rig, first?.id as ConnectionId);
      await pass(rig, MINUTE, SECOND);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', charge: 'charged', attempts: 3 });
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject({
        record: { decision: { refusal: 'budget-exhausted', reasons: expect.anything() } },
      });
      const spent = await rig.store.read('ledgerTotals', {
        tenantId: TENANT,
        provider: 'MX',
        currency: 'USD',
        from: MORNING,
        until: MORNING + HOUR,
      });
      expect(spent).toEqual({ reservedMicros: 0, chargedMicros: 100_000, uncertainMicros: 0 });
    });

    test('is not made again before the provider said that it would be up', async () => {
      const rig = newRig({ meld: { refresh: [{ ...DOWN, retryAt: MORNING + 10 * MINUTE }, DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await pass(rig, 10 * MINUTE - SECOND, SECOND);
      expect(billed(rig)).toBe(1);
      await pass(rig, SECOND);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded' });
    });

    test('frees its budget for others when it is given up', async () => {
      const rig = newRig({ policyFile: ONE_REFRESH, meld: { refresh: [{ kind: 'refused', message: 'no' }] } });
      const [first, second] = await bringIn(rig, [mxRow(), mxRow()]);
      const held = await force(rig, first?.id as ConnectionId);
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject({ record: { verdict: 'refuse' } });
      await step(rig, held.id);
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
    });
  });
};
