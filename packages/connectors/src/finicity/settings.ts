import type { TransportSettings } from '../http/client.js';
import type { CallDefaults, RowsOf } from '../setting-row.js';

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
  readonly transport?: TransportSettings | undefined;
}

export const FINICITY_BASE_URL = 'https://api.finicity.com';

export const finicityRows = {
  partnerId: {
    variable: 'FINICITY_PARTNER_ID',
    required: true,
    secret: false,
    kind: 'text',
    meaning: 'the partner of your contract with Mastercard',
  },
  partnerSecret: {
    variable: 'FINICITY_PARTNER_SECRET',
    required: true,
    secret: true,
    kind: 'text',
    meaning: 'its secret',
  },
  appKey: {
    variable: 'FINICITY_APP_KEY',
    required: true,
    secret: true,
    kind: 'text',
    meaning: 'the key of the application',
  },
  baseUrl: {
    variable: 'FINICITY_BASE_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'another address of theirs',
    otherwise: `\`${FINICITY_BASE_URL}\``,
  },
  refreshVersion: {
    variable: 'FINICITY_REFRESH_VERSION',
    required: false,
    secret: false,
    kind: 'text',
    oneOf: finicityRefreshVersions,
    meaning: '`v2` for clients with Data Access Tiers; `async` is a job',
    otherwise: '`v1`',
  },
  webhookSecret: {
    variable: 'FINICITY_WEBHOOK_SECRET',
    required: false,
    secret: true,
    kind: 'text',
    meaning: 'the last part of the address of the webhooks',
    otherwise: 'webhooks are refused',
  },
  checksSignature: {
    variable: 'FINICITY_CHECKS_SIGNATURE',
    required: false,
    secret: false,
    kind: 'flag',
    meaning: '`true`: also asks for `X-Finicity-Signature`, which Data Connect is known to send',
    otherwise: '`false`',
  },
  experience: {
    variable: 'FINICITY_EXPERIENCE',
    required: false,
    secret: false,
    kind: 'text',
    meaning: 'a Data Connect experience, for the look of the repair',
    otherwise: 'the partner’s own',
  },
  redirectUrl: {
    variable: 'FINICITY_REDIRECT_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'where Data Connect sends the customer after a repair',
    otherwise: 'Data Connect is embedded',
  },
} as const satisfies RowsOf<FinicitySettings>;

export const finicityCalls: CallDefaults = {
  timeoutMs: 180000,
  because: 'a refresh by login answers when the bank has; Mastercard advises to wait for 180 s',
};
