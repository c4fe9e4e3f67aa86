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
}

export const MX_BASE_URL = 'https://api.mx.com';
