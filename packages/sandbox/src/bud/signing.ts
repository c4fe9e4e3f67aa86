import { randomUUID } from 'node:crypto';

import { CompactSign, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

import type { Books } from '../books/books.js';
import type { SigningKey } from '../books/records.js';

const ALGORITHM = 'ES256';
const RECORD_ID = 'bud';

/**
 * Bud says "the signed request body JWT" and no more. Here X-Signature is a JWS in compact form whose payload is the
 * raw body, byte for byte, and X-Signing-ID the key's id in the key set.
 */
export class BudSigner {
  private constructor(
    readonly kid: string,
    private readonly privateKey: Awaited<ReturnType<typeof importJWK>>,
    private readonly publicJwk: JWK,
  ) {}

  /** The key is made once and kept, so that a webhook can still be verified after a restart. */
  static async of(books: Books): Promise<BudSigner> {
    const key = books.signingKeys.get(RECORD_ID) ?? (await newKey(books));
    return new BudSigner(key.kid, await importJWK(key.privateJwk as JWK, ALGORITHM), key.publicJwk as JWK);
  }

  sign(body: string): Promise<string> {
    return new CompactSign(new TextEncoder().encode(body))
      .setProtectedHeader({ alg: ALGORITHM, kid: this.kid, typ: 'JWT' })
      .sign(this.privateKey);
  }

  keySet(): { readonly keys: readonly JWK[] } {
    return { keys: [{ ...this.publicJwk, kid: this.kid, alg: ALGORITHM, use: 'sig' }] };
  }
}

async function newKey(books: Books): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const kid = randomUUID();
  const privateJwk = { ...(await exportJWK(privateKey)) };
  const publicJwk = { ...(await exportJWK(publicKey)) };
  return books.turn(() => books.signingKeys.put(RECORD_ID, { kid, privateJwk, publicJwk }));
}
