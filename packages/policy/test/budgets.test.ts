import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { BudgetAlert, BudgetFacts, Decision, Product, RefreshAnswer, RefreshProgress } from '@freshet/domain';
import fc from 'fast-check';
import type { Budget } from '../src/index.js';
import { allowedMicros, covers, keptMicros, usedMicros } from '../src/index.js';
import { configured, connection, policy } from './given.js';
import { worldOf, type World } from './world.js';

type Step =
  | { readonly do: 'advance'; readonly ms: number }
  | {
      readonly do: 'ask';
      readonly who: number;
      readonly attended: boolean;
      readonly products: readonly Product[] | null;
    }
  | { readonly do: 'answer'; readonly which: number; readonly answer: RefreshAnswer | RefreshProgress }
  | { readonly do: 'start' | 'send' | 'lose' | 'cancel'; readonly which: number }
  | { readonly do: 'configure'; readonly budgets: readonly Budget[] };

const answers: readonly (RefreshAnswer | RefreshProgress)[] = [
  { kind: 'accepted', providerTaskId: 'job', coalesced: false },
  { kind: 'done', asOf: null, newData: true },
  { kind: 'unavailable', who: 'provider', retryAt: null, message: '' },
  { kind: 'refused', message: '' },
  { kind: 'unknown', message: '' },
];

const one = fc.nat(9);
const share = fc.constantFrom(0, 0.05, 0.1, 0.5, 1);

const budgets: fc.Arbitrary<readonly Budget[]> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      provider: fc.constantFrom(null, 'MX', 'PLAID'),
      amountMicros: fc.integer({ min: 0, max: 12 }).map((steps) => steps * 60_000),
      period: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
      timeZone: fc.constantFrom('UTC', 'America/New_York'),
      enforcement: fc.constantFrom('hard' as const, 'hard' as const, 'soft' as const),
      headStart: fc.option(share),
      reserveForAttended: share,
      alertAt: fc.uniqueArray(fc.constantFrom(0.25, 0.5, 0.8, 1, 1.2)),
    }),
    { maxLength: 3, selector: ({ name }) => name },
  )
  .map((drawn) => drawn.map(configured));

const advances = [SECOND, MINUTE, 31 * MINUTE, HOUR, 9 * HOUR, DAY, 6 * DAY, 20 * DAY] as const;

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.constantFrom(...advances) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask'),
      who: one,
      attended: fc.boolean(),
      products: fc.constantFrom<readonly Product[] | null>(null, ['BALANCES']),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('start', 'send'), which: one }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer'), which: one, answer: fc.constantFrom(...answers) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lose', 'cancel'), which: one }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('configure'), budgets }) },
);

const price = {
  currency: 'USD',
  perRequestMicros: 120_000,
  productSets: [{ products: ['BALANCES' as const], micros: 50_000 }],
  historicalMicros: 0,
  billedOn: 'attempt' as const,
};

/** What one request found in each budget, and what it left there. */
interface Asked {
  readonly before: readonly BudgetFacts[];
  readonly after: readonly BudgetFacts[];
  readonly attended: boolean;
  readonly now: number;
  readonly decision: Decision;
}

const take = (world: World, made: Step, asked: (seen: Asked) => void): void => {
  const connections = world.rows.all('connection');
  if (made.do === 'advance') return world.advance(made.ms);
  if (made.do === 'configure') return world.configure(made.budgets);
  if (made.do === 'ask') {
    const { attended } = made;
    const before = world.budgets();
    const decision = world.ask(connections[made.who % connections.length]!, made);
    return asked({ before, after: world.budgets(), attended, now: world.now(), decision });
  }
  const open = world.open();
  const task = open[made.which % Math.max(1, open.length)];
  if (task === undefined) return;
  if (made.do === 'answer') world.answer(task, made.answer);
  else world[made.do](task);
};

