import type { AuditFigures, BudgetFigure, DurationMs, SumTree } from '@freshet/domain';
import { ageQuantile, SHOWN_EDGES_MS, type AgeCount } from './ages.js';
import { refreshOutcomes, type RefreshOutcome } from './refreshes.js';
import { amountOf, under } from './sums.js';

export interface DaySpend {
  readonly day: string;
  readonly chargedMicros: number;
  readonly uncertainMicros: number;
  readonly reservedMicros: number;
}

/** What one provider cost in one currency: the days on which it did, and all of them together. */
export interface SpendFigure extends Omit<DaySpend, 'day'> {
  readonly provider: string;
  readonly currency: string;
  readonly days: readonly DaySpend[];
}

/** What the findings of one check come to at one provider (empty: they name none). */
export interface StakeFigure {
  readonly check: string;
  readonly provider: string;
  readonly currency: string;
  readonly findings: number;
  readonly micros: number;
  /** Of what the provider charged in the days of the figures; null where it charged nothing. */
  readonly shareOfSpend: number | null;
}

export interface FreshnessFigure {
  readonly provider: string;
  /** Connections that data is expected of; those of them that are stale, and that never had any. */
  readonly awaited: number;
  readonly stale: number;
  readonly never: number;
  /** So many have data that is at most so old: to the hour within two days, to the day within a month. */
  readonly medianMs: DurationMs | null;
  readonly p90Ms: DurationMs | null;
  readonly p99Ms: DurationMs | null;
  /** One after the other: those not older than that and older than the last; null: all older ones. */
  readonly ages: readonly { readonly upToMs: DurationMs | null; readonly count: number }[];
}

export interface RefreshFigure {
  readonly provider: string;
  readonly all: number;
  readonly outcomes: Readonly<Record<RefreshOutcome, number>>;
}

export interface ConnectionFigure {
  readonly provider: string;
  readonly all: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/** The consents that end in a week (its Monday), or `ended`. */
export interface ConsentFigure {
  readonly week: string;
  readonly all: number;
  readonly providers: Readonly<Record<string, number>>;
}

/** The figures of an audit as they are shown. */
export interface FiguresReport {
  readonly spend: readonly SpendFigure[];
  readonly stakes: readonly StakeFigure[];
  readonly freshness: readonly FreshnessFigure[];
  readonly refreshes: readonly RefreshFigure[];
  readonly connections: readonly ConnectionFigure[];
  readonly consents: readonly ConsentFigure[];
  readonly budgets: readonly BudgetFigure[];
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const namesIn = (tree: SumTree): readonly string[] => Object.keys(tree).toSorted(byName);
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

const countsIn = (tree: SumTree): Readonly<Record<string, number>> =>
  Object.fromEntries(namesIn(tree).map((name) => [name, amountOf(tree, name)]));

const kinds = { charged: 'chargedMicros', uncertain: 'uncertainMicros', reserved: 'reservedMicros' } as const;

const spendIn = (tree: SumTree, provider: string, currency: string): SpendFigure => {
  const ofKind = (kind: keyof typeof kinds): SumTree => under(tree, kind);
  const names = Object.keys(kinds) as readonly (keyof typeof kinds)[];
  const days = [...new Set(names.flatMap((kind) => Object.keys(ofKind(kind))))].toSorted(byName).map((day) => ({
    day,
    chargedMicros: amountOf(ofKind('charged'), day),
    uncertainMicros: amountOf(ofKind('uncertain'), day),
    reservedMicros: amountOf(ofKind('reserved'), day),
  }));
  const all = (column: (typeof kinds)[keyof typeof kinds]): number => sumOf(days.map((day) => day[column]));
  return {
    provider,
    currency,
    chargedMicros: all('chargedMicros'),
    uncertainMicros: all('uncertainMicros'),
    reservedMicros: all('reservedMicros'),
    days,
  };
};

const spendFigures = (tree: SumTree): readonly SpendFigure[] =>
  namesIn(tree).flatMap((provider) =>
    namesIn(under(tree, provider)).map((currency) =>
      spendIn(under(under(tree, provider), currency), provider, currency),
    ),
  );

const stakeFigures = (tree: SumTree, spend: readonly SpendFigure[]): readonly StakeFigure[] =>
  namesIn(tree).flatMap((check) =>
    namesIn(under(tree, check)).flatMap((provider) => {
      const ofProvider = under(under(tree, check), provider);
      return namesIn(ofProvider).map((currency): StakeFigure => {
        const micros = amountOf(under(ofProvider, currency), 'micros');
        const charged = spend.find((each) => each.provider === provider && each.currency === currency)?.chargedMicros;
        return {
          check,
          provider,
          currency,
          findings: amountOf(under(ofProvider, currency), 'count'),
          micros,
          shareOfSpend: charged === undefined || charged === 0 ? null : micros / charged,
        };
      });
    }),
  );

const agesIn = (counts: readonly AgeCount[]): FreshnessFigure['ages'] =>
  [...SHOWN_EDGES_MS, null].map((upToMs, index) => ({
    upToMs,
    count: sumOf(
      counts
        .filter((each) => each.upToMs > (SHOWN_EDGES_MS[index - 1] ?? 0) && each.upToMs <= (upToMs ?? Infinity))
        .map(({ count }) => count),
    ),
  }));

const freshnessIn = (tree: SumTree, provider: string): FreshnessFigure => {
  const ages = under(tree, 'ages');
  const counts = Object.keys(ages)
    .map((edge): AgeCount => ({ upToMs: Number(edge), count: amountOf(ages, edge) }))
    .toSorted((a, b) => a.upToMs - b.upToMs);
  return {
    provider,
    awaited: amountOf(tree, 'awaited'),
    stale: amountOf(tree, 'stale'),
    never: amountOf(tree, 'never'),
    medianMs: ageQuantile(counts, 0.5),
    p90Ms: ageQuantile(counts, 0.9),
    p99Ms: ageQuantile(counts, 0.99),
    ages: agesIn(counts),
  };
};

const refreshesIn = (tree: SumTree, provider: string): RefreshFigure => {
  const counted = refreshOutcomes.map((outcome) => [outcome, amountOf(tree, outcome)] as const);
  return {
    provider,
    all: sumOf(counted.map(([, count]) => count)),
    outcomes: Object.fromEntries(counted) as RefreshFigure['outcomes'],
  };
};

/** What was added up, as tables: each in the order of its names. */
export const readFigures = ({ sums, budgets }: Pick<AuditFigures, 'sums' | 'budgets'>): FiguresReport => {
  const each = <Figure>(name: string, read: (tree: SumTree, of: string) => Figure): readonly Figure[] =>
    namesIn(under(sums, name)).map((of) => read(under(under(sums, name), of), of));
  const spend = spendFigures(under(sums, 'spend'));
  return {
    spend,
    stakes: stakeFigures(under(sums, 'stakes'), spend),
    freshness: each('freshness', freshnessIn),
    refreshes: each('refreshes', refreshesIn),
    connections: each('connections', (tree, provider) => {
      const statuses = countsIn(tree);
      return { provider, all: sumOf(Object.values(statuses)), statuses };
    }),
    consents: each('consents', (tree, week) => {
      const providers = countsIn(tree);
      return { week, all: sumOf(Object.values(providers)), providers };
    }),
    budgets,
  };
};
