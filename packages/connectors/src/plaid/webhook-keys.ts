import { HOUR, MINUTE, SECOND, type Instant } from '@freshet/domain';

import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { plaidKey, type PlaidKey } from './wire.js';

export interface WebhookKeys {
  /** Undefined where Plaid does not know the key, has ended it, or could not be asked. */
  key(keyId: string, now: Instant): Promise<PlaidKey | undefined>;
}

const FETCH_TIMEOUT_MS = 10_000;
/** Keys are rotated, and ended ones must not pass for long: Plaid's page has them asked for again. */
const KEEP_FOR_MS = HOUR;
/** Whoever sends made-up key ids must not make us ask Plaid each time. */
const UNKNOWN_FOR_MS = MINUTE;
const MOST_FETCHES_A_MINUTE = 20;
const MOST_KEYS = 100;

interface Held {
  /** Undefined: Plaid did not give it. */
  readonly key: PlaidKey | undefined;
  readonly fetchedAt: Instant;
}

const isDue = (held: Held | undefined, now: Instant): boolean => {
  if (held === undefined || now < held.fetchedAt) return true;
  return now - held.fetchedAt >= (held.key === undefined ? UNKNOWN_FOR_MS : KEEP_FOR_MS);
};

const isLive = ({ expired_at }: PlaidKey, now: Instant): boolean => expired_at === null || expired_at * SECOND > now;

/** Plaid's public keys by id, each fetched when it is first met and again each hour. One that cannot be renewed is used on. */
export const createWebhookKeys = (fetchKey: (keyId: string, signal: AbortSignal) => Promise<Exchange>): WebhookKeys => {
  const held = new Map<string, Held>();
  const fetching = new Map<string, Promise<void>>();
  let fetches: readonly Instant[] = [];

  const keep = (keyId: string, key: PlaidKey | undefined, now: Instant): void => {
    held.delete(keyId);
    held.set(keyId, { key, fetchedAt: now });
    const [oldest] = held.keys();
    if (held.size > MOST_KEYS && oldest !== undefined) held.delete(oldest);
  };

  const renew = async (keyId: string, now: Instant): Promise<void> => {
    const exchange = await fetchKey(keyId, AbortSignal.timeout(FETCH_TIMEOUT_MS));
    const told = isSuccess(exchange) ? plaidKey.parse(jsonOf(exchange)).key : null;
    if (told?.kid === keyId) keep(keyId, told, now);
    else if (held.get(keyId)?.key === undefined) keep(keyId, undefined, now);
  };

  const mayFetch = (now: Instant): boolean => {
    fetches = fetches.filter((at) => at <= now && now - at < MINUTE);
    if (fetches.length >= MOST_FETCHES_A_MINUTE) return false;
    fetches = [...fetches, now];
    return true;
  };

  const renewed = (keyId: string, now: Instant): Promise<void> => {
    const running = fetching.get(keyId);
    if (running !== undefined) return running;
    if (!mayFetch(now)) return Promise.resolve();
    const started = renew(keyId, now).finally(() => fetching.delete(keyId));
    fetching.set(keyId, started);
    return started;
  };

  return {
    key: async (keyId, now) => {
      if (isDue(held.get(keyId), now)) await renewed(keyId, now);
      const key = held.get(keyId)?.key;
      return key !== undefined && isLive(key, now) ? key : undefined;
    },
  };
};