/** Plays any sequence, and hands every request to the check. */
const always = (
  numRuns: number,
  play: () => { asked: (seen: Asked, world: World) => void; end?: () => void },
): void => {
  const steps = fc.array(step, { minLength: 20, maxLength: 80, size: 'max' });
  fc.assert(
    fc.property(budgets, steps, (first, all) => {
      const { asked, end } = play();
      const connections = ['a', 'b', 'c', 'd'].map((name) => connection(name));
      const world = worldOf(connections, policy({ price }), first);
      for (const made of all) take(world, made, (seen) => asked(seen, world));
      end?.();
    }),
    { numRuns },
  );
};

const pairs = ({ before, after }: Asked): readonly (readonly [BudgetFacts, BudgetFacts])[] =>
  before.map((budget, index) => [budget, after[index]!]);

describe('whatever is held, charged, released, lost and widened, as periods turn and budgets change', () => {
  test('nothing is held that a hard budget has no room for: by its amount, its pace, and what it keeps', () => {
    let grown = 0;
    always(150, () => ({
      asked: (seen) => {
        for (const [before, after] of pairs(seen)) {
          if (after.enforcement === 'soft' || usedMicros(after) <= usedMicros(before)) continue;
          grown += 1;
          expect(usedMicros(after)).toBeLessThanOrEqual(after.amountMicros);
          expect(usedMicros(after)).toBeLessThanOrEqual(allowedMicros(after, seen.attended, seen.now));
          const rest = after.amountMicros - keptMicros(after);
          if (!seen.attended) expect(usedMicros(after)).toBeLessThanOrEqual(rest);
        }
      },
    }));
    expect(grown).toBeGreaterThan(200);
  });

  test('a hard budget holds back only what it has no room for', () => {
    always(150, () => ({
      asked: ({ before, attended, now, decision }) => {
        if (decision.refusal !== 'budget-exhausted') return;
        const cost = decision.reasons.at(-1)?.data['costMicros'] as number;
        const tight = before.filter(
          (budget) =>
            budget.enforcement === 'hard' &&
            covers(budget, { micros: cost, currency: 'USD' }) &&
            usedMicros(budget) + cost > allowedMicros(budget, attended, now),
        );
        expect(tight.map(({ name }) => name)).toContain(decision.budget);
      },
    }));
  });

  test('a soft budget goes over, and each request that takes it there says by how much', () => {
    let overrun = 0;
    always(150, () => ({
      asked: (seen) => {
        const told = seen.decision.reasons.filter(({ code }) => code === 'BUDGET_OVERRUN');
        const expected = pairs(seen).flatMap(([before, after]) =>
          after.enforcement === 'soft' &&
          usedMicros(after) > usedMicros(before) &&
          usedMicros(after) > after.amountMicros
            ? [[after.name, usedMicros(after) - after.amountMicros]]
            : [],
        );
        overrun += expected.length;
        if (seen.decision.verdict === 'refuse') return;
        expect(told.map(({ data }) => [data['budget'], data['overrunMicros']])).toEqual(expected);
      },
    }));
    expect(overrun).toBeGreaterThan(50);
  });

  test('each threshold is told of once a period, in the turn that reaches it', () => {
    let seenAlerts = 0;
    always(150, () => {
      const known = new Map<string, BudgetAlert>();
      return {
        asked: (seen, world) => {
          const rows = world.rows.all('budgetAlert');
          for (const row of rows.filter(({ id }) => !known.has(id))) {
            expect(row.at).toBe(seen.now);
            expect(row.usedMicros).toBeGreaterThanOrEqual(Math.round(row.threshold * row.amountMicros));
            known.set(row.id, row);
          }
          // What was told of stays as it was told.
          expect(rows).toEqual([...known.values()]);
          for (const budget of seen.after) {
            for (const threshold of budget.alertAt) {
              const reached =
                usedMicros(budget) >= Math.round(threshold * budget.amountMicros) && usedMicros(budget) > 0;
              if (reached) expect([...known.keys()]).toContain(`${budget.counterId}#${threshold}`);
            }
          }
        },
        end: () => (seenAlerts += known.size),
      };
    });
    expect(seenAlerts).toBeGreaterThan(100);
  });
});
