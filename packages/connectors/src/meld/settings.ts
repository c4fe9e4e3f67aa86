import type { TransportSettings } from '../http/client.js';
import type { CallDefaults, RowsOf } from '../setting-row.js';

export interface MeldSettings {
  readonly apiKey: string;
  /** `https://api.meld.io` unless told; Meld's sandbox is `https://api-sb.meld.io`, with keys of its own. */
  readonly baseUrl?: string | undefined;
  /** The secret of the webhook profile; without it no webhook is taken for genuine. */
  readonly webhookSecret?: string | null | undefined;
  /** The address in the webhook profile, letter by letter: it is part of what Meld signs. */
  readonly webhookUrl?: string | null | undefined;
  /** `Meld-Version`, a date; without it the account's default applies, which is the day its key was made. */
  readonly version?: string | null | undefined;
  readonly transport?: TransportSettings | undefined;
}

export const MELD_BASE_URL = 'https://api.meld.io';

export const meldRows = {
  apiKey: {
    variable: 'MELD_API_KEY',
    required: true,
    secret: true,
    kind: 'text',
    meaning: 'the key of one of Meld’s environments',
  },
  baseUrl: {
    variable: 'MELD_BASE_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'Meld’s sandbox is `https://api-sb.meld.io`, with keys of its own',
    otherwise: `\`${MELD_BASE_URL}\``,
  },
  webhookSecret: {
    variable: 'MELD_WEBHOOK_SECRET',
    required: false,
    secret: true,
    kind: 'text',
    meaning: 'of the webhook profile',
    otherwise: 'webhooks are refused',
  },
  version: {
    variable: 'MELD_VERSION',
    required: false,
    secret: false,
    kind: 'text',
    meaning: '`Meld-Version`, a date',
    otherwise: 'the account’s own',
  },
} as const satisfies RowsOf<MeldSettings>;

export const meldCalls: CallDefaults = {
  timeoutMs: 10_000,
  because: 'a refresh is only started there, and answered at once',
};
