import { randomUUID } from 'node:crypto';

import { connectionKey } from '../books/books.js';
import { newConnection } from '../books/new-connection.js';
import type { Connection, WidgetSession } from '../books/records.js';
import { Fields } from '../wire/fields.js';
import type { Answer, Call } from '../wire/exchange.js';
import { openSession } from '../widget/sessions.js';
import type { World } from '../world.js';
import { connectionMeant, fieldOf } from './access.js';
import { PLAID, plaidAnswer, plaidError } from './answers.js';
import { accessTokenOf, isGone, itemOf, keep, keepItem } from './items.js';
import { pullAll, watchBackground } from './pulls.js';

const LINK_LIFE_S = 30 * 60;
const PRODUCTS: Readonly<Record<string, readonly string[]>> = {
  auth: ['IDENTIFIERS'],
  identity: ['OWNERS'],
  transactions: ['TRANSACTIONS'],
  investments: ['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'],
};

/** Update mode alone: new Items are registered. */
export function createLinkToken(world: World, call: Call): Answer {
  const fields = new Fields(call.body);
  for (const name of ['client_name', 'language', 'access_token']) fields.needText(name);
  fields.need('country_codes');
  const hosted = fieldOf(call, 'hosted_link') as
    { readonly completion_redirect_uri?: string; readonly url_lifetime_seconds?: number } | undefined;
  if (!fields.ok) return plaidError('MISSING_FIELDS');
  const connection = connectionMeant(world, call);
  if (connection === null) return plaidError('INVALID_ACCESS_TOKEN');
  if (isGone(connection)) return plaidError('ITEM_NOT_FOUND');
  const expiresAt = call.at + (hosted?.url_lifetime_seconds ?? LINK_LIFE_S) * 1_000;
  const { session, url } = openSession(world, {
    connector: 'plaid',
    purpose: 'repair',
    externalIds: [connection.externalId],
    customer: connection.customerId,
    providers: [],
    redirectUrl: hosted?.completion_redirect_uri ?? null,
    expiresAt,
  });
  const token = { link_token: `link-sandbox-${session.token}`, expiration: new Date(expiresAt).toISOString() };
  return plaidAnswer({ ...token, ...(hosted === undefined ? {} : { hosted_link_url: url }) });
}

/** The customer went through update mode. Null: the Item is gone. */
export function completeUpdate(world: World, session: WidgetSession, at: number): Connection | null {
  const connection = world.books.connections.need(connectionKey('plaid', session.externalIds[0] ?? ''));
  if (isGone(connection)) return null;
  const { consentExpiresAt } = connection;
  const isLapsed = consentExpiresAt !== null && consentExpiresAt <= at;
  // A lapsed end would otherwise be met again at once.
  const renewed = { consentedAt: at, consentExpiresAt: isLapsed ? null : consentExpiresAt };
  const linked = keep(world, { ...connection, ...renewed, status: 'ACTIVE', statusReason: null });
  tellFinished(world, session, at);
  watchBackground(world, linked);
  pullAll(world, linked, at);
  return linked;
}

/** It names the session and no Item, as Plaid's does: of its own update mode the client learns nothing else. */
function tellFinished(world: World, session: WidgetSession, at: number): void {
  const body = {
    webhook_type: 'LINK',
    webhook_code: 'SESSION_FINISHED',
    status: 'SUCCESS',
    link_session_id: session.token,
    link_token: `link-sandbox-${session.token}`,
    public_tokens: [`public-sandbox-${randomUUID()}`],
    environment: 'sandbox',
  };
  world.outbox.send({ connector: 'plaid', subject: session.externalIds[0] ?? '', body, at, fault: null });
}

export function removeItem(world: World, call: Call): Answer {
  const connection = connectionMeant(world, call);
  if (connection === null) return plaidError('INVALID_ACCESS_TOKEN');
  if (isGone(connection)) return plaidError('ITEM_NOT_FOUND');
  keep(world, { ...connection, status: 'DELETED', statusReason: null });
  return plaidAnswer();
}

/** Plaid Exchange: each call makes a new Item, whoever it is of. */
export function importItem(world: World, call: Call): Answer {
  const fields = new Fields(call.body);
  const products = fields.texts('products') ?? [];
  const login = new Fields(fieldOf(call, 'user_auth') ?? {});
  const customerId = login.needText('user_id');
  login.needText('auth_token');
  if (!fields.ok || !login.ok || products.length === 0) return plaidError('MISSING_FIELDS');
  const fresh = newConnection({
    connector: 'plaid',
    provider: PLAID,
    externalId: randomUUID(),
    createdAt: call.at,
    customerId,
    institutionId: fields.text('institution_id') ?? 'ins_109508',
    products: ['BALANCES', ...products.flatMap((product) => PRODUCTS[product] ?? [])],
  });
  const access_token = accessTokenOf(fresh);
  const connection = keep(world, { ...fresh, credentials: { accessToken: access_token } });
  keepItem(world, itemOf(world, connection));
  watchBackground(world, connection);
  pullAll(world, connection, call.at);
  return { ...plaidAnswer({ access_token }), about: [connection] };
}
