export { createAkoyaConnector } from './akoya/connector.js';
export { AKOYA_BASE_URL, type AkoyaSettings } from './akoya/settings.js';
export { createBudConnector } from './bud/connector.js';
export { BUD_JWKS_URL, budRefreshVersions, type BudRefreshVersion, type BudSettings } from './bud/settings.js';
export { createFinicityConnector } from './finicity/connector.js';
export {
  FINICITY_BASE_URL,
  finicityRefreshVersions,
  type FinicityRefreshVersion,
  type FinicitySettings,
} from './finicity/settings.js';
export { createMeldConnector, MELD_IMPORTS } from './meld/connector.js';
export { MELD_BASE_URL, type MeldSettings } from './meld/settings.js';
export { createMxConnector } from './mx/connector.js';
export { MX_BASE_URL, type MxSettings } from './mx/settings.js';
export { createPlaidConnector } from './plaid/connector.js';
export { PLAID_BASE_URL, type PlaidSettings } from './plaid/settings.js';
export { DEFAULT_TRANSPORT, type TransportSettings } from './http/client.js';
export {
  builtConnectors,
  capabilitiesWhenConfigured,
  connectorDescriptions,
  createConnectors,
  type BuiltConnector,
  type ConnectorsConfig,
} from './registry.js';
export type { CallDefaults, GivenValue, RowsOf, SettingRow } from './setting-row.js';
