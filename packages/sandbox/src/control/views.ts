import type { Bill, CallRecord, Connection, Delivery, Fault } from '../books/records.js';
import type { World } from '../world.js';
import { iso, isoOrNull } from './requests.js';

/** `asked` is the id that the log was asked for: a call may be about several. */
export function callView(call: CallRecord, asked: string | undefined) {
  const { externalIds, at, ...rest } = call;
  return { ...rest, externalId: asked ?? externalIds[0] ?? null, externalIds, at: iso(at) };
}

export function billView(bill: Bill) {
  return { ...bill, at: iso(bill.at) };
}

export function faultView(fault: Fault) {
  const { retryAfterSeconds: retryAfter, ...rest } = fault;
  return { ...rest, retryAfter };
}

export function deliveryView(world: World, delivery: Delivery) {
  const { id, connector, attempts, retryReason, body } = delivery;
  const next = world.books.dues.get(`webhook:${id}`);
  return {
    id,
    connector,
    attempts,
    retryReason,
    nextAttemptAt: isoOrNull(next?.at ?? null),
    body: JSON.parse(body) as unknown,
  };
}

export function connectionView(connection: Connection) {
  const { connector, provider, externalId, providerConnectionId, customerId, institutionId } = connection;
  const { products, optionalProducts, status, statusReason, waitingTransactions } = connection;
  return {
    connector,
    provider,
    externalId,
    providerConnectionId,
    customerId,
    institutionId,
    products,
    optionalProducts,
    status,
    statusReason,
    connectedAt: iso(connection.createdAt),
    lastSuccessAt: isoOrNull(connection.lastSuccessAt),
    lastForcedAt: isoOrNull(connection.lastForcedAt),
    consentExpiresAt: isoOrNull(connection.consentExpiresAt),
    waitingTransactions,
  };
}
