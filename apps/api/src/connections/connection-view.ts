import { permissionsOf, products, type StatusChange } from '@freshet/domain';
import type { ConnectionView } from '@freshet/flows';
import { z } from 'zod';
import { instantView, toInstant, toInstantOrNull } from '../http/wire.js';

const instantOrNull = instantView.nullable();

export const connectionView = z
  .object({
    id: z.string(),
    externalId: z.string(),
    connector: z.string(),
    provider: z.string(),
    customerId: z.string(),
    institutionId: z.string(),
    providerConnectionId: z.string().nullable(),
    status: z.string().meta({ description: "One of ours, or a provider's unknown word, kept as it came." }),
    statusReason: z.string().nullable(),
    products: z.array(z.enum(products)),
    duplicateConnectionIds: z.array(z.string()).meta({ description: 'The most recently refreshed first.' }),
    activeDuplicateConnectionId: z.string().nullable(),
    lastSuccessAt: instantOrNull,
    freshness: z.partialRecord(z.enum(products), instantView),
    lastAttemptAt: instantOrNull,
    lastForcedAt: instantOrNull,
    consecutiveFailures: z.int(),
    stale: z.boolean(),
    nextBackgroundAt: instantOrNull,
    nextForcedAt: instantOrNull,
    consentExpiresAt: instantOrNull,
    openTaskId: z.string().nullable(),
    operations: z.object({
      refresh: z.boolean(),
      repair: z.boolean(),
      updateProducts: z.boolean(),
      delete: z.boolean(),
    }),
    createdAt: instantView,
    updatedAt: instantView,
  })
  .meta({ id: 'Connection' });

export type ConnectionAnswer = z.infer<typeof connectionView>;

export const importedView = connectionView
  .extend({ imported: z.enum(['created', 'updated']) })
  .meta({ id: 'ImportedConnection' });

const operationsOf = (connection: ConnectionView['connection']): ConnectionAnswer['operations'] => {
  const allowed = permissionsOf({ status: connection.status, reason: connection.statusReason });
  const { repair, updateProducts } = allowed;
  return { refresh: allowed.refresh !== 'no', repair, updateProducts, delete: allowed.delete };
};

const freshnessOf = (freshness: ConnectionView['freshness']): ConnectionAnswer['freshness'] =>
  Object.fromEntries(
    products.flatMap((product) => {
      const at = freshness[product];
      return at === undefined ? [] : [[product, toInstant(at)]];
    }),
  );

export const toConnection = (view: ConnectionView): ConnectionAnswer => {
  const { connection } = view;
  return {
    id: connection.id,
    externalId: connection.externalId,
    connector: connection.connector,
    provider: connection.provider,
    customerId: connection.customerId,
    institutionId: connection.institutionId,
    providerConnectionId: connection.providerConnectionId,
    status: connection.status,
    statusReason: connection.statusReason,
    products: [...connection.products],
    duplicateConnectionIds: [...view.duplicates],
    activeDuplicateConnectionId: view.activeDuplicate,
    lastSuccessAt: toInstantOrNull(connection.lastSuccessAt),
    freshness: freshnessOf(view.freshness),
    lastAttemptAt: toInstantOrNull(connection.lastAttemptAt),
    lastForcedAt: toInstantOrNull(connection.lastForcedAt),
    consecutiveFailures: connection.consecutiveFailures,
    stale: view.stale,
    nextBackgroundAt: toInstantOrNull(view.nextBackgroundAt),
    nextForcedAt: toInstantOrNull(view.nextForcedAt),
    consentExpiresAt: toInstantOrNull(connection.consentExpiresAt),
    openTaskId: view.openTaskId,
    operations: operationsOf(connection),
    createdAt: toInstant(connection.createdAt),
    updatedAt: toInstant(connection.updatedAt),
  };
};

export const statusChangeView = z
  .object({
    id: z.string(),
    event: z.string(),
    from: z.string().nullable(),
    fromReason: z.string().nullable(),
    to: z.string(),
    reason: z.string().nullable().meta({ description: 'Of the status that it led to.' }),
    cause: z.string(),
    at: instantView,
  })
  .meta({ id: 'StatusChange' });

export const toStatusChange = (change: StatusChange): z.infer<typeof statusChangeView> => ({
  id: change.id,
  event: change.event,
  from: change.fromStatus,
  fromReason: change.fromReason,
  to: change.toStatus,
  reason: change.toReason,
  cause: change.cause,
  at: toInstant(change.at),
});
