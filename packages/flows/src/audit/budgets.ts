import { formatAmount, formatInstant, plainAmount } from '@freshet/domain';
import type { BudgetCounter, BudgetFigure, Instant, LedgerEntry, TenantId } from '@freshet/domain';
import { budgetPeriod, countsIn, usedMicros, type Budget } from '@freshet/policy';
import { read, type LedgerTotals, type Loader } from '@freshet/ports';
import { loadBudgets } from '../budget-overview.js';
import { defineCheck, type AuditPlace, type Found } from './check.js';
import { keyInTime, placeInTime } from './in-time.js';
import { PERIODS_BACK_MS } from './look-backs.js';
import type { AuditRules } from './rules.js';

/** A budget's counter beside what the ledger says of its period. */
export interface CountedBudget {
  readonly counter: BudgetCounter;
  readonly totals: LedgerTotals;
  /** Of what the ledger still holds, that of refreshes that are open. */
  readonly heldByOpenMicros: number;
  /** The budget as it is configured today; null: it is not any more. */
  readonly budget: Budget | null;
  /** Of what was charged, what nobody could refuse. Asked only of a hard one that is beyond its amount. */
  readonly unaskedMicros: number;
}

/** Their money is read together, in one walk: of one moment, for counters and ledger move on. */
const COUNTERS_AT_ONCE = 200;
const OPEN_AT_ONCE = 100;

/** What each counter counts of the money that open refreshes hold: walked once for a page, however many are open. */
function* heldByOpen(tenantId: TenantId, counters: readonly BudgetCounter[]): Loader<ReadonlyMap<string, number>> {
  const held = new Map(counters.map(({ id }) => [id, 0]));
  const count = (entry: LedgerEntry): void => {
    for (const counter of counters) {
      if (countsIn(counter, entry)) held.set(counter.id, (held.get(counter.id) ?? 0) + entry.micros);
    }
  };
  for (let after = ''; ;) {
    const open = yield* read('openTasksScan', { tenantId, after, limit: OPEN_AT_ONCE });
    for (const { pullId } of open) {
      const entries = yield* read('ledgerOfPull', { tenantId, pullId });
      if (entries.every(({ kind }) => kind === 'reserved')) entries.forEach(count);
    }
    const last = open.at(-1);
    if (last === undefined || open.length < OPEN_AT_ONCE) return held;
    after = last.id;
  }
}

const NOTHING: LedgerTotals = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 };

const plus = (a: LedgerTotals, b: LedgerTotals): LedgerTotals => ({
  reservedMicros: a.reservedMicros + b.reservedMicros,
  chargedMicros: a.chargedMicros + b.chargedMicros,
  uncertainMicros: a.uncertainMicros + b.uncertainMicros,
});

/** What the ledger says of each counter. Days lie in months: each stretch of time is walked once for all that it lies in. */
function* ledgerOf(tenantId: TenantId, counters: readonly BudgetCounter[]): Loader<ReadonlyMap<string, LedgerTotals>> {
  const totals = new Map(counters.map(({ id }) => [id, NOTHING]));
  const ends = new Set(counters.flatMap(({ periodStart, periodEnd }) => [periodStart, periodEnd]));
  const cuts = [...ends].sort((a, b) => a - b);
  for (const [index, until] of cuts.entries()) {
    const from = cuts[index - 1] ?? until;
    const within = counters.filter(({ periodStart, periodEnd }) => periodStart <= from && until <= periodEnd);
    if (from === until || within.length === 0) continue;
    for (const held of yield* read('heldTotals', { tenantId, from, until })) {
      for (const counter of within.filter((each) => countsIn(each, { ...held, at: from })))
        totals.set(counter.id, plus(totals.get(counter.id) ?? NOTHING, held));
    }
  }
  return totals;
}

const beyondMicros = (counter: BudgetCounter, budget: Budget | null): number =>
  budget?.enforcement === 'hard' ? Math.max(0, usedMicros(counter) - budget.amountMicros) : 0;

function* unaskedOf(counter: BudgetCounter, budget: Budget | null): Loader<number> {
  if (beyondMicros(counter, budget) === 0) return 0;
  const { tenantId, provider, currency, periodStart: from, periodEnd: until } = counter;
  return yield* read('unaskedMoney', { tenantId, provider, currency, from, until });
}

const keyOf = ({ counter }: CountedBudget): string => keyInTime(counter.periodEnd, counter.id);

function* counted(place: AuditPlace, { policies }: AuditRules): Loader<readonly CountedBudget[]> {
  const { tenantId, limit, now } = place;
  const counters = yield* read('budgetCountersScan', {
    tenantId,
    limit,
    ...placeInTime(place.after, now - PERIODS_BACK_MS),
  });
  const held = counters.length === 0 ? new Map<string, number>() : yield* heldByOpen(tenantId, counters);
  const ledger = yield* ledgerOf(tenantId, counters);
  const budgets = policies.budgetsFor(tenantId);
  const rows: CountedBudget[] = [];
  for (const counter of counters) {
    const isOf = (each: Budget) => budgetPeriod(each, tenantId, counter.periodStart).counterId === counter.id;
    const budget = budgets.find(isOf) ?? null;
    rows.push({
      counter,
      totals: ledger.get(counter.id) ?? NOTHING,
      heldByOpenMicros: held.get(counter.id) ?? 0,
      budget,
      unaskedMicros: yield* unaskedOf(counter, budget),
    });
  }
  return rows;
}

