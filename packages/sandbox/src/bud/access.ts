import { randomBytes } from 'node:crypto';

import { budCustomerOf } from '../books/books.js';
import type { BudToken } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { budAnswer, budError, failedValidation, type BudRoute } from './answers.js';

const OPERATION_ID = 'oauth_token_create';
const ACCESS_LIFE_S = 3600;
const REFRESH_LIFE_S = 24 * 3600;
/** Expired tokens are remembered this long, to be told apart from those that never were. */
const REMEMBER_EXPIRED_MS = 24 * 3600 * 1000;
const TOKEN_BYTES = 32;
const BLANK = 'This value should not be blank';

export function issueToken(world: World, call: Call): Answer {
  const body = (call.body ?? {}) as Readonly<Record<string, unknown>>;
  if (!headerOf(call, 'content-type')?.startsWith('application/x-www-form-urlencoded')) return unreadable(body);
  if (body['grant_type'] === 'client_credentials') return issueToClient(world, call);
  if (body['grant_type'] === 'refresh_token') return renew(world, call, String(body['refresh_token'] ?? ''));
  return unreadable(body);
}

/** Who may call: the client's id, its token, and for most endpoints a customer. */
export function guardBud(world: World, call: Call, route: BudRoute): Answer | null {
  const clientId = headerOf(call, 'x-client-id');
  if (clientId === null) return failedValidation(route.operationId, [{ field: 'client_id', message: BLANK }]);
  if (route.access === 'open') return null;
  const bearer = /^Bearer (\S+)$/i.exec(headerOf(call, 'authorization') ?? '')?.[1] ?? '';
  const token = world.books.budTokens.get(bearer);
  if (token?.use !== 'access' || token.clientId !== clientId) {
    return budError(route.operationId, 401, 'token_invalid', 'The access token is not valid.');
  }
  if (token.expiresAt <= call.at)
    return budError(route.operationId, 401, 'token_expired', 'The access token has expired.');
  if (route.access === 'customer' && customerOf(world, call) === null) {
    return failedValidation(route.operationId, [{ field: 'customer_id', message: BLANK }]);
  }
  return null;
}

/** Null where the request names no customer. The internal identifier stands for the customer that has it. */
export function customerOf(world: World, call: Call): string | null {
  const named = headerOf(call, 'x-customer-id');
  if (named !== null) return named;
  const identifier = headerOf(call, 'x-customer-idempotent-identifier');
  if (identifier === null) return null;
  const known = world.books.connections
    .find('connector', 'bud')
    .find((consent) => (consent.credentials['customerIdempotentIdentifier'] ?? consent.customerId) === identifier);
  return known === undefined ? identifier : budCustomerOf(known);
}

export function headerOf(call: Call, name: string): string | null {
  const value = call.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function issueToClient(world: World, call: Call): Answer {
  const basic = /^Basic (\S+)$/i.exec(headerOf(call, 'authorization') ?? '')?.[1];
  if (basic === undefined) return withoutBasic();
  const [clientId = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  const secret = rest.join(':');
  const { budClientId, budClientSecret } = world.settings.secrets;
  const isKnown =
    clientId !== '' &&
    secret !== '' &&
    clientId === headerOf(call, 'x-client-id') &&
    (budClientId === null || clientId === budClientId) &&
    (budClientSecret === null || secret === budClientSecret);
  return isKnown ? issue(world, clientId, call.at) : budError('unknown', 400, 'unknown', 'Unauthorised request');
}

function renew(world: World, call: Call, refreshToken: string): Answer {
  const token = world.books.budTokens.get(refreshToken);
  if (token?.use !== 'refresh' || token.expiresAt <= call.at || token.clientId !== headerOf(call, 'x-client-id')) {
    return budError(OPERATION_ID, 401, 'unauthorised', 'Unauthorised.');
  }
  return issue(world, token.clientId, call.at);
}

function issue(world: World, clientId: string, at: number): Answer {
  for (const old of world.books.budTokens.all()) {
    if (old.expiresAt + REMEMBER_EXPIRED_MS <= at) world.books.budTokens.remove(old.token);
  }
  const mint = (use: BudToken['use'], lifeS: number): string => {
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    world.books.budTokens.put(token, { token, use, clientId, expiresAt: at + lifeS * 1000 });
    return token;
  };
  return budAnswer(OPERATION_ID, 200, {
    access_token: mint('access', ACCESS_LIFE_S),
    token_type: 'Bearer',
    expires_in: ACCESS_LIFE_S,
    refresh_token: mint('refresh', REFRESH_LIFE_S),
  });
}

function withoutBasic(errors?: Readonly<Record<string, string>>): Answer {
  return budError(OPERATION_ID, 400, 'failed_validation', 'could not extract basic auth headers', errors);
}

/** Bud's own, if misleading, words for a grant type or content type that it does not take. */
function unreadable(body: Readonly<Record<string, unknown>>): Answer {
  const isNamed = body['grant_type'] === 'client_credentials' || body['grant_type'] === 'refresh_token';
  const errors = { grant_type: 'grant_type must be one of [client_credentials refresh_token]' };
  return withoutBasic(isNamed ? undefined : errors);
}
