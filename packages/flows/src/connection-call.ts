import type { Connection, ConnectorName } from '@freshet/domain';
import type { CallContext, ConnectionCall, Connector, Credentials } from '@freshet/ports';
import type { Engine } from './engine.js';

/** What credentials are sealed to: moved to another connection's row, they do not open. */
export const credentialsBelongTo = (connection: Pick<Connection, 'tenantId' | 'connector' | 'externalId'>): string =>
  `credentials of ${JSON.stringify([connection.tenantId, connection.connector, connection.externalId])}`;

const openCredentials = (engine: Engine, connection: Connection): Credentials | null => {
  if (connection.credentials === null) return null;
  const opened = engine.vault.open(connection.credentials, credentialsBelongTo(connection));
  if (opened !== undefined) return JSON.parse(opened) as Credentials;
  engine.log.warn('credentials do not open: sealed under another key, or tampered with', {
    connectionId: connection.id,
  });
  return null;
};

export const connectionCall = (engine: Engine, connection: Connection): ConnectionCall => ({
  externalId: connection.externalId,
  provider: connection.provider,
  customerId: connection.customerId,
  institutionId: connection.institutionId,
  providerConnectionId: connection.providerConnectionId,
  credentials: openCredentials(engine, connection),
});

export const callContext = (engine: Engine, connector: ConnectorName): CallContext => ({
  now: engine.clock.now,
  signal: AbortSignal.timeout(engine.callsThrough(connector).timeoutMs),
});

/**
 * One call to a connector. An exception is a bug of the connector's: it is told, and answered as what it is for the
 * caller, an outcome that nobody knows.
 */
export const call = async <Answer>(
  engine: Engine,
  connector: Connector,
  operation: string,
  make: (connector: Connector) => Promise<Answer>,
): Promise<Answer | { readonly kind: 'unknown'; readonly message: string }> => {
  try {
    return await make(connector);
  } catch (error) {
    engine.log.warn('a connector threw', { connector: connector.name, operation, error: String(error) });
    return { kind: 'unknown', message: `the ${connector.name} connector failed at ${operation}` };
  }
};
