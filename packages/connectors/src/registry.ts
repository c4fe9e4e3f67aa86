import type { Connector, ConnectorCapabilities, Connectors } from '@freshet/ports';

import { createAkoyaConnector } from './akoya/connector.js';
import { akoyaCalls, akoyaRows, type AkoyaSettings } from './akoya/settings.js';
import { createBudConnector } from './bud/connector.js';
import { budCalls, budRows, type BudSettings } from './bud/settings.js';
import { createFinicityConnector } from './finicity/connector.js';
import { finicityCalls, finicityRows, type FinicitySettings } from './finicity/settings.js';
import { createMeldConnector } from './meld/connector.js';
import { meldCalls, meldRows, type MeldSettings } from './meld/settings.js';
import { createMxConnector } from './mx/connector.js';
import { mxCalls, mxRows, type MxSettings } from './mx/settings.js';
import { createPlaidConnector } from './plaid/connector.js';
import { plaidCalls, plaidRows, type PlaidSettings } from './plaid/settings.js';
import type { CallDefaults, GivenValue, RowsOf, SettingRow } from './setting-row.js';

export interface ConnectorsConfig {
  readonly meld?: MeldSettings | null | undefined;
  readonly bud?: BudSettings | null | undefined;
  readonly mx?: MxSettings | null | undefined;
  readonly finicity?: FinicitySettings | null | undefined;
  readonly plaid?: PlaidSettings | null | undefined;
  readonly akoya?: AkoyaSettings | null | undefined;
}

/** One row a connector: what it needs to be on, and how it is made. */
const made = ({ meld, bud, mx, finicity, plaid, akoya }: ConnectorsConfig): readonly (Connector | null)[] => [
  meld?.apiKey ? createMeldConnector(meld) : null,
  bud?.clientId && bud.clientSecret ? createBudConnector(bud) : null,
  mx?.clientId && mx.apiKey ? createMxConnector(mx) : null,
  finicity?.partnerId && finicity.partnerSecret && finicity.appKey ? createFinicityConnector(finicity) : null,
  plaid?.clientId && plaid.secret ? createPlaidConnector(plaid) : null,
  akoya?.clientId && akoya.clientSecret ? createAkoyaConnector(akoya) : null,
];

/** The connectors that have their credentials; one without is off. Throws for an address that is none. */
export const createConnectors = (config: ConnectorsConfig): Connectors =>
  new Map(made(config).flatMap((connector) => (connector === null ? [] : [[connector.name, connector] as const])));

/** The name of a connector that this build has. */
export type BuiltConnector = keyof ConnectorsConfig;

interface Described<Rows> {
  readonly rows: Rows;
  readonly calls: CallDefaults;
  /** For senders that sign nothing: the setting that is the last part of the address of its webhooks. */
  readonly secretInPath?: string;
}

/** The settings of each connector, and how calls go through it. A connector without a row here does not compile. */
const descriptions: {
  readonly [Name in BuiltConnector]-?: Described<RowsOf<NonNullable<ConnectorsConfig[Name]>>>;
} = {
  meld: { rows: meldRows, calls: meldCalls },
  bud: { rows: budRows, calls: budCalls },
  plaid: { rows: plaidRows, calls: plaidCalls },
  mx: { rows: mxRows, calls: mxCalls, secretInPath: 'webhookSecret' },
  finicity: { rows: finicityRows, calls: finicityCalls, secretInPath: 'webhookSecret' },
  akoya: { rows: akoyaRows, calls: akoyaCalls },
};

/** One connector as whoever configures it sees it; its rows by the field that each sets. */
export const connectorDescriptions = descriptions as Readonly<
  Record<BuiltConnector, Described<Readonly<Record<string, SettingRow>>>>
>;
export const builtConnectors = Object.keys(descriptions) as readonly BuiltConnector[];

const examples: Readonly<Record<SettingRow['kind'], GivenValue>> = {
  text: 'any',
  address: 'https://provider.example',
  list: ['any'],
  flag: true,
  login: { username: 'any', password: 'any' },
};

const anything = ({ kind, oneOf }: SettingRow): GivenValue => oneOf?.[0] ?? examples[kind];

/** What each can do when all that it takes is set. */
export const capabilitiesWhenConfigured = (): readonly (readonly [BuiltConnector, ConnectorCapabilities])[] => {
  const config = Object.fromEntries(
    builtConnectors.map((name) => {
      const settings = Object.entries(connectorDescriptions[name].rows).map(([field, row]) => [field, anything(row)]);
      return [name, { ...Object.fromEntries(settings), webhookUrl: 'https://freshet.example/webhook' }];
    }),
  ) as ConnectorsConfig;
  return [...createConnectors(config)].map(([name, { capabilities }]) => [name as BuiltConnector, capabilities]);
};
