import { randomBytes } from 'node:crypto';

import type { RefusalFault } from '../faults.js';
import type { Answer } from '../wire/exchange.js';

/** Plaid as a provider, in faults and in what it makes itself. */
export const PLAID = 'PLAID';

const REQUEST_ID_CHARS = 15;

interface ErrorKind {
  readonly type: string;
  readonly status: number;
  readonly message: string;
}

/** In Plaid's words: plaid.com/docs/errors. */
const ERRORS = {
  INVALID_API_KEYS: { type: 'INVALID_INPUT', status: 400, message: 'invalid client_id or secret provided' },
  INVALID_ACCESS_TOKEN: { type: 'INVALID_INPUT', status: 400, message: 'could not find matching access token' },
  INVALID_WEBHOOK_VERIFICATION_KEY_ID: {
    type: 'INVALID_INPUT',
    status: 400,
    message: 'webhook verification key_id provided is not a valid ID',
  },
  INVALID_BODY: { type: 'INVALID_REQUEST', status: 400, message: 'body could not be parsed as JSON' },
  MISSING_FIELDS: { type: 'INVALID_REQUEST', status: 400, message: 'the following required fields are missing' },
  INVALID_FIELD: { type: 'INVALID_REQUEST', status: 400, message: 'a field has a value that is not allowed' },
  ITEM_NOT_FOUND: { type: 'ITEM_ERROR', status: 400, message: 'The Item you requested cannot be found' },
  ITEM_LOGIN_REQUIRED: {
    type: 'ITEM_ERROR',
    status: 400,
    message: 'the login details of this item have changed and a user login is required to update this information',
  },
  USER_SETUP_REQUIRED: { type: 'ITEM_ERROR', status: 400, message: 'the account has not been fully set up' },
  PRODUCTS_NOT_SUPPORTED: {
    type: 'ITEM_ERROR',
    status: 400,
    message: 'the following products are not supported by this item',
  },
  INSTITUTION_NO_LONGER_SUPPORTED: {
    type: 'INSTITUTION_ERROR',
    status: 400,
    message: 'this institution is no longer supported',
  },
  INSTITUTION_DOWN: {
    type: 'INSTITUTION_ERROR',
    status: 400,
    message: 'this institution is not currently responding to this request. please try again soon',
  },
  INSTITUTION_NOT_RESPONDING: {
    type: 'INSTITUTION_ERROR',
    status: 400,
    message: 'this institution is not currently responding to this request. please try again soon',
  },
  INTERNAL_SERVER_ERROR: { type: 'API_ERROR', status: 500, message: 'an unexpected error occurred' },
  TRANSACTIONS_REFRESH_LIMIT: limit('this item'),
  INVESTMENTS_REFRESH_LIMIT: limit('this item'),
  BALANCE_LIMIT: limit('this item'),
  ACCOUNTS_BALANCE_GET_LIMIT: limit('this client'),
  ITEM_GET_LIMIT: limit('this item'),
  RATE_LIMIT: limit('this client'),
} satisfies Record<string, ErrorKind>;

export type PlaidCode = keyof typeof ERRORS;

function limit(of: string): ErrorKind {
  const message = `rate limit exceeded for attempts to access ${of}. please try again later`;
  return { type: 'RATE_LIMIT_EXCEEDED', status: 429, message };
}

/** An error as an Item or a webhook holds it. */
export function errorObject(code: PlaidCode, reason: string | null = null): Record<string, unknown> {
  const { type, message, status } = ERRORS[code];
  return {
    error_type: type,
    error_code: code,
    error_code_reason: reason,
    error_message: message,
    display_message: null,
    status,
  };
}

export function plaidError(code: PlaidCode, reason: string | null = null): Answer {
  const { status, ...error } = errorObject(code, reason);
  return { status: Number(status), body: { ...error, request_id: newRequestId(), suggested_action: null } };
}

export function plaidAnswer(body: Readonly<Record<string, unknown>> = {}): Answer {
  return { status: 200, body: { ...body, request_id: newRequestId() } };
}

export function refusedBy(fault: RefusalFault): Answer {
  return plaidError(fault === '429' ? 'RATE_LIMIT' : 'INTERNAL_SERVER_ERROR');
}

export function newRequestId(): string {
  return randomBytes(REQUEST_ID_CHARS).toString('hex').slice(0, REQUEST_ID_CHARS);
}
