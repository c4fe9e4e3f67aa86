import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { Connection, RefreshAnswer } from '@freshet/domain';
import { createDispatcher } from '../index.js';
import {
  allTasks,
  ask,
  bringIn,
  bringInOne,
  budRow,
  force,
  MORNING,
  mxRow,
  OTHER_TENANT,
  pass,
  rigsOver,
  runDue,
  taskOf,
  type OpenStore,
  type Rig,
} from './rig.js';

const DONE = { kind: 'done', asOf: null, newData: true } as const;

/** Calls that stay under way until they are let go. */
const heldCalls = (rig: Rig) => {
  const held: (() => void)[] = [];
  const under = { now: 0, most: 0 };
  rig.meld.script({
    refresh: [
      async (): Promise<RefreshAnswer> => {
        under.now += 1;
        under.most = Math.max(under.most, under.now);
        await new Promise<void>((go) => held.push(go));
        under.now -= 1;
        return DONE;
      },
    ],
  });
  return {
    under,
    letGo: () => held.splice(0).forEach((go) => go()),
    reach: async (count: number) => {
      while (held.length < count) await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

const several = async (rig: Rig, count: number): Promise<readonly Connection[]> => {
  const connections = await bringIn(
    rig,
    Array.from({ length: count }, () => mxRow()),
  );
  for (const { id } of connections) {
    await force(rig, id);
    rig.clock.advance(1);
  }
  return connections;
};

export const dispatchStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('the dispatcher', () => {
    test('runs so many at a time, and the longest due first', async () => {
      const rig = newRig();
      const connections = await several(rig, 5);
      const { under, letGo, reach } = heldCalls(rig);
      const dispatcher = createDispatcher(rig.engine, 2);
      await dispatcher.tick();
      await reach(2);
      await dispatcher.tick();
      expect(under.now).toBe(2);
      for (let round = 0; round < 3; round += 1) {
        letGo();
        await dispatcher.idle();
        await dispatcher.tick();
        await reach(Math.min(2, 3 - 2 * round));
      }
      letGo();
      await dispatcher.idle();
      expect(under.most).toBe(2);
      const called = rig.meld.callsOf('refresh').map(({ externalId }) => externalId);
      expect(called.toSorted()).toEqual(connections.map(({ externalId }) => externalId).toSorted());
      expect(called.slice(0, 2).toSorted()).toEqual(
        connections
          .slice(0, 2)
          .map(({ externalId }) => externalId)
          .toSorted(),
      );
    });

    test('does not take a task again that is under way, though its lease has run out here', async () => {
      const rig = newRig();
      await several(rig, 1);
      const { under, letGo, reach } = heldCalls(rig);
      const dispatcher = createDispatcher(rig.engine, 5);
      await dispatcher.tick();
      await reach(1);
      rig.clock.advance(HOUR);
      await dispatcher.tick();
      expect(under.most).toBe(1);
      letGo();
      await dispatcher.idle();
      expect(rig.meld.calls).toHaveLength(1);
    });

    test('goes on where one task fails in a way that nobody expected', async () => {
      const rig = newRig({ meld: { refresh: [DONE] } });
      const [first, second] = await several(rig, 2);
      const store = {
        ...rig.store,
        read: ((name, params) =>
          name === 'task' && 'id' in params && params.id === broken
            ? Promise.reject(new Error('lost'))
            : rig.store.read(name, params)) as Rig['store']['read'],
      };
      const broken = (await allTasks(rig)).find(({ connectionId }) => connectionId === first?.id)?.id;
      await runDue({ engine: { ...rig.engine, store } });
      expect(rig.warnings).toMatchObject([{ message: 'a task step failed', facts: { taskId: broken } }]);
      expect(rig.meld.callsOf('refresh').map(({ externalId }) => externalId)).toEqual([second?.externalId]);
    });

    test('has no more at work at one provider than it is given, and goes on at others', async () => {
      const rig = newRig({ atOnce: 2 });
      await several(rig, 5);
      const plaid = await bringInOne(rig, mxRow({ provider: 'PLAID' }));
      await force(rig, plaid.id);
      const { under, letGo, reach } = heldCalls(rig);
      const dispatcher = createDispatcher(rig.engine, 4);
      await dispatcher.tick();
      await reach(3);
      await dispatcher.tick();
      expect(under.now).toBe(3);
      expect(
        rig.meld
          .callsOf('refresh')
          .map(({ provider }) => provider)
          .toSorted(),
      ).toEqual(['MX', 'MX', 'PLAID']);
      letGo();
      await dispatcher.idle();
    });

    test('takes turns between tenants', async () => {
      const rig = newRig({ atOnce: 2, meld: { refresh: [DONE] } });
      await several(rig, 5);
      const other = await bringInOne(rig, mxRow({ externalId: 'other' }), OTHER_TENANT);
      rig.clock.advance(SECOND);
      await force(rig, other.id, { tenantId: OTHER_TENANT });
      await runDue(rig);
      const called = rig.meld.callsOf('refresh').map(({ externalId }) => externalId);
      expect(called).toHaveLength(2);
      expect(called).toContain('other');
    });

    test('lets nobody wait for a queue at another provider, and looks at no more of that than there is room for', async () => {
      const rig = newRig({ atOnce: 3 });
      await several(rig, 40);
      const plaid = await bringInOne(rig, mxRow({ provider: 'PLAID' }));
      await force(rig, plaid.id);
      const { letGo, reach } = heldCalls(rig);
      let seen = 0;
      const read = (async (name, params) => {
        const rows = await rig.store.read(name, params);
        if (name === 'dueTasks' || name === 'dueTasksOfLane') seen += (rows as readonly unknown[]).length;
        return rows;
      }) as Rig['store']['read'];
      const dispatcher = createDispatcher({ ...rig.engine, store: { ...rig.store, read } }, 8);
      await dispatcher.tick();
      await reach(4);
      expect(rig.meld.callsOf('refresh').map(({ provider }) => provider)).toContain('PLAID');
      expect(seen).toBe(8 + 3 + 1);
      await dispatcher.tick();
      expect(rig.meld.callsOf('refresh')).toHaveLength(4);
      letGo();
      await dispatcher.idle();
    });

    test('starts nothing before it is due', async () => {
      const rig = newRig({
        meld: { refresh: [{ kind: 'unavailable', who: 'provider', retryAt: MORNING + HOUR, message: '' }] },
      });
      const { id } = await bringInOne(rig);
      await force(rig, id);
      await pass(rig, HOUR - SECOND, MINUTE);
      expect(rig.meld.calls).toHaveLength(1);
      await pass(rig, SECOND);
      expect(rig.meld.calls).toHaveLength(2);
    });
  });

  describe('a job of the provider’s that is handed back instead of a new one', () => {
    test('is ours from before: it is charged once, and counted once', async () => {
      const handedBack: RefreshAnswer = { kind: 'accepted', providerTaskId: 'job-1', coalesced: false };
      const rig = newRig({ bud: { refresh: [handedBack], progress: [{ ...DONE, asOf: MORNING }] } });
      const { id } = await bringInOne(rig, budRow({ lastSuccessAt: undefined }));
      const forceOnce = async () => {
        const task = await force(rig, id);
        await pass(rig, MINUTE, SECOND);
        return taskOf(rig, task.id);
      };
      expect(await forceOnce()).toMatchObject({ state: 'succeeded', charge: 'charged' });
      // The provider's hour is a little longer than ours: it hands the job back that it has.
      rig.clock.set(MORNING + HOUR + MINUTE);
      expect(await forceOnce()).toMatchObject({ state: 'succeeded', charge: 'released', providerTaskId: 'job-1' });
      const { record } = await ask(rig, id);
      const window = record.decision.limits.find(({ name }) => name === 'psd2-unattended');
      expect(window).toMatchObject({ limit: 4, remaining: 3 });
    });
  });
};
