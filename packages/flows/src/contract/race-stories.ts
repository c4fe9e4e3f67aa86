import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { Connection, ConnectionId, RefreshAnswer } from '@freshet/domain';
import fc from 'fast-check';
import { createDispatcher, deleteConnection, importConnections, releaseDeadLeases } from '../index.js';
import {
  allConnections,
  allTasks,
  anotherWorker,
  ask,
  bringIn,
  bringInOne,
  bringInTwins,
  budRow,
  deliver,
  MORNING,
  mxRow,
  pass,
  rigsOver,
  runDue,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';

const ACCEPTED: RefreshAnswer = { kind: 'accepted', providerTaskId: null, coalesced: false };
const DONE = { kind: 'done', asOf: null, newData: true } as const;

const times = <Item>(count: number, make: (index: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

const verdictsOf = (asked: readonly Awaited<ReturnType<typeof ask>>[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { record } of asked) counts[record.verdict] = (counts[record.verdict] ?? 0) + 1;
  return counts;
};

const activeOf = (connections: readonly Connection[]): readonly ConnectionId[] =>
  connections.filter(({ active, status }) => active && status !== 'DELETED').map(({ id }) => id);

/** What each of several things at once may do to one group of duplicates. */
const groupAction = fc.oneof(
  fc.record({ do: fc.constant('refresh' as const), member: fc.nat(3) }),
  fc.record({ do: fc.constant('delete' as const), member: fc.nat(3) }),
  fc.record({ do: fc.constant('import' as const), agoMs: fc.integer({ min: 1, max: DAY }) }),
  fc.record({ do: fc.constant('import again' as const), member: fc.nat(3), agoMs: fc.integer({ min: 1, max: DAY }) }),
  fc.record({ do: fc.constant('told active' as const), member: fc.nat(3), at: fc.nat(DAY) }),
);
type GroupAction = typeof groupAction extends fc.Arbitrary<infer Action> ? Action : never;

let deliveries = 0;

const act = async (rig: Rig, members: readonly Connection[], action: GroupAction): Promise<unknown> => {
  const member = 'member' in action ? (members[action.member] as Connection) : undefined;
  const row = mxRow({ providerConnectionId: 'mx-member-1' });
  switch (action.do) {
    case 'refresh':
      await ask(rig, member?.id as ConnectionId);
      return runDue(rig);
    case 'delete':
      return deleteConnection(rig.engine, TENANT, member?.id as ConnectionId);
    case 'import':
      return importConnections(rig.engine, TENANT, [{ ...row, lastSuccessAt: MORNING - action.agoMs }]);
    case 'import again': {
      const { externalId } = member as Connection;
      return importConnections(rig.engine, TENANT, [{ ...row, externalId, lastSuccessAt: MORNING - action.agoMs }]);
    }
    case 'told active': {
      const { externalId } = member as Connection;
      const at = MORNING + action.at;
      return deliver(rig, `e${(deliveries += 1)}`, {
        kind: 'status-told',
        externalId,
        status: 'ACTIVE',
        reason: null,
        at,
      });
    }
  }
};

/** One call at the provider, as the provider saw it: it happened, or may have. */
interface SeenCall {
  readonly at: number;
  readonly connection: string;
  readonly provider: string;
  readonly attended: boolean;
  succeeded: boolean;
}

const kindOfAnswer = fc.constantFrom(
  'done',
  'accepted',
  'unknown',
  'unavailable',
  'limited',
  'dies before',
  'dies after',
);
const windowStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      who: fc.nat(5),
      attended: fc.boolean(),
      answer: kindOfAnswer,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(1, SECOND, 20 * SECOND, MINUTE, HOUR, 3 * HOUR, 7 * HOUR),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'run' as const }) },
);

