import type { RefusalFault } from '../faults.js';
import type { Answer, Call, WireRoute } from '../wire/exchange.js';
import type { FieldError } from '../wire/fields.js';

/** Bud as a provider, in faults and in what it makes itself. */
export const BUD = 'BUD';

export interface BudRoute extends WireRoute {
  /** Bud's name of the endpoint, in every body. */
  readonly operationId: string;
  /** `open` needs no bearer token. */
  readonly access: 'open' | 'client' | 'customer';
}

export function budError(
  operationId: string,
  status: number,
  codeId: string,
  message: string,
  errors?: Readonly<Record<string, string>>,
): Answer {
  return { status, body: { operation_id: operationId, code_id: codeId, message, ...(errors && { errors }) } };
}

export function failedValidation(operationId: string, errors: readonly FieldError[]): Answer {
  const byField = Object.fromEntries(errors.map(({ field, message }) => [field === '' ? 'body' : field, message]));
  return budError(operationId, 400, 'failed_validation', 'Failed validation', byField);
}

export function budAnswer(operationId: string, status: number, data: unknown, metadata?: unknown): Answer {
  return { status, body: { operation_id: operationId, data, ...(metadata === undefined ? {} : { metadata }) } };
}

/** Pending tasks name an address to ask and a pause in milliseconds. */
export function pendingMetadata(nextUrl: string, delayMs: number) {
  return { status: 'Pending', next_url: nextUrl, next_url_delay: delayMs };
}

export function refusedBy(fault: RefusalFault, call: Call, route: BudRoute): Answer {
  if (fault === '429') return budError(route.operationId, 429, 'too_many_requests', 'Too many requests.');
  return budError('unknown', 500, 'unknown', `An error occurred while processing your request: ${call.id}`);
}
