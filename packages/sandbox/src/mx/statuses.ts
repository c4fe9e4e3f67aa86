import type { Connection } from '../books/records.js';

type Standing = Pick<Connection, 'status' | 'statusReason'>;

const word = (status: string, statusReason: string | null = null): Standing => ({ status, statusReason });
const LOGIN = word('RECONNECT_REQUIRED', 'LOGIN_REQUIRED');
const QUESTION = word('DEGRADED', 'INTERACTIVE_REFRESH');
const BANK = word('DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE');

/** What the books show of a member in the service's words. Others are ACTIVE; unknown ones are kept. */
const SHOWN: Readonly<Record<string, Standing>> = {
  PREVENTED: LOGIN,
  DENIED: LOGIN,
  LOCKED: LOGIN,
  IMPORTED: LOGIN,
  IMPAIRED: LOGIN,
  CHALLENGED: QUESTION,
  REJECTED: QUESTION,
  EXPIRED: QUESTION,
  IMPEDED: word('RECONNECT_REQUIRED', 'OTHER'),
  DISABLED: word('RECONNECT_REQUIRED', 'OTHER'),
  DISCONNECTED: word('RECONNECT_REQUIRED', 'REPAIRING_INSTITUTION'),
  DISCONTINUED: word('UNRECOVERABLE'),
  CLOSED: word('UNRECOVERABLE'),
  DEGRADED: word('DEGRADED', 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE'),
  DELAYED: BANK,
  FAILED: BANK,
  CREATED: word('ACTIVE'),
  CONNECTED: word('ACTIVE'),
  RECONNECTED: word('ACTIVE'),
  UPDATED: word('ACTIVE'),
  RESUMED: word('ACTIVE'),
  PENDING: word('ACTIVE'),
};

/** A registration names the service's words: MX's that comes nearest, by reason and then by status. */
const BY_REASON: Readonly<Record<string, string>> = {
  LOGIN_REQUIRED: 'DENIED',
  TOKEN_EXPIRED: 'IMPAIRED',
  REPAIRING_INSTITUTION: 'DISCONNECTED',
  INTERACTIVE_REFRESH: 'EXPIRED',
  INSTITUTION_CURRENTLY_UNAVAILABLE: 'DELAYED',
  INSTITUTION_ACTION_REQUIRED: 'DELAYED',
};
const BY_STATUS: Readonly<Record<string, string>> = {
  ACTIVE: 'CONNECTED',
  PARTIALLY_ACTIVE: 'CONNECTED',
  UNDETERMINED: 'CONNECTED',
  IN_PROGRESS: 'CREATED',
  DEGRADED: 'DEGRADED',
  RECONNECT_REQUIRED: 'IMPEDED',
  UNRECOVERABLE: 'DISCONTINUED',
  EXPIRED: 'CLOSED',
};

export function shownAs(connectionStatus: string | null): Standing {
  if (connectionStatus === null) return LOGIN;
  return SHOWN[connectionStatus] ?? word(connectionStatus);
}

/** MX's own word, where it is one that is nobody else's, can be registered too. */
export function registeredAs({ status, statusReason }: Standing): string {
  return BY_REASON[statusReason ?? ''] ?? BY_STATUS[status] ?? status;
}