/** `["ten_1","month",null,"USD","month","UTC"]@1772323200000`: the name is what a person knows it by. */
const nameOf = ({ id }: BudgetCounter): string => {
  const [, name] = /^\["(?:[^"\\]|\\.)*",("(?:[^"\\]|\\.)*")/.exec(id) ?? [];
  return name === undefined ? id : (JSON.parse(name) as string);
};

const columns = [
  ['reserved', 'reservedMicros'],
  ['charged', 'chargedMicros'],
  ['uncertain', 'uncertainMicros'],
] as const satisfies readonly (readonly [string, keyof LedgerTotals])[];

const shown = (sums: LedgerTotals) =>
  Object.fromEntries(columns.map(([name, column]) => [name, formatAmount(sums[column])]));

interface Fault {
  readonly name: string;
  readonly severity: Found['severity'];
  readonly micros: number;
  readonly told: string;
  readonly action: string;
}

const againstLedger = ({ counter, totals }: CountedBudget): readonly Fault[] => {
  const differences = columns.filter(([, column]) => counter[column] !== totals[column]);
  if (differences.length === 0) return [];
  const { currency } = counter;
  const told = differences.map(
    ([name, column]) =>
      `${plainAmount(counter[column])} ${currency} ${name} against ${plainAmount(totals[column])} in the ledger`,
  );
  return [
    {
      name: 'miscounted',
      severity: 'critical',
      // What moved from one column to another is in both: the largest is what is unaccounted for.
      micros: Math.max(...differences.map(([, column]) => Math.abs(counter[column] - totals[column]))),
      told: `has counted ${told.join(', ')}`,
      action:
        'Trust the ledger, and check it against its refreshes; a counter that is removed is counted anew from it.',
    },
  ];
};

const withoutOpenTask = ({ counter, totals, heldByOpenMicros }: CountedBudget): readonly Fault[] => {
  const micros = totals.reservedMicros - heldByOpenMicros;
  if (micros <= 0) return [];
  return [
    {
      name: 'leaking',
      severity: 'critical',
      micros,
      told: `holds ${plainAmount(micros)} ${counter.currency} for refreshes that are not open`,
      action: 'Nothing will settle it by itself: look for the refreshes, which ended without their money.',
    },
  ];
};

const overspent = ({ counter, budget, unaskedMicros }: CountedBudget): readonly Fault[] => {
  const micros = beyondMicros(counter, budget);
  if (budget === null || micros === 0) return [];
  const { currency } = counter;
  const used = `has used ${plainAmount(usedMicros(counter))} of ${plainAmount(budget.amountMicros)} ${currency}`;
  if (micros <= unaskedMicros) {
    return [
      {
        name: 'overspent-unasked',
        severity: 'warning',
        micros,
        told: `${used}: ${plainAmount(unaskedMicros)} of it was billed without being asked for, which no budget can refuse`,
        action:
          'Nothing was forced beyond it. Where history at a connect is billed, load it later, or plan for it in the amount.',
      },
    ];
  }
  return [
    {
      name: 'overspent',
      severity: 'critical',
      micros,
      told: `${used}, though it is a hard one`,
      action:
        'If it was lowered in this period, nothing is wrong. Else report this as a bug of Freshet, with the evidence.',
    },
  ];
};

const isOver = ({ periodEnd }: BudgetCounter, now: Instant): boolean => periodEnd <= now;

/** One finding for each thing that is wrong with a budget in one of its periods. */
export const judgeBudget = (row: CountedBudget, now: Instant): readonly Found[] => {
  const { counter, totals, heldByOpenMicros, budget, unaskedMicros } = row;
  return [...againstLedger(row), ...withoutOpenTask(row), ...overspent(row)].map(
    ({ name, severity, micros, told, action }): Found => ({
      key: `${name} ${counter.id}`,
      severity,
      connectionId: null,
      summary: `the budget ${nameOf(counter)} ${told}`,
      action,
      money: { micros, currency: counter.currency },
      evidence: {
        budget: nameOf(counter),
        counterId: counter.id,
        provider: counter.provider,
        periodStart: formatInstant(counter.periodStart),
        periodEnd: formatInstant(counter.periodEnd),
        isOver: isOver(counter, now),
        enforcement: budget?.enforcement ?? null,
        amount: budget === null ? null : formatAmount(budget.amountMicros),
        currency: counter.currency,
        counter: shown(counter),
        ledger: shown(totals),
        heldByOpenRefreshes: formatAmount(heldByOpenMicros),
        unasked: formatAmount(unaskedMicros),
      },
    }),
  );
};

/** Every budget of today, as `GET /v1/budgets` shows it. */
function* budgetFigures({ tenantId, now }: AuditPlace, { policies }: AuditRules): Loader<readonly BudgetFigure[]> {
  const overviews = yield* loadBudgets(policies.budgetsFor(tenantId), tenantId, now);
  return overviews.map(({ budget: { name, provider, currency, enforcement }, facts, forecastMicros }) => ({
    ...{ name, provider, currency, enforcement, forecastMicros },
    periodStart: facts.periodStart,
    periodEnd: facts.periodEnd,
    amountMicros: facts.amountMicros,
    reservedMicros: facts.reservedMicros,
    chargedMicros: facts.chargedMicros,
    uncertainMicros: facts.uncertainMicros,
  }));
}

export const budgets = defineCheck<CountedBudget>({
  name: 'budgets',
  question:
    'Has every budget counted what the ledger says, held money only for refreshes that are open, and kept to its amount?',
  rows: counted,
  keyOf,
  mostRows: COUNTERS_AT_ONCE,
  judge: judgeBudget,
  budgetFigures,
});
