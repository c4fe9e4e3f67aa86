import type { TransportSettings } from '../http/client.js';
import type { CallDefaults, RowsOf } from '../setting-row.js';

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
  readonly transport?: TransportSettings | undefined;
}

export const PLAID_BASE_URL = 'https://production.plaid.com';

export const plaidRows = {
  clientId: {
    variable: 'PLAID_CLIENT_ID',
    required: true,
    secret: false,
    kind: 'text',
    meaning: 'the client of your Plaid team',
  },
  secret: {
    variable: 'PLAID_SECRET',
    required: true,
    secret: true,
    kind: 'text',
    meaning: 'of one of Plaid’s environments',
  },
  baseUrl: {
    variable: 'PLAID_BASE_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'Plaid’s sandbox is `https://sandbox.plaid.com`, with a secret of its own',
    otherwise: `\`${PLAID_BASE_URL}\``,
  },
  clientName: {
    variable: 'PLAID_CLIENT_NAME',
    required: false,
    secret: false,
    kind: 'text',
    meaning: 'the application’s name as Link shows it',
    otherwise: 'no repair at Plaid',
  },
  language: {
    variable: 'PLAID_LANGUAGE',
    required: false,
    secret: false,
    kind: 'text',
    meaning: 'Link’s language',
    otherwise: '`en`',
  },
  countryCodes: {
    variable: 'PLAID_COUNTRY_CODES',
    required: false,
    secret: false,
    kind: 'list',
    meaning: 'of the institutions, such as `US,GB`',
    otherwise: '`US`',
  },
  redirectUrl: {
    variable: 'PLAID_REDIRECT_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'where Hosted Link sends the customer after a repair',
    otherwise: 'Link says what comes next',
  },
  linkPageUrl: {
    variable: 'PLAID_LINK_PAGE_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'a page of yours that opens Link, for accounts without Hosted Link',
    otherwise: 'Hosted Link',
  },
  additionalProducts: {
    variable: 'PLAID_ADDITIONAL_PRODUCTS',
    required: false,
    secret: false,
    kind: 'list',
    meaning: 'products of Plaid’s for which a repair asks consent as well',
    otherwise: 'none',
  },
} as const satisfies RowsOf<PlaidSettings>;

export const plaidCalls: CallDefaults = {
  timeoutMs: 60000,
  because: 'a refresh waits for the bank there, for half a minute and more',
};