/** A provider that keeps its own ledger, and answers as it is told for each connection. */
const ledgerOver = (rig: Rig) => {
  const seen: SeenCall[] = [];
  const next = new Map<string, string>();
  let died = (): void => undefined;
  const death = (): Promise<void> => new Promise((resolve) => (died = resolve));
  for (const connector of [rig.meld, rig.bud]) {
    connector.script({
      refresh: [
        async ({ externalId, provider, presence }): Promise<RefreshAnswer> => {
          const answer = next.get(externalId) ?? 'done';
          next.set(externalId, 'done');
          if (answer === 'unavailable') return { kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' };
          if (answer === 'limited') return { kind: 'limited', until: null, scope: 'connection' };
          const call = {
            at: rig.clock.now(),
            connection: externalId,
            provider,
            attended: presence !== null,
            succeeded: false,
          };
          seen.push(call);
          if (answer === 'unknown') return { kind: 'unknown', message: 'lost' };
          call.succeeded = true;
          // Its worker is gone before it hears the answer.
          if (answer === 'dies after') {
            died();
            return new Promise(() => undefined);
          }
          return answer === 'accepted' ? ACCEPTED : DONE;
        },
      ],
      progress: [DONE],
    });
  }
  return { seen, next, death };
};

const mostWithin = (calls: readonly SeenCall[], ms: number): number =>
  Math.max(0, ...calls.map((first) => calls.filter(({ at }) => at >= first.at && at < first.at + ms).length));

/** Shapes of limits as providers have them, all at once on the account. */
const TIGHT = {
  version: 1,
  overrides: [
    {
      match: { provider: 'BUD' },
      set: {
        limits: {
          account: {
            kind: 'window',
            scope: 'account',
            count: 3,
            per: { shape: 'rolling', length: 'PT6H' },
            counts: { origins: ['forced'] },
          },
        },
      },
    },
  ],
};

const ONE_REFRESH = {
  version: 1,
  budgets: [{ name: 'one', provider: 'MX', period: 'day', timeZone: 'UTC', amount: '0.19', currency: 'USD' }],
};

/** `runs`: how many interleavings of each kind are tried. */
export const raceStories = (openStore: OpenStore, runs: number): void => {
  const timeoutMs = 120_000;
  const newRig = rigsOver(openStore);

  describe('many at once', () => {
    test('100 requests for one connection open one task, and 99 join it', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const asked = await Promise.all(
        times(100, (n) => ask(rig, id, { idempotency: { key: `k${n}`, fingerprint: 'f' } })),
      );
      expect(verdictsOf(asked)).toEqual({ force: 1, join: 99 });
      expect(new Set(asked.map(({ task }) => task?.id)).size).toBe(1);
      await runDue(rig);
      expect(rig.meld.callsOf('refresh')).toHaveLength(1);
    });

    test('100 requests for 100 connections open 100 tasks: the one before was no accident', async () => {
      const rig = newRig();
      const connections = await bringIn(
        rig,
        times(100, () => mxRow()),
      );
      const asked = await Promise.all(connections.map(({ id }) => ask(rig, id)));
      expect(verdictsOf(asked)).toEqual({ force: 100 });
    });

    test('50 refreshes over the members of one group make one call, and leave one active', async () => {
      const rig = newRig({ meld: { refresh: [ACCEPTED], progress: [DONE] } });
      const members = await bringInTwins(rig, 5);
      const workers = [rig.engine, anotherWorker(rig), anotherWorker(rig, 'worker-3')].map((engine) =>
        createDispatcher(engine, 10),
      );
      await Promise.all(
        times(50, async (n) => {
          await ask(rig, members[n % 5]?.id as ConnectionId);
          await workers[n % 3]?.tick();
        }),
      );
      await Promise.all(workers.map((worker) => worker.idle()));
      await pass(rig, MINUTE, SECOND);
      expect(rig.meld.callsOf('refresh')).toHaveLength(1);
      expect(await allTasks(rig)).toMatchObject([{ state: 'succeeded', charge: 'charged', attempts: 1 }]);
      expect(activeOf(await allConnections(rig))).toHaveLength(1);
    });

    test('100 racing for the budget of one: exactly one is accepted', async () => {
      const rig = newRig({ policyFile: ONE_REFRESH });
      const connections = await bringIn(
        rig,
        times(100, () => mxRow()),
      );
      const asked = await Promise.all(connections.map(({ id }) => ask(rig, id)));
      expect(verdictsOf(asked)).toEqual({ force: 1, refuse: 99 });
      const refusals = new Set(asked.flatMap(({ record }) => record.decision.refusal ?? []));
      expect([...refusals]).toEqual(['budget-exhausted']);
    });
  });

  describe('whatever runs at once in one group', () => {
    test(
      'never leaves two active, nor none of the living, and every task ends',
      async () => {
        let promoted = 0;
        const story = async (scheduler: fc.Scheduler, actions: readonly GroupAction[]): Promise<void> => {
          const rig = newRig();
          const answered = async <Answer>(answer: Answer): Promise<Answer> =>
            scheduler.schedule(Promise.resolve(answer));
          const members = await bringInTwins(rig, 4);
          rig.meld.script({
            refresh: [() => answered(ACCEPTED)],
            progress: [() => answered({ ...DONE, asOf: rig.clock.now() })],
            delete: [() => answered({ kind: 'accepted' as const })],
          });
          const all = Promise.all(
            actions.map((action) => scheduler.schedule(Promise.resolve()).then(() => act(rig, members, action))),
          );
          const assertOneActive = async (): Promise<void> => {
            const group = (await allConnections(rig)).filter(({ status }) => status !== 'DELETED');
            expect(activeOf(group)).toHaveLength(group.length > 0 ? 1 : 0);
          };
          let ended = false;
          void all.finally(() => (ended = true));
          while (!ended) {
            if (scheduler.count() > 0) await scheduler.waitOne();
            else await new Promise((resolve) => setImmediate(resolve));
            await assertOneActive();
          }
          await all;
          rig.meld.script({ refresh: [ACCEPTED], progress: [DONE] });
          // Data that came meanwhile hold a queued refresh back for as long as the cooldown.
          await pass(rig, 4 * HOUR, 8 * MINUTE);
          await assertOneActive();
          const tasks = await allTasks(rig);
          expect(tasks.filter(({ endedAt }) => endedAt === null)).toEqual([]);
          const first = members[0]?.id;
          if (activeOf(await allConnections(rig))[0] !== first) promoted += 1;
          await rig.store.close();
        };
        await fc.assert(
          fc.asyncProperty(fc.scheduler(), fc.array(groupAction, { minLength: 2, maxLength: 6 }), story),
          {
            numRuns: runs,
          },
        );
        // Otherwise nothing was raced for.
        expect(promoted).toBeGreaterThan(0);
      },
      timeoutMs,
    );
  });

  describe('whatever is asked, answered and lost, at any time', () => {
    type Step = typeof windowStep extends fc.Arbitrary<infer One> ? One : never;

    const play = async (steps: readonly Step[]): Promise<readonly SeenCall[]> => {
      const rig = newRig({ policyFile: TIGHT });
      const { seen, next, death } = ledgerOver(rig);
      const bud = times(3, (n) => budRow({ customerId: `customer-${n}`, lastSuccessAt: undefined }));
      const connections = await bringIn(rig, [...bud, ...times(3, () => mxRow({ lastSuccessAt: undefined }))]);
      let workers = 0;
      const run = async (): Promise<void> => {
        const dispatcher = createDispatcher(anotherWorker(rig, `worker-${(workers += 1)}`), 100);
        const gone = death();
        await dispatcher.tick();
        // A worker that dies in its call is never idle: it is left behind.
        await Promise.race([dispatcher.idle(), gone]);
      };
      for (const step of steps) {
        if (step.do === 'advance') rig.clock.advance(step.ms);
        await releaseDeadLeases(rig.engine, 100);
        if (step.do === 'run') await run();
        if (step.do !== 'ask') continue;
        const { id, externalId } = connections[step.who] as Connection;
        const presence = step.attended ? { presence: { ip: '203.0.113.7', userAgent: null } } : {};
        const { record } = await ask(rig, id, presence);
        if (record.verdict !== 'force') continue;
        next.set(externalId, step.answer);
        // The worker is gone with the reservation: its lease runs out.
        if (step.answer === 'dies before') next.set(externalId, 'done');
        else await run();
      }
      const open = (await allTasks(rig)).filter(({ endedAt }) => endedAt === null);
      expect(new Set(open.map(({ groupKey }) => groupKey)).size).toBe(open.length);
      await rig.store.close();
      return seen;
    };

    test(
      'no window is exceeded, by the provider’s own count',
      async () => {
        let most = 0;
        const count = async (steps: readonly Step[]): Promise<void> => {
          const seen = await play(steps);
          const bud = seen.filter(({ provider }) => provider === 'BUD');
          most = Math.max(most, mostWithin(bud, 6 * HOUR));
          expect(mostWithin(bud, 6 * HOUR)).toBeLessThanOrEqual(3);
          for (const connection of new Set(bud.map((call) => call.connection))) {
            const unattended = bud.filter((call) => call.connection === connection && !call.attended);
            expect(mostWithin(unattended, DAY)).toBeLessThanOrEqual(4);
          }
          for (const connection of new Set(seen.map((call) => call.connection))) {
            const calls = seen.filter((call) => call.connection === connection && call.provider === 'MX');
            calls.slice(1).forEach((call, index) => {
              const before = calls[index] as SeenCall;
              if (before.succeeded) expect(call.at - before.at).toBeGreaterThanOrEqual(3 * HOUR);
            });
          }
        };
        await fc.assert(fc.asyncProperty(fc.array(windowStep, { minLength: 10, maxLength: 60, size: 'max' }), count), {
          numRuns: runs,
        });
        // The window was full at least once: the test could have failed.
        expect(most).toBe(3);
      },
      timeoutMs,
    );
  });
};
