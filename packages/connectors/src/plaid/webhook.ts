import type { Instant, Product, ProviderEvent } from '@freshet/domain';

import { parseJson } from '../http/wire-values.js';
import { standingOfError } from './errors.js';
import { plaidWebhook, type PlaidWebhook } from './wire.js';

/** Plaid's webhooks tell no time: they are of their arrival. */
interface About {
  readonly externalId: string;
  readonly at: Instant;
}

/** Undefined: it tells nothing of use. */
type Translation = (about: About, webhook: PlaidWebhook) => ProviderEvent | undefined;

const sum = (...counts: readonly (number | null)[]): number | null => {
  const told = counts.filter((each) => each !== null);
  return told.length === 0 ? null : told.reduce((all, each) => all + each, 0);
};

const aggregated =
  (products: readonly Product[], newDataIn: (webhook: PlaidWebhook) => boolean | null): Translation =>
  (about, webhook) => ({ ...about, kind: 'aggregated', products, newData: newDataIn(webhook) });

const isSome = (count: number | null): boolean | null => (count === null ? null : count > 0);

const transactions = aggregated(['TRANSACTIONS'], ({ new_transactions }) => isSome(new_transactions));
const holdings = aggregated(['INVESTMENT_HOLDINGS'], ({ new_holdings, updated_holdings }) =>
  isSome(sum(new_holdings, updated_holdings)),
);
const investmentTransactions = aggregated(['INVESTMENT_TRANSACTIONS'], (webhook) =>
  isSome(sum(webhook.new_investments_transactions, webhook.cancelled_investments_transactions)),
);

const changed = aggregated(['TRANSACTIONS'], () => true);

const expiringSoon: Translation = (about) => ({
  ...about,
  kind: 'status-told',
  status: 'ACTIVE',
  reason: 'ACCESS_EXPIRING_SOON',
});

const itemError: Translation = (about, { error }) => {
  const standing = error === null ? null : standingOfError(error);
  return standing === null ? undefined : { ...about, kind: 'status-told', ...standing };
};

/** By type and code (specification). All others are `ignored`. */
export const translations: Readonly<Record<string, Translation>> = {
  // Sent when something was added, changed or removed, and to those who sync.
  'TRANSACTIONS/SYNC_UPDATES_AVAILABLE': changed,
  'TRANSACTIONS/TRANSACTIONS_REMOVED': changed,
  'TRANSACTIONS/INITIAL_UPDATE': transactions,
  'TRANSACTIONS/HISTORICAL_UPDATE': transactions,
  'TRANSACTIONS/DEFAULT_UPDATE': transactions,
  'HOLDINGS/DEFAULT_UPDATE': holdings,
  'INVESTMENTS_TRANSACTIONS/DEFAULT_UPDATE': investmentTransactions,
  'INVESTMENTS_TRANSACTIONS/HISTORICAL_UPDATE': investmentTransactions,
  'ITEM/ERROR': itemError,
  // The customer logged in anew through another application.
  'ITEM/LOGIN_REPAIRED': (about) => ({ ...about, kind: 'link-completed', providerConnectionId: null }),
  'ITEM/PENDING_EXPIRATION': expiringSoon,
  'ITEM/PENDING_DISCONNECT': expiringSoon,
  'ITEM/USER_PERMISSION_REVOKED': (about) => ({ ...about, kind: 'consent-ended' }),
  'ITEM/NEW_ACCOUNTS_AVAILABLE': (about) => ({ ...about, kind: 'new-accounts' }),
};

export const translatePlaidWebhook = (body: string, receivedAt: Instant): readonly ProviderEvent[] => {
  const webhook = plaidWebhook.parse(parseJson(body));
  const { webhook_type, webhook_code, item_id } = webhook;
  if (webhook_type === null || webhook_code === null) return [];
  const type = `${webhook_type}/${webhook_code}`;
  const translation = Object.hasOwn(translations, type) ? translations[type] : undefined;
  const event = item_id === null ? undefined : translation?.({ externalId: item_id, at: receivedAt }, webhook);
  return [event ?? { kind: 'ignored', type }];
};
