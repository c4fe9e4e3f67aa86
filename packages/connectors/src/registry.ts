import type { Connector, Connectors } from '@freshet/ports';

import { createAkoyaConnector } from './akoya/connector.js';
import type { AkoyaSettings } from './akoya/settings.js';
import { createBudConnector } from './bud/connector.js';
import type { BudSettings } from './bud/settings.js';
import { createFinicityConnector } from './finicity/connector.js';
import type { FinicitySettings } from './finicity/settings.js';
import { createMeldConnector } from './meld/connector.js';
import type { MeldSettings } from './meld/settings.js';
import { createPlaidConnector } from './plaid/connector.js';
import type { PlaidSettings } from './plaid/settings.js';
import { createMxConnector } from './mx/connector.js';
import type { MxSettings } from './mx/settings.js';

export interface ConnectorsConfig {
  readonly meld?: MeldSettings | null | undefined;
  readonly bud?: BudSettings | null | undefined;
  readonly plaid?: PlaidSettings | null | undefined;
  readonly mx?: MxSettings | null | undefined;
  readonly finicity?: FinicitySettings | null | undefined;
  readonly akoya?: AkoyaSettings | null | undefined;
}

/** One row a connector: what it needs to be on, and how it is made. */
const made = ({ meld, bud, plaid, mx, finicity, akoya }: ConnectorsConfig): readonly (Connector | null)[] => [
  meld?.apiKey ? createMeldConnector(meld) : null,
  bud?.clientId && bud.clientSecret ? createBudConnector(bud) : null,
  plaid?.clientId && plaid.secret ? createPlaidConnector(plaid) : null,
  mx?.clientId && mx.apiKey ? createMxConnector(mx) : null,
  finicity?.partnerId && finicity.partnerSecret && finicity.appKey ? createFinicityConnector(finicity) : null,
  akoya?.clientId && akoya.clientSecret ? createAkoyaConnector(akoya) : null,
];

/** The connectors that have their credentials; one without is off. Throws for an address that is none. */
export const createConnectors = (config: ConnectorsConfig): Connectors =>
  new Map(made(config).flatMap((connector) => (connector === null ? [] : [[connector.name, connector] as const])));
