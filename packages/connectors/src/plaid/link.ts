import type { ChangeAnswer, ImportAnswer, Instant, LinkAnswer, Product } from '@freshet/domain';
import type { CallContext, ImportCall } from '@freshet/ports';

import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { webAddress } from '../http/wire-values.js';
import type { ExchangeLogin, PlaidClient } from './client.js';
import { isGone, plainFailureIn } from './errors.js';
import { itemIn } from './item.js';
import { plaidImported, plaidLink } from './wire.js';

const pageWith = (linkPageUrl: string, linkToken: string): string => {
  const url = new URL(linkPageUrl);
  url.searchParams.set('link_token', linkToken);
  return url.toString();
};

/** Hosted Link's own page; where the account has none, the team's page that opens Link with the token. */
export const linkAnswerOf = (exchange: Exchange, linkPageUrl: string | null, now: Instant): LinkAnswer => {
  if (!isSuccess(exchange)) return plainFailureIn(exchange, now);
  const { link_token, hosted_link_url, expiration } = plaidLink.parse(jsonOf(exchange));
  const own = linkPageUrl === null || link_token === null ? null : pageWith(linkPageUrl, link_token);
  const connectUrl = webAddress(hosted_link_url) ?? own;
  if (connectUrl !== null) return { kind: 'link', connectUrl, expiresAt: expiration };
  return { kind: 'unknown', message: 'Plaid gave no Hosted Link, and no page that opens Link is set' };
};

export const removeAnswerOf = (exchange: Exchange, now: Instant): ChangeAnswer => {
  if (isSuccess(exchange)) return { kind: 'accepted' };
  return isGone(exchange) ? { kind: 'gone' } : plainFailureIn(exchange, now);
};

/** Plaid's names of the products; balances need none (specification: "balance is not a valid value"). */
export const plaidProduct: Readonly<Record<Product, string | null>> = {
  BALANCES: null,
  IDENTIFIERS: 'auth',
  OWNERS: 'identity',
  TRANSACTIONS: 'transactions',
  INVESTMENT_HOLDINGS: 'investments',
  INVESTMENT_TRANSACTIONS: 'investments',
};

/**
 * A product is on an Item as soon as the customer has consented to it: Plaid adds it with the first call that reads it. One
 * without consent needs the customer in update mode, and no call can stand in for that.
 */
export const addAnswerOf = (exchange: Exchange, products: readonly Product[], now: Instant): ChangeAnswer => {
  const reply = itemIn(exchange);
  if (reply === null) {
    if (isSuccess(exchange)) return { kind: 'unknown', message: 'Plaid answered without the Item' };
    return isGone(exchange) ? { kind: 'gone' } : plainFailureIn(exchange, now);
  }
  const { item } = reply;
  const has = [...item.products, ...item.billed_products, ...item.consented_products];
  const missing = products.filter((product) => {
    const name = plaidProduct[product];
    return name !== null && !has.includes(name);
  });
  if (missing.length === 0) return { kind: 'accepted' };
  const message = `the customer has not consented to ${missing.join(', ')} at Plaid: only update mode of Link asks for it`;
  return { kind: 'refused', message };
};

const itemOf = async (client: PlaidClient, accessToken: string, context: CallContext): Promise<ImportAnswer> => {
  const exchange = await client.item(accessToken, context.signal);
  const externalId = itemIn(exchange)?.item.item_id;
  if (externalId != null) return { kind: 'imported', externalId, providerConnectionId: null };
  if (isSuccess(exchange)) return { kind: 'unknown', message: 'Plaid answered without the Item' };
  return plainFailureIn(exchange, context.now());
};

/** Through Plaid Exchange, which makes a new Item with each call, billed for itself; its token is told nowhere else. */
const throughExchange = async (
  client: PlaidClient,
  login: ExchangeLogin,
  call: ImportCall,
  context: CallContext,
): Promise<ImportAnswer> => {
  const names = new Set(call.products.flatMap((product) => plaidProduct[product] ?? []));
  if (names.size === 0) return { kind: 'refused', message: 'Plaid imports an Item only with a product of its own' };
  const exchange = await client.importItem(login, [...names], call, context.signal);
  if (!isSuccess(exchange)) return plainFailureIn(exchange, context.now());
  const { access_token: accessToken } = plaidImported.parse(jsonOf(exchange));
  if (accessToken === null) return { kind: 'unknown', message: 'Plaid took the import but gave no token for the Item' };
  const found = await itemOf(client, accessToken, context);
  if (found.kind === 'imported') return { ...found, credentials: { accessToken } };
  return { kind: 'unknown', message: 'Plaid made an Item by the import, but does not show its id' };
};

/** An Item that there is by its token; one of Plaid Exchange by the login that it is to be made with. */
export const importThrough = async (
  client: PlaidClient,
  call: ImportCall,
  context: CallContext,
): Promise<ImportAnswer> => {
  const { accessToken, userId, authToken } = call.credentials;
  if (call.provider !== 'PLAID') return { kind: 'refused', message: 'Plaid imports only PLAID' };
  if (accessToken) return itemOf(client, accessToken, context);
  if (userId && authToken) return throughExchange(client, { userId, authToken }, call, context);
  const message = 'Plaid needs accessToken of an Item, or userId and authToken of Plaid Exchange';
  return { kind: 'refused', message };
};
