import type { ClosureScope, CustomerNeededEvent, Instant, Product, RefreshProgress } from '@freshet/domain';
import type { OutcomeWord, ReadOutcome, RefreshPolicy } from '../policy.js';

/** What the holder of a permit tells of its read: an outcome in our words, or what it was answered with, or both. */
export interface Report {
  readonly outcome: OutcomeWord | null;
  /** The code in the answer's body, as the provider spells it. */
  readonly code: string | null;
  readonly httpStatus: number | null;
  readonly newData: boolean | null;
  readonly asOf: Instant | null;
  /** Limited or unavailable: when it would pass. */
  readonly retryAt: Instant | null;
  /** Partial: those that came. */
  readonly products: readonly Product[] | null;
  /** Limited: what is closed. */
  readonly scope: ClosureScope | null;
}

/** What the caller of a permit brought, in the words of any other outcome. */
export type ReportedOutcome = Exclude<RefreshProgress, { kind: 'pending' | 'unknown' }>;

const needs = (event: CustomerNeededEvent): ReadOutcome => ({ outcome: 'customer-needed', who: null, event });
const down = (who: 'institution' | 'provider'): ReadOutcome => ({ outcome: 'unavailable', who, event: null });
const plain = (outcome: 'done' | 'partial' | 'limited' | 'refused'): ReadOutcome => ({
  outcome,
  who: null,
  event: null,
});

/**
 * What the HTTP code of a read says where no code of the provider's says more. A read that is made with the customer's own
 * token and is not authorised means that token. 408 and the gateways' codes are told by somebody who waited for the bank.
 */
const byHttpStatus: Readonly<Record<number, ReadOutcome>> = {
  206: plain('partial'),
  401: needs('failed_token_expired'),
  408: down('institution'),
  429: plain('limited'),
  502: down('institution'),
  504: down('institution'),
};

/** By the class of the code. What only looks like an answer (a redirect) brought nothing, and will not. */
const byClass: Readonly<Record<number, ReadOutcome>> = {
  2: plain('done'),
  3: plain('refused'),
  4: plain('refused'),
  5: down('provider'),
};

const ofHttpStatus = (status: number | null): ReadOutcome | undefined =>
  status === null ? undefined : (byHttpStatus[status] ?? byClass[Math.floor(status / 100)]);

/** What the answer means; its code says more than its HTTP status. */
const ofAnswer = ({ code, httpStatus }: Report, { readOutcomes }: RefreshPolicy): ReadOutcome | undefined => {
  const known = code === null || !Object.hasOwn(readOutcomes, code) ? undefined : readOutcomes[code];
  return known ?? ofHttpStatus(httpStatus);
};

/** No free text of the provider's: it may repeat what was sent. */
const said = ({ code, httpStatus }: Report): string => {
  const plainWord = code !== null && /^[\w.-]{1,64}$/.test(code) ? code : null;
  const words = [httpStatus === null ? null : `HTTP ${httpStatus}`, plainWord].filter((word) => word !== null);
  return words.length === 0 ? 'as the caller reported' : `as the caller reported (${words.join(' ')})`;
};

type Rows = {
  readonly [Word in OutcomeWord]: (report: Report, detail: ReadOutcome) => ReportedOutcome;
};

const rows: Rows = {
  done: ({ asOf, newData }) => ({ kind: 'done', asOf, newData }),
  partial: ({ asOf, newData, products }) => ({ kind: 'partial', asOf, newData, products }),
  limited: ({ retryAt, scope, code }) => ({
    kind: 'limited',
    until: retryAt,
    scope: scope ?? 'connection',
    said: code,
  }),
  unavailable: (report, { who }) => ({
    kind: 'unavailable',
    who: who ?? 'provider',
    retryAt: report.retryAt,
    message: said(report),
  }),
  'customer-needed': (report, { event }) => ({
    kind: 'customer-needed',
    event: event ?? 'failed_customer_needed',
    message: said(report),
  }),
  refused: (report) => ({ kind: 'refused', message: said(report) }),
};

/**
 * A report as an outcome. The word that the caller chose stands; what it was answered with fills in the rest, and stands
 * alone where the caller chose none. Undefined where neither says what became of the read.
 */
export const readReport = (report: Report, policy: RefreshPolicy): ReportedOutcome | undefined => {
  const answered = ofAnswer(report, policy);
  const word = report.outcome ?? answered?.outcome;
  if (word === undefined) return undefined;
  const detail = answered?.outcome === word ? answered : { outcome: word, who: null, event: null };
  return rows[word](report, detail);
};
