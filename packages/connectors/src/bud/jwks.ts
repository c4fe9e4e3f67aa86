import { MINUTE, HOUR, type Instant } from '@freshet/domain';
import type { CallContext } from '@freshet/ports';
import type { JWK } from 'jose';
import { z } from 'zod';

import { createHttpClient, type TransportSettings } from '../http/client.js';
import { isSuccess, jsonOf } from '../http/exchange.js';
import { record } from '../http/wire-values.js';

export interface KeySet {
  /** Undefined where the key is not known, or the set could not be fetched. */
  key(kid: string, context: CallContext): Promise<JWK | undefined>;
}

const FETCH_TIMEOUT_MS = 10_000;
const KEEP_FOR_MS = HOUR;
/** Whoever sends made-up key ids must not make us ask the provider each time. */
const PAUSE_BETWEEN_FETCHES_MS = MINUTE;
const MOST_KEYS = 100;

const jwks = record({
  keys: z
    .array(
      z
        .looseObject({ kid: z.string().min(1), kty: z.string() })
        .nullable()
        .catch(null),
    )
    .catch([]),
});

/** A provider's public keys, fetched when one is missing and kept for an hour. A set that cannot be renewed is used on. */
export const createKeySet = (url: string, transport?: TransportSettings): KeySet => {
  const { origin, pathname, search } = new URL(url);
  const http = createHttpClient(origin, transport);
  let keys: ReadonlyMap<string, JWK> = new Map();
  let fetchedAt: Instant | null = null;
  let triedAt: Instant | null = null;
  let fetching: Promise<void> | null = null;

  const fetchKeys = async (now: Instant): Promise<void> => {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const exchange = await http.send({ method: 'GET', path: `${pathname}${search}`, headers: {} }, signal);
    if (!isSuccess(exchange)) return;
    const told = jwks.parse(jsonOf(exchange)).keys.slice(0, MOST_KEYS);
    if (told.length === 0) return;
    keys = new Map(told.flatMap((jwk) => (jwk === null ? [] : [[jwk.kid, jwk as JWK]])));
    fetchedAt = now;
  };

  const renew = (now: Instant): Promise<void> => {
    triedAt = now;
    fetching ??= fetchKeys(now).finally(() => {
      fetching = null;
    });
    return fetching;
  };

  const isDue = (kid: string, now: Instant): boolean => {
    if (triedAt !== null && now >= triedAt && now - triedAt < PAUSE_BETWEEN_FETCHES_MS) return fetching !== null;
    return !keys.has(kid) || fetchedAt === null || now - fetchedAt >= KEEP_FOR_MS;
  };

  return {
    key: async (kid, { now }) => {
      const at = now();
      if (isDue(kid, at)) await renew(at);
      return keys.get(kid);
    },
  };
};
