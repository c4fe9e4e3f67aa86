import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { BudgetCounter, Connection, ConnectionId, LedgerEntry, RefreshAnswer, TaskId } from '@freshet/domain';
import { usedMicros } from '@freshet/policy';
import fc from 'fast-check';
import { budgetOverviews, cancelTask } from '../index.js';
import type { BudgetOverview } from '../index.js';
import {
  allTasks,
  ask,
  bringIn,
  bringInOne,
  force,
  MORNING,
  mxRow,
  pass,
  policyBook,
  rigsOver,
  runDue,
  step,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';

type Spent = Pick<BudgetCounter, 'reservedMicros' | 'chargedMicros' | 'uncertainMicros'>;

const DONE: RefreshAnswer = { kind: 'done', asOf: null, newData: true };
const DOWN: RefreshAnswer = { kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' };
const ACCEPTED: RefreshAnswer = { kind: 'accepted', providerTaskId: null, coalesced: false };

const CANDIDATES = [
  { name: 'day', period: 'day', timeZone: 'UTC', amount: '0.65', currency: 'USD' },
  { name: 'mx day', provider: 'MX', period: 'day', timeZone: 'Europe/Paris', amount: '0.35', currency: 'USD' },
  { name: 'week', provider: 'PLAID', period: 'week', timeZone: 'UTC', amount: '1.00', currency: 'USD' },
  { name: 'month', period: 'month', timeZone: 'America/New_York', amount: '3.00', currency: 'USD' },
  { name: 'soft', period: 'day', timeZone: 'UTC', amount: '0.25', currency: 'USD', enforcement: 'soft' },
  { name: 'paced', period: 'week', timeZone: 'UTC', amount: '5.00', currency: 'USD', pacing: 'even', headStart: 0.05 },
  {
    name: 'kept',
    provider: 'MX',
    period: 'day',
    timeZone: 'UTC',
    amount: '0.50',
    currency: 'USD',
    reserveForAttended: 0.4,
  },
];

/** The rig as it is started again under another policy file. */
const under = (rig: Rig, budgets: readonly unknown[]): Rig => ({
  ...rig,
  engine: { ...rig.engine, policies: policyBook({ version: 1, budgets }) },
});

const wholeLedger = ({ store }: Rig): Promise<readonly LedgerEntry[]> =>
  store.read('ledgerScan', { tenantId: TENANT, connectionId: '', after: '', limit: 10_000 });

interface Stretch {
  readonly provider: string | null;
  readonly currency: string;
  readonly from: number;
  readonly until: number;
}

/** The definition: what was held in that time, entry by entry, and what became of it. */
const toldByLedger = (ledger: readonly LedgerEntry[], { provider, currency, from, until }: Stretch): Spent => {
  const spent = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 };
  const held = ledger.filter(
    (entry) =>
      entry.kind === 'reserved' &&
      entry.currency === currency &&
      (provider === null || entry.provider === provider) &&
      entry.at >= from &&
      entry.at < until,
  );
  for (const { pullId, micros } of held) {
    const end = ledger.find((entry) => entry.pullId === pullId && entry.kind !== 'reserved')?.kind ?? 'reserved';
    if (end !== 'released') spent[`${end}Micros`] += micros;
  }
  return spent;
};

const spentOf = ({ reservedMicros, chargedMicros, uncertainMicros }: Spent): Spent => ({
  reservedMicros,
  chargedMicros,
  uncertainMicros,
});

/** Every counter that there is, configured or not, and every budget as it is shown, against the ledger. */
const assertExact = async (rig: Rig): Promise<number> => {
  const ledger = await wholeLedger(rig);
  const counters = new Map<string, BudgetCounter>();
  for (const at of new Set([rig.clock.now(), ...ledger.map((entry) => entry.at)])) {
    for (const one of await rig.store.read('budgetCounters', { tenantId: TENANT, at })) counters.set(one.id, one);
  }
  for (const counter of counters.values()) {
    const { provider, currency, periodStart: from, periodEnd: until } = counter;
    expect([counter.id, spentOf(counter)]).toEqual([
      counter.id,
      toldByLedger(ledger, { provider, currency, from, until }),
    ]);
  }
  for (const { budget, facts } of await budgetOverviews(rig.engine, TENANT)) {
    const { periodStart: from, periodEnd: until } = facts;
    expect(spentOf(facts)).toEqual(toldByLedger(ledger, { ...budget, from, until }));
  }
  return counters.size;
};

const oneStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      who: fc.nat(5),
      products: fc.constantFrom(null, ['BALANCES'] as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('run' as const),
      answer: fc.constantFrom<RefreshAnswer>(
        DONE,
        DOWN,
        ACCEPTED,
        { kind: 'unknown', message: 'lost' },
        { kind: 'refused', message: 'no' },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(SECOND, MINUTE, 31 * MINUTE, 4 * HOUR, DAY, 9 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('configure' as const), budgets: fc.subarray(CANDIDATES) }),
  },
);
type Step = typeof oneStep extends fc.Arbitrary<infer One> ? One : never;

