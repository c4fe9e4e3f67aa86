import type { RefusalFault } from '../faults.js';
import type { Answer, Call, WireRoute } from '../wire/exchange.js';

/** Finicity as a provider, in faults. */
export const FINICITY = 'FINICITY';

export interface FinicityRoute extends WireRoute {
  /** Whether a token is needed. */
  readonly isOpen: boolean;
}

/** Codes are strings in almost all of the documented errors. */
export function finicityError(status: number, code: string | number, message: string): Answer {
  return { status, body: { code, message } };
}

export const missing = (field: string): Answer => finicityError(400, '10005', `Missing parameter (${field})`);
export const customerNotFound = (): Answer => finicityError(404, '14001', 'Customer not found.');
export const loginNotFound = (): Answer =>
  finicityError(404, '38007', 'Customer does not have any accounts associated with institutionLoginId.');
export const resourceNotFound = (): Answer => finicityError(404, '14001', 'Resource not found.');

const AGGREGATION_MESSAGES: Readonly<Record<number, string>> = {
  102: 'Website is down or there is a connectivity issue.',
  103: 'Invalid credentials. Credentials must be updated.',
  108: 'User action required at the third party site.',
  325: 'The account is already being refreshed.',
  945: 'The account has moved to OAuth, and was not consented.',
  946: 'Account not found.',
  947: 'Token expired.',
};

/** An aggregation status that arises during a call comes as HTTP 500, whatever it is. */
export const aggregationStatus = (code: number): Answer =>
  finicityError(500, code, AGGREGATION_MESSAGES[code] ?? 'Aggregation failed.');

/** The bank's own limit, which is no error to HTTP. */
export const bankLimit = (): Answer => finicityError(202, 44002, "The institution's limit of calls has been reached.");

export function refusedBy(fault: RefusalFault, call: Call): Answer {
  if (fault === '429') return finicityError(429, '10000', 'Too many requests.');
  return finicityError(500, '10000', `Internal error: ${call.id}`);
}
