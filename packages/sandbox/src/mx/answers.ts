import type { RefusalFault } from '../faults.js';
import type { Answer } from '../wire/exchange.js';

/** MX documents no codes in its error bodies: clients branch on the HTTP status. */
export function refusal(status: number, message: string): Answer {
  return { status, body: { error: { message } } };
}

export const notFound = (): Answer => refusal(404, 'The requested resource was not found.');

export function refusedBy(fault: RefusalFault): Answer {
  return fault === '500' ? refusal(500, 'An unexpected error occurred.') : refusal(429, 'Too many requests.');
}
