import type { Connection } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { plaidError } from './answers.js';
import { findItem, isGone, itemErrorOf } from './items.js';

export function fieldOf(call: Call, name: string): unknown {
  return (call.body as Readonly<Record<string, unknown>> | null)?.[name];
}

/** In the headers, or in the body. */
function credentialOf(call: Call, name: 'client_id' | 'secret'): string {
  const header = call.headers[`plaid-${name.replace('_', '-')}`];
  const given = header ?? fieldOf(call, name);
  return typeof given === 'string' ? given : '';
}

export function clientOf(call: Call): string {
  return credentialOf(call, 'client_id');
}

export function guardPlaid(world: World, call: Call): Answer | null {
  const { plaidClientId, plaidSecret } = world.settings.secrets;
  const fits = (given: string, wanted: string | null): boolean => given !== '' && (wanted === null || given === wanted);
  const isKnown = fits(clientOf(call), plaidClientId) && fits(credentialOf(call, 'secret'), plaidSecret);
  return isKnown ? null : plaidError('INVALID_API_KEYS');
}

/** The Item of the token in the body; null where it names none. */
export function connectionMeant(world: World, call: Call): Connection | null {
  const token = fieldOf(call, 'access_token');
  return typeof token === 'string' ? findItem(world, token) : null;
}

/** What keeps an Item from being asked for data. */
export function itemRefusal(connection: Connection): Answer | null {
  if (isGone(connection)) return plaidError('ITEM_NOT_FOUND');
  const error = itemErrorOf(connection);
  return error === null ? null : plaidError(error.code, error.reason);
}
