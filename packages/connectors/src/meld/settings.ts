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
}

export const MELD_BASE_URL = 'https://api.meld.io';
