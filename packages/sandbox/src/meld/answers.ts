import type { RefusalFault } from '../faults.js';
import { newMeldId } from '../identifiers.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { FieldError } from '../wire/fields.js';

const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  429: 'TOO_MANY_REQUESTS',
};

/** Meld's error body; clients are told to branch on the HTTP status and the code. */
export function refusal(call: Call, status: number, message: string, errors: readonly string[] = [message]): Answer {
  const timestamp = new Date(call.at).toISOString();
  return { status, body: { code: CODES[status] ?? 'UNKNOWN', message, errors, requestId: newMeldId(), timestamp } };
}

/** Details in Meld's form, `[field] text`. */
export function badRequest(call: Call, errors: readonly FieldError[]): Answer {
  const details = errors.map(({ field, message }) => `[${field === '' ? 'body' : field}] ${message}`);
  return refusal(call, 400, 'Bad request', details);
}

export function accepted(
  more: Pick<Answer, 'about' | 'billed' | 'faults'> = {},
  body: Readonly<Record<string, unknown>> = {},
): Answer {
  return { ...more, status: 202, body: { requestId: newMeldId(), ...body } };
}

export function refusedBy(fault: RefusalFault, call: Call): Answer {
  if (fault === '500') return refusal(call, 500, 'An unexpected error occurred');
  return refusal(call, 429, 'The service provider limits how often this can be asked');
}
