import type { BackgroundWatch, ConnectionId, Feed, FeedOutcome, FeedScope, TenantId } from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';
import { present } from './conditions.js';

export const backgroundWatchTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'background_watches',
    {
      id: text().$type<ConnectionId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connector: text().notNull(),
      provider: text().notNull(),
      institutionId: text().notNull(),
      expectedAt: integer().notNull(),
      dueAt: integer(),
      lookSince: integer(),
      misses: integer().notNull(),
      lateSince: integer(),
      staleSince: integer(),
    } satisfies Record<keyof BackgroundWatch, unknown>,
    (t) => [
      index('background_watches_due').on(t.dueAt, t.id).where(present(t.dueAt)),
      index('background_watches_look')
        .on(t.connector, t.provider, t.tenantId, t.lookSince, t.id)
        .where(present(t.lookSince)),
      index('background_watches_feed').on(t.tenantId, t.connector, t.provider, t.institutionId),
    ],
  );

export const feedTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'feeds',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connector: text().notNull(),
      provider: text().notNull(),
      scope: text().$type<FeedScope>().notNull(),
      scopeKey: text().notNull(),
      outcomes: json().$type<readonly FeedOutcome[]>().notNull(),
      needed: integer().notNull(),
      silentSince: integer(),
      endedAt: integer(),
      at: integer().notNull(),
    } satisfies Record<keyof Feed, unknown>,
    (t) => [
      index('feeds_silent').on(t.tenantId, t.id).where(present(t.silentSince)),
      index('feeds_silent_counts').on(t.connector, t.provider, t.scope).where(present(t.silentSince)),
    ],
  );
