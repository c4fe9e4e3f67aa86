import { newMeldId } from '../identifiers.js';
import type { Connection } from '../books/records.js';
import type { WebhookFault } from '../faults.js';
import type { World } from '../world.js';

export const ACCOUNT_ID = 'SandboxMeldAccount0001';
const PROFILE_ID = 'SandboxMeldProfile0001';
const PAYLOAD_VERSION = '2022-11-10';

type EventType =
  | 'BANK_LINKING_CONNECTION_COMPLETED'
  | 'BANK_LINKING_CONNECTION_STATUS_CHANGE'
  | 'BANK_LINKING_CONNECTION_DELETED'
  | 'BANK_LINKING_ACCOUNTS_UPDATING'
  | 'BANK_LINKING_ACCOUNTS_UPDATED'
  | 'BANK_LINKING_TRANSACTIONS_AGGREGATED';

/** When it happened, and what a fault does to the webhooks about it. */
export interface Telling {
  readonly at: number;
  readonly fault: WebhookFault | null;
}

export function tell(
  world: World,
  eventType: EventType,
  connection: Connection,
  telling: Telling,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const body = {
    eventType,
    eventId: newMeldId(),
    timestamp: new Date(telling.at).toISOString(),
    accountId: ACCOUNT_ID,
    profileId: PROFILE_ID,
    version: PAYLOAD_VERSION,
    payload: { ...payloadOf(connection), ...more },
  };
  world.outbox.send({ connector: 'meld', subject: connection.externalId, body, ...telling });
}

/** The one place where a Meld connection changes status: it tells, unless nothing changed. */
export function changeStatus(
  world: World,
  connection: Connection,
  status: string,
  statusReason: string | null,
  telling: Telling,
): Connection {
  if (connection.status === status && connection.statusReason === statusReason) return connection;
  const changed = keep(world, { ...connection, status, statusReason });
  tell(world, 'BANK_LINKING_CONNECTION_STATUS_CHANGE', changed, telling, {
    oldStatus: connection.status,
    newStatus: status,
    reason: statusReason,
  });
  return changed;
}

export function tellAggregated(world: World, connection: Connection, telling: Telling, transactions: boolean): void {
  tell(world, 'BANK_LINKING_ACCOUNTS_UPDATED', connection, telling);
  if (!transactions) return;
  const account = { financialAccountId: `${connection.externalId}-1`, oldestTransactionUpdatedSearchKey: newMeldId() };
  tell(world, 'BANK_LINKING_TRANSACTIONS_AGGREGATED', connection, telling, { financialAccounts: [account] });
}

export function keep(world: World, connection: Connection): Connection {
  return world.books.connections.put(`${connection.connector}:${connection.externalId}`, connection);
}

function payloadOf(connection: Connection): Record<string, unknown> {
  return {
    // Not the id of the request that caused it: Meld promises no such link.
    requestId: newMeldId(),
    customerId: connection.customerId,
    externalCustomerId: connection.customerId,
    connectionId: connection.externalId,
    institutionId: connection.institutionId,
    institutionName: connection.institutionId,
    serviceProviderDetails: {
      serviceProvider: connection.provider,
      serviceProviderConnectionId: connection.providerConnectionId,
    },
  };
}
