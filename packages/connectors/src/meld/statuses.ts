import type { CustomerNeededEvent, KnownStatus, Reason, Status, StatusAndReason } from '@freshet/domain';
import { reasonBelongs } from '@freshet/domain';

/** How a job ends whose connection is found in a status without newer data. */
export type FailedEnding = CustomerNeededEvent | 'institution-unavailable' | 'provider-unavailable' | 'gone';

interface FailedRow {
  readonly status: Status;
  /** Null: every other reason of the status, and none. */
  readonly reason: Reason | null;
  readonly ending: FailedEnding;
  /**
   * `new`: only where the status was another one before the call, because a connection may be refreshed in it.
   * `any`: no refresh is accepted in it, so that it came about since.
   */
  readonly counts: 'new' | 'any';
}

/** Meld's statuses that end a refresh without data. The rest say nothing about it: it may still be running. */
export const failedRows: readonly FailedRow[] = [
  { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED', ending: 'failed_login_required', counts: 'any' },
  { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED', ending: 'failed_token_expired', counts: 'any' },
  {
    status: 'RECONNECT_REQUIRED',
    reason: 'REPAIRING_INSTITUTION',
    ending: 'failed_institution_repairing',
    counts: 'any',
  },
  { status: 'RECONNECT_REQUIRED', reason: null, ending: 'failed_otherwise', counts: 'any' },
  { status: 'UNRECOVERABLE', reason: null, ending: 'failed_otherwise', counts: 'any' },
  { status: 'EXPIRED', reason: null, ending: 'gone', counts: 'any' },
  { status: 'DELETED', reason: null, ending: 'gone', counts: 'any' },
  { status: 'DEGRADED', reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE', ending: 'institution-unavailable', counts: 'new' },
  {
    status: 'DEGRADED',
    reason: 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE',
    ending: 'provider-unavailable',
    counts: 'new',
  },
  { status: 'DEGRADED', reason: 'INSTITUTION_ACTION_REQUIRED', ending: 'failed_action_required', counts: 'new' },
  { status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH', ending: 'failed_customer_needed', counts: 'new' },
];

export const failedRowFor = ({ status, reason }: StatusAndReason): FailedRow | undefined => {
  const rows = failedRows.filter((row) => row.status === status);
  return rows.find((row) => row.reason !== null && row.reason === reason) ?? rows.find((row) => row.reason === null);
};

/** The v2022-11-10 pages' names, with what they became. A reason that belongs to the new name is kept. */
const formerStatuses: Readonly<Record<string, KnownStatus>> = {
  CUSTOMER_ACTION_REQUIRED: { status: 'RECONNECT_REQUIRED', reason: 'OTHER' },
  RECONNECT_AVAILABLE: { status: 'ACTIVE', reason: 'NEW_ACCOUNTS_AVAILABLE' },
};

/** Meld's word as it is, unknown ones too; only its former names are said in the present ones. */
export const statusInPresentTerms = (status: string, reason: string | null): StatusAndReason => {
  const present = formerStatuses[status];
  if (present === undefined) return { status, reason };
  return reason !== null && reasonBelongs(present.status, reason) ? { status: present.status, reason } : present;
};
