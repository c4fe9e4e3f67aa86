import type { ConnectionId, Instant, Money, Severity, TenantId } from '@freshet/domain';
import type { Loader, Sifted } from '@freshet/ports';
import type { AuditRules } from './rules.js';

/** Where an audit has got to in one check: whose rows, as of when, after which key, and how many at a time. */
export interface AuditPlace {
  readonly tenantId: TenantId;
  readonly now: Instant;
  readonly after: string;
  readonly limit: number;
}

/** One thing found, as its check judged it. */
export interface Found {
  readonly severity: Severity;
  readonly connectionId: ConnectionId | null;
  readonly summary: string;
  readonly action: string;
  readonly money: Money | null;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** One page of what a check looks at: facts that are loaded, and not judged yet. */
export interface AuditPage {
  readonly examined: number;
  /** The place of its last row; null where the check has come to its end. */
  readonly last: string | null;
  readonly judge: () => readonly Found[];
}

/** One page as it was judged: data, which may have come from another thread. */
export interface JudgedPage {
  readonly examined: number;
  readonly last: string | null;
  readonly found: readonly Found[];
}

/** Where the pages of an audit are read and judged, by the name of their check. */
export type AuditPages = (check: string, place: AuditPlace) => Promise<JudgedPage>;

/** One question that the audit asks of everything. */
export interface Check {
  readonly name: string;
  /** In words that a person who pays the bill understands. */
  readonly question: string;
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

/** A check in its parts: what it reads, and what it makes of each row. Judging is pure. */
export type CheckOf<Row> = Source<Row> & {
  readonly name: string;
  readonly question: string;
  /** Where a row leads to much more: at most so many a page. */
  readonly mostRows?: number;
  readonly judge: (row: Row, now: Instant) => readonly Found[];
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

/** The parts as one whole, so that checks over different rows stand in one list. */
export const defineCheck = <Row>(parts: CheckOf<Row>): Check => ({
  name: parts.name,
  question: parts.question,
  *page(place, rules) {
    const limit = Math.min(place.limit, parts.mostRows ?? place.limit);
    const { examined, last, rows } = yield* stretch(parts, { ...place, limit }, rules);
    return { examined, last, judge: () => rows.flatMap((row) => parts.judge(row, place.now)) };
  },
});

/** A check whose findings are about all rows together: it adds up, and says at its end what that comes to. */
export type SummaryOf<Row, Sum> = Source<Row> & {
  readonly name: string;
  readonly question: string;
  readonly mostRows?: number;
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
      judge: () => (last === null ? parts.summarize(sum, place.now) : []),
    };
  },
});

/** Ids in evidence are cut here: a finding is read by a person, and the group or pull that it names leads to the rest. */
export const MOST_IDS = 50;
