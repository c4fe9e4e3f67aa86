import { randomUUID } from 'node:crypto';

import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

import type { Books } from '../books/books.js';
import type { SigningKey } from '../books/records.js';

export const ALGORITHM = 'ES256';

/** A provider's key: it signs with one half and shows the other. */
export interface KeyPair {
  readonly kid: string;
  readonly privateKey: Awaited<ReturnType<typeof importJWK>>;
  readonly publicJwk: JWK;
}

/** The key is made once and kept, so that a webhook can still be verified after a restart. */
export async function signingKeyOf(books: Books, connector: string): Promise<KeyPair> {
  const { kid, privateJwk, publicJwk } = books.signingKeys.get(connector) ?? (await newKey(books, connector));
  return { kid, privateKey: await importJWK(privateJwk as JWK, ALGORITHM), publicJwk: publicJwk as JWK };
}

async function newKey(books: Books, connector: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const kid = randomUUID();
  const privateJwk = { ...(await exportJWK(privateKey)) };
  const publicJwk = { ...(await exportJWK(publicKey)) };
  return books.turn(() => books.signingKeys.put(connector, { kid, privateJwk, publicJwk }));
}