const take = async (rig: Rig, connections: readonly Connection[], made: Step): Promise<Rig> => {
  switch (made.do) {
    case 'ask':
      await ask(rig, connections[made.who]?.id as ConnectionId, { request: { products: made.products } });
      return rig;
    case 'run':
      rig.meld.script({ refresh: [made.answer], progress: [DONE] });
      await runDue(rig);
      return rig;
    case 'advance':
      rig.clock.advance(made.ms);
      return rig;
    case 'cancel': {
      const open = (await allTasks(rig)).filter(({ endedAt }) => endedAt === null);
      await cancelTask(rig.engine, TENANT, open[made.which % Math.max(1, open.length)]?.id ?? ('none' as TaskId));
      return rig;
    }
    case 'configure':
      return under(rig, made.budgets);
  }
};

/** No request ever takes a hard budget further than it may go: neither its amount, nor its pace. */
const assertWithin = (before: readonly BudgetOverview[], after: readonly BudgetOverview[]): void => {
  after.forEach(({ budget, facts, overrunMicros, pacedMicros }, index) => {
    const grew = usedMicros(facts) > usedMicros((before[index] as BudgetOverview).facts);
    if (budget.enforcement === 'soft' || !grew) return;
    expect([budget.name, overrunMicros]).toEqual([budget.name, 0]);
    expect(usedMicros(facts)).toBeLessThanOrEqual(pacedMicros ?? facts.amountMicros);
  });
};

/** Every threshold that a budget has reached is told of in its overview, once, after a request that it covers. */
const assertTold = (overviews: readonly BudgetOverview[], provider: string): void => {
  for (const { budget, facts, alerts } of overviews) {
    if ((budget.provider ?? provider) !== provider) continue;
    const thresholds = alerts.map(({ threshold }) => threshold);
    expect(thresholds).toEqual([...new Set(thresholds)].sort());
    const share = usedMicros(facts) / facts.amountMicros;
    expect(thresholds).toEqual(expect.arrayContaining(budget.alertAt.filter((threshold) => threshold <= share)));
  }
};

const only = (overviews: readonly BudgetOverview[]): Spent => spentOf((overviews[0] as BudgetOverview).facts);

