import { createHash, randomUUID } from 'node:crypto';

import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';

import type { Books } from '../books/books.js';
import type { SigningKey } from '../books/records.js';

const ALGORITHM = 'ES256';
const RECORD_ID = 'plaid';

/** Plaid's tokens hold the time and the hash of the body, which they are sent beside. */
export class PlaidSigner {
  private constructor(
    readonly kid: string,
    private readonly privateKey: Awaited<ReturnType<typeof importJWK>>,
    private readonly publicJwk: JWK,
  ) {}

  /** The key is made once and kept, so that a webhook can still be verified after a restart. */
  static async of(books: Books): Promise<PlaidSigner> {
    const key = books.signingKeys.get(RECORD_ID) ?? (await newKey(books));
    return new PlaidSigner(key.kid, await importJWK(key.privateJwk as JWK, ALGORITHM), key.publicJwk as JWK);
  }

  sign(body: string, at: number): Promise<string> {
    const hash = createHash('sha256').update(body).digest('hex');
    return new SignJWT({ iat: Math.floor(at / 1_000), request_body_sha256: hash })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.kid, typ: 'JWT' })
      .sign(this.privateKey);
  }

  /** Null for a key that it does not have. */
  key(kid: unknown): Record<string, unknown> | null {
    if (kid !== this.kid) return null;
    return {
      ...this.publicJwk,
      alg: ALGORITHM,
      use: 'sig',
      kid: this.kid,
      created_at: 1_560_466_150,
      expired_at: null,
    };
  }
}

async function newKey(books: Books): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const kid = randomUUID();
  const privateJwk = { ...(await exportJWK(privateKey)) };
  const publicJwk = { ...(await exportJWK(publicKey)) };
  return books.turn(() => books.signingKeys.put(RECORD_ID, { kid, privateJwk, publicJwk }));
}
