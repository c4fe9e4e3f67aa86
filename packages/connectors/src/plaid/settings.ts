export interface PlaidSettings {
  readonly clientId: string;
  readonly secret: string;
  /** `https://production.plaid.com` unless told; Plaid's own sandbox is `https://sandbox.plaid.com`, with a secret of its own. */
  readonly baseUrl?: string | undefined;
  /** The application's name as Link shows it (at most 30 characters). Plaid requires one: without it there is no repair. */
  readonly clientName?: string | null | undefined;
  /** Link's language; English unless told. */
  readonly language?: string | undefined;
  /** Of the institutions, as ISO 3166-1 alpha-2; the US unless told. */
  readonly countryCodes?: readonly string[] | undefined;
  /** Where Hosted Link sends the customer after a repair. */
  readonly redirectUrl?: string | null | undefined;
  /** A page of yours that opens Link with the `link_token` of its query: for accounts that do not have Hosted Link. */
  readonly linkPageUrl?: string | null | undefined;
  /** Products of Plaid's, such as `investments`, for which a repair asks the customer's consent as well. */
  readonly additionalProducts?: readonly string[] | undefined;
  /** Where Plaid sends what it tells of a Link session, and of Items that it imports. */
  readonly webhookUrl?: string | null | undefined;
}

export const PLAID_BASE_URL = 'https://production.plaid.com';
