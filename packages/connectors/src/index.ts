export { createAkoyaConnector } from './akoya/connector.js';
export { AKOYA_BASE_URL, type AkoyaSettings } from './akoya/settings.js';
export { createBudConnector } from './bud/connector.js';
export { BUD_JWKS_URL, budRefreshVersions, type BudRefreshVersion, type BudSettings } from './bud/settings.js';
export { createMeldConnector, MELD_IMPORTS } from './meld/connector.js';
export { MELD_BASE_URL, type MeldSettings } from './meld/settings.js';
export { createConnectors, type ConnectorsConfig } from './registry.js';
