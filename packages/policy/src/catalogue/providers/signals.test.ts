import { valueAt } from '../catalogue-error.js';
import { providers } from './index.js';

const signal = (provider: string, path: string): unknown =>
  valueAt(providers, [provider, 'signals', ...path.split('/'), 'value']);

/** Copied by hand from what the providers say. */
it.each<[string, string, unknown]>([
  ['PLAID', 'limited/INSTITUTION_RATE_LIMIT', { in: 'code', httpStatus: 429, scope: 'institution' }],
  ['PLAID', 'limited/BALANCE_LIMIT', { in: 'code', httpStatus: 429, scope: 'connection', spent: 'minute' }],
  ['PLAID', 'silentNoOp', { shows: 'no-webhook', compare: 'status.transactions.last_successful_update' }],
  ['MX', 'silentNoOp', { shows: 'status-unchanged', compare: 'aggregated_at' }],
  ['FINICITY', 'limited/44002', { in: 'code', httpStatus: 202, scope: 'institution' }],
  ['YODLEE', 'limited/Y825', { in: 'code', httpStatus: 400, scope: 'group' }],
  ['YODLEE', 'toldNextAt/dataset[].nextUpdateScheduled', { in: 'body', of: 'background' }],
  ['SIMPLEFIN', 'silentNoOp', { shows: 'cached-body', compare: 'balance-date' }],
  ['PLUGGY', 'toldNextAt/Retry-After', { in: 'header', as: 'seconds', of: 'forced' }],
  ['PLUGGY', 'toldNextAt/nextAutoSyncAt', { in: 'body', as: 'instant', of: 'background' }],
  ['BELVO', 'limited/too_many_sessions', { in: 'code', httpStatus: 400, scope: 'connection' }],
  ['BASIQ', 'silentNoOp', { shows: 'same-task-id', compare: 'id' }],
  ['STRIPE', 'toldNextAt/balance_refresh.next_refresh_available_at', { in: 'body', as: 'unix-seconds', of: 'forced' }],
  ['BUD', 'limited/provider_request_limit', { in: 'code', scope: 'customer-institution' }],
  ['BUD', 'silentNoOp', { shows: 'same-task-id', compare: 'task_id' }],
  ['BUD', 'presence', { in: 'header', name: 'X-Customer-Ip-Address' }],
  [
    'TRUELAYER',
    'limited/provider_request_limit_exceeded',
    { in: 'code', httpStatus: 429, scope: 'customer-institution', spent: 'day' },
  ],
  ['TRUELAYER', 'silentNoOp', { shows: 'cached-body', compare: 'Cache-Control' }],
  ['TRUELAYER', 'presence', { in: 'header', name: 'X-PSU-IP' }],
  ['TINK', 'silentNoOp', { shows: 'status-unchanged', compare: 'statusUpdated' }],
  ['TINK', 'consentEndsAt', 'sessionExpiryDate'],
  ['SALTEDGE', 'limited/BackgroundFetchLimitExceeded', { in: 'code', scope: 'connection', spent: 'day' }],
  ['SALTEDGE', 'toldNextAt/next_refresh_possible_at', { in: 'body', as: 'instant', of: 'forced' }],
  ['GOCARDLESS', 'limited/RateLimitError', { in: 'code', httpStatus: 429, scope: 'connection', spent: 'day' }],
  ['GOCARDLESS', 'toldNextAt/HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_RESET', { in: 'header', as: 'seconds', of: 'forced' }],
  ['YAPILY', 'presence', { in: 'header', name: 'psu-ip-address' }],
  [
    'ENABLEBANKING',
    'limited/ASPSP_RATE_LIMIT_EXCEEDED',
    { in: 'code', httpStatus: 429, scope: 'customer-institution' },
  ],
  ['BRIDGE', 'consentEndsAt', 'authentication_expires_at'],
  ['POWENS', 'limited/rateLimiting', { in: 'state', scope: 'connection' }],
  ['POWENS', 'toldNextAt/next_try', { in: 'body', as: 'instant', of: 'forced' }],
  ['POWENS', 'presence', { in: 'query', name: 'psu_requested' }],
  ['TOKENIO', 'limited/RESOURCE_EXHAUSTED', { in: 'code', httpStatus: 429 }],
  ['FINAPI', 'limited/BANK_SERVER_REJECTION', { in: 'code', scope: 'customer-institution' }],
  ['AKOYA', 'presence', { in: 'header', name: 'FDX-API-Actor-Type' }],
  ['MESH', 'limited', undefined],
  ['TELLER', 'limited', undefined],
])('%s: %s', (provider, path, expected) => {
  expect(signal(provider, path)).toEqual(expected);
});
