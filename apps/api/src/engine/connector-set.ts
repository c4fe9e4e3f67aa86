import { createConnectors } from '@freshet/connectors';
import { DEFAULT_TENANT, type ConnectorName, type TenantId } from '@freshet/domain';
import type { Engine, EngineLog } from '@freshet/flows';
import type { Connectors } from '@freshet/ports';
import { sandboxConnectors } from '../sandbox/sandbox-connectors.js';
import { asConfig, type GivenConnectors, type GivenSettings } from './connector-credentials.js';
import { builtConnectors, connectorDescriptions, type BuiltConnector } from './connector-rows.js';
import type { Settings } from './settings.js';
import { webhookUrl } from './webhook-url.js';

const NONE: Connectors = new Map();

const isBuilt = (connector: ConnectorName): connector is BuiltConnector =>
  builtConnectors.includes(connector as BuiltConnector);

/** The address that a tenant's webhooks come to; senders that sign nothing have their secret in it. */
const addressOf = (publicUrl: string, tenantId: TenantId, name: BuiltConnector, given: GivenSettings): string => {
  const { secretInPath } = connectorDescriptions[name];
  const secret = secretInPath === undefined ? undefined : given[secretInPath];
  return webhookUrl(publicUrl, tenantId, name, typeof secret === 'string' ? encodeURIComponent(secret) : undefined);
};

const withAddress = (
  { publicUrl, calls }: Settings,
  tenantId: TenantId,
  given: GivenConnectors,
): Readonly<Record<string, object>> =>
  Object.fromEntries(
    (Object.entries(given) as [BuiltConnector, GivenSettings][]).map(([name, settings]) => {
      const { sockets, keepAliveMs } = calls[name];
      const added = { webhookUrl: addressOf(publicUrl, tenantId, name, settings), transport: { sockets, keepAliveMs } };
      return [name, { ...settings, ...added }];
    }),
  );

/** The emulator is everybody's; else each tenant has what it was given, and no other's. */
const connectorsOf = (settings: Settings): Engine['connectorsOf'] => {
  if (settings.sandbox) {
    const emulated = createConnectors(sandboxConnectors(settings));
    return () => emulated;
  }
  const own = new Map(
    [...settings.credentials].map(([tenantId, given]) => [
      tenantId,
      createConnectors(asConfig(withAddress(settings, tenantId, given))),
    ]),
  );
  return (tenantId) => own.get(tenantId) ?? NONE;
};

/** What to set, where somebody can set it: variables are the default tenant's, the file has an entry for each. */
const connectorNeeds = (tenantId: TenantId, connector: ConnectorName): readonly string[] => {
  if (!isBuilt(connector)) return [];
  if (tenantId !== DEFAULT_TENANT) return [`tenants.${tenantId}.${connector} in CONNECTORS_FILE`];
  return Object.values(connectorDescriptions[connector].rows)
    .filter(({ required }) => required)
    .map(({ variable }) => variable);
};

/** A connector that this build does not have is never called: its tasks are permits, which are only watched. */
const callsThrough =
  ({ calls }: Settings): Engine['callsThrough'] =>
  (connector) =>
    isBuilt(connector) ? calls[connector] : { timeoutMs: 10_000, atOnce: 32 };

/** The engine's connectors, made of the settings. */
export const connectorSet = (settings: Settings): Pick<Engine, 'connectorsOf' | 'connectorNeeds' | 'callsThrough'> => ({
  connectorsOf: connectorsOf(settings),
  connectorNeeds,
  callsThrough: callsThrough(settings),
});

/** One line for each connector of this build: for whom it is on, or what would switch it on. */
export const tellConnectors = (settings: Settings, log: EngineLog): void => {
  for (const connector of builtConnectors) {
    if (settings.sandbox) {
      log.info('a connector is on, at the emulator', { connector });
      continue;
    }
    const tenants = [...settings.credentials].flatMap(([tenantId, given]) => (connector in given ? [tenantId] : []));
    if (tenants.length > 0) log.info('a connector is on', { connector, tenants });
    else
      log.info('a connector is off: it has no credentials', {
        connector,
        set: connectorNeeds(DEFAULT_TENANT, connector),
      });
  }
};
