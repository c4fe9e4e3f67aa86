import type { CallContext, RawWebhook } from '@freshet/ports';
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';

import { areSameBytes } from '../signing/same-bytes.js';
import type { KeySet } from './jwks.js';

/** Signatures by a private key only: with a shared-secret algorithm, whoever reads the public keys could sign. */
const ALGORITHMS = ['RS256', 'ES256', 'PS256'] as const;

interface SignedBy {
  readonly kid: string;
  readonly alg: string;
}

const signedBy = (raw: RawWebhook, signature: string): SignedBy | undefined => {
  try {
    const { alg, kid } = decodeProtectedHeader(signature);
    const named = raw.headers['x-signing-id'] ?? kid;
    return alg === undefined || !named ? undefined : { alg, kid: named };
  } catch {
    return undefined;
  }
};

const payloadBy = async (jwk: JWK, alg: string, signature: string): Promise<Uint8Array | undefined> => {
  try {
    const key = await importJWK(jwk, alg);
    return (await compactVerify(signature, key, { algorithms: [...ALGORITHMS] })).payload;
  } catch {
    return undefined;
  }
};

/**
 * Undefined where the webhook is genuine, else why it is not. `X-Signature` is "the signed request body JWT": a compact
 * JWS whose payload is the body, byte for byte. `X-Signing-ID` names the key.
 */
export const whyNotSigned = async (
  raw: RawWebhook,
  keys: KeySet,
  context: CallContext,
): Promise<string | undefined> => {
  const signature = raw.headers['x-signature'];
  if (!signature) return 'it is not signed';
  const by = signedBy(raw, signature);
  if (by === undefined) return 'the signature is no signed token, or names no key';
  if (!ALGORITHMS.some((algorithm) => algorithm === by.alg)) return 'the signature is of another kind';
  const jwk = await keys.key(by.kid, context);
  if (jwk === undefined) return 'the signing key is not among the published ones';
  const payload = await payloadBy(jwk, by.alg, signature);
  if (payload === undefined) return 'the signature is not by that key';
  return areSameBytes(payload, raw.body) ? undefined : 'the signature is of another body';
};
