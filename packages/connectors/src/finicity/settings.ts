export const finicityRefreshVersions = ['v1', 'v2', 'async'] as const;
/**
 * `v1`: by login, the accounts in the reply. `v2`: the same for clients with Data Access Tiers (ASD, AFD, ATD), who must
 * not use `v1`. `async`: a job with an id, which answers at once.
 */
export type FinicityRefreshVersion = (typeof finicityRefreshVersions)[number];

export interface FinicitySettings {
  readonly partnerId: string;
  readonly partnerSecret: string;
  readonly appKey: string;
  /** `https://api.finicity.com` unless told. */
  readonly baseUrl?: string | undefined;
  readonly refreshVersion?: FinicityRefreshVersion | undefined;
  /** The last part of the path that webhooks are sent to. Without it no webhook is taken for genuine. */
  readonly webhookSecret?: string | null | undefined;
  /** The whole address, secret included; Data Connect is told it with each repair. */
  readonly webhookUrl?: string | null | undefined;
  /**
   * Also asks for `X-Finicity-Signature`, an HMAC-SHA256 of the body by the partner secret
   * (https://docs.finicity.com/connect-and-mvs-webhooks/). Only Data Connect is known to sign so.
   */
  readonly checksSignature?: boolean | undefined;
  /** The id of a Data Connect experience, for the look of the repair. */
  readonly experience?: string | null | undefined;
  /** Where Data Connect sends the customer after a repair; not needed where it is embedded. */
  readonly redirectUrl?: string | null | undefined;
}

export const FINICITY_BASE_URL = 'https://api.finicity.com';
