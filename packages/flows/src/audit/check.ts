import type { AuditId, ConnectionId, Instant, Money, Severity, TenantId } from '@freshet/domain';
import type { Loader } from '@freshet/ports';
import type { AuditRules } from './rules.js';

/** Where an audit has got to in one check: whose rows, as of when, after which key, and how many at a time. */
export interface AuditPlace {
  readonly tenantId: TenantId;
  readonly now: Instant;
  readonly after: string;
  readonly limit: number;
  /** The audit that asks: what a sample is drawn by. */
  readonly auditId?: AuditId;
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

/** A check in its parts: what it reads, upwards by a key, and what it makes of each row. Judging is pure. */
export interface CheckOf<Row> {
  readonly name: string;
  readonly question: string;
  readonly rows: (place: AuditPlace, rules: AuditRules) => Loader<readonly Row[]>;
  readonly keyOf: (row: Row) => string;
  /** Where a row leads to much more: at most so many a page. */
  readonly mostRows?: number;
  readonly judge: (row: Row, now: Instant) => readonly Found[];
}

/** The parts as one whole, so that checks over different rows stand in one list. */
export const defineCheck = <Row>({ name, question, rows, keyOf, mostRows, judge }: CheckOf<Row>): Check => ({
  name,
  question,
  *page(place, rules) {
    const limit = Math.min(place.limit, mostRows ?? place.limit);
    const found = yield* rows({ ...place, limit }, rules);
    return {
      examined: found.length,
      last: lastKey(found, keyOf, limit),
      judge: () => found.flatMap((row) => judge(row, place.now)),
    };
  },
});

const lastKey = <Row>(found: readonly Row[], keyOf: (row: Row) => string, limit: number): string | null => {
  const last = found.at(-1);
  return last === undefined || found.length < limit ? null : keyOf(last);
};

/** A check whose findings are about all rows together: it adds up, and says at its end what that comes to. */
export interface SummaryOf<Row, Sum> extends Omit<CheckOf<Row>, 'judge' | 'mostRows'> {
  /** Plain data of a bounded size: it goes with the place from page to page, and to whoever takes the audit over. */
  readonly nothing: Sum;
  readonly add: (sum: Sum, row: Row, now: Instant) => Sum;
  readonly summarize: (sum: Sum, now: Instant) => readonly Found[];
}

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
    const found = yield* parts.rows({ ...place, after: from.after }, rules);
    const sum = found.reduce((before, row) => parts.add(before, row, place.now), from.sum);
    const after = lastKey(found, parts.keyOf, place.limit);
    return {
      examined: found.length,
      last: after === null ? null : JSON.stringify({ after, sum }),
      judge: () => (after === null ? parts.summarize(sum, place.now) : []),
    };
  },
});

/** Ids in evidence are cut here: a finding is read by a person, and the group or pull that it names leads to the rest. */
export const MOST_IDS = 50;
