import type { TransportSettings } from '../http/client.js';
import type { CallDefaults, RowsOf } from '../setting-row.js';

export interface AkoyaSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The token service: `https://idp.ddp.akoya.com` unless told; the sandbox is `https://sandbox-idp.ddp.akoya.com`. */
  readonly baseUrl?: string | undefined;
  readonly transport?: TransportSettings | undefined;
}

export const AKOYA_BASE_URL = 'https://idp.ddp.akoya.com';

export const akoyaRows = {
  clientId: {
    variable: 'AKOYA_CLIENT_ID',
    required: true,
    secret: false,
    kind: 'text',
    meaning: 'the client of your Akoya app, where its tokens are kept here',
  },
  clientSecret: {
    variable: 'AKOYA_CLIENT_SECRET',
    required: true,
    secret: true,
    kind: 'text',
    meaning: 'of the same app',
  },
  baseUrl: {
    variable: 'AKOYA_BASE_URL',
    required: false,
    secret: false,
    kind: 'address',
    meaning: 'the token service; that of the sandbox is `https://sandbox-idp.ddp.akoya.com`',
    otherwise: `\`${AKOYA_BASE_URL}\``,
  },
} as const satisfies RowsOf<AkoyaSettings>;

export const akoyaCalls: CallDefaults = {
  timeoutMs: 10_000,
  because: 'only tokens are renewed there: the reading is its caller’s',
};
