import { createHash } from 'node:crypto';

import { newConnection } from '../books/new-connection.js';
import type { Connection } from '../books/records.js';
import { newMeldId } from '../identifiers.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields, type FieldError } from '../wire/fields.js';
import type { World } from '../world.js';
import { accepted, badRequest, refusal } from './answers.js';
import { demoteOthers, promoteNext } from './duplicates.js';
import { keep, tell } from './events.js';
import { firstAggregation, knownProducts } from './linking.js';
import { startPull, watchBackground } from './pulls.js';
import { IMPORTABLE, isRefreshable, isTerminal } from './rules.js';
import { findConnection } from './view.js';

/** New products join the optional ones; what can be pulled with them is pulled, best effort. */
export function updateProducts(world: World, call: Call): Answer {
  const connection = findConnection(world, call);
  if (connection === null) return refusal(call, 404, 'Connection not found');
  const fields = new Fields(call.body);
  const products = knownProducts(fields, 'products');
  const had = [...connection.products, ...connection.optionalProducts];
  const known = products.filter((product) => had.includes(product));
  if (products.length === 0) fields.fail('products', 'needs at least one product');
  if (known.length > 0) fields.fail('products', `already on this connection: ${known.join(', ')}`);
  if (!fields.ok) return badRequest(call, fields.errors);
  if (isTerminal(connection)) {
    return refusal(call, 409, `A connection in status ${connection.status} cannot be updated`);
  }
  const optionalProducts = [...connection.optionalProducts, ...new Set(products)];
  const updated = keep(world, { ...connection, optionalProducts });
  if (isRefreshable(updated)) {
    startPull(world, updated, { products: [...had, ...products], outcome: 'success', webhooks: null, at: call.at });
  }
  return accepted();
}

export function deleteConnection(world: World, call: Call): Answer {
  const connection = findConnection(world, call);
  if (connection === null) return refusal(call, 404, 'Connection not found');
  if (connection.status === 'DELETED') return refusal(call, 409, 'The connection is already deleted');
  const telling = { at: call.at, fault: null };
  const deleted = keep(world, { ...connection, status: 'DELETED', statusReason: null });
  tell(world, 'BANK_LINKING_CONNECTION_DELETED', deleted, telling);
  promoteNext(world, connection, telling);
  return { ...accepted(), status: 200 };
}

interface ImportItem {
  readonly provider: string;
  readonly customerId: string;
  readonly institutionId: string;
  readonly products: readonly string[];
  readonly optionalProducts: readonly string[];
  readonly details: Readonly<Record<string, string>>;
}

/** All or nothing. The new ids are found by a search, or told by webhooks: the reply does not carry them. */
export function importConnections(world: World, call: Call): Answer {
  const fields = new Fields(call.body);
  fields.need('connections');
  const list = fields.list('connections') ?? [];
  if (list.length === 0) fields.fail('connections', 'needs at least one connection');
  const items = list.map((item, place) => importItem(item, fields.errors, `connections[${place}]`));
  if (!fields.ok) return badRequest(call, fields.errors);
  const imported = items.map((item) => importOne(world, item, call.at));
  return accepted({ about: imported });
}

function importItem(value: unknown, errors: FieldError[], path: string): ImportItem {
  const fields = new Fields(value, errors, path);
  const provider = fields.needText('serviceProvider');
  if (provider !== '' && !IMPORTABLE.includes(provider)) {
    fields.fail('serviceProvider', `must be one of ${IMPORTABLE.join(', ')}`);
  }
  fields.need('serviceProviderDetails');
  const details = fields.textMap('serviceProviderDetails') ?? {};
  if (Object.keys(details).length === 0) fields.fail('serviceProviderDetails', 'needs the provider credentials');
  return {
    provider,
    customerId: fields.needText('externalCustomerId'),
    institutionId: fields.text('institutionId') ?? 'sandbox-institution',
    products: knownProducts(fields, 'products'),
    optionalProducts: knownProducts(fields, 'optionalProducts'),
    details,
  };
}

function importOne(world: World, item: ImportItem, at: number): Connection {
  const { provider, customerId, institutionId, optionalProducts, details } = item;
  const connection = keep(
    world,
    newConnection({
      connector: 'meld',
      provider,
      externalId: newMeldId(),
      createdAt: at,
      customerId,
      institutionId,
      products: item.products.length === 0 ? ['BALANCES', 'TRANSACTIONS'] : item.products,
      optionalProducts,
      providerConnectionId: details['itemId'] ?? itemOf(details),
      credentials: details,
    }),
  );
  const telling = { at, fault: null };
  demoteOthers(world, connection, telling);
  watchBackground(world, connection);
  return firstAggregation(world, connection, telling);
}

/** The same credentials always open the same item. */
function itemOf(details: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(details)).digest('base64url');
}
