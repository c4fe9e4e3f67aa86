import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TenantId } from '@freshet/domain';
import { z } from 'zod';
import { callFields, callRows, type GivenCalls } from './connector-calls.js';
import { missingIn, rowsOf, settingSchema, type GivenConnectors, type GivenSettings } from './connector-credentials.js';
import { builtConnectors, type BuiltConnector, type SettingRow } from './connector-rows.js';
import { readYaml } from './read-yaml.js';
import { readValue } from './setting-reference.js';
import { SettingsError } from './settings-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What stands in a credentials file, its references followed. */
export interface ConnectorsFile {
  readonly calls: Readonly<Partial<Record<BuiltConnector, GivenCalls>>>;
  readonly tenants: ReadonlyMap<TenantId, GivenConnectors>;
}

/** What is known while a file is read: where its references lead, and which secrets stand in it openly. */
interface Reading {
  readonly folder: string;
  readonly env: Environment;
  readonly openSecrets: string[];
}

const TENANT_NAME = /^ten_[A-Za-z0-9][\w-]{0,63}$/;
const tenantName = z.string().regex(TENANT_NAME, 'must be a tenant such as ten_default');

/** YAML has lists and truths of its own. */
const asText = (value: unknown): unknown => {
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(',') : value;
};

const valueOf = (field: string, row: SettingRow, { folder, env, openSecrets }: Reading) => {
  const text = z
    .string('must be a quoted text')
    .transform((text, context) => {
      const read = readValue(text, folder, env);
      if (read.kind === 'value') {
        if (read.literal && row.secret) openSecrets.push(field);
        return read.value;
      }
      context.issues.push({ code: 'custom', input: undefined, message: read.message });
      return z.NEVER;
    })
    .pipe(settingSchema(row));
  return row.kind === 'list' || row.kind === 'flag' ? z.preprocess(asText, text) : text;
};

const settingsOf = (name: BuiltConnector, reading: Reading) =>
  z
    .strictObject(
      Object.fromEntries(rowsOf(name).map(([field, row]) => [field, valueOf(field, row, reading).optional()])),
    )
    .transform((read, context): GivenSettings => {
      const given = Object.fromEntries(Object.entries(read).filter((entry) => entry[1] !== undefined)) as GivenSettings;
      for (const [field] of missingIn(name, given)) {
        context.issues.push({ code: 'custom', input: undefined, path: [field], message: 'is needed' });
      }
      return given;
    });

const callsOf = z.strictObject(
  Object.fromEntries(callFields.map((field) => [field, callRows[field].schema.optional()])),
);

const everyConnector = <Schema extends z.ZodType>(schema: (name: BuiltConnector) => Schema) =>
  z.strictObject(Object.fromEntries(builtConnectors.map((name) => [name, schema(name).optional()])));

const fileSchema = (reading: Reading) =>
  z.strictObject({
    version: z.literal(1, 'must be 1'),
    calls: everyConnector(() => callsOf).optional(),
    tenants: z.record(
      tenantName,
      everyConnector((name) => settingsOf(name, reading)),
    ),
  });

/** A wrong name of a tenant is reported as the key's own fault. */
const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;

const pathOf = (path: readonly PropertyKey[]): string => (path.length === 0 ? '(whole)' : path.map(String).join('.'));

/** Others of the machine may read it. Windows has no such bits. */
const isReadByAll = (file: string): boolean => process.platform !== 'win32' && (statSync(file).mode & 0o004) !== 0;

/** Throws a SettingsError that names the file, the path in it and the rule; never a value. */
export const readConnectorsFile = (file: string, env: Environment): ConnectorsFile => {
  const content = readYaml('CONNECTORS_FILE', file, { holdsSecrets: true });
  const reading: Reading = { folder: dirname(file), env, openSecrets: [] };
  const parsed = fileSchema(reading).safeParse(content);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${pathOf(issue.path)}: ${messageOf(issue)}`);
    throw new SettingsError(`CONNECTORS_FILE ${file} cannot be used:\n${faults.join('\n')}`);
  }
  if (reading.openSecrets.length > 0 && isReadByAll(file)) {
    const fields = [...new Set(reading.openSecrets)].join(', ');
    throw new SettingsError(
      `CONNECTORS_FILE ${file} holds secrets (${fields}) and every user of the machine may read it: ` +
        'chmod 640 it, or put ${NAME} or file:<path> in their place',
    );
  }
  const { calls, tenants } = parsed.data;
  return {
    calls: (calls ?? {}) as ConnectorsFile['calls'],
    tenants: new Map(Object.entries(tenants) as [TenantId, GivenConnectors][]),
  };
};
