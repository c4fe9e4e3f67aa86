import { createHash } from 'node:crypto';
import { fault } from '../http/faults.js';
import { invalidRequest } from '../http/problem.js';
import type { RefreshAsked } from './refresh-body.js';

export const IDEMPOTENCY_HEADER = 'Idempotency-Key';

const BARE = /^[\x21-\x7e]{1,255}$/;
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

const unquoted = (header: string): string => QUOTED.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? header;

/** The key, from its quoted form (a structured header) or bare; undefined where there is none. */
export const idempotencyKey = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  const key = unquoted(header.trim());
  if (BARE.test(key)) return key;
  throw invalidRequest([fault([IDEMPOTENCY_HEADER], 'must be 1 to 255 visible ASCII characters')]);
};

/**
 * Of what was asked, not of how it was written: defaults spelled out, another order of fields or a null are the same. Of
 * the customer only that they are there (in the request): a hash of an address gives the address away.
 */
const fingerprintOf = ({ request }: RefreshAsked): string =>
  createHash('sha256')
    .update(JSON.stringify({ ...request, products: request.products?.toSorted() ?? null }))
    .digest('hex');

export const idempotencyOf = (header: string | undefined, asked: RefreshAsked) => {
  const key = idempotencyKey(header);
  return key === undefined ? null : { key, fingerprint: fingerprintOf(asked) };
};
