import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields } from '../wire/fields.js';
import type { World } from '../world.js';
import { customerOf, headerOf } from './access.js';
import { budAnswer, budError, failedValidation, pendingMetadata } from './answers.js';
import {
  accountIdsOf,
  consentsAt,
  consentsOf,
  CONSENT_LIFE_MS,
  hasExpired,
  isAuthorised,
  keepConsent,
  tellConsent,
} from './consents.js';
import { V1_DELAY_MS } from './task-views.js';
import { startTask, SUCCESS } from './tasks.js';

const LIST_ID = 'open_banking_connections_get';
const REVOKE_ID = 'open_banking_revoke_post';
const RECONFIRM_ID = 'open_banking_consents_reconfirm_post';
const HISTORY_MS = 365 * 24 * 60 * 60_000;
/** How long before its end a consent is listed as due. */
const RECONFIRM_WITHIN_MS = 7 * 24 * 60 * 60_000;
const STATUSES: Readonly<Record<string, string>> = { IN_PROGRESS: 'awaiting_authorisation', EXPIRED: 'rejected' };
const FILTERS = ['all', 'active', 'reconfirm_due'] as const;

export function listConsents(world: World, call: Call): Answer {
  const fields = new Fields(call.query);
  const filter = fields.choice('status', FILTERS) ?? 'active';
  if (!fields.ok) return failedValidation(LIST_ID, fields.errors);
  const customer = customerOf(world, call) ?? '';
  const withSecret = headerOf(call, 'x-customer-secret') !== null;
  const consents = consentsOf(world, customer).filter((consent) => isListed(consent, filter, call.at));
  const data = consents.map((consent) => consentView(consent, customer, withSecret));
  return { ...budAnswer(LIST_ID, 200, data, { results: data.length }), about: consents };
}

/** Ends all consents of the customer at one provider. */
export function revoke(world: World, call: Call): Answer {
  const fields = new Fields(call.body ?? {});
  const provider = fields.needText('provider');
  if (!fields.ok) return failedValidation(REVOKE_ID, fields.errors);
  const customer = customerOf(world, call) ?? '';
  const consents = consentsAt(world, customer, provider);
  const task = startTask(world, {
    kind: 'revoke',
    customer,
    at: call.at,
    window: { from: call.at, to: call.at },
    transactions: false,
    webhooks: null,
    subTasks: [{ provider, consents, ending: SUCCESS }],
  });
  const metadata = pendingMetadata(`/v1/open-banking/account-access-consent/revoke/${task.id}`, V1_DELAY_MS);
  return { ...budAnswer(REVOKE_ID, 202, { provider, task_id: task.id }, metadata), about: consents };
}

export function reconfirm(world: World, call: Call): Answer {
  const consent = world.books.connections.get(connectionKey('bud', call.params['consent_id'] ?? ''));
  if (consent === undefined || (consent.credentials['customerId'] ?? consent.customerId) !== customerOf(world, call)) {
    return budError(RECONFIRM_ID, 404, 'consent_not_found', 'Consent not found');
  }
  const needsCustomer = !isAuthorised(consent) || hasExpired(consent, call.at);
  if (!needsCustomer) {
    const consentExpiresAt = (consent.consentExpiresAt ?? call.at) + CONSENT_LIFE_MS;
    const extended = keepConsent(world, { ...consent, consentExpiresAt, consentedAt: call.at });
    tellConsent(world, extended, 'reconfirmed', call.at, null);
  }
  const data = { provider_id: consent.institutionId, reconnect_required: needsCustomer };
  return { ...budAnswer(RECONFIRM_ID, 200, data), about: [consent] };
}

function isListed(consent: Connection, filter: (typeof FILTERS)[number], at: number): boolean {
  if (filter === 'all') return true;
  if (!isAuthorised(consent)) return false;
  if (filter === 'active') return true;
  return consent.consentExpiresAt !== null && consent.consentExpiresAt - at <= RECONFIRM_WITHIN_MS;
}

function consentView(consent: Connection, customer: string, withSecret: boolean): Record<string, unknown> {
  const status = isAuthorised(consent) ? 'authorised' : (STATUSES[consent.status] ?? 'revoked');
  const consentedAt = consent.consentedAt ?? consent.createdAt;
  return {
    id: consent.externalId,
    customer_id: customer,
    provider: consent.institutionId,
    transaction_from_date: iso(consentedAt - HISTORY_MS),
    expiration_date: iso(consent.consentExpiresAt ?? consentedAt + CONSENT_LIFE_MS),
    created_at: iso(consent.createdAt),
    last_consented_on: iso(consentedAt),
    status,
    ...(status === 'revoked' && {
      revoked_at: iso(consent.revokedAt ?? consent.createdAt),
      revoke_reason: consent.revokeReason ?? 'provider_revoked',
    }),
    resources: ['accounts', 'balances', 'transactions'],
    permissions: ['ReadAccounts', 'ReadBalances', 'ReadTransactions'],
    raw_version: 'v1.1',
    raw_format: 'obie',
    ...(withSecret && { account_ids: accountIdsOf(consent) }),
    ...(consent.lastSuccessAt !== null && { last_synced_at: iso(consent.lastSuccessAt) }),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
