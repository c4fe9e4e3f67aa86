import type { Connection } from './records.js';

type Required = 'connector' | 'provider' | 'externalId' | 'createdAt';

/** A connection of which nothing is known but what is said here. */
export function newConnection(known: Pick<Connection, Required> & Partial<Connection>): Connection {
  return {
    providerConnectionId: null,
    customerId: 'sandbox-customer',
    institutionId: 'sandbox-institution',
    products: [],
    optionalProducts: [],
    status: 'ACTIVE',
    statusReason: null,
    lastSuccessAt: null,
    lastForcedAt: null,
    consentedAt: known.createdAt,
    consentExpiresAt: null,
    revokedAt: null,
    revokeReason: null,
    credentials: {},
    waitingTransactions: 0,
    pulls: 0,
    ...known,
  };
}
