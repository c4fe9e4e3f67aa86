export interface AkoyaSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The token service: `https://idp.ddp.akoya.com` unless told; the sandbox is `https://sandbox-idp.ddp.akoya.com`. */
  readonly baseUrl?: string | undefined;
}

export const AKOYA_BASE_URL = 'https://idp.ddp.akoya.com';
