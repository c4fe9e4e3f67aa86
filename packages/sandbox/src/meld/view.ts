import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { badRequest, refusal } from './answers.js';
import { maintainedTwin, twinsOf } from './duplicates.js';
import { ACCOUNT_ID } from './events.js';
import { isTerminal } from './rules.js';

const PAGE_DEFAULT = 10;
const PAGE_MOST = 100;

export function findConnection(world: World, call: Call): Connection | null {
  return world.books.connections.get(connectionKey('meld', call.params['connectionId'] ?? '')) ?? null;
}

export function getConnection(world: World, call: Call): Answer {
  const connection = findConnection(world, call);
  if (connection === null) return refusal(call, 404, 'Connection not found');
  return { status: 200, body: viewOf(world, connection) };
}

export function searchConnections(world: World, call: Call): Answer {
  const { query } = call;
  const limit = query['limit'] === undefined ? PAGE_DEFAULT : Number(query['limit']);
  if (!Number.isInteger(limit) || limit < 1)
    return badRequest(call, [{ field: 'limit', message: 'must be 1 or more' }]);
  if (query['after'] !== undefined && query['before'] !== undefined) {
    return badRequest(call, [{ field: 'after', message: 'cannot be used together with before' }]);
  }
  const matches = world.books.connections.find('connector', 'meld').filter((connection) => isAsked(connection, query));
  const { page, remaining } = pageOf(matches, query, Math.min(limit, PAGE_MOST));
  const connections = page.map((connection) => viewOf(world, connection));
  return { status: 200, body: { connections, count: connections.length, remaining } };
}

export function viewOf(world: World, connection: Connection): Record<string, unknown> {
  const { externalId: id, customerId, institutionId, status, statusReason, products, optionalProducts } = connection;
  const twins = isTerminal(connection) ? [] : twinsOf(world, connection).filter((twin) => twin.externalId !== id);
  return {
    id,
    key: id,
    accountId: ACCOUNT_ID,
    customerId,
    externalCustomerId: customerId,
    institutionId,
    institutionName: institutionId,
    status,
    statusReason,
    products,
    optionalProducts,
    regions: ['US'],
    serviceProviderDetails: {
      ...connection.credentials,
      serviceProvider: connection.provider,
      serviceProviderConnectionId: connection.providerConnectionId,
    },
    createdAt: new Date(connection.createdAt).toISOString(),
    successfullyAggregatedAt:
      connection.lastSuccessAt === null ? null : new Date(connection.lastSuccessAt).toISOString(),
    // The others, most recently aggregated first; Meld does not say whether the connection itself is among them.
    duplicateConnectionIds: twins.length === 0 ? null : twins.map((twin) => twin.externalId),
    activeDuplicateConnectionId: twins.length === 0 ? null : (maintainedTwin(world, connection)?.externalId ?? null),
  };
}

function isAsked(connection: Connection, query: Readonly<Record<string, string>>): boolean {
  const createdOn = new Date(connection.createdAt).toISOString().slice(0, 10);
  return (
    isListed(query['customerId'], connection.customerId) &&
    isListed(query['externalCustomerId'], connection.customerId) &&
    isListed(query['institutionId'], connection.institutionId) &&
    isListed(query['statuses'], connection.status) &&
    isListed(query['serviceProviders'], connection.provider) &&
    createdOn >= (query['startDate'] ?? '') &&
    createdOn <= (query['endDate'] ?? '9999')
  );
}

function isListed(list: string | undefined, value: string): boolean {
  return list === undefined || list.split(',').includes(value);
}

/** By the key of an item, oldest first; an unknown key ends the list. */
function pageOf(matches: readonly Connection[], query: Readonly<Record<string, string>>, limit: number) {
  const { after, before } = query;
  const placeOf = (key: string) => matches.findIndex((connection) => connection.externalId === key);
  if (before !== undefined) {
    const end = Math.max(placeOf(before), 0);
    const start = Math.max(end - limit, 0);
    return { page: matches.slice(start, end), remaining: start };
  }
  const place = after === undefined ? -1 : placeOf(after);
  const start = after !== undefined && place < 0 ? matches.length : place + 1;
  return { page: matches.slice(start, start + limit), remaining: Math.max(matches.length - start - limit, 0) };
}
