import { connectionKey } from '../books/books.js';
import { newConnection } from '../books/new-connection.js';
import type { Connection, WidgetSession } from '../books/records.js';
import { derivedMeldId, newMeldId } from '../identifiers.js';
import { openSession } from '../widget/sessions.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields } from '../wire/fields.js';
import type { World } from '../world.js';
import { badRequest, refusal } from './answers.js';
import { connectToken } from './connect-token.js';
import { demoteOthers } from './duplicates.js';
import { ACCOUNT_ID, changeStatus, keep, tell, type Telling } from './events.js';
import { startPull, watchBackground } from './pulls.js';
import { CONNECT_TOKEN_LIFE_MS, CONNECT_WITHIN_MS, isRepairable, PRODUCTS, RECOGNISES_LOGINS } from './rules.js';

const ABANDONED_DUE = 'meld-abandoned';
/** Where a connect names none: the provider that Meld's routing would pick. */
const DEFAULT_PROVIDER = 'MX';

export function handleAbandoned(world: World): void {
  world.schedule.on(ABANDONED_DUE, (key, at) => {
    const connection = world.books.connections.get(key);
    if (connection?.status === 'IN_PROGRESS') changeStatus(world, connection, 'EXPIRED', null, { at, fault: null });
  });
}

export function watchConnect(world: World, connection: Connection): void {
  const key = connectionKey(connection.connector, connection.externalId);
  if (connection.status === 'IN_PROGRESS') {
    world.schedule.plan(ABANDONED_DUE, key, connection.createdAt + CONNECT_WITHIN_MS);
  }
}

export function startConnect(world: World, call: Call): Answer {
  const fields = new Fields(call.body);
  const customerId = fields.needText('externalCustomerId');
  const products = knownProducts(fields, 'products');
  const optionalProducts = knownProducts(fields, 'optionalProducts');
  const institutionId = fields.text('institutionId') ?? 'sandbox-institution';
  const provider = fields.text('serviceProvider') ?? DEFAULT_PROVIDER;
  if (products.length + optionalProducts.length === 0) fields.fail('products', 'needs at least one product');
  if (!fields.ok) return badRequest(call, fields.errors);
  const externalId = newMeldId();
  const given = { externalId, customerId, products, optionalProducts, institutionId, provider };
  const fresh = newConnection({ connector: 'meld', createdAt: call.at, status: 'IN_PROGRESS', ...given });
  const connection = keep(world, fresh);
  watchConnect(world, connection);
  const { url, token } = openWidget(world, connection, 'connect', call.at);
  const body = { id: externalId, connectToken: token, widgetUrl: url, customerId, externalCustomerId: customerId };
  return { status: 200, body, about: [connection] };
}

export function connectionToRepair(world: World, call: Call): Connection | null {
  const externalId = new Fields(call.body).text('connectionId');
  return world.books.connections.get(connectionKey('meld', externalId ?? '')) ?? null;
}

export function repair(world: World, call: Call): Answer {
  const fields = new Fields(call.body);
  const externalId = fields.needText('connectionId');
  if (!fields.ok) return badRequest(call, fields.errors);
  const connection = connectionToRepair(world, call);
  if (connection === null) return refusal(call, 404, 'Connection not found');
  if (!isRepairable(connection)) {
    return refusal(call, 409, `A connection in status ${connection.status} cannot be repaired`);
  }
  const { url, token } = openWidget(world, connection, 'repair', call.at);
  const body = { id: externalId, connectToken: token, widgetUrl: url, institutionId: connection.institutionId };
  return { status: 200, body };
}

/** The customer has logged in at the bank. Null: there is nothing left to complete. */
export function completeLink(world: World, session: WidgetSession, at: number): Connection | null {
  const connection = world.books.connections.need(connectionKey('meld', session.externalIds[0] ?? ''));
  const isOpen = session.purpose === 'connect' ? connection.status === 'IN_PROGRESS' : isRepairable(connection);
  if (!isOpen) return null;
  const telling = { at, fault: null };
  const linked = keep(world, {
    ...connection,
    providerConnectionId: connection.providerConnectionId ?? newProviderConnectionId(connection),
    consentedAt: at,
    // A lapsed end would otherwise be met again at once.
    consentExpiresAt:
      connection.consentExpiresAt !== null && connection.consentExpiresAt <= at ? null : connection.consentExpiresAt,
  });
  demoteOthers(world, linked, telling);
  tell(world, 'BANK_LINKING_CONNECTION_COMPLETED', linked, telling);
  const active = changeStatus(world, linked, 'ACTIVE', null, telling);
  watchBackground(world, active);
  return firstAggregation(world, active, telling);
}

/** What follows a connect, a repair or an import; nobody asked for it, and it costs nothing. */
export function firstAggregation(world: World, connection: Connection, telling: Telling): Connection {
  tell(world, 'BANK_LINKING_ACCOUNTS_UPDATING', connection, telling);
  const products = [...connection.products, ...connection.optionalProducts];
  return startPull(world, connection, { products, outcome: 'success', webhooks: telling.fault, at: telling.at });
}

export function knownProducts(fields: Fields, name: string): string[] {
  const products = fields.texts(name) ?? [];
  const unknown = products.filter((product) => !PRODUCTS.some((known) => known === product));
  if (unknown.length > 0) fields.fail(name, `unknown: ${unknown.join(', ')}`);
  return products;
}

/** The same login at a provider that recognises it is the same connection there. */
function newProviderConnectionId(connection: Connection): string {
  if (!RECOGNISES_LOGINS.includes(connection.provider)) return newMeldId();
  return derivedMeldId(`${connection.provider}/${connection.customerId}/${connection.institutionId}`);
}

function openWidget(world: World, connection: Connection, purpose: 'connect' | 'repair', at: number) {
  const { externalId, customerId, products } = connection;
  const expiresAt = at + CONNECT_TOKEN_LIFE_MS;
  const { url } = openSession(world, {
    connector: 'meld',
    purpose,
    externalIds: [externalId],
    customer: customerId,
    providers: [],
    redirectUrl: null,
    expiresAt,
  });
  const claims = { account: ACCOUNT_ID, customer: customerId, connection: externalId, products, redirect: true };
  return { url, token: connectToken(claims, at, CONNECT_TOKEN_LIFE_MS) };
}
