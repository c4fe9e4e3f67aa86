import { z } from 'zod';
import { builtConnectors, connectorDescriptions } from './connector-rows.js';
import type { BuiltConnector, ConnectorsConfig, GivenValue, SettingRow } from './connector-rows.js';

/** The settings of one connector as they were given, by field. */
export type GivenSettings = Readonly<Record<string, GivenValue>>;
/** Of one tenant. Each is complete: what its connector needs is there. */
export type GivenConnectors = Readonly<Partial<Record<BuiltConnector, GivenSettings>>>;

const address = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' });

const text = z.string().trim().min(1, 'must not be empty');

const splitAtColon = (login: string) => ({
  username: login.slice(0, login.indexOf(':')),
  password: login.slice(login.indexOf(':') + 1),
});

/** How each kind of setting is written, and what it comes to. */
const kinds: Readonly<Record<SettingRow['kind'], z.ZodType<GivenValue, string>>> = {
  text,
  address: text.pipe(address),
  list: text.transform((all) => all.split(',').map((one) => one.trim())),
  flag: z.enum(['true', 'false'], 'must be true or false').transform((word) => word === 'true'),
  login: text.regex(/^[^:]+:./, 'must be a name and a password with a colon between').transform(splitAtColon),
};

/** What one setting may be, once it is known. */
export const settingSchema = ({ kind, oneOf }: SettingRow): z.ZodType<GivenValue, string> =>
  oneOf === undefined ? kinds[kind] : z.enum([...oneOf], `must be ${oneOf.join(' or ')}`);

export const rowsOf = (name: BuiltConnector): readonly (readonly [field: string, row: SettingRow])[] =>
  Object.entries(connectorDescriptions[name].rows);

/** Fields that a connector needs, and that are not given. */
export const missingIn = (name: BuiltConnector, given: GivenSettings): readonly (readonly [string, SettingRow])[] =>
  rowsOf(name).filter(([field, row]) => row.required && given[field] === undefined);

/** By variable: all connectors' settings in the environment. */
export const credentialVariables: Readonly<Record<string, z.ZodOptional<z.ZodType<GivenValue, string>>>> =
  Object.fromEntries(
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
        return value === undefined ? [] : [[field, value as GivenValue]];
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
