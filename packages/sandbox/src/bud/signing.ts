import { CompactSign, type JWK } from 'jose';

import type { Books } from '../books/books.js';
import { ALGORITHM, signingKeyOf, type KeyPair } from '../webhooks/signing-key.js';

/**
 * Bud says "the signed request body JWT" and no more. Here X-Signature is a JWS in compact form whose payload is the
 * raw body, byte for byte, and X-Signing-ID the key's id in the key set.
 */
export class BudSigner {
  private constructor(private readonly pair: KeyPair) {}

  static async of(books: Books): Promise<BudSigner> {
    return new BudSigner(await signingKeyOf(books, 'bud'));
  }

  get kid(): string {
    return this.pair.kid;
  }

  sign(body: string): Promise<string> {
    return new CompactSign(new TextEncoder().encode(body))
      .setProtectedHeader({ alg: ALGORITHM, kid: this.kid, typ: 'JWT' })
      .sign(this.pair.privateKey);
  }

  keySet(): { readonly keys: readonly JWK[] } {
    return { keys: [{ ...this.pair.publicJwk, kid: this.kid, alg: ALGORITHM, use: 'sig' }] };
  }
}
