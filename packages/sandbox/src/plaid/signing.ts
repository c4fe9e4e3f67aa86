import { createHash } from 'node:crypto';

import { SignJWT } from 'jose';

import type { Books } from '../books/books.js';
import { ALGORITHM, signingKeyOf, type KeyPair } from '../webhooks/signing-key.js';

/** Plaid's tokens hold the time and the hash of the body, which they are sent beside. */
export class PlaidSigner {
  private constructor(private readonly pair: KeyPair) {}

  static async of(books: Books): Promise<PlaidSigner> {
    return new PlaidSigner(await signingKeyOf(books, 'plaid'));
  }

  sign(body: string, at: number): Promise<string> {
    const hash = createHash('sha256').update(body).digest('hex');
    return new SignJWT({ iat: Math.floor(at / 1_000), request_body_sha256: hash })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.pair.kid, typ: 'JWT' })
      .sign(this.pair.privateKey);
  }

  /** Null for a key that it does not have. */
  key(kid: unknown): Record<string, unknown> | null {
    if (kid !== this.pair.kid) return null;
    return {
      ...this.pair.publicJwk,
      alg: ALGORITHM,
      use: 'sig',
      kid,
      created_at: 1_560_466_150,
      expired_at: null,
    };
  }
}
