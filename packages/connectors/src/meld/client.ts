import type { Product } from '@freshet/domain';

import { createHttpClient, pathSegment } from '../http/client.js';
import type { Exchange } from '../http/exchange.js';
import { MELD_BASE_URL, type MeldSettings } from './settings.js';

/**
 * An item of Meld's import. Meld publishes the list (`connections`, at least one) but not the item, which "depends on
 * the provider": these are the names that its connection resource uses for the same things.
 */
export interface MeldImportItem {
  readonly serviceProvider: string;
  readonly externalCustomerId: string;
  readonly institutionId: string;
  readonly products: readonly Product[];
  readonly serviceProviderDetails: Readonly<Record<string, string>>;
}

/** Meld's paths and bodies, one function an operation. Nothing is read here. */
export interface MeldClient {
  /** `products` null: all that the connection has. */
  refresh(connectionId: string, products: readonly Product[] | null, signal: AbortSignal): Promise<Exchange>;
  connection(connectionId: string, signal: AbortSignal): Promise<Exchange>;
  /** One page, from after the connection of that key. */
  connectionsOf(
    externalCustomerId: string,
    serviceProvider: string,
    after: string | null,
    signal: AbortSignal,
  ): Promise<Exchange>;
  repair(connectionId: string, signal: AbortSignal): Promise<Exchange>;
  update(connectionId: string, products: readonly Product[], signal: AbortSignal): Promise<Exchange>;
  remove(connectionId: string, signal: AbortSignal): Promise<Exchange>;
  importOne(item: MeldImportItem, signal: AbortSignal): Promise<Exchange>;
}

const CONNECTIONS = '/bank-linking/connections';
const one = (connectionId: string): string => `${CONNECTIONS}/${pathSegment(connectionId)}`;
const SEARCH_LIMIT = '100';

export const createMeldClient = (settings: MeldSettings): MeldClient => {
  const http = createHttpClient(settings.baseUrl ?? MELD_BASE_URL, settings.transport);
  const headers = {
    // The word BASIC and the raw key: it looks like HTTP Basic and is not.
    authorization: `BASIC ${settings.apiKey}`,
    ...(settings.version ? { 'meld-version': settings.version } : {}),
  };
  const get = (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Exchange> =>
    http.send({ method: 'GET', path, query, headers }, signal);
  // No X-Idempotency-Key: Meld documents it for payments only, and a refresh that it does not honour would be billed twice.
  const post = (path: string, json: unknown, signal: AbortSignal): Promise<Exchange> =>
    http.send({ method: 'POST', path, json, headers }, signal);

  return {
    refresh: (id, products, signal) => post(`${one(id)}/refresh`, products === null ? {} : { products }, signal),
    connection: (id, signal) => http.send({ method: 'GET', path: one(id), headers }, signal),
    connectionsOf: (externalCustomerId, serviceProviders, after, signal) => {
      const page = { limit: SEARCH_LIMIT, ...(after === null ? {} : { after }) };
      return get(CONNECTIONS, { externalCustomerId, serviceProviders, ...page }, signal);
    },
    repair: (connectionId, signal) => post('/bank-linking/connect/repair', { connectionId }, signal),
    update: (id, products, signal) => post(`${one(id)}/update`, { products }, signal),
    remove: (id, signal) => http.send({ method: 'DELETE', path: one(id), headers }, signal),
    importOne: (item, signal) => post(`${CONNECTIONS}/import`, { connections: [item] }, signal),
  };
};
