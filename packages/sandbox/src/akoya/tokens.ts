import { randomBytes } from 'node:crypto';

import { connectionKey } from '../books/books.js';
import type { AkoyaToken, Connection } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { oauthError } from './answers.js';

export const ID_TOKEN_LIFE_MS = 24 * 3600 * 1000;
const SECOND = 1000;
const TOKEN_BYTES = 24;
const CLAIMED = 'Refresh token is invalid or has already been claimed by another client.';

type Form = Readonly<Record<string, unknown>>;

function formOf(call: Call): Form {
  return typeof call.body === 'object' && call.body !== null ? (call.body as Form) : {};
}

function opaque(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Shaped like a JWT, so that its end can be read; nobody checks its signature here. */
function idToken(connection: Connection, endsAt: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: connection.customerId, exp: Math.floor(endsAt / SECOND), jti: opaque() };
  return [part({ alg: 'RS256', typ: 'JWT' }), part(claims), opaque()].join('.');
}

function keep(world: World, token: AkoyaToken): void {
  world.books.akoyaTokens.put(token.token, token);
}

/** What the customer's consent gave its team before the emulator heard of it. */
export function adoptTokens(world: World, connection: Connection): void {
  const { refreshToken, idToken: id } = connection.credentials;
  const at = world.clock.now();
  const { externalId } = connection;
  if (refreshToken !== undefined && world.books.akoyaTokens.get(refreshToken) === undefined)
    keep(world, { token: refreshToken, use: 'refresh', externalId, expiresAt: null, claimedAt: null });
  if (id !== undefined && world.books.akoyaTokens.get(id) === undefined)
    keep(world, { token: id, use: 'id', externalId, expiresAt: at + ID_TOKEN_LIFE_MS, claimedAt: null });
}

export function connectionOf(world: World, token: AkoyaToken | undefined): Connection | null {
  if (token === undefined) return null;
  return world.books.connections.get(connectionKey('akoya', token.externalId)) ?? null;
}

/** The connection of the refresh token in the body, good or not: by it the call is found, and faults find it. */
export function connectionMeant(world: World, call: Call): readonly Connection[] {
  const { refresh_token, token } = formOf(call);
  const named = world.books.akoyaTokens.get(String(refresh_token ?? token ?? ''));
  const connection = connectionOf(world, named);
  return connection === null ? [] : [connection];
}

/** A refresh token that still stands for somebody's consent. */
function standing(
  world: World,
  value: unknown,
): { readonly token: AkoyaToken; readonly connection: Connection } | null {
  const token = typeof value === 'string' ? world.books.akoyaTokens.get(value) : undefined;
  const connection = connectionOf(world, token);
  const isGood = token?.use === 'refresh' && token.claimedAt === null && connection?.status !== 'RECONNECT_REQUIRED';
  return isGood && connection !== null ? { token, connection } : null;
}

function withoutClient({ client_id, client_secret }: Form): Answer | null {
  const isNamed = typeof client_id === 'string' && client_id !== '';
  const isProven = typeof client_secret === 'string' && client_secret !== '';
  return isNamed && isProven ? null : oauthError(401, 'invalid_client', 'Invalid client credentials.');
}

/** A new pair for a refresh token, which is good for one use. */
export function issueTokens(world: World, call: Call): Answer {
  const form = formOf(call);
  const refused = withoutClient(form);
  if (refused !== null) return refused;
  if (form['grant_type'] !== 'refresh_token') return oauthError(400, 'invalid_grant');
  const good = standing(world, form['refresh_token']);
  if (good === null) return oauthError(400, 'invalid_request', CLAIMED);
  const { token, connection } = good;
  const { externalId } = connection;
  const endsAt = call.at + ID_TOKEN_LIFE_MS;
  const issued = { id: idToken(connection, endsAt), refresh: opaque() };
  keep(world, { ...token, claimedAt: call.at });
  keep(world, { token: issued.id, use: 'id', externalId, expiresAt: endsAt, claimedAt: null });
  keep(world, { token: issued.refresh, use: 'refresh', externalId, expiresAt: null, claimedAt: null });
  return {
    status: 200,
    body: {
      token_type: 'bearer',
      id_token: issued.id,
      refresh_token: issued.refresh,
      expires_in: ID_TOKEN_LIFE_MS / SECOND,
    },
  };
}

/** The consent ends: none of its tokens is good any more. */
export function revokeTokens(world: World, call: Call): Answer {
  const form = formOf(call);
  if (form['client_secret'] === undefined) return oauthError(400, 'invalid_request');
  if (form['token_type_hint'] !== 'refresh_token') return oauthError(400, 'unsupported_token_type');
  const good = standing(world, form['token']);
  if (good === null) return oauthError(400, 'invalid_request');
  endConsent(world, good.connection, call.at);
  return { status: 200 };
}

export function endConsent(world: World, connection: Connection, at: number): void {
  const ended = { status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED', revokedAt: at } as const;
  world.books.connections.put(connectionKey('akoya', connection.externalId), { ...connection, ...ended });
}
