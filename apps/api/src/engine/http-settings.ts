import { MINUTE, parseDuration, SECOND, type DurationMs } from '@freshet/domain';
import { z } from 'zod';

/** What the server grants to whoever connects. */
export interface HttpSettings {
  readonly maxConnections: number;
  /** Receiving the head of a request. */
  readonly headersTimeoutMs: DurationMs;
  /** Receiving a request, from its first byte to its last. */
  readonly requestTimeoutMs: DurationMs;
  /** An open connection between two requests. */
  readonly keepAliveTimeoutMs: DurationMs;
  /** A socket on which nothing moves. */
  readonly connectionTimeoutMs: DurationMs;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Requests without a valid key that one address may make in a minute and be told so. */
  readonly wrongKeysPerMinute: number;
}

const count = (whenUnset: number) =>
  z.coerce.number('must be a number').int('must be a whole number').min(1, 'must be at least 1').default(whenUnset);

/** The longest that a timer can wait; 0 would mean none to the server. */
const LONGEST_MS = 2 ** 31 - 1;

const duration = (whenUnset: DurationMs) =>
  z
    .string()
    .transform((text, context): DurationMs => {
      const ms = parseDuration(text.trim());
      if (ms !== undefined && ms > 0 && ms <= LONGEST_MS) return ms;
      context.issues.push({ code: 'custom', input: text, message: 'must be a duration such as PT30S or PT10M' });
      return z.NEVER;
    })
    .default(whenUnset);

const network = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'must be an address or a network such as 10.0.0.7 or 10.0.0.0/8; several with commas between',
);

const networks = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(network))
  .default([]);

export const httpVariables = {
  MAX_CONNECTIONS: count(1_000),
  HEADERS_TIMEOUT: duration(15 * SECOND),
  REQUEST_TIMEOUT: duration(30 * SECOND),
  KEEP_ALIVE_TIMEOUT: duration(72 * SECOND),
  // A walk of the sandbox's clock may take minutes to answer.
  CONNECTION_TIMEOUT: duration(10 * MINUTE),
  TRUSTED_PROXIES: networks,
  WRONG_KEYS_PER_MINUTE: count(20),
};

type HttpEnvironment = { readonly [Name in keyof typeof httpVariables]: z.output<(typeof httpVariables)[Name]> };

export const httpSettings = (env: HttpEnvironment): HttpSettings => ({
  maxConnections: env.MAX_CONNECTIONS,
  headersTimeoutMs: env.HEADERS_TIMEOUT,
  requestTimeoutMs: env.REQUEST_TIMEOUT,
  keepAliveTimeoutMs: env.KEEP_ALIVE_TIMEOUT,
  connectionTimeoutMs: env.CONNECTION_TIMEOUT,
  trustedProxies: env.TRUSTED_PROXIES,
  wrongKeysPerMinute: env.WRONG_KEYS_PER_MINUTE,
});
