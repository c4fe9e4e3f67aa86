import type { Connection, ConnectionId, Freshness, Product, TenantId } from '@freshet/domain';
import { living, present } from './conditions.js';
import type { ColumnKit } from '../sqlite/columns.js';

export const connectionTable = ({ table, index, uniqueIndex, text, integer, flag, json }: ColumnKit) =>
  table(
    'connections',
    {
      id: text().$type<ConnectionId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      externalId: text().notNull(),
      connector: text().notNull(),
      provider: text().notNull(),
      customerId: text().notNull(),
      institutionId: text().notNull(),
      providerConnectionId: text(),
      loginFingerprint: text(),
      groupKey: text().notNull(),
      active: flag().notNull(),
      status: text().notNull(),
      statusReason: text(),
      statusToldAt: integer(),
      products: json().$type<readonly Product[]>().notNull(),
      optionalProducts: json().$type<readonly Product[]>().notNull(),
      freshness: json().$type<Freshness>().notNull(),
      lastSuccessAt: integer(),
      lastAttemptAt: integer(),
      lastForcedAt: integer(),
      lastBackgroundAt: integer(),
      staleAt: integer(),
      consecutiveFailures: integer().notNull(),
      historicalLoaded: flag().notNull(),
      consentExpiresAt: integer(),
      connectedAt: integer().notNull(),
      credentials: text(),
      createdAt: integer().notNull(),
      updatedAt: integer().notNull(),
    } satisfies Record<keyof Connection, unknown>,
    (t) => [
      uniqueIndex('connections_identity').on(t.tenantId, t.connector, t.externalId),
      uniqueIndex('connections_one_active').on(t.tenantId, t.groupKey).where(living.active(t)),
      index('connections_group').on(t.tenantId, t.groupKey, t.id),
      index('connections_living').on(t.tenantId, t.groupKey, t.id, t.active).where(living.any(t)),
      // The columns behind the id let a page's filters pass over rows without reading them.
      index('connections_page').on(t.tenantId, t.id, t.status, t.provider, t.staleAt),
      index('connections_customer').on(t.tenantId, t.customerId, t.id),
      index('connections_provider_id')
        .on(t.providerConnectionId, t.tenantId, t.connector, t.id)
        .where(present(t.providerConnectionId)),
      index('connections_consent').on(t.consentExpiresAt, t.id).where(living.consenting(t)),
      index('connections_connecting').on(t.connectedAt).where(living.connecting(t)),
    ],
  );

export const statusChangeTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'status_changes',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connectionId: text().$type<ConnectionId>().notNull(),
      event: text().notNull(),
      fromStatus: text(),
      fromReason: text(),
      toStatus: text().notNull(),
      toReason: text(),
      cause: text().notNull(),
      at: integer().notNull(),
    },
    (t) => [index('status_changes_connection').on(t.tenantId, t.connectionId, t.id)],
  );
