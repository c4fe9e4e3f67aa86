import type { StatusShown } from '@freshet/domain';
import type { ConnectionCall } from '@freshet/ports';

import { isSuccess, jsonOf } from '../http/exchange.js';
import type { MeldClient } from './client.js';
import { shownOf } from './translate.js';
import { meldSearch, type MeldConnection } from './wire.js';

/** A customer with more connections than these pages hold has not been met; a list without an end must not be followed. */
const MOST_PAGES = 20;

/** All that one customer has at one provider; null where Meld does not list it. */
export const connectionsOf = async (
  client: MeldClient,
  { customerId, provider }: Pick<ConnectionCall, 'customerId' | 'provider'>,
  signal: AbortSignal,
): Promise<readonly MeldConnection[] | null> => {
  const found: MeldConnection[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const exchange = await client.connectionsOf(customerId, provider, after, signal);
    const { connections, remaining } = meldSearch.parse(isSuccess(exchange) ? jsonOf(exchange) : null);
    if (connections === null) return null;
    found.push(...connections);
    const last = connections.at(-1);
    after = last?.key ?? last?.id ?? null;
    if ((remaining ?? 0) === 0 || after === null) return found;
  }
  return null;
};

/** One list instead of a reading for each. */
export const statusesOf = async (
  client: MeldClient,
  calls: readonly ConnectionCall[],
  signal: AbortSignal,
): Promise<readonly (StatusShown | null)[]> => {
  const [first] = calls;
  const listed = first === undefined ? [] : ((await connectionsOf(client, first, signal)) ?? []);
  const byId = new Map(listed.map((connection) => [connection.id, connection]));
  return calls.map(({ externalId }) => {
    const connection = byId.get(externalId);
    return connection === undefined ? null : shownOf(connection);
  });
};
