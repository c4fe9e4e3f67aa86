import type {
  Busy,
  ClosureScope,
  CustomerNeeded,
  CustomerNeededEvent,
  Instant,
  KnownStatus,
  StatusAndReason,
  StatusTold,
} from '@freshet/domain';

import type { Exchange, Reply } from '../http/exchange.js';
import { failureOf, lookFailed, type Failure, type FailureReading } from '../http/failure.js';
import { readRetryAfter } from '../http/retry-after.js';
import { errorIn, type PlaidError } from './wire.js';

/** What an error of Plaid's says of the call, and of the Item; `status` null: nothing of the Item. */
export type PlaidErrorRow =
  | { readonly kind: 'customer-needed'; readonly event: CustomerNeededEvent; readonly status: KnownStatus }
  | { readonly kind: 'unavailable'; readonly who: 'institution' | 'provider'; readonly status: KnownStatus }
  | { readonly kind: 'limited'; readonly scope: ClosureScope; readonly status: null }
  /** The first pull of the product runs still, and ends without a call. */
  | { readonly kind: 'busy'; readonly status: null }
  | { readonly kind: 'refused'; readonly status: KnownStatus | null }
  /** Plaid does not know the Item (any more). */
  | { readonly kind: 'gone'; readonly status: null }
  | { readonly kind: 'unknown'; readonly status: KnownStatus };

