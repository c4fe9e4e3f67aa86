/** The life of a connection, in Meld's terms (`reference/meld.md` 1.1). */
export const statuses = [
  'IN_PROGRESS',
  'ACTIVE',
  'PARTIALLY_ACTIVE',
  'DEGRADED',
  'UNDETERMINED',
  'RECONNECT_REQUIRED',
  'UNRECOVERABLE',
  'EXPIRED',
  'DELETED',
] as const;

export type Status = (typeof statuses)[number];

/** Why a connection is in its status. A reason belongs to one status. */
export const reasonsByStatus = {
  IN_PROGRESS: [],
  ACTIVE: ['ACCESS_EXPIRING_SOON', 'NEW_ACCOUNTS_AVAILABLE'],
  PARTIALLY_ACTIVE: ['PARTIAL_AGGREGATION_SUCCESS', 'INACTIVE_DUPLICATE'],
  DEGRADED: [
    'INSTITUTION_CURRENTLY_UNAVAILABLE',
    'INSTITUTION_ACTION_REQUIRED',
    'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE',
    'INTERACTIVE_REFRESH',
  ],
  UNDETERMINED: [],
  RECONNECT_REQUIRED: ['LOGIN_REQUIRED', 'REPAIRING_INSTITUTION', 'TOKEN_EXPIRED', 'OTHER'],
  UNRECOVERABLE: ['CONTINUED_AGGREGATION_FAILURES'],
  EXPIRED: [],
  DELETED: [],
} as const satisfies Record<Status, readonly string[]>;

export type Reason = (typeof reasonsByStatus)[Status][number];

/** A status as it is stored: a provider's unknown words are kept verbatim, and are never refreshable. */
export interface StatusAndReason {
  readonly status: string;
  readonly reason: string | null;
}

/** A status of ours with a reason that belongs to it. */
export interface KnownStatus {
  readonly status: Status;
  readonly reason: Reason | null;
}

export const isStatus = (text: string): text is Status => (statuses as readonly string[]).includes(text);

/** Whether the reason may stand with the status. No reason may stand with any. */
export const reasonBelongs = (status: Status, reason: string | null): reason is Reason | null =>
  reason === null || (reasonsByStatus[status] as readonly string[]).includes(reason);

export const INACTIVE_DUPLICATE: KnownStatus = { status: 'PARTIALLY_ACTIVE', reason: 'INACTIVE_DUPLICATE' };

/**
 * What the tables are keyed by: the statuses, but the inactive duplicate stands apart from the partly aggregated
 * connection, because what happens to the provider connection happens to its active twin.
 */
export const standings = [...statuses, 'INACTIVE_DUPLICATE', 'UNKNOWN'] as const;
export type Standing = (typeof standings)[number];

/** `UNKNOWN` for a status, or a reason, that we have no row for. */
export const standingOf = ({ status, reason }: StatusAndReason): Standing => {
  if (!isStatus(status) || !reasonBelongs(status, reason)) return 'UNKNOWN';
  return reason === 'INACTIVE_DUPLICATE' ? 'INACTIVE_DUPLICATE' : status;
};

/** No way leads out of these. */
export const terminalStatuses = ['EXPIRED', 'DELETED'] as const satisfies readonly Status[];

export const isTerminal = (status: string): boolean => (terminalStatuses as readonly string[]).includes(status);
