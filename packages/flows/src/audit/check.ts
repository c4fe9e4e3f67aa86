import type { ConnectionId, Instant, Money, Severity, TenantId } from '@freshet/domain';
import type { Loader } from '@freshet/ports';

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
  readonly page: (place: AuditPlace) => Loader<AuditPage>;
}

/** A check in its parts: what it reads, upwards by a key, and what it makes of each row. Judging is pure. */
export interface CheckOf<Row> {
  readonly name: string;
  readonly question: string;
  readonly rows: (place: AuditPlace) => Loader<readonly Row[]>;
  readonly keyOf: (row: Row) => string;
  readonly judge: (row: Row, now: Instant) => readonly Found[];
}

/** The parts as one whole, so that checks over different rows stand in one list. */
export const defineCheck = <Row>({ name, question, rows, keyOf, judge }: CheckOf<Row>): Check => ({
  name,
  question,
  *page(place) {
    const found = yield* rows(place);
    const last = found.at(-1);
    return {
      examined: found.length,
      last: last === undefined || found.length < place.limit ? null : keyOf(last),
      judge: () => found.flatMap((row) => judge(row, place.now)),
    };
  },
});

/** Ids in evidence are cut here: a finding is read by a person, and the group or pull that it names leads to the rest. */
export const MOST_IDS = 50;