/** `runs`: how many orders of events are tried. */
export const budgetStories = (openStore: OpenStore, runs: number): void => {
  const newRig = rigsOver(openStore);
  const daily = { ...CANDIDATES[0], amount: '0.30' };

  describe('a budget', () => {
    test('that is configured while money is held knows what becomes of it', async () => {
      const before = newRig({ meld: { refresh: [DONE] } });
      const [first, second, third] = await bringIn(before, [mxRow(), mxRow(), mxRow()]);
      const held = await force(before, first?.id as ConnectionId);
      const dropped = await force(before, second?.id as ConnectionId);
      const rig = under(before, [daily]);
      // Its counter is made here, with the money of both.
      await force(rig, third?.id as ConnectionId);
      expect(only(await budgetOverviews(rig.engine, TENANT))).toMatchObject({ reservedMicros: 300_000 });
      await step(rig, held.id);
      await cancelTask(rig.engine, TENANT, dropped.id);
      expect(only(await budgetOverviews(rig.engine, TENANT))).toEqual({
        reservedMicros: 100_000,
        chargedMicros: 100_000,
        uncertainMicros: 0,
      });
    });

    test('that is taken away and comes back in its period knows what was spent meanwhile', async () => {
      const without = newRig({ meld: { refresh: [DONE] } });
      const rig = under(without, [daily]);
      const [first, second, third] = await bringIn(rig, [mxRow(), mxRow(), mxRow()]);
      await force(rig, first?.id as ConnectionId);
      await force(without, second?.id as ConnectionId);
      await runDue(without);
      expect(only(await budgetOverviews(rig.engine, TENANT))).toMatchObject({ chargedMicros: 200_000 });
      expect(await ask(rig, third?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
      const fourth = await bringInOne(rig);
      expect(await ask(rig, fourth.id)).toMatchObject({ record: { decision: { refusal: 'budget-exhausted' } } });
    });

    test('pays what it held, also where the next period has begun by then', async () => {
      const rig = under(newRig({ meld: { refresh: [DOWN, DONE] } }), [daily]);
      const { id } = await bringInOne(rig);
      rig.clock.set(MORNING + 14 * HOUR - SECOND);
      await force(rig, id);
      await pass(rig, MINUTE, SECOND);
      expect(only(await budgetOverviews(rig.engine, TENANT))).toMatchObject({ reservedMicros: 0, chargedMicros: 0 });
      const [yesterday] = await rig.store.read('budgetCounters', { tenantId: TENANT, at: MORNING });
      expect(yesterday).toMatchObject({ reservedMicros: 0, chargedMicros: 100_000 });
    });

    test('that reaches a threshold is told of once: by a warning, and in its overview', async () => {
      const alerting = { ...daily, name: 'alerting', amount: '0.40', alertAt: [0.5, 1] };
      const rig = under(newRig(), [alerting]);
      const rows = await bringIn(rig, [mxRow(), mxRow(), mxRow(), mxRow()]);
      const [first, second] = rows;
      await ask(rig, first?.id as ConnectionId);
      expect(rig.warnings).toEqual([]);
      const crossing = await force(rig, second?.id as ConnectionId);
      const told = { message: 'a budget has reached a threshold', facts: expect.objectContaining({ threshold: 0.5 }) };
      expect(rig.warnings).toEqual([told]);
      // Released, and crossed again.
      await cancelTask(rig.engine, TENANT, crossing.id);
      await ask(rig, second?.id as ConnectionId);
      expect(rig.warnings).toEqual([told]);
      const crossed = { threshold: 0.5, usedMicros: 200_000, amountMicros: 400_000, at: MORNING };
      const alertsNow = async () => (await budgetOverviews(rig.engine, TENANT))[0]?.alerts;
      expect(await alertsNow()).toMatchObject([crossed]);
      // All at once: one of them crosses, whichever that is.
      rig.clock.advance(MINUTE);
      await Promise.all(rows.map(({ id }) => ask(rig, id)));
      expect(rig.warnings.map(({ facts }) => facts['threshold'])).toEqual([0.5, 1]);
      expect(await alertsNow()).toMatchObject([crossed, { threshold: 1, usedMicros: 400_000, at: MORNING + MINUTE }]);
      rig.clock.advance(DAY);
      expect(await alertsNow()).toEqual([]);
    });

    test('that was lowered below what is used is told of by the next request, though it is refused', async () => {
      const before = under(newRig(), [{ ...daily, amount: '1.00', alertAt: [0.5] }]);
      const [first, second] = await bringIn(before, [mxRow(), mxRow()]);
      await ask(before, first?.id as ConnectionId);
      const rig = under(before, [{ ...daily, amount: '0.15', alertAt: [0.5] }]);
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject({ record: { verdict: 'refuse' } });
      expect((await budgetOverviews(rig.engine, TENANT))[0]?.alerts).toMatchObject([{ threshold: 0.5 }]);
      expect(before.warnings).toHaveLength(1);
    });

    test('that is soft is overrun, and its overview says by how much', async () => {
      const rig = under(newRig(), [{ ...daily, amount: '0.15', enforcement: 'soft' }]);
      const rows = await bringIn(rig, [mxRow(), mxRow(), mxRow()]);
      for (const { id } of rows) expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
      expect(await budgetOverviews(rig.engine, TENANT)).toMatchObject([{ remainingMicros: 0, overrunMicros: 150_000 }]);
    });

    test('is forecast by its own days and those of the period before', async () => {
      const rig = under(newRig({ meld: { refresh: [DONE] } }), [{ ...CANDIDATES[3], timeZone: 'UTC' }]);
      const rows = await bringIn(rig, [mxRow(), mxRow()]);
      const forecast = async () => (await budgetOverviews(rig.engine, TENANT))[0]?.forecastMicros;
      expect(await forecast()).toBeNull();
      // March, from the 2nd at 10:00: 0.20 in 29 days and 14 hours.
      for (const { id } of rows) await force(rig, id);
      await runDue(rig);
      expect(await forecast()).toBeNull();
      rig.clock.set(Date.UTC(2026, 3, 4));
      await force(rig, rows[0]?.id as ConnectionId);
      // 0.10 in three days of April's 30, and a quarter of it as March was: 0.2 / 710 h * 180 h, in 7.5 days.
      expect(await forecast()).toBe(100_000 + Math.round(((100_000 + (200_000 / 710) * 180) / 252) * 648));
    });

    test('is what the ledger says, in whatever order it is configured, decided under, settled and turned', async () => {
      let counters = 0;
      const play = async (steps: readonly Step[]): Promise<void> => {
        let rig = newRig();
        const rows = [0, 1, 2].flatMap(() => [mxRow(), mxRow({ provider: 'PLAID' })]);
        const connections = await bringIn(rig, rows);
        for (const made of steps) {
          const before = await budgetOverviews(rig.engine, TENANT);
          rig = await take(rig, connections, made);
          if (made.do === 'ask') {
            const after = await budgetOverviews(rig.engine, TENANT);
            assertWithin(before, after);
            assertTold(after, connections[made.who]?.provider as string);
          }
          counters = Math.max(counters, await assertExact(rig));
        }
        await rig.store.close();
      };
      await fc.assert(fc.asyncProperty(fc.array(oneStep, { minLength: 10, maxLength: 60, size: 'max' }), play), {
        numRuns: runs,
      });
      // Several periods of several budgets were met: the test could have failed.
      expect(counters).toBeGreaterThan(3);
    }, 120_000);
  });
};
