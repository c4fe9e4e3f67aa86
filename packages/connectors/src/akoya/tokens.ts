import type { Instant } from '@freshet/domain';
import { DAY, formatInstant, parseInstant, SECOND } from '@freshet/domain';
import type { Credentials, HeldToken, RenewalAnswer } from '@freshet/ports';

import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { failureOf } from '../http/failure.js';
import { akoyaError, akoyaTokens, endOfIdToken } from './wire.js';

/** As an import gives them, and as a renewal leaves them. */
interface AkoyaCredentials extends Credentials {
  readonly refreshToken: string;
  readonly idToken: string;
  readonly idTokenExpiresAt: string;
}

/** The token among the credentials; one that was imported without its end tells it itself. */
export const tokenIn = (credentials: Credentials): HeldToken => {
  const { refreshToken, idToken, idTokenExpiresAt } = credentials as Partial<AkoyaCredentials>;
  const token = idToken || null;
  const told = idTokenExpiresAt === undefined ? null : (parseInstant(idTokenExpiresAt) ?? null);
  return {
    token,
    expiresAt: token === null ? null : (told ?? endOfIdToken(token)),
    renewable: Boolean(refreshToken),
  };
};

const WHO = 'the token service of Akoya';

/**
 * The refusals that mean the refresh token, and not our credentials: claimed, expired or unknown
 * (docs.akoya.com/reference/token-errors, which tells a dead one as `invalid_request`; OAuth calls it `invalid_grant`).
 */
const DEAD: Readonly<Record<number, readonly string[]>> = { 400: ['invalid_request', 'invalid_grant'] };

/** No token lives longer: what is told beyond it is no time. */
const LONGEST_LIFE_MS = 366 * DAY;

/** By the shortest that is told: the token itself says when it ends, and so does the reply. */
const endOf = (idToken: string, expiresIn: number | null, now: Instant): Instant | null => {
  const ends = [endOfIdToken(idToken), expiresIn === null ? null : now + expiresIn * SECOND];
  const told = ends.filter((end) => end !== null);
  return told.length === 0 ? null : Math.min(...told, now + LONGEST_LIFE_MS);
};

/** What else is in the credentials stays; a part that the reply lacks is gone with the pair that it belonged to. */
const renewed = (before: Credentials, exchange: Exchange, now: Instant): RenewalAnswer | null => {
  const { id_token, refresh_token, expires_in } = akoyaTokens.parse(jsonOf(exchange));
  if (id_token === null && refresh_token === null) return null;
  const {
    refreshToken: _used,
    idToken: _old,
    idTokenExpiresAt: _over,
    ...others
  } = before as Partial<AkoyaCredentials>;
  const end = id_token === null ? null : endOf(id_token, expires_in, now);
  return {
    kind: 'renewed',
    credentials: {
      ...(others as Credentials),
      ...(refresh_token === null ? {} : { refreshToken: refresh_token }),
      ...(id_token === null ? {} : { idToken: id_token }),
      ...(end === null ? {} : { idTokenExpiresAt: formatInstant(end) }),
    },
  };
};

/**
 * What the token service's reply means. A 5xx is a reply: it is to be tried again (three times, says
 * docs.akoya.com/reference/data-access-api-errors); had the token been claimed all the same, the next try says so. No reply
 * at all, or one that cannot be read, leaves it open.
 */
export const renewalOf = (exchange: Exchange, before: Credentials, now: Instant): RenewalAnswer => {
  if (isSuccess(exchange)) {
    const answer = renewed(before, exchange, now);
    return answer ?? { kind: 'unknown', message: `${WHO} answered without a token` };
  }
  const code = akoyaError(jsonOf(exchange));
  if (exchange.kind === 'reply' && code !== null && DEAD[exchange.status]?.includes(code)) {
    const message = 'the refresh token is dead: claimed, expired or revoked';
    return { kind: 'customer-needed', event: 'failed_token_expired', message };
  }
  const failure = failureOf(exchange, { who: WHO, now, scope: 'provider', code });
  if (failure.kind !== 'unknown' || exchange.kind !== 'reply' || exchange.status < 500) return failure;
  return { kind: 'unavailable', who: 'provider', retryAt: null, message: failure.message };
};
