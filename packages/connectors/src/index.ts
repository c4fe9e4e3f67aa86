export { createBudConnector } from './bud/connector.js';
export { BUD_JWKS_URL, budRefreshVersions, type BudRefreshVersion, type BudSettings } from './bud/settings.js';
export { createMeldConnector, MELD_IMPORTS } from './meld/connector.js';
export { MELD_BASE_URL, type MeldSettings } from './meld/settings.js';
export { DEFAULT_TRANSPORT, type TransportSettings } from './http/client.js';
export {
  builtConnectors,
  capabilitiesWhenConfigured,
  connectorDescriptions,
  createConnectors,
  type BuiltConnector,
  type ConnectorsConfig,
} from './registry.js';
export type { CallDefaults, RowsOf, SettingRow } from './setting-row.js';
