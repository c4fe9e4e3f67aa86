import type { TransportSettings } from '../http/client.js';
import type { CallDefaults, RowsOf } from '../setting-row.js';

export const budRefreshVersions = ['v2', 'v1'] as const;
export type BudRefreshVersion = (typeof budRefreshVersions)[number];

export interface BudSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** `https://api-sandbox.thisisbud.com`, or the address of the live contract. */
  readonly baseUrl: string;
  /** Bud's public keys, by which its webhooks are checked. */
  readonly jwksUrl?: string | undefined;
  /** `v1` only for clients that still have it: Bud announced its end in May 2024. */
  readonly refreshVersion?: BudRefreshVersion | undefined;
  /** Where Bud sends the customer after a repair. Bud requires one: without it there is no repair. */
  readonly redirectUrl?: string | null | undefined;
  readonly transport?: TransportSettings | undefined;
}

export const BUD_JWKS_URL = 'https://assets.thisisbud.com/bud-callback.jwks';

export const budRows = {
  clientId: {
    variable: 'BUD_CLIENT_ID',
    required: true,
    secret: false,
    kind: 'text',
    meaning: 'the client of your Bud contract',
  },
  clientSecret: {
    variable: 'BUD_CLIENT_SECRET',
    required: true,
    secret: true,
    kind: 'text',
    meaning: 'its secret',
  },
  baseUrl: {
    variable: 'BUD_BASE_URL',
    required: true,
    secret: false,
    kind: 'address',
    meaning: '`https://api-sandbox.thisisbud.com`, or the address of the live contract',
  },
  jwksUrl: {
    variable: 'BUD_JWKS_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'the keys by which webhooks are checked',
    otherwise: 'Bud’s own set',
  },
  refreshVersion: {
    variable: 'BUD_REFRESH_VERSION',
    required: false,
    secret: false,
    kind: 'text',
    oneOf: budRefreshVersions,
    meaning: '`v1` is deprecated at Bud',
    otherwise: '`v2`',
  },
  redirectUrl: {
    variable: 'BUD_REDIRECT_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'where Bud sends the customer after a repair',
    otherwise: 'no repair at Bud',
  },
} as const satisfies RowsOf<BudSettings>;

export const budCalls: CallDefaults = {
  timeoutMs: 10_000,
  because: 'a refresh is only started there, and answered with its task',
};
