import type { TransportSettings } from '../http/client.js';
import type { CallDefaults, RowsOf } from '../setting-row.js';

export interface MxSettings {
  readonly clientId: string;
  readonly apiKey: string;
  /** `https://api.mx.com` unless told; MX's development side is `https://int-api.mx.com`, with keys of its own. */
  readonly baseUrl?: string | undefined;
  /**
   * The last part of the address that MX sends webhooks to: MX publishes no signature, so only who knows the address can
   * have sent one. Without it and without `webhookLogin` no webhook is taken for genuine; with both, both have to fit.
   */
  readonly webhookSecret?: string | null | undefined;
  /** The name and password that MX was told to send with its webhooks (HTTP basic). */
  readonly webhookLogin?: { readonly username: string; readonly password: string } | null | undefined;
  /** Where a bank's own login page sends the customer after a repair; without it the widget says what comes next. */
  readonly redirectUrl?: string | null | undefined;
  readonly transport?: TransportSettings | undefined;
}

export const MX_BASE_URL = 'https://api.mx.com';

export const mxRows = {
  clientId: {
    variable: 'MX_CLIENT_ID',
    required: true,
    secret: false,
    kind: 'text',
    meaning: 'the client of your MX contract',
  },
  apiKey: {
    variable: 'MX_API_KEY',
    required: true,
    secret: true,
    kind: 'text',
    meaning: 'of one of MX’s environments',
  },
  baseUrl: {
    variable: 'MX_BASE_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'MX’s development side is `https://int-api.mx.com`, with keys of its own',
    otherwise: `\`${MX_BASE_URL}\``,
  },
  webhookSecret: {
    variable: 'MX_WEBHOOK_SECRET',
    required: false,
    secret: true,
    kind: 'text',
    meaning: 'the last part of the address of the webhooks, which MX does not sign',
    otherwise: 'webhooks are refused, unless a login is set',
  },
  webhookLogin: {
    variable: 'MX_WEBHOOK_LOGIN',
    required: false,
    secret: true,
    kind: 'login',
    meaning: '`name:password` that MX was told to send with its webhooks',
    otherwise: 'the address alone decides',
  },
  redirectUrl: {
    variable: 'MX_REDIRECT_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'where a bank’s login page sends the customer after a repair',
    otherwise: 'the widget says what comes next',
  },
} as const satisfies RowsOf<MxSettings>;

export const mxCalls: CallDefaults = {
  timeoutMs: 10000,
  because: 'an aggregation is only started there, and answered at once',
};
