import type { ChainName, ConnectionId, TenantId } from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';

/** What the store itself keeps with each row of a chain, behind the record's own columns. */
export const linkColumns = ({ text, integer }: Pick<ColumnKit, 'text' | 'integer'>) => ({
  sequence: integer().notNull(),
  previous: text().notNull(),
  link: text().notNull(),
});

/** One row a connection, updated in place. */
export const chainHeadTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'chain_heads',
    {
      id: text().$type<ConnectionId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      decisionSequence: integer().notNull(),
      decisionLink: text().notNull(),
      ledgerEntrySequence: integer().notNull(),
      ledgerEntryLink: text().notNull(),
    },
    (t) => [index('chain_heads_scan').on(t.tenantId, t.id)],
  );

/** One row for each chain that was pruned; `id` is made of both. */
export const chainCheckpointTable = ({ table, index, text, integer }: ColumnKit) =>
  table(
    'chain_checkpoints',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connectionId: text().$type<ConnectionId>().notNull(),
      chain: text().$type<ChainName>().notNull(),
      sequence: integer().notNull(),
      link: text().notNull(),
      madeAt: integer().notNull(),
      seal: text().notNull(),
    },
    (t) => [index('chain_checkpoints_scan').on(t.tenantId, t.chain, t.connectionId)],
  );

/** Written by the store alone: no effect names them. */
export const defineChainTables = (kit: ColumnKit) => ({
  chainHead: chainHeadTable(kit),
  chainCheckpoint: chainCheckpointTable(kit),
});

export type ChainTables = ReturnType<typeof defineChainTables>;
