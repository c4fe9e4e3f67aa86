import type { CustomerNeededEvent, KnownStatus, StatusAndReason } from '@freshet/domain';
import { isStatus } from '@freshet/domain';

/** How a job ends whose member is found so. */
export type MxEnding = CustomerNeededEvent | 'institution-unavailable' | 'provider-unavailable' | 'never';

export interface MxStatusRow extends KnownStatus {
  /**
   * Whether a job may be asked for: `attended`, only while the customer is there to answer the bank; `busy`, one is under
   * way. Where MX says itself that one is under way (`is_being_aggregated`), that comes first.
   */
  readonly force: 'yes' | 'attended' | 'busy' | 'no';
  /** Null: it is no end of a job. */
  readonly ending: MxEnding | null;
}

const active: MxStatusRow = { status: 'ACTIVE', reason: null, force: 'yes', ending: null };
const running: MxStatusRow = { ...active, force: 'busy' };
const login: MxStatusRow = {
  status: 'RECONNECT_REQUIRED',
  reason: 'LOGIN_REQUIRED',
  force: 'no',
  ending: 'failed_login_required',
};
/** The bank has a question, which only the customer can answer; another job would only ask it again. */
const question: MxStatusRow = {
  status: 'DEGRADED',
  reason: 'INTERACTIVE_REFRESH',
  force: 'attended',
  ending: 'failed_customer_needed',
};
const other: MxStatusRow = {
  status: 'RECONNECT_REQUIRED',
  reason: 'OTHER',
  force: 'no',
  ending: 'failed_otherwise',
};
const bankDown: MxStatusRow = {
  status: 'DEGRADED',
  reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE',
  force: 'yes',
  ending: 'institution-unavailable',
};
const ended: MxStatusRow = { status: 'UNRECOVERABLE', reason: null, force: 'no', ending: 'never' };

/**
 * `connection_status` in our vocabulary, in the order of MX's ids (0 to 21). Words and ids: github.com/mxenabled/openapi,
 * v20250224.yml, and mxenabled/connect-widget, Statuses.js; meanings: docs.mx.com/api-reference/nexus (members), the
 * widget's texts and academy.mx.com, "Connection Status Help". What each leads to is read from its meaning.
 */
export const mxStatuses = {
  CREATED: active,
  PREVENTED: login,
  DENIED: login,
  CHALLENGED: { ...question, force: 'no' },
  REJECTED: question,
  LOCKED: login,
  CONNECTED: active,
  IMPEDED: other,
  RECONNECTED: running,
  DEGRADED: {
    status: 'DEGRADED',
    reason: 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE',
    force: 'yes',
    ending: 'provider-unavailable',
  },
  DISCONNECTED: {
    status: 'RECONNECT_REQUIRED',
    reason: 'REPAIRING_INSTITUTION',
    force: 'no',
    ending: 'failed_institution_repairing',
  },
  DISCONTINUED: ended,
  CLOSED: ended,
  DELAYED: bankDown,
  FAILED: bankDown,
  UPDATED: active,
  DISABLED: { ...other, ending: 'never' },
  IMPORTED: login,
  RESUMED: running,
  EXPIRED: question,
  IMPAIRED: login,
  PENDING: { status: 'UNDETERMINED', reason: null, force: 'busy', ending: null },
} as const satisfies Readonly<Record<string, MxStatusRow>>;

export type MxStatus = keyof typeof mxStatuses;

/** MX's null: a member that has no credentials yet. */
export const withoutCredentials: MxStatusRow = login;

/** Its job waits for the customer's answer: that is its end for us, though MX still calls it running. */
export const WAITS_FOR_ANSWER: MxStatus = 'CHALLENGED';

/** Undefined for a word that is not in the table. */
export const rowOf = (word: string | null): MxStatusRow | undefined => {
  if (word === null) return withoutCredentials;
  return Object.hasOwn(mxStatuses, word) ? mxStatuses[word as MxStatus] : undefined;
};

/** A word that is not in the table is kept: nothing is refreshed in it, also where it is a word of ours by chance. */
export const standingOfMx = (word: string | null): StatusAndReason => {
  const row = rowOf(word);
  if (row !== undefined) return { status: row.status, reason: row.reason };
  return { status: word !== null && isStatus(word) ? `MX ${word}` : (word ?? ''), reason: null };
};
