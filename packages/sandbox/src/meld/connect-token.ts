import { createHmac } from 'node:crypto';

const TOKEN_SECRET = 'sandbox-meld-connect-token';

/** A JWT like Meld's, whose `exp` clients can read. Nothing in the emulator accepts it: the widget's address does that. */
export function connectToken(claims: Readonly<Record<string, unknown>>, issuedAt: number, lifeMs: number): string {
  const iat = Math.floor(issuedAt / 1000);
  const head = part({ typ: 'JWT', alg: 'HS256' });
  const payload = part({ ...claims, iss: 'meld.io', iat, exp: iat + Math.floor(lifeMs / 1000) });
  const signature = createHmac('sha256', TOKEN_SECRET).update(`${head}.${payload}`).digest('base64url');
  return `${head}.${payload}.${signature}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
