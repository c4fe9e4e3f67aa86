import { createHash } from 'node:crypto';

import { MINUTE, SECOND, type Instant } from '@freshet/domain';
import type { RawWebhook, WebhookVerdict } from '@freshet/ports';
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { z } from 'zod';

import { parseJson, record } from '../http/wire-values.js';
import { areSameBytes, bodyKey } from '../signing/same-bytes.js';
import type { WebhookKeys } from './webhook-keys.js';
import type { PlaidKey } from './wire.js';

/** The only one that Plaid signs by: with any other, whoever reads the public keys might sign. */
const ALGORITHM = 'ES256';
/** plaid.com/docs/api/webhooks/webhook-verification; as much is forgiven to a clock that is ahead. */
const OLDEST_MS = 5 * MINUTE;

const claims = record({
  iat: z.number().nullable().catch(null),
  request_body_sha256: z.string().nullable().catch(null),
});

const keyIdOf = (token: string): string | undefined => {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === ALGORITHM && typeof kid === 'string' && /^[\w-]{1,64}$/.test(kid) ? kid : undefined;
  } catch {
    return undefined;
  }
};

const claimsBy = async (key: PlaidKey, token: string): Promise<z.infer<typeof claims> | undefined> => {
  try {
    const { kty, crv, x, y } = key;
    const imported = await importJWK({ kty, crv, x, y }, ALGORITHM);
    const { payload } = await compactVerify(token, imported, { algorithms: [ALGORITHM] });
    return claims.parse(parseJson(Buffer.from(payload).toString('utf8')));
  } catch {
    return undefined;
  }
};

const forged = (why: string): WebhookVerdict => ({ genuine: false, why });

/**
 * `Plaid-Verification` is a token over the time and the hash of the body, byte for byte. Plaid gives its events no id, and
 * one Item's `SYNC_UPDATES_AVAILABLE` is the same body every day: by its hash alone all but the first would pass for
 * replays. So an event is named by the body and the second in which it was signed. A retry that Plaid signs anew is another
 * event then, which is one more hint; a copy of the same delivery is not.
 */
export const verifyPlaidWebhook = async (raw: RawWebhook, keys: WebhookKeys): Promise<WebhookVerdict> => {
  const token = raw.headers['plaid-verification'];
  if (!token) return forged('it is not signed');
  const keyId = keyIdOf(token);
  if (keyId === undefined) return forged(`the signature is no ${ALGORITHM} token, or names no key`);
  const now: Instant = raw.receivedAt;
  const key = await keys.key(keyId, now);
  if (key === undefined) return forged('Plaid does not give the signing key, or has ended it');
  const told = await claimsBy(key, token);
  if (told === undefined) return forged('the signature is not by that key');
  const { iat, request_body_sha256: hash } = told;
  if (iat === null || Math.abs(now - iat * SECOND) > OLDEST_MS) return forged('the signature is of another time');
  const body = createHash('sha256').update(raw.body).digest('hex');
  if (hash === null || !areSameBytes(hash, body)) return forged('the signature is of another body');
  return { genuine: true, eventKey: `${bodyKey(raw.body)}:${iat}` };
};
