import type { AuditId, BudgetFigure, ConnectionId, Instant, Money, Severity, SumTree, TenantId } from '@freshet/domain';
import type { Loader, Sifted } from '@freshet/ports';
import { treeOf, type Sum } from './figures/sums.js';
import type { AuditRules } from './rules.js';

/** Where an audit has got to in one check: whose rows, as of when, after which key, and how many at a time. */
export interface AuditPlace {
  readonly tenantId: TenantId;
  readonly now: Instant;
  readonly after: string;
  readonly limit: number;
  /** The audit that asks: what a sample is drawn by. */
  readonly auditId?: AuditId;
  /** So many of each provider are asked about there. */
  readonly sampleSize?: number;
}

/** One thing found, as its check judged it. */
export interface Found {
  /** What it is about, once in an audit: the same thing found on another night has the same key, whatever else changed. */
  readonly key: string;
  readonly severity: Severity;
  readonly connectionId: ConnectionId | null;
  readonly summary: string;
  readonly action: string;
  readonly money: Money | null;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** By their names, in words. */
export type Digests = Readonly<Record<string, string>>;

/** What a page adds to the figures of the audit; budgets: as they stand, where the page has looked. */
export interface PageFigures {
  readonly sums: SumTree;
  readonly budgets: readonly BudgetFigure[] | null;
}

export const NO_FIGURES: PageFigures = { sums: {}, budgets: null };

/** One page of what a check looks at: facts that are loaded, and not judged yet. */
export interface AuditPage {
  readonly examined: number;
  /** The place of its last row; null where the check has come to its end. */
  readonly last: string | null;
  readonly figures: PageFigures;
  readonly judge: () => readonly Found[];
  /** What the report is to say whether or not anything was found. */
  readonly digests?: Digests;
}

/** One page as it was judged: data, which may have come from another thread. */
export interface JudgedPage {
  readonly examined: number;
  readonly last: string | null;
  readonly found: readonly Found[];
  readonly figures: PageFigures;
  readonly digests?: Digests;
}

/** Where the pages of an audit are read and judged, by the name of their check. */
export type AuditPages = (check: string, place: AuditPlace) => Promise<JudgedPage>;

/** One question that the audit asks of everything. */
export interface Check {
  readonly name: string;
  /** In words that a person who pays the bill understands. */
  readonly question: string;
  /** What it asks besides the store: whoever has none leaves the check out, and the report says so. */
  readonly needs?: 'connectors';
  readonly page: (place: AuditPlace, rules: AuditRules) => Loader<AuditPage>;
}

/** Where the rows of a check come from. */
export type Source<Row> =
  | {
      /** All of them, upwards by a key. */
      readonly rows: (place: AuditPlace, rules: AuditRules) => Loader<readonly Row[]>;
      readonly keyOf: (row: Row) => string;
      readonly sift?: never;
    }
  | {
      /** A stretch of them, of which the database leaves out those that are surely well. */
      readonly sift: (place: AuditPlace, rules: AuditRules) => Loader<Sifted<Row>>;
      readonly rows?: never;
    };

/** What a row adds to the figures of the audit. */
type FiguresOf<Row> = (row: Row, now: Instant) => readonly Sum[];

/** A check in its parts: what it reads, and what it makes of each row. Judging is pure. */
export type CheckOf<Row> = Source<Row> & {
  readonly name: string;
  readonly question: string;
  /** Where a row leads to much more: at most so many a page. */
  readonly mostRows?: number;
  readonly judge: (row: Row, now: Instant) => readonly Found[];
  /** What it adds to the figures of the audit, since it has the row in its hands. */
  readonly figures?: FiguresOf<Row>;
  /** The same of a whole stretch, where the rows that are well are left out. */
  readonly stretchFigures?: (place: AuditPlace) => Loader<readonly Sum[]>;
  /** The same for what is looked at once, at its first page. */
  readonly budgetFigures?: (place: AuditPlace, rules: AuditRules) => Loader<readonly BudgetFigure[]>;
};

/** The next stretch; `last` is null where it is the end. */
function* stretch<Row>(source: Source<Row>, place: AuditPlace, rules: AuditRules): Loader<Sifted<Row>> {
  if (source.rows === undefined) {
    const sifted = yield* source.sift(place, rules);
    return sifted.examined < place.limit ? { ...sifted, last: null } : sifted;
  }
  const rows = yield* source.rows(place, rules);
  const last = rows.at(-1);
  const isEnd = last === undefined || rows.length < place.limit;
  return { examined: rows.length, last: isEnd ? null : source.keyOf(last), rows };
}

const figuresOf = <Row>(
  { figures }: { readonly figures?: FiguresOf<Row> },
  rows: readonly Row[],
  now: Instant,
  ofStretch: readonly Sum[] = [],
  budgets: PageFigures['budgets'] = null,
): PageFigures => ({
  sums: treeOf(figures === undefined ? ofStretch : [...ofStretch, ...rows.flatMap((row) => figures(row, now))]),
  budgets,
});

/** The parts as one whole, so that checks over different rows stand in one list. */
export const defineCheck = <Row>(parts: CheckOf<Row>): Check => ({
  name: parts.name,
  question: parts.question,
  *page(place, rules) {
    const limit = Math.min(place.limit, parts.mostRows ?? place.limit);
    const { examined, last, rows } = yield* stretch(parts, { ...place, limit }, rules);
    const budgets =
      parts.budgetFigures === undefined || place.after !== '' ? null : yield* parts.budgetFigures(place, rules);
    const ofStretch = parts.stretchFigures === undefined ? [] : yield* parts.stretchFigures({ ...place, limit });
    return {
      examined,
      last,
      figures: figuresOf(parts, rows, place.now, ofStretch, budgets),
      judge: () => rows.flatMap((row) => parts.judge(row, place.now)),
    };
  },
});

/** A check whose findings are about all rows together: it adds up, and says at its end what that comes to. */
export type SummaryOf<Row, Sum> = Source<Row> & {
  readonly name: string;
  readonly question: string;
  readonly mostRows?: number;
  readonly figures?: FiguresOf<Row>;
  /** Plain data of a bounded size: it goes with the place from page to page, and to whoever takes the audit over. */
  readonly nothing: Sum;
  readonly add: (sum: Sum, row: Row, now: Instant) => Sum;
  readonly summarize: (sum: Sum, now: Instant) => readonly Found[];
};

interface SummaryPlace<Sum> {
  readonly after: string;
  readonly sum: Sum;
}

export const defineSummary = <Row, Sum>(parts: SummaryOf<Row, Sum>): Check => ({
  name: parts.name,
  question: parts.question,
  *page(place, rules) {
    const from: SummaryPlace<Sum> =
      place.after === '' ? { after: '', sum: parts.nothing } : (JSON.parse(place.after) as SummaryPlace<Sum>);
    const limit = Math.min(place.limit, parts.mostRows ?? place.limit);
    const { examined, last, rows } = yield* stretch(parts, { ...place, after: from.after, limit }, rules);
    const sum = rows.reduce((before, row) => parts.add(before, row, place.now), from.sum);
    return {
      examined,
      last: last === null ? null : JSON.stringify({ after: last, sum }),
      figures: figuresOf(parts, rows, place.now),
      judge: () => (last === null ? parts.summarize(sum, place.now) : []),
    };
  },
});

/** Ids in evidence are cut here: a finding is read by a person, and the group or pull that it names leads to the rest. */
export const MOST_IDS = 50;
