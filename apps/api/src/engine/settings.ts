import { resolve } from 'node:path';
import { z } from 'zod';
import { httpSettings, httpVariables, type HttpSettings } from './http-settings.js';

/** What the process was started with: read once, checked, frozen. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly databaseFile: string;
  readonly policyFile: string | null;
  readonly apiKey: string | null;
  readonly encryptionKey: string | null;
  /** What providers' webhooks are sent to; part of Meld's signature. */
  readonly publicUrl: string;
  readonly sandboxPort: number;
  readonly logLevel: string;
  readonly http: HttpSettings;
  /** No provider is configured: the emulator stands in for all of them. */
  readonly sandbox: boolean;
  readonly meld: MeldEnvironment | null;
  readonly bud: BudEnvironment | null;
}

export interface MeldEnvironment {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly webhookSecret: string | undefined;
  readonly version: string | undefined;
}

export interface BudEnvironment {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly baseUrl: string;
  readonly jwksUrl: string | undefined;
  readonly refreshVersion: 'v2' | 'v1';
  readonly redirectUrl: string | undefined;
}

/** A setting that cannot be used: the start stops, and says which and why. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const text = z.string().trim().min(1);
const port = (whenUnset: number) =>
  z.coerce.number('must be a port number').int('must be a whole number').min(0).max(65_535).default(whenUnset);
const address = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' });
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const environment = z.object({
  PORT: port(3000),
  HOST: text.default('127.0.0.1'),
  DATABASE_URL: text.default('file:./data/freshet.db'),
  POLICY_FILE: text.optional(),
  FRESHET_API_KEY: text.min(16, 'must be at least 16 characters: a shorter key can be guessed').optional(),
  FRESHET_ENCRYPTION_KEY: text.optional(),
  PUBLIC_URL: address.optional(),
  SANDBOX_PORT: port(3001),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  ...httpVariables,
  MELD_API_KEY: text.optional(),
  MELD_BASE_URL: address.optional(),
  MELD_WEBHOOK_SECRET: text.optional(),
  MELD_VERSION: text.optional(),
  BUD_CLIENT_ID: text.optional(),
  BUD_CLIENT_SECRET: text.optional(),
  BUD_BASE_URL: address.optional(),
  BUD_JWKS_URL: address.optional(),
  BUD_REFRESH_VERSION: z.enum(['v2', 'v1'], 'must be v2 or v1').default('v2'),
  BUD_REDIRECT_URL: address.optional(),
});

type Environment = z.infer<typeof environment>;

/** `file:` and a path; anything else is told apart by name, so that a typing error does not make a folder of it. */
const databaseFile = (url: string): string => {
  if (/^postgres(ql)?:/.test(url)) {
    throw new SettingsError('DATABASE_URL names PostgreSQL, which this version does not support yet: use file:<path>');
  }
  if (!url.startsWith('file:')) throw new SettingsError(`DATABASE_URL must be file:<path>, not ${JSON.stringify(url)}`);
  const path = url.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '') throw new SettingsError('DATABASE_URL names no file: use file:<path>');
  return resolve(path);
};

const meldOf = (env: Environment): MeldEnvironment | null =>
  env.MELD_API_KEY === undefined
    ? null
    : {
        apiKey: env.MELD_API_KEY,
        baseUrl: env.MELD_BASE_URL,
        webhookSecret: env.MELD_WEBHOOK_SECRET,
        version: env.MELD_VERSION,
      };

const budOf = (env: Environment): BudEnvironment | null => {
  if (env.BUD_CLIENT_ID === undefined && env.BUD_CLIENT_SECRET === undefined) return null;
  if (env.BUD_CLIENT_ID === undefined)
    throw new SettingsError('BUD_CLIENT_SECRET is set, BUD_CLIENT_ID is not: set both');
  if (env.BUD_CLIENT_SECRET === undefined)
    throw new SettingsError('BUD_CLIENT_ID is set, BUD_CLIENT_SECRET is not: set both');
  if (env.BUD_BASE_URL === undefined)
    throw new SettingsError('BUD_BASE_URL is needed: the address of your Bud contract');
  return {
    clientId: env.BUD_CLIENT_ID,
    clientSecret: env.BUD_CLIENT_SECRET,
    baseUrl: env.BUD_BASE_URL,
    jwksUrl: env.BUD_JWKS_URL,
    refreshVersion: env.BUD_REFRESH_VERSION,
    redirectUrl: env.BUD_REDIRECT_URL,
  };
};

const parse = (variables: Readonly<Record<string, string | undefined>>): Environment => {
  // An empty variable is the same as none: that is how shells and compose files leave one out.
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environment.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SettingsError(`These settings cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
};

/** Throws a SettingsError that names every variable that is wrong. */
export const readSettings = (variables: Readonly<Record<string, string | undefined>>): Settings => {
  const env = parse(variables);
  const meld = meldOf(env);
  const bud = budOf(env);
  if (env.HEADERS_TIMEOUT > env.REQUEST_TIMEOUT) {
    throw new SettingsError(
      'HEADERS_TIMEOUT must not be longer than REQUEST_TIMEOUT: the head is a part of the request',
    );
  }
  const sandbox = meld === null && bud === null;
  if (!sandbox && env.FRESHET_ENCRYPTION_KEY === undefined) {
    throw new SettingsError(
      'FRESHET_ENCRYPTION_KEY is needed: 32 random bytes as base64 or hex (openssl rand -base64 32)',
    );
  }
  return Object.freeze({
    port: env.PORT,
    host: env.HOST,
    databaseFile: databaseFile(env.DATABASE_URL),
    policyFile: env.POLICY_FILE === undefined ? null : resolve(env.POLICY_FILE),
    apiKey: env.FRESHET_API_KEY ?? null,
    encryptionKey: env.FRESHET_ENCRYPTION_KEY ?? null,
    publicUrl: (env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`).replace(/\/+$/, ''),
    sandboxPort: env.SANDBOX_PORT,
    logLevel: env.LOG_LEVEL,
    http: httpSettings(env),
    sandbox,
    meld,
    bud,
  });
};
