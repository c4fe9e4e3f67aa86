import { z } from 'zod';
import { builtConnectors, connectorDescriptions } from './connector-rows.js';
import type { BuiltConnector, ConnectorsConfig, SettingRow } from './connector-rows.js';

/** The settings of one connector as they were given, by field. */
export type GivenSettings = Readonly<Record<string, string>>;
/** Of one tenant. Each is complete: what its connector needs is there. */
export type GivenConnectors = Readonly<Partial<Record<BuiltConnector, GivenSettings>>>;

const address = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' });

/** What one setting may be, once it is known. */
export const settingSchema = ({ kind, oneOf }: SettingRow): z.ZodType<string, string> => {
  const text = z.string().trim().min(1, 'must not be empty');
  if (oneOf !== undefined) return z.enum([...oneOf], `must be ${oneOf.join(' or ')}`);
  return kind === 'address' ? text.pipe(address) : text;
};

export const rowsOf = (name: BuiltConnector): readonly (readonly [field: string, row: SettingRow])[] =>
  Object.entries(connectorDescriptions[name].rows);

/** Fields that a connector needs, and that are not given. */
export const missingIn = (name: BuiltConnector, given: GivenSettings): readonly (readonly [string, SettingRow])[] =>
  rowsOf(name).filter(([field, row]) => row.required && given[field] === undefined);

/** By variable: all connectors' settings in the environment. */
export const credentialVariables: Readonly<Record<string, z.ZodOptional<z.ZodType<string>>>> = Object.fromEntries(
  builtConnectors.flatMap((name) => rowsOf(name).map(([, row]) => [row.variable, settingSchema(row).optional()])),
);

const listed = (rows: readonly (readonly [string, SettingRow])[]): string =>
  rows.map(([, { variable }]) => variable).join(' and ');

const isOrAre = (count: number): string => (count === 1 ? 'is' : 'are');

/** Half of what a connector needs is a mistake; none of it switches the connector off. */
const faultOf = (name: BuiltConnector, given: GivenSettings): string | null => {
  const missing = missingIn(name, given);
  const present = rowsOf(name).filter(([field, row]) => row.required && given[field] !== undefined);
  if (missing.length === 0 || present.length === 0) return null;
  return (
    `${listed(missing)} ${isOrAre(missing.length)} not set, and ${listed(present)} ${isOrAre(present.length)}: ` +
    `the connector ${name} needs both`
  );
};

export interface CredentialsRead {
  readonly given: GivenConnectors;
  readonly faults: readonly string[];
}

/** The connectors that the environment has the credentials of: the default tenant's. */
export const credentialsIn = (env: Readonly<Record<string, unknown>>): CredentialsRead => {
  const given: Partial<Record<BuiltConnector, GivenSettings>> = {};
  const faults: string[] = [];
  for (const name of builtConnectors) {
    const settings = Object.fromEntries(
      rowsOf(name).flatMap(([field, { variable }]) => {
        const value = env[variable];
        return typeof value === 'string' ? [[field, value]] : [];
      }),
    );
    const fault = faultOf(name, settings);
    if (fault !== null) faults.push(fault);
    else if (missingIn(name, settings).length === 0) given[name] = settings;
  }
  return { given, faults };
};

/** The rows name the fields of each connector's settings, and what was given was read by them. */
export const asConfig = (given: Readonly<Partial<Record<BuiltConnector, object>>>): ConnectorsConfig =>
  given as ConnectorsConfig;
