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
}

export const BUD_JWKS_URL = 'https://assets.thisisbud.com/bud-callback.jwks';
