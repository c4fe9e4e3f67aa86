import type { CustomerNeededEvent } from '@freshet/domain';

/** How Bud's word ends a job, or refuses one. */
export type BudEnding =
  | { readonly kind: 'success' }
  | { readonly kind: 'customer-needed'; readonly event: CustomerNeededEvent }
  | { readonly kind: 'limited' }
  | { readonly kind: 'unavailable'; readonly who: 'institution' | 'provider'; readonly isMaintenance?: true }
  | { readonly kind: 'refused' }
  /** About the look, not about the job. */
  | { readonly kind: 'unknown' };

/** `ConnectResultCodes` in Bud's API description 2.10.10, in its order. */
export const budResults = [
  'success',
  'auth_denied',
  'auth_expired',
  'auth_used',
  'awaiting_authorisation',
  'connection_expired',
  'connection_not_found',
  'connection_permission',
  'connection_reauthenticate',
  'connection_revoked',
  'connection_status',
  'consent_not_found',
  'extension_not_permitted',
  'failed_body_decode',
  'failed_validation',
  'internal_auth_error',
  'internal_error',
  'internal_timeout',
  'internal_transient_error',
  'provider_unauthorised',
  'provider_unavailable',
  'provider_endpoint_deprecated',
  'provider_endpoint_unimplemented',
  'provider_endpoint_unsupported',
  'provider_failure',
  'provider_maintenance',
  'provider_marked_account_invalid',
  'provider_not_found',
  'provider_request_limit',
  'provider_timeout',
  'resource_not_found',
  'task_not_found',
] as const;
export type BudResult = (typeof budResults)[number];

const customer = (event: CustomerNeededEvent): BudEnding => ({ kind: 'customer-needed', event });
/** Bud calls the bank "provider". */
const bankDown: BudEnding = { kind: 'unavailable', who: 'institution' };
const budDown: BudEnding = { kind: 'unavailable', who: 'provider' };
const refused: BudEnding = { kind: 'refused' };

/** Bud lists the words without explaining them: the endings are read from their names. */
const endings: Readonly<Record<BudResult, BudEnding>> = {
  success: { kind: 'success' },
  auth_denied: customer('failed_otherwise'),
  auth_expired: customer('failed_token_expired'),
  auth_used: customer('failed_otherwise'),
  awaiting_authorisation: customer('failed_otherwise'),
  connection_expired: customer('failed_token_expired'),
  connection_not_found: customer('failed_otherwise'),
  connection_permission: customer('failed_otherwise'),
  connection_reauthenticate: customer('failed_login_required'),
  connection_revoked: customer('failed_token_expired'),
  connection_status: refused,
  consent_not_found: customer('failed_otherwise'),
  extension_not_permitted: refused,
  failed_body_decode: refused,
  failed_validation: refused,
  internal_auth_error: budDown,
  internal_error: budDown,
  internal_timeout: budDown,
  internal_transient_error: budDown,
  provider_unauthorised: customer('failed_token_expired'),
  provider_unavailable: bankDown,
  provider_endpoint_deprecated: refused,
  provider_endpoint_unimplemented: refused,
  provider_endpoint_unsupported: refused,
  provider_failure: bankDown,
  provider_maintenance: { kind: 'unavailable', who: 'institution', isMaintenance: true },
  provider_marked_account_invalid: refused,
  provider_not_found: refused,
  provider_request_limit: { kind: 'limited' },
  provider_timeout: bankDown,
  resource_not_found: refused,
  task_not_found: { kind: 'unknown' },
};

/** Undefined for a word that is not in the list. */
export const endingOf = (result: string | null): BudEnding | undefined =>
  result !== null && Object.hasOwn(endings, result) ? endings[result as BudResult] : undefined;

/** With a 5xx these still say that the bank was not asked; every other word leaves that open. */
export const sureAtAnyStatus: readonly BudResult[] = ['provider_maintenance', 'provider_request_limit'];
