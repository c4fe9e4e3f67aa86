import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { ConnectionId, RefreshAnswer, Task } from '@freshet/domain';
import { deleteConnection, runTask, setProviderPaused } from '../index.js';
import {
  ask,
  bringIn,
  bringInOne,
  force,
  MORNING,
  mxRow,
  pass,
  rigsOver,
  runDue,
  step,
  taskOf,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';
import { billed, stoppedWorker } from './stopped-worker.js';

const DONE = { kind: 'done', asOf: MORNING, newData: true } as const;
const DOWN: RefreshAnswer = { kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' };
const ONE_REFRESH = {
  version: 1,
  budgets: [{ name: 'one', provider: 'MX', period: 'day', timeZone: 'UTC', amount: '0.10', currency: 'USD' }],
};
const PER_SECOND = {
  version: 1,
  overrides: [
    {
      match: { provider: 'MX' },
      set: {
        limits: {
          pace: {
            kind: 'window',
            scope: 'account',
            count: 5,
            per: { shape: 'fixed', length: 'PT1S' },
            counts: { origins: ['forced'] },
          },
        },
      },
    },
  ],
};

export const overtakenStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a worker that is overtaken before it sends', () => {
    /** Started, and stopped with its token in hand; what comes meanwhile; then it goes on. */
    const overtaken = async (rig: Rig, task: Task, by: () => Promise<unknown>): Promise<void> => {
      const slow = stoppedWorker(rig, 'before sending', DONE);
      const running = runTask(slow.engine, TENANT, task.id);
      await slow.isThere;
      await by();
      slow.go();
      await running;
    };

    test('by a pause sends nothing; it waits with all that it holds until that ends', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await overtaken(rig, task, () => setProviderPaused(rig.engine, TENANT, 'MX', true));
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved', leaseOwner: null });
      await pass(rig, HOUR);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved', pullId: task.pullId });
      expect(billed(rig)).toBe(0);
      await setProviderPaused(rig.engine, TENANT, 'MX', false);
      await pass(rig, MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', attempts: 1 });
      expect(billed(rig)).toBe(1);
    });

    test('by the pause of another provider sends as if nothing were', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await overtaken(rig, task, () => setProviderPaused(rig.engine, TENANT, 'PLAID', true));
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', attempts: 1 });
    });

    test('by a twin that was pulled a moment ago sends nothing, and waits until the pause after that is over', async () => {
      const rig = newRig();
      const login = { providerConnectionId: 'mx-member-1' };
      const { id } = await bringInOne(rig, mxRow(login));
      const task = await force(rig, id);
      await overtaken(rig, task, () => bringInOne(rig, mxRow({ ...login, lastSuccessAt: rig.clock.now() })));
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved', leaseOwner: null });
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', pullId: task.pullId });
      expect(billed(rig)).toBe(0);
    });

    test('by what the provider told of the whole bank sends nothing', async () => {
      const rig = newRig();
      const [one, neighbour] = await bringIn(rig, [mxRow(), mxRow()]);
      const task = await force(rig, one?.id as ConnectionId);
      const other = await force(rig, neighbour?.id as ConnectionId);
      const limited = { kind: 'limited', until: MORNING + HOUR, scope: 'institution' } as const;
      await overtaken(rig, task, async () => {
        rig.meld.script({ refresh: [limited] });
        await step(rig, other.id);
      });
      expect(billed(rig)).toBe(1);
      expect(await step(rig, task.id)).toMatchObject({ state: 'queued', dueAt: MORNING + HOUR, charge: 'reserved' });
    });

    test('by a deletion sends nothing, and its money is free', async () => {
      const rig = newRig({ policyFile: ONE_REFRESH });
      const [gone, neighbour] = await bringIn(rig, [mxRow(), mxRow()]);
      const task = await force(rig, gone?.id as ConnectionId);
      await overtaken(rig, task, () => deleteConnection(rig.engine, TENANT, gone?.id as ConnectionId));
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({
        state: 'failed',
        error: { kind: 'not-refreshable' },
        charge: 'released',
      });
      expect(billed(rig)).toBe(0);
      expect(await ask(rig, neighbour?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('again and again uses up no try, and nobody says that a lease was lost', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      for (let turn = 0; turn < 6; turn += 1) {
        await overtaken(rig, task, () => setProviderPaused(rig.engine, TENANT, 'MX', true));
        await setProviderPaused(rig.engine, TENANT, 'MX', false);
      }
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', fence: 6, tries: 0, attempts: 0 });
      rig.meld.script({ refresh: [DOWN] });
      expect(await step(rig, task.id)).toMatchObject({ state: 'queued', tries: 1, attempts: 1 });
      expect(rig.warnings).toEqual([]);
    });

    test('by the turn of a window, again and again, uses up no try either', async () => {
      const rig = newRig({ policyFile: PER_SECOND });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      for (let turn = 0; turn < 6; turn += 1) {
        await overtaken(rig, task, async () => rig.clock.advance(SECOND));
      }
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', fence: 6, tries: 0 });
      rig.meld.script({ refresh: [DOWN, DOWN, DOWN, DONE] });
      await pass(rig, MINUTE, SECOND);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', attempts: 4 });
      expect(rig.warnings).toEqual([]);
    });
  });
};
