import { formatInstant, type Instant } from '@freshet/domain';
import { DAY } from '@freshet/domain';
import type { ConnectionCall, ImportCall } from '@freshet/ports';
import { Configuration, PlaidApi, type CountryCode, type LinkTokenCreateRequest, type Products } from 'plaid';

import { createHttpClient } from '../http/client.js';
import type { Exchange } from '../http/exchange.js';
import { sdkExchange } from '../http/sdk-exchange.js';
import type { ForcedCall } from './forced-calls.js';
import { PLAID_BASE_URL, type PlaidSettings } from './settings.js';

export interface ExchangeLogin {
  readonly userId: string;
  readonly authToken: string;
}

/** One operation of Plaid's a function, written by its own SDK. Nothing is read here. */
export interface PlaidClient {
  force(
    name: ForcedCall,
    accessToken: string,
    call: ConnectionCall,
    now: Instant,
    signal: AbortSignal,
  ): Promise<Exchange>;
  item(accessToken: string, signal: AbortSignal): Promise<Exchange>;
  /** Link in update mode: for an Item that is there already. */
  updateLink(accessToken: string, customerId: string, clientName: string, signal: AbortSignal): Promise<Exchange>;
  remove(accessToken: string, signal: AbortSignal): Promise<Exchange>;
  importItem(
    login: ExchangeLogin,
    products: readonly string[],
    call: ImportCall,
    signal: AbortSignal,
  ): Promise<Exchange>;
  webhookKey(keyId: string, signal: AbortSignal): Promise<Exchange>;
}

/** Capital One: for its cards and loans Plaid demands the oldest balance that is taken, and ignores it elsewhere (specification). */
const TELLS_BALANCE_AGE = 'ins_128026';
/** The reply says how old it is, and so do we: an old one is better than an error. */
const OLDEST_BALANCE_MS = 30 * DAY;

/** To the second: the specification's pattern. */
const balanceOptions = (institutionId: string, now: Instant) =>
  institutionId === TELLS_BALANCE_AGE
    ? { options: { min_last_updated_datetime: `${formatInstant(now - OLDEST_BALANCE_MS).slice(0, 19)}Z` } }
    : {};

const updateRequest = (
  settings: PlaidSettings,
  accessToken: string,
  customerId: string,
  clientName: string,
): LinkTokenCreateRequest => {
  const { additionalProducts = [], redirectUrl, webhookUrl } = settings;
  return {
    client_name: clientName,
    language: settings.language ?? 'en',
    country_codes: [...(settings.countryCodes ?? ['US'])] as CountryCode[],
    user: { client_user_id: customerId },
    access_token: accessToken,
    hosted_link: redirectUrl ? { completion_redirect_uri: redirectUrl } : {},
    ...(webhookUrl ? { webhook: webhookUrl } : {}),
    ...(additionalProducts.length > 0 ? { additional_consented_products: [...additionalProducts] as Products[] } : {}),
  };
};

export const createPlaidClient = (settings: PlaidSettings): PlaidClient => {
  const http = createHttpClient(settings.baseUrl || PLAID_BASE_URL, settings.transport);
  const headers = {
    'User-Agent': 'freshet',
    'PLAID-CLIENT-ID': settings.clientId,
    'PLAID-SECRET': settings.secret,
    'Plaid-Version': '2020-09-14',
  };
  const configuration = new Configuration({ baseOptions: { headers } });
  const send = (signal: AbortSignal, ask: (api: PlaidApi) => Promise<unknown>): Promise<Exchange> =>
    sdkExchange(http, signal, (transport) => ask(new PlaidApi(configuration, '', transport)));

  const requests: Readonly<
    Record<ForcedCall, (api: PlaidApi, token: string, call: ConnectionCall, now: Instant) => Promise<unknown>>
  > = {
    transactions: (api, access_token) => api.transactionsRefresh({ access_token }),
    investments: (api, access_token) => api.investmentsRefresh({ access_token }),
    balance: (api, access_token, { institutionId }, now) =>
      api.accountsBalanceGet({ access_token, ...balanceOptions(institutionId, now) }),
  };

  return {
    force: (name, token, call, now, signal) => send(signal, (api) => requests[name](api, token, call, now)),
    item: (access_token, signal) => send(signal, (api) => api.itemGet({ access_token })),
    updateLink: (token, customerId, clientName, signal) =>
      send(signal, (api) => api.linkTokenCreate(updateRequest(settings, token, customerId, clientName))),
    remove: (access_token, signal) => send(signal, (api) => api.itemRemove({ access_token })),
    importItem: ({ userId, authToken }, products, { institutionId }, signal) =>
      send(signal, (api) =>
        api.itemImport({
          institution_id: institutionId,
          products: [...products] as Products[],
          user_auth: { user_id: userId, auth_token: authToken },
          ...(settings.webhookUrl ? { options: { webhook: settings.webhookUrl } } : {}),
        }),
      ),
    webhookKey: (key_id, signal) => send(signal, (api) => api.webhookVerificationKeyGet({ key_id })),
  };
};
