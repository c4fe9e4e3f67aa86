import { connectionKey } from '../books/books.js';
import type { Connection, PlaidItem } from '../books/records.js';
import { derivedUuid } from '../identifiers.js';
import type { World } from '../world.js';
import { errorObject, type PlaidCode } from './answers.js';

export const ITEM_PRODUCTS = ['transactions', 'investments'] as const;
export type ItemProduct = (typeof ITEM_PRODUCTS)[number];

/** Plaid's names of what a connection has; balances come with any product. */
const PRODUCT_NAMES: Readonly<Record<string, string>> = {
  IDENTIFIERS: 'auth',
  OWNERS: 'identity',
  TRANSACTIONS: 'transactions',
  INVESTMENT_HOLDINGS: 'investments',
  INVESTMENT_TRANSACTIONS: 'investments',
};

interface ItemError {
  readonly code: PlaidCode;
  readonly reason: string | null;
}

const LOGIN_REQUIRED: ItemError = { code: 'ITEM_LOGIN_REQUIRED', reason: null };
const SETUP_REQUIRED: ItemError = { code: 'USER_SETUP_REQUIRED', reason: null };

/** The error that an Item has whose connection is in this status, for this reason; the first row that fits. */
const ERRORS: readonly (readonly [status: string, reason: string | null, error: ItemError])[] = [
  ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED', LOGIN_REQUIRED],
  ['RECONNECT_REQUIRED', 'TOKEN_EXPIRED', { code: 'ITEM_LOGIN_REQUIRED', reason: 'OAUTH_CONSENT_EXPIRED' }],
  ['RECONNECT_REQUIRED', null, SETUP_REQUIRED],
  ['UNRECOVERABLE', null, { code: 'INSTITUTION_NO_LONGER_SUPPORTED', reason: null }],
];
const GONE: readonly string[] = ['EXPIRED', 'DELETED'];

export function itemErrorOf({ status, statusReason }: Connection): ItemError | null {
  const rows = ERRORS.filter(([of]) => of === status);
  return (
    (rows.find(([, reason]) => reason === statusReason) ?? rows.find(([, reason]) => reason === null))?.[2] ?? null
  );
}

export function isGone(connection: Connection): boolean {
  return GONE.includes(connection.status);
}

export function accessTokenOf(connection: Connection): string {
  return connection.credentials['accessToken'] ?? `access-sandbox-${derivedUuid(connection.externalId)}`;
}

export function findItem(world: World, accessToken: string): Connection | null {
  return world.books.connections.find('accessToken', accessToken)[0] ?? null;
}

export function itemOf(world: World, connection: Connection): PlaidItem {
  const { externalId, lastSuccessAt } = connection;
  const fresh = { successAt: lastSuccessAt, failedAt: null };
  const known = world.books.plaidItems.get(externalId);
  return known ?? { externalId, transactions: fresh, investments: fresh, lastWebhook: null };
}

export function keepItem(world: World, item: PlaidItem): PlaidItem {
  return world.books.plaidItems.put(item.externalId, item);
}

export function keep(world: World, connection: Connection): Connection {
  return world.books.connections.put(connectionKey('plaid', connection.externalId), connection);
}

export function namesOf(connection: Connection): readonly string[] {
  const all = [...connection.products, ...connection.optionalProducts];
  return [...new Set(all.flatMap((product) => PRODUCT_NAMES[product] ?? []))];
}

/** Those of the connection's products that a pull of this one brings. */
export function productsBy(connection: Connection, name: string): readonly string[] {
  const all = [...connection.products, ...connection.optionalProducts];
  return all.filter((product) => PRODUCT_NAMES[product] === name);
}

/** To the second, as Plaid's examples are. */
export function stampOf(time: number | null): string | null {
  return time === null ? null : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

export function itemView(world: World, connection: Connection): Record<string, unknown> {
  const error = itemErrorOf(connection);
  const names = namesOf(connection);
  return {
    item_id: connection.externalId,
    institution_id: connection.institutionId,
    institution_name: connection.institutionId,
    webhook: `${world.outbox.baseUrl}/webhooks/plaid`,
    auth_method: null,
    error: error === null ? null : errorObject(error.code, error.reason),
    available_products: ['balance'],
    billed_products: names,
    products: names,
    consented_products: names,
    consent_expiration_time: stampOf(connection.consentExpiresAt),
    update_type: connection.statusReason === 'INTERACTIVE_REFRESH' ? 'user_present_required' : 'background',
    created_at: stampOf(connection.createdAt),
  };
}

export function statusView(world: World, connection: Connection): Record<string, unknown> {
  const item = itemOf(world, connection);
  const names = namesOf(connection);
  const updates = (name: ItemProduct) =>
    names.includes(name) && {
      [name]: {
        last_successful_update: stampOf(item[name].successAt),
        last_failed_update: stampOf(item[name].failedAt),
      },
    };
  const { lastWebhook } = item;
  return {
    ...updates('transactions'),
    ...updates('investments'),
    last_webhook: lastWebhook && { sent_at: stampOf(lastWebhook.at), code_sent: lastWebhook.code },
  };
}
