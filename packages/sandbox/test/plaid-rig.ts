import { createHash, createPublicKey, verify } from 'node:crypto';

import { Configuration, PlaidApi } from 'plaid';
import type { SandboxOptions } from '../src/index.js';
import type { Json, Received } from './receiver.js';
import { iso, startRig, type Rig } from './rig.js';

export const TOKEN = 'access-sandbox-1';
export const ITEM = 'Ed6bjNrDLJfGvZWwnkQlfxwoNz54B5C97ejBr';

export interface PlaidRig extends Rig {
  /** Plaid's own SDK, as a client of the emulator. */
  readonly api: PlaidApi;
  item(more?: object): Promise<unknown>;
  /** `item.error.error_code`, and the stamps. */
  shown(): Promise<Json>;
  /** Codes of the webhooks that came. */
  codes(): string[];
}

/** What the SDK's promise came to: the body, whatever its code. */
export const answered = async (
  call: Promise<{ status: number; data: unknown }>,
): Promise<{ status: number; data: Json }> => {
  try {
    return await call;
  } catch (cause) {
    const { response } = cause as { response?: { status: number; data: Json } };
    if (response === undefined) throw cause;
    return response;
  }
};

export const plaidApi = (url: string, secret = 'secret-1'): PlaidApi => {
  const headers = { 'PLAID-CLIENT-ID': 'client-1', 'PLAID-SECRET': secret };
  return new PlaidApi(new Configuration({ basePath: `${url}/plaid`, baseOptions: { headers } }));
};

export async function startPlaidRig(options: SandboxOptions = {}): Promise<PlaidRig> {
  const rig = await startRig(options);
  const described = Object.create(rig) as Rig;
  return Object.defineProperties(
    Object.assign(described, {
      item: (more: object = {}) =>
        rig.register({
          connector: 'plaid',
          provider: 'PLAID',
          externalId: ITEM,
          customerId: 'cust-1',
          institutionId: 'ins_3',
          products: ['BALANCES', 'TRANSACTIONS', 'INVESTMENT_HOLDINGS'],
          credentials: { accessToken: TOKEN },
          ...more,
        }),
      shown: async () => (await plaidApi(rig.sandbox.url).itemGet({ access_token: TOKEN })).data,
      codes: () => rig.receiver.received.map(({ body }) => `${body.webhook_type}/${body.webhook_code}`),
    }),
    { api: { get: () => plaidApi(rig.sandbox.url) } },
  ) as PlaidRig;
}

/** To the second, as Plaid's stamps are. */
export const stamp = (time: number): string => `${iso(time).slice(0, 19)}Z`;

/** By Node's own crypto, so that it is not the signer that checks itself. */
export const isSigned = async (api: PlaidApi, { raw, headers }: Received, now: number): Promise<boolean> => {
  const [head = '', payload = '', signature = ''] = String(headers['plaid-verification']).split('.');
  const decoded = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  const { alg, kid } = decoded(head);
  const { iat, request_body_sha256: hash } = decoded(payload);
  const { key } = (await api.webhookVerificationKeyGet({ key_id: kid })).data;
  const { kty, crv, x, y } = key;
  const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  const signed = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  return (
    alg === 'ES256' &&
    verify('sha256', Buffer.from(`${head}.${payload}`), signed, Buffer.from(signature, 'base64url')) &&
    hash === createHash('sha256').update(raw).digest('hex') &&
    Math.abs(now - iat * 1_000) < 5 * 60_000
  );
};
