import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { Connection, ConnectionId, RefreshAnswer, Task } from '@freshet/domain';
import type { RefreshCall } from '@freshet/ports';
import { createDispatcher, providerOverviews, releaseDeadLeases, reportOutcome } from '../index.js';
import {
  akoyaRow,
  anotherWorker,
  ask,
  bringIn,
  bringInOne,
  force,
  MORNING,
  mxRow,
  reasonsOf,
  rigsOver,
  runDue,
  taskOf,
  TENANT,
  UNTOLD,
  type OpenStore,
  type Rig,
} from './rig.js';
import { stoppedWorker } from './stopped-worker.js';

const DONE = { kind: 'done', asOf: null, newData: true } as const;
const UNKNOWN = { kind: 'unknown', message: 'no reply' } as const;
const down = (who: 'institution' | 'provider') =>
  ({ kind: 'unavailable', who, retryAt: null, message: 'down' }) as const;
const LIMITED = { kind: 'limited', until: null, scope: 'connection' } as const;
const NEEDS_LOGIN = { kind: 'customer-needed', event: 'failed_login_required', message: 'log in again' } as const;

/** Connections of as many customers, each at the bank that its number gives. */
const several = (rig: Rig, count: number, bank: (number: number) => string): Promise<readonly Connection[]> =>
  bringIn(
    rig,
    Array.from({ length: count }, (_, number) =>
      mxRow({ customerId: `customer-${number}`, institutionId: bank(number) }),
    ),
  );

const ownBank = (number: number): string => `bank-${number}`;

/** Each of them is forced, and the provider answers so. */
const allAnswer = async (
  rig: Rig,
  connections: readonly Connection[],
  answer: RefreshAnswer,
): Promise<readonly Task[]> => {
  rig.meld.script({ refresh: [answer] });
  const tasks = [];
  for (const { id } of connections) tasks.push(await force(rig, id));
  await runDue(rig);
  return tasks;
};

/** When the provider is expected to open, as a refused request is told. */
const closedUntil = async (rig: Rig, id: ConnectionId): Promise<number> => {
  const { record } = await ask(rig, id);
  expect(record.decision).toMatchObject({ verdict: 'refuse', refusal: 'provider-closed' });
  return record.decision.retryAt ?? 0;
};

const called = (rig: Rig): number => rig.meld.callsOf('refresh').length;

const overviewOf = async (rig: Rig) => {
  const overview = (await providerOverviews(rig.engine, TENANT)).find(({ provider }) => provider === 'MX');
  if (overview === undefined) throw new Error('no MX');
  return overview;
};

/** Five outages at five banks: the provider is shut. Those that failed wait for another try. */
const shut = async (rig: Rig) => {
  const connections = await several(rig, 7, ownBank);
  const waiting = await allAnswer(rig, connections.slice(0, 5), down('provider'));
  const [sixth, seventh] = connections.slice(5) as [Connection, Connection];
  return { sixth, seventh, waiting, until: await closedUntil(rig, sixth.id) };
};

