import rateLimit from '@fastify/rate-limit';
import { MINUTE } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

/** So that a stranger with many addresses cannot fill the memory: the least recent one is forgotten. */
const MAX_ADDRESSES = 5_000;

/** The answer to a request that has no valid key. */
export type RefuseKey = (request: FastifyRequest, detail: string) => Promise<Problem>;

/**
 * Counts refusals by the caller's address, an IPv6 one by its /64, over a minute from the first. Only refusals are counted: a
 * valid key is looked up before anything is counted, and passes from any address.
 */
export const createRefuseKey = async (
  server: FastifyInstance,
  { clock }: Pick<Engine, 'clock'>,
  perMinute: number,
): Promise<RefuseKey> => {
  await server.register(rateLimit, {
    global: false,
    max: perMinute,
    timeWindow: MINUTE,
    cache: MAX_ADDRESSES,
    // A socket that is gone already has no address.
    keyGenerator: ({ ip }) => rateLimit.normalizeIP((ip as string | undefined) ?? ''),
  });
  const count = server.createRateLimit();
  return async (request, detail) => {
    const counted = await count(request);
    if (counted.isAllowed || !counted.isExceeded) return new Problem('unauthorized', detail);
    return new Problem('too-many-attempts', 'Too many requests without a valid API key came from this address.', {
      retryAt: clock.now() + counted.ttl,
    });
  };
};
