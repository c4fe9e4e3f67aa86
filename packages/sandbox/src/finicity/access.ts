import { randomBytes } from 'node:crypto';

import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { finicityError, missing, type FinicityRoute } from './answers.js';

const TOKEN_LIFE_MS = 2 * 3600 * 1000;
/** Expired tokens are remembered this long, to be told apart from those that never were. */
const REMEMBER_EXPIRED_MS = 24 * 3600 * 1000;
const TOKEN_BYTES = 15;
/** The account is locked then, until the support opens it: here, until the books are new. */
const MOST_FAILURES = 5;

export function createToken(world: World, call: Call): Answer {
  const { partnerId, partnerSecret } = (call.body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof partnerId !== 'string' || partnerId === '') return missing('partnerId');
  if (typeof partnerSecret !== 'string' || partnerSecret === '') return missing('partnerSecret');
  const { finicityPartnerId: knownId, finicityPartnerSecret: knownSecret } = world.settings.secrets;
  const isKnown =
    (knownId === null || knownId === partnerId) && (knownSecret === null || knownSecret === partnerSecret);
  const failures = world.books.finicityPartners.get(partnerId)?.failures ?? 0;
  if (failures >= MOST_FAILURES) return finicityError(401, '10021', 'You are not authorized.');
  world.books.finicityPartners.put(partnerId, { partnerId, failures: isKnown ? 0 : failures + 1 });
  if (!isKnown) return finicityError(401, '10001', 'Invalid credentials');
  for (const old of world.books.finicityTokens.all()) {
    if (old.expiresAt + REMEMBER_EXPIRED_MS <= call.at) world.books.finicityTokens.remove(old.token);
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  world.books.finicityTokens.put(token, { token, partnerId, expiresAt: call.at + TOKEN_LIFE_MS });
  return { status: 200, body: { token } };
}

/** Who may call: the key of the app with all, and a token with all but the call for one. */
export function guardFinicity(world: World, call: Call, route: FinicityRoute): Answer | null {
  const key = headerOf(call, 'finicity-app-key');
  if (key === null) return finicityError(401, '10026', 'Missing parameter (Finicity-App-Key)');
  const { finicityAppKey } = world.settings.secrets;
  if (finicityAppKey !== null && finicityAppKey !== key) return finicityError(401, '24302', 'Bad credentials');
  if (route.isOpen) return null;
  const given = headerOf(call, 'finicity-app-token');
  if (given === null) return finicityError(401, '10024', 'Missing parameter (Finicity-App-Token)');
  const token = world.books.finicityTokens.get(given);
  if (token === undefined) return finicityError(401, '10022', 'Invalid (Finicity-App-Token)');
  if (token.expiresAt <= call.at) return finicityError(401, '10023', 'Expired (Finicity-App-Token)');
  return null;
}

function headerOf(call: Call, name: string): string | null {
  const value = call.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
