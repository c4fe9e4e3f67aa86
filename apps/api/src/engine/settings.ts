import { resolve } from 'node:path';
import { DEFAULT_TENANT, type TenantId } from '@freshet/domain';
import { DRIFT_SAMPLE, LARGEST_DRIFT_SAMPLE, type Retention } from '@freshet/flows';
import { z } from 'zod';
import {
  callFields,
  callsIn,
  callVariable,
  callVariables,
  connectorCalls,
  type ConnectorCalls,
} from './connector-calls.js';
import { credentialsIn, credentialVariables, type GivenConnectors } from './connector-credentials.js';
import { builtConnectors, type BuiltConnector } from './connector-rows.js';
import { readConnectorsFile, type ConnectorsFile } from './connectors-file.js';
import { retentionIn, retentionVariables } from './retention-settings.js';
import { SettingsError } from './settings-error.js';
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
  /** How long what is kept. */
  readonly retention: Retention;
  /** So many connections of each provider an audit asks about there; 0: none. */
  readonly driftSample: number;
  /** No provider is configured: the emulator stands in for all of them. */
  readonly sandbox: boolean;
  /** What each tenant's connectors are given; one that is not there is off. */
  readonly credentials: ReadonlyMap<TenantId, GivenConnectors>;
  readonly calls: Readonly<Record<BuiltConnector, ConnectorCalls>>;
}

const text = z.string().trim().min(1);
const port = (whenUnset: number) =>
  z.coerce.number('must be a port number').int('must be a whole number').min(0).max(65_535).default(whenUnset);
const driftSample = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must be at least 0')
  .max(LARGEST_DRIFT_SAMPLE, `must be at most ${LARGEST_DRIFT_SAMPLE}`)
  .default(DRIFT_SAMPLE);
const address = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' });
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The service's own; connectors bring theirs. */
export const serviceVariables = {
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
  ...retentionVariables,
  AUDIT_DRIFT_SAMPLE: driftSample,
  CONNECTORS_FILE: text.optional(),
};

const environment = z.object({ ...serviceVariables, ...credentialVariables, ...callVariables });

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

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');

const parse = (variables: Readonly<Record<string, string | undefined>>): Environment => {
  // An empty variable is the same as none: that is how shells and compose files leave one out.
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environment.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SettingsError(`These settings cannot be used:\n${indented(faults)}`);
};

/** Both name a file or a folder from where the process was started. */
const fileOf = (path: string | undefined): string | null => (path === undefined ? null : resolve(path));

const NO_FILE: ConnectorsFile = { calls: {}, tenants: new Map() };

const refuseTwice = (name: string, isInFile: boolean): void => {
  if (!isInFile) return;
  throw new SettingsError(`${name} is set in the environment and in CONNECTORS_FILE: set it in one of them`);
};

/** The environment's credentials are the default tenant's; the file has those of any. */
const credentialsOf = (env: Environment, { tenants }: ConnectorsFile): Settings['credentials'] => {
  const { given, faults } = credentialsIn(env);
  if (faults.length > 0) throw new SettingsError(`These settings cannot be used:\n${indented(faults)}`);
  const inFile = tenants.get(DEFAULT_TENANT) ?? {};
  for (const name of builtConnectors) {
    if (given[name] !== undefined) refuseTwice(`The connector ${name} of ${DEFAULT_TENANT}`, name in inFile);
  }
  const ofDefault = { ...given, ...inFile };
  const all = new Map([...tenants, [DEFAULT_TENANT, ofDefault]]);
  return new Map([...all].filter(([, connectors]) => Object.keys(connectors).length > 0));
};

const callsOf = (env: Environment, file: ConnectorsFile): Settings['calls'] =>
  connectorCalls((name) => {
    const inEnvironment = callsIn(env, name);
    const inFile = file.calls[name] ?? {};
    for (const field of callFields) {
      if (inEnvironment[field] !== undefined) refuseTwice(callVariable(name, field), inFile[field] !== undefined);
    }
    return { ...inFile, ...inEnvironment };
  });

const connectorSettings = (
  env: Environment,
  variables: Readonly<Record<string, string | undefined>>,
): Pick<Settings, 'credentials' | 'calls' | 'sandbox'> => {
  const path = fileOf(env.CONNECTORS_FILE);
  const file = path === null ? NO_FILE : readConnectorsFile(path, variables);
  const credentials = credentialsOf(env, file);
  return { credentials, calls: callsOf(env, file), sandbox: credentials.size === 0 };
};

/** Throws a SettingsError that names every variable that is wrong. */
export const readSettings = (variables: Readonly<Record<string, string | undefined>>): Settings => {
  const env = parse(variables);
  const connectors = connectorSettings(env, variables);
  if (env.HEADERS_TIMEOUT > env.REQUEST_TIMEOUT) {
    throw new SettingsError(
      'HEADERS_TIMEOUT must not be longer than REQUEST_TIMEOUT: the head is a part of the request',
    );
  }
  if (!connectors.sandbox && env.FRESHET_ENCRYPTION_KEY === undefined) {
    throw new SettingsError(
      'FRESHET_ENCRYPTION_KEY is needed: 32 random bytes as base64 or hex (openssl rand -base64 32)',
    );
  }
  return Object.freeze({
    port: env.PORT,
    host: env.HOST,
    databaseFile: databaseFile(env.DATABASE_URL),
    policyFile: fileOf(env.POLICY_FILE),
    apiKey: env.FRESHET_API_KEY ?? null,
    encryptionKey: env.FRESHET_ENCRYPTION_KEY ?? null,
    publicUrl: (env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`).replace(/\/+$/, ''),
    sandboxPort: env.SANDBOX_PORT,
    logLevel: env.LOG_LEVEL,
    http: httpSettings(env),
    retention: retentionIn(env),
    driftSample: env.AUDIT_DRIFT_SAMPLE,
    ...connectors,
  });
};
