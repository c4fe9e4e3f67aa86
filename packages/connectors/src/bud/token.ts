import type { Instant } from '@freshet/domain';
import { MINUTE, SECOND } from '@freshet/domain';
import type { CallContext } from '@freshet/ports';

import type { HttpClient } from '../http/client.js';
import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { failureOf, notSent, type Failure } from '../http/failure.js';
import type { BudSettings } from './settings.js';
import { budCode, budToken } from './wire.js';

/** A token, or why there is none. Without one the call itself was not sent. */
export type TokenAnswer = { readonly kind: 'token'; readonly value: string } | Failure;

export interface TokenSource {
  current(context: CallContext): Promise<TokenAnswer>;
  /** Bud refused this token before its time. */
  discard(value: string): void;
}

interface Held {
  readonly value: string;
  readonly expiresAt: Instant;
}

const TOKEN_PATH = '/v1/oauth/token';
/** Of the renewal's own: the callers that wait for it come and go with their deadlines. */
const RENEWAL_TIMEOUT_MS = 15_000;
/** Renewed before it ends, so that it lives through the call that it is fetched for. */
const MARGIN_MS = MINUTE;
/** Where Bud does not tell: short, because a token that ended early costs one more call and nothing else. */
const UNTOLD_LIFE_MS = 5 * MINUTE;

const failureOfToken = (exchange: Exchange, now: Instant): Failure => {
  // Bud's limit on asking for tokens is the client's, not one customer's.
  const code = budCode(jsonOf(exchange));
  const failure = failureOf(exchange, { who: 'the token service of Bud', now, scope: 'provider', code });
  if (failure.kind !== 'unknown') return failure;
  return { kind: 'unavailable', who: 'provider', retryAt: null, message: failure.message };
};

const basic = ({ clientId, clientSecret }: BudSettings): string =>
  `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;

/** What the caller waits for, or its deadline: the renewal itself goes on for the others. */
const orDeadline = (renewal: Promise<TokenAnswer>, signal: AbortSignal): Promise<TokenAnswer> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(notSent('Bud'));
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void renewal.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });

export const createTokenSource = (http: HttpClient, settings: BudSettings): TokenSource => {
  let held: Held | null = null;
  let refreshToken: string | null = null;
  let renewal: Promise<TokenAnswer> | null = null;

  const ask = (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>): Promise<Exchange> =>
    http.send(
      { method: 'POST', path: TOKEN_PATH, form, headers: { 'x-client-id': settings.clientId, ...headers } },
      AbortSignal.timeout(RENEWAL_TIMEOUT_MS),
    );

  const keep = (exchange: Exchange, now: Instant): TokenAnswer => {
    if (!isSuccess(exchange)) return failureOfToken(exchange, now);
    const { access_token, expires_in, refresh_token } = budToken.parse(jsonOf(exchange)).data;
    refreshToken = refresh_token;
    if (access_token === null) {
      const message = 'the token service of Bud answered without a token';
      return { kind: 'unavailable', who: 'provider', retryAt: null, message };
    }
    const life = expires_in === null ? UNTOLD_LIFE_MS : expires_in * SECOND;
    held = { value: access_token, expiresAt: now + life };
    return { kind: 'token', value: access_token };
  };

  const renew = async (now: Instant): Promise<TokenAnswer> => {
    if (refreshToken !== null) {
      const exchange = await ask({ grant_type: 'refresh_token', refresh_token: refreshToken }, {});
      const answer = keep(exchange, now);
      // Refused for itself (they last about a day): the client's own credentials are the way on.
      if (answer.kind !== 'refused') return answer;
      refreshToken = null;
    }
    return keep(await ask({ grant_type: 'client_credentials' }, { authorization: basic(settings) }), now);
  };

  const isFresh = ({ expiresAt }: Held, now: Instant): boolean => now < expiresAt - MARGIN_MS;

  return {
    current: ({ now, signal }) => {
      if (held !== null && isFresh(held, now())) return Promise.resolve({ kind: 'token', value: held.value });
      renewal ??= renew(now()).finally(() => {
        renewal = null;
      });
      return orDeadline(renewal, signal);
    },
    discard: (value) => {
      // A caller that is late with its 401 must not throw away what another one fetched meanwhile.
      if (held?.value === value) held = null;
    },
  };
};
