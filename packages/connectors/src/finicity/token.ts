import type { Instant } from '@freshet/domain';
import { HOUR, MINUTE } from '@freshet/domain';
import type { CallContext } from '@freshet/ports';

import type { HttpClient } from '../http/client.js';
import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { failureOf, notSent, type Failure } from '../http/failure.js';
import type { FinicitySettings } from './settings.js';
import { finicityCode, finicityToken } from './wire.js';

/** A token, or why there is none. Without one the call itself was not sent. */
export type TokenAnswer = { readonly kind: 'token'; readonly value: string } | Failure;

export interface TokenSource {
  current(context: CallContext): Promise<TokenAnswer>;
  /** Finicity refused this token before its time. */
  discard(value: string): void;
}

interface Held {
  readonly answer: TokenAnswer;
  readonly until: Instant;
}

const TOKEN_PATH = '/aggregation/v2/partners/authentication';
/** Of the renewal's own: the callers that wait for it come and go with their deadlines. */
const RENEWAL_TIMEOUT_MS = 15_000;
/** It lives for two hours; Finicity's advice is a new one after ninety minutes. */
const TOKEN_LIFE_MS = 2 * HOUR - 30 * MINUTE;
/**
 * After five failed authentications Finicity locks the account, until its support opens it. A refusal is therefore
 * believed for long: what was set at the start does not become right by asking again.
 */
const REFUSAL_LIFE_MS = 12 * HOUR;

const failureOfToken = (exchange: Exchange, now: Instant): Failure => {
  const code = finicityCode(jsonOf(exchange));
  const failure = failureOf(exchange, { who: 'the token service of Finicity', now, scope: 'provider', code });
  if (failure.kind !== 'unknown') return failure;
  return { kind: 'unavailable', who: 'provider', retryAt: null, message: failure.message };
};

const answerOf = (exchange: Exchange, now: Instant): TokenAnswer => {
  if (!isSuccess(exchange)) return failureOfToken(exchange, now);
  const { token } = finicityToken.parse(jsonOf(exchange));
  if (token !== null) return { kind: 'token', value: token };
  const message = 'the token service of Finicity answered without a token';
  return { kind: 'unavailable', who: 'provider', retryAt: null, message };
};

/** What the caller waits for, or its deadline: the renewal itself goes on for the others. */
const orDeadline = (renewal: Promise<TokenAnswer>, signal: AbortSignal): Promise<TokenAnswer> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(notSent('Finicity'));
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void renewal.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });

/** How long an answer is good for. Kept are tokens and Finicity's own refusals, not those of something in between. */
const lifeOf = ({ kind }: TokenAnswer, exchange: Exchange): number => {
  if (kind === 'token') return TOKEN_LIFE_MS;
  return kind === 'refused' && finicityCode(jsonOf(exchange)) !== null ? REFUSAL_LIFE_MS : 0;
};

export const createTokenSource = (http: HttpClient, settings: FinicitySettings): TokenSource => {
  const { partnerId, partnerSecret, appKey } = settings;
  let held: Held | null = null;
  let renewal: Promise<TokenAnswer> | null = null;

  const renew = async (now: Instant): Promise<TokenAnswer> => {
    const headers = { 'finicity-app-key': appKey };
    const call = { method: 'POST', path: TOKEN_PATH, headers, json: { partnerId, partnerSecret } } as const;
    const exchange = await http.send(call, AbortSignal.timeout(RENEWAL_TIMEOUT_MS));
    const answer = answerOf(exchange, now);
    held = { answer, until: now + lifeOf(answer, exchange) };
    return answer;
  };

  return {
    current: ({ now, signal }) => {
      if (held !== null && now() < held.until) return Promise.resolve(held.answer);
      renewal ??= renew(now()).finally(() => {
        renewal = null;
      });
      return orDeadline(renewal, signal);
    },
    discard: (value) => {
      // A caller that is late with its 401 must not throw away what another one fetched meanwhile.
      if (held?.answer.kind === 'token' && held.answer.value === value) held = null;
    },
  };
};
