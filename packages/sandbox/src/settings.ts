import { resolve } from 'node:path';

export interface SandboxOptions {
  /** 0 takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Where the books lie; null keeps them in memory. */
  readonly booksFile?: string | null;
  /** Real time in milliseconds, to which the emulator adds its offset. */
  readonly now?: () => number;
  /** Webhooks go to `<webhookBaseUrl>/webhooks/<connector>`. */
  readonly webhookBaseUrl?: string;
  readonly secrets?: SandboxSecrets;
  /** Gets one line for each request. */
  readonly log?: (line: string) => void;
}

export interface SandboxSecrets {
  /** Null takes any key. */
  readonly meldKey?: string | null;
  readonly meldWebhookSecret?: string;
  /** Null takes any client. */
  readonly budClientId?: string | null;
  readonly budClientSecret?: string | null;
  /** Null takes any client. */
  readonly mxClientId?: string | null;
  readonly mxApiKey?: string | null;
  /** The last part of the address that MX's webhooks go to. */
  readonly mxWebhookSecret?: string;
  /** Null takes any partner and any key; without the partner's secret webhooks are not signed. */
  readonly finicityPartnerId?: string | null;
  readonly finicityPartnerSecret?: string | null;
  readonly finicityAppKey?: string | null;
  /** The last part of the path that its webhooks go to. */
  readonly finicityWebhookSecret?: string;
  readonly plaidClientId?: string | null;
  readonly plaidSecret?: string | null;
}

export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly booksFile: string | null;
  readonly now: () => number;
  readonly webhookBaseUrl: string;
  readonly secrets: Required<SandboxSecrets>;
  readonly log: (line: string) => void;
}

export const DEFAULT_PORT = 3001;
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_WEBHOOK_BASE = 'http://127.0.0.1:3000';
const DEFAULT_BOOKS_FILE = './data/sandbox-books.ndjson';
export const DEFAULT_MELD_WEBHOOK_SECRET = 'sandbox-meld-webhook-secret';
export const DEFAULT_MX_WEBHOOK_SECRET = 'sandbox-mx-webhook-secret';
export const DEFAULT_FINICITY_WEBHOOK_SECRET = 'sandbox-finicity-webhook-secret';

type SecretName = keyof SandboxSecrets;

/** Each secret's variable, and what it is where nobody tells; null takes any. */
const secrets: {
  readonly [Name in SecretName]-?: { readonly variable: string; readonly untold: Settings['secrets'][Name] };
} = {
  meldKey: { variable: 'SANDBOX_MELD_KEY', untold: null },
  meldWebhookSecret: { variable: 'SANDBOX_MELD_WEBHOOK_SECRET', untold: DEFAULT_MELD_WEBHOOK_SECRET },
  budClientId: { variable: 'SANDBOX_BUD_CLIENT_ID', untold: null },
  budClientSecret: { variable: 'SANDBOX_BUD_CLIENT_SECRET', untold: null },
  mxClientId: { variable: 'SANDBOX_MX_CLIENT_ID', untold: null },
  mxApiKey: { variable: 'SANDBOX_MX_API_KEY', untold: null },
  mxWebhookSecret: { variable: 'SANDBOX_MX_WEBHOOK_SECRET', untold: DEFAULT_MX_WEBHOOK_SECRET },
  finicityPartnerId: { variable: 'SANDBOX_FINICITY_PARTNER_ID', untold: null },
  finicityPartnerSecret: { variable: 'SANDBOX_FINICITY_PARTNER_SECRET', untold: null },
  finicityAppKey: { variable: 'SANDBOX_FINICITY_APP_KEY', untold: null },
  finicityWebhookSecret: { variable: 'SANDBOX_FINICITY_WEBHOOK_SECRET', untold: DEFAULT_FINICITY_WEBHOOK_SECRET },
  plaidClientId: { variable: 'SANDBOX_PLAID_CLIENT_ID', untold: null },
  plaidSecret: { variable: 'SANDBOX_PLAID_SECRET', untold: null },
};

const secretsFrom = (told: (name: SecretName) => string | null): Settings['secrets'] =>
  Object.fromEntries(
    Object.entries(secrets).map(([name, { untold }]) => [name, told(name as SecretName) ?? untold]),
  ) as unknown as Settings['secrets'];

/** In a test nothing is left behind and nothing is printed, unless the options say so. */
export function settingsOf(options: SandboxOptions): Settings {
  return {
    port: options.port ?? 0,
    host: options.host ?? DEFAULT_HOST,
    booksFile: options.booksFile === undefined || options.booksFile === null ? null : resolve(options.booksFile),
    now: options.now ?? (() => Date.now()),
    webhookBaseUrl: trimmed(options.webhookBaseUrl ?? DEFAULT_WEBHOOK_BASE),
    secrets: secretsFrom((name) => options.secrets?.[name] ?? null),
    log: options.log ?? (() => undefined),
  };
}

/** The options of the process of its own; throws with a sentence that names the variable. */
export function optionsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): SandboxOptions {
  const told = (name: string): string | null => environment[name]?.trim() || null;
  return {
    port: portOf(told('SANDBOX_PORT')),
    host: told('SANDBOX_HOST') ?? DEFAULT_HOST,
    booksFile: told('SANDBOX_BOOKS') ?? DEFAULT_BOOKS_FILE,
    webhookBaseUrl: webhookBaseOf(told('SANDBOX_WEBHOOK_BASE')),
    secrets: secretsFrom((name) => told(secrets[name].variable)),
    log: told('LOG_LEVEL') === 'silent' ? () => undefined : (line) => void process.stdout.write(`${line}\n`),
  };
}

function portOf(text: string | null): number {
  if (text === null) return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`SANDBOX_PORT must be a port from 0 to 65535, not "${text}"`);
}

function webhookBaseOf(text: string | null): string {
  if (text === null) return DEFAULT_WEBHOOK_BASE;
  if (isWebhookBase(text)) return text;
  throw new Error(`SANDBOX_WEBHOOK_BASE must be an http(s) address, not "${text}"`);
}

export function isWebhookBase(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Paths are appended to it. */
export function trimmed(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '');
}