const reconnect = (reason: 'LOGIN_REQUIRED' | 'TOKEN_EXPIRED' | 'OTHER'): KnownStatus => ({
  status: 'RECONNECT_REQUIRED',
  reason,
});
const loginRequired: PlaidErrorRow = {
  kind: 'customer-needed',
  event: 'failed_login_required',
  status: reconnect('LOGIN_REQUIRED'),
};
const accessEnded: PlaidErrorRow = {
  kind: 'customer-needed',
  event: 'failed_token_expired',
  status: reconnect('TOKEN_EXPIRED'),
};
const customerAsked: PlaidErrorRow = { kind: 'customer-needed', event: 'failed_otherwise', status: reconnect('OTHER') };
const institutionDown: PlaidErrorRow = {
  kind: 'unavailable',
  who: 'institution',
  status: { status: 'DEGRADED', reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' },
};
const plaidDown = { status: 'DEGRADED', reason: 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE' } as const;
const refused: PlaidErrorRow = { kind: 'refused', status: null };
const limited = (scope: ClosureScope): PlaidErrorRow => ({ kind: 'limited', scope, status: null });

/** By code: plaid.com/docs/errors/{item,institution,api,invalid-input,rate-limit-exceeded}. */
export const rowsByCode: Readonly<Record<string, PlaidErrorRow>> = {
  // ITEM_ERROR: the customer goes through update mode.
  ITEM_LOGIN_REQUIRED: loginRequired,
  INVALID_CREDENTIALS: loginRequired,
  INVALID_MFA: loginRequired,
  INVALID_UPDATED_USERNAME: loginRequired,
  INSUFFICIENT_CREDENTIALS: loginRequired,
  ITEM_LOCKED: loginRequired,
  PASSWORD_RESET_REQUIRED: loginRequired,
  USER_SETUP_REQUIRED: customerAsked,
  ACCESS_NOT_GRANTED: customerAsked,
  NO_ACCOUNTS: customerAsked,
  MFA_NOT_SUPPORTED: customerAsked,
  USER_INPUT_TIMEOUT: customerAsked,
  // The codes of the webhooks for the same, which a stored error may carry.
  PENDING_EXPIRATION: loginRequired,
  USER_PERMISSION_REVOKED: accessEnded,
  // ITEM_ERROR: of the product, not of the login.
  PRODUCT_NOT_READY: { kind: 'busy', status: null },
  PRODUCTS_NOT_SUPPORTED: refused,
  PRODUCT_NOT_SUPPORTED: refused,
  PRODUCT_NOT_ENABLED: refused,
  ITEM_NOT_SUPPORTED: refused,
  NO_INVESTMENT_ACCOUNTS: refused,
  NO_INVESTMENT_AUTH_ACCOUNTS: refused,
  ADDITIONAL_CONSENT_REQUIRED: refused,
  ITEM_NOT_FOUND: { kind: 'gone', status: null },
  // INSTITUTION_ERROR.
  INSTITUTION_DOWN: institutionDown,
  INSTITUTION_NOT_RESPONDING: institutionDown,
  INSTITUTION_NOT_AVAILABLE: institutionDown,
  UNSUPPORTED_RESPONSE: institutionDown,
  INSTITUTION_NO_LONGER_SUPPORTED: {
    kind: 'refused',
    status: { status: 'UNRECOVERABLE', reason: 'CONTINUED_AGGREGATION_FAILURES' },
  },
  INSTITUTION_NOT_ENABLED_IN_ENVIRONMENT: refused,
  INSTITUTION_REGISTRATION_REQUIRED: refused,
  UNAUTHORIZED_INSTITUTION: refused,
  // API_ERROR: only of maintenance is it sure that nothing was done.
  INTERNAL_SERVER_ERROR: { kind: 'unknown', status: plaidDown },
  PLANNED_MAINTENANCE: { kind: 'unavailable', who: 'provider', status: plaidDown },
  // RATE_LIMIT_EXCEEDED. That of transactions is the Item's or the client's, and Plaid does not say which.
  TRANSACTIONS_REFRESH_LIMIT: limited('connection'),
  // Not on Plaid's page; seen by integrators.
  INVESTMENTS_REFRESH_LIMIT: limited('connection'),
  BALANCE_LIMIT: limited('connection'),
  ITEM_GET_LIMIT: limited('connection'),
  RATE_LIMIT: limited('connection'),
  ACCOUNTS_BALANCE_GET_LIMIT: limited('provider'),
  CREDITS_EXHAUSTED: limited('provider'),
  ADDITION_LIMIT: limited('provider'),
  TRIAL_CONNECTION_LIMIT: limited('provider'),
  INSTITUTION_RATE_LIMIT: limited('institution'),
};

/** Codes that are not above, by their type. */
export const rowsByType: Readonly<Record<string, PlaidErrorRow>> = {
  ITEM_ERROR: refused,
  INSTITUTION_ERROR: institutionDown,
  API_ERROR: { kind: 'unknown', status: plaidDown },
  RATE_LIMIT_EXCEEDED: limited('connection'),
  INVALID_REQUEST: refused,
  INVALID_INPUT: refused,
  INVALID_RESULT: refused,
};

/** Refusals that came before anything was done, also where they come as a 5xx. */
const SURE_AT_ANY_STATUS: readonly (string | null)[] = ['PLANNED_MAINTENANCE'];
/** `error_code_reason` of an OAuth login: it is the consent that ended. */
const CONSENT_REASONS: readonly (string | null)[] = [
  'OAUTH_INVALID_TOKEN',
  'OAUTH_CONSENT_EXPIRED',
  'OAUTH_USER_REVOKED',
];

const lookUp = (rows: Readonly<Record<string, PlaidErrorRow>>, word: string | null): PlaidErrorRow | undefined =>
  word !== null && Object.hasOwn(rows, word) ? rows[word] : undefined;

export const rowOf = ({ error_type, error_code, error_code_reason }: PlaidError): PlaidErrorRow | undefined => {
  if (error_code === 'ITEM_LOGIN_REQUIRED' && CONSENT_REASONS.includes(error_code_reason)) return accessEnded;
  return lookUp(rowsByCode, error_code) ?? lookUp(rowsByType, error_type);
};

/** The status that an Item's error means. A code that we have no row for is kept as it is: nothing is refreshed in it. */
export const standingOfError = (error: PlaidError): StatusAndReason | null => {
  const row = rowOf(error);
  const isKnown = row !== undefined && (error.error_type !== 'ITEM_ERROR' || row !== rowsByType['ITEM_ERROR']);
  if (isKnown) return row.status;
  return error.error_code === null ? null : { status: error.error_code, reason: null };
};

const told = (status: KnownStatus | null): { readonly told?: StatusTold } =>
  status === null ? {} : { told: { ...status, at: null } };

const reading = (error: PlaidError, now: Instant): FailureReading => ({
  who: 'Plaid',
  now,
  scope: 'connection',
  code: error.error_code,
});

export type PlaidFailure = (Failure | CustomerNeeded | Busy) & { readonly told?: StatusTold };

type TypedRow = Exclude<PlaidErrorRow, { readonly kind: 'unknown' }>;

const typedFailure = (row: TypedRow, error: PlaidError, reply: Reply, now: Instant): PlaidFailure => {
  const message = `Plaid refuses the call (HTTP ${reply.status} ${error.error_code ?? error.error_type})`;
  const until = readRetryAfter(reply.headers['retry-after'], now);
  switch (row.kind) {
    case 'customer-needed':
      return { kind: 'customer-needed', event: row.event, message, ...told(row.status) };
    case 'unavailable':
      return { kind: 'unavailable', who: row.who, retryAt: until, message };
    case 'limited':
      return { kind: 'limited', until, scope: row.scope, said: error.error_code ?? error.error_type };
    case 'busy':
      return { kind: 'busy', runningId: null };
    case 'gone':
      return { kind: 'refused', message };
    case 'refused':
      return { kind: 'refused', message, ...told(row.status) };
  }
};

/** What a call without success came to. Plaid's codes say more than its HTTP codes, which decide where it gives none. */
export const failureIn = (exchange: Exchange, now: Instant): PlaidFailure => {
  const error = errorIn(exchange);
  const row = rowOf(error);
  if (exchange.kind === 'reply' && exchange.status >= 400 && row !== undefined && row.kind !== 'unknown') {
    const isSure = exchange.status < 500 || SURE_AT_ANY_STATUS.includes(error.error_code);
    if (isSure) return typedFailure(row, error, exchange, now);
  }
  if (exchange.kind === 'reply' && exchange.status >= 400 && exchange.status < 500 && row?.kind === 'unknown') {
    return { kind: 'unknown', message: `Plaid failed without saying whether it happened (HTTP ${exchange.status})` };
  }
  return failureOf(exchange, reading(error, now));
};

/** The same for operations that change no data: there the customer's part is one more refusal. */
export const plainFailureIn = (exchange: Exchange, now: Instant): Failure => {
  const failure = failureIn(exchange, now);
  if (failure.kind === 'customer-needed') return { kind: 'refused', message: failure.message };
  if (failure.kind === 'busy') return { kind: 'refused', message: 'Plaid still prepares the Item' };
  return failure;
};

export const isGone = (exchange: Exchange): boolean =>
  exchange.kind === 'reply' && exchange.status < 500 && rowOf(errorIn(exchange))?.kind === 'gone';

export const plaidLookFailed = (exchange: Exchange, now: Instant) =>
  lookFailed(exchange, reading(errorIn(exchange), now));