export const breakerStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a breaker', () => {
    test('opens at outages in a row: who asks is told until when, and what is queued waits', async () => {
      const rig = newRig();
      const { sixth, waiting, until } = await shut(rig);
      expect(until).toBeGreaterThanOrEqual(MORNING + 15 * SECOND);
      expect(until).toBeLessThanOrEqual(MORNING + 30 * SECOND);
      expect(reasonsOf(await ask(rig, sixth.id))).toContain('BREAKER_OPEN');
      expect(called(rig)).toBe(5);
      rig.clock.set(until - 1);
      await runDue(rig);
      expect(called(rig)).toBe(5);
      for (const { id } of waiting) expect(await taskOf(rig, id)).toMatchObject({ state: 'queued', dueAt: until });
    });

    test('is there for every worker and after a restart, and is shown', async () => {
      const rig = newRig();
      const { sixth, until } = await shut(rig);
      const restarted = { ...rig, engine: anotherWorker(rig) };
      expect(await closedUntil(restarted, sixth.id)).toBe(until);
      const { blocks, blockedUntil, institutions } = await overviewOf(restarted);
      expect(blocks).toMatchObject([{ kind: 'breaker', connector: 'meld', until, probe: null }]);
      expect([blockedUntil, institutions]).toEqual([until, []]);
    });

    test('lets exactly one try it after the pause, whoever comes, and closes at its success', async () => {
      const rig = newRig();
      const { sixth, waiting, until } = await shut(rig);
      rig.clock.set(until);
      const stopped = stoppedWorker(rig, 'after sending', DONE);
      const dispatchers = [stopped.engine, { ...stopped.engine, workerId: 'worker-2' }].map((engine) =>
        createDispatcher(engine, 100),
      );
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.tick()));
      await stopped.isThere;
      // Whoever was not let through has been put off by now.
      while ((await rig.store.read('dueTasks', { now: until, realNow: rig.clock.realNow(), limit: 9 })).length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(called(rig)).toBe(6);
      const tried = (await overviewOf(rig)).blocks[0]?.probe;
      expect(waiting.map(({ id }) => id)).toContain(tried);
      expect(await closedUntil(rig, sixth.id)).toBe(until + 30 * SECOND);
      stopped.go();
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.idle()));
      expect((await overviewOf(rig)).blocks).toEqual([]);
      expect((await ask(rig, sixth.id)).record.decision.verdict).toBe('force');
      rig.meld.script({ refresh: [DONE] });
      rig.clock.advance(30 * SECOND);
      await runDue(rig);
      for (const { id } of waiting) expect(await taskOf(rig, id)).toMatchObject({ state: 'succeeded' });
    });

    test('is shut longer by each failure of the one that tries it', async () => {
      const rig = newRig({
        policyFile: { version: 1, overrides: [{ match: {}, set: { execution: { maxAttempts: 99 } } }] },
      });
      const { sixth, until } = await shut(rig);
      const pauses: number[] = [];
      for (let [last, turn] = [until, 0]; turn < 8; turn += 1) {
        const before = called(rig);
        rig.clock.set(last + 30 * SECOND);
        await runDue(rig);
        expect(called(rig)).toBe(before + 1);
        const next = await closedUntil(rig, sixth.id);
        pauses.push(next - rig.clock.now());
        last = next;
      }
      for (const [index, pause] of pauses.entries()) {
        expect(pause).toBeGreaterThanOrEqual(Math.min(15 * MINUTE, 30 * SECOND * 2 ** (index + 1)) / 2);
        expect(pause).toBeLessThanOrEqual(15 * MINUTE);
      }
    });

    test('that is tried by a worker which is gone is tried again by another', async () => {
      const rig = newRig();
      const { until } = await shut(rig);
      rig.clock.set(until);
      const stopped = stoppedWorker(rig, 'before sending');
      const lost = createDispatcher(stopped.engine, 1);
      await lost.tick();
      await stopped.isThere;
      rig.meld.script({ refresh: [DONE] });
      rig.clock.advance(5 * MINUTE);
      await releaseDeadLeases(rig.engine, 10);
      await runDue(rig);
      expect((await overviewOf(rig)).blocks).toEqual([]);
      stopped.go();
      await lost.idle();
    });

    test.each([
      ['limits', LIMITED],
      ['failures of the customers', NEEDS_LOGIN],
      ['refusals', { kind: 'refused', message: 'no' } as const],
    ])('never opens for %s', async (_what, answer) => {
      const rig = newRig();
      const connections = await several(rig, 11, () => 'bank');
      await allAnswer(rig, connections.slice(0, 10), answer);
      expect((await ask(rig, (connections[10] as Connection).id)).record.decision.verdict).toBe('force');
    });

    test('of one bank leaves the others alone, also where no reply says who is down', async () => {
      const rig = newRig();
      const connections = await several(rig, 7, (number) => (number < 6 ? 'bank' : 'other'));
      await allAnswer(rig, connections.slice(0, 5), UNKNOWN);
      await closedUntil(rig, (connections[5] as Connection).id);
      const { blocks, institutions } = await overviewOf(rig);
      expect([blocks, institutions]).toMatchObject([[], [{ kind: 'breaker', scopeKey: 'bank' }]]);
      expect((await ask(rig, (connections[6] as Connection).id)).record.decision.verdict).toBe('force');
    });

    test('opens for the provider where the replies of several banks are lost', async () => {
      const rig = newRig();
      const connections = await several(rig, 6, ownBank);
      await allAnswer(rig, connections.slice(0, 5), UNKNOWN);
      await closedUntil(rig, (connections[5] as Connection).id);
    });

    test('does not open for one connection that fails again and again', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      rig.meld.script({ refresh: [down('institution')] });
      await force(rig, id);
      for (let turn = 0; turn < 60; turn += 1) {
        await runDue(rig);
        rig.clock.advance(SECOND);
      }
      expect(called(rig)).toBe(4);
      const other = await bringInOne(rig, mxRow({ customerId: 'another' }));
      expect((await ask(rig, other.id)).record.decision.verdict).toBe('force');
    });

    test('does not open where as many succeed in between', async () => {
      const rig = newRig();
      const connections = await several(rig, 14, () => 'bank');
      const isDown = (call: RefreshCall): RefreshAnswer =>
        connections.findIndex(({ externalId }) => externalId === call.externalId) % 3 === 0
          ? down('institution')
          : DONE;
      rig.meld.script({ refresh: [isDown] });
      for (const { id } of connections.slice(0, 13)) {
        await force(rig, id);
        await runDue(rig);
      }
      expect((await ask(rig, (connections[13] as Connection).id)).record.decision.verdict).toBe('force');
    });

    test('over permits is tried by the first that is given after the pause', async () => {
      const rig = newRig();
      const rows = Array.from({ length: 7 }, (_, number) => akoyaRow({ institutionId: `bank-${number}` }));
      const connections = await bringIn(rig, rows);
      for (const { id } of connections.slice(0, 5)) {
        const permit = await force(rig, id);
        await reportOutcome(rig.engine, TENANT, permit.id, { ...UNTOLD, outcome: 'unavailable' });
      }
      const [sixth, seventh] = connections.slice(5) as [Connection, Connection];
      rig.clock.set(await closedUntil(rig, sixth.id));
      const permit = await force(rig, sixth.id);
      await closedUntil(rig, seventh.id);
      await reportOutcome(rig.engine, TENANT, permit.id, { ...UNTOLD, outcome: 'done', asOf: rig.clock.now() });
      expect((await ask(rig, seventh.id)).record.decision.verdict).toBe('force');
    });

    test('closes at the success of one that took longer than it is waited for, though another tries it now', async () => {
      const rig = newRig();
      const rows = Array.from({ length: 8 }, (_, number) => akoyaRow({ institutionId: `bank-${number}` }));
      const connections = await bringIn(rig, rows);
      for (const { id } of connections.slice(0, 5)) {
        const permit = await force(rig, id);
        await reportOutcome(rig.engine, TENANT, permit.id, { ...UNTOLD, outcome: 'unavailable' });
      }
      const [sixth, seventh, eighth] = connections.slice(5) as [Connection, Connection, Connection];
      rig.clock.set(await closedUntil(rig, sixth.id));
      const slow = await force(rig, sixth.id);
      rig.clock.advance(6 * MINUTE);
      await force(rig, seventh.id);
      await closedUntil(rig, eighth.id);
      await reportOutcome(rig.engine, TENANT, slow.id, { ...UNTOLD, outcome: 'done', asOf: rig.clock.now() });
      expect((await ask(rig, eighth.id)).record.decision.verdict).toBe('force');
    });

    test('forgets outages of long ago', async () => {
      const rig = newRig();
      const connections = await several(rig, 8, ownBank);
      await allAnswer(rig, connections.slice(0, 4), UNKNOWN);
      rig.clock.advance(HOUR);
      await allAnswer(rig, connections.slice(4, 7), UNKNOWN);
      expect((await ask(rig, (connections[7] as Connection).id)).record.decision.verdict).toBe('force');
      expect(rig.clock.now()).toBeLessThan(MORNING + DAY);
    });
  });
};
