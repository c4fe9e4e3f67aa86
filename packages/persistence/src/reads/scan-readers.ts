import type { BudgetCounter, LedgerEntry, Pull, TenantId } from '@freshet/domain';
import type { GroupShape, ReadParams } from '@freshet/ports';
import { and, asc, eq, gt, sql, type Column, type SQL } from 'drizzle-orm';
import { living, pulls, tasks } from '../schema/conditions.js';
import { selecting } from '../statement.js';
import { all, recordColumns, value, type Reader, type Readers, type Schema } from './reader.js';

const groupShapes = ({ db, tables: { connection } }: Schema) =>
  all<ReadParams<'groupShapes'>, GroupShape>(
    selecting(
      db
        .select({
          tenantId: connection.tenantId,
          groupKey: connection.groupKey,
          living: sql<number>`count(*)`.mapWith(Number),
          active: sql<number>`sum(case when ${connection.active} then 1 else 0 end)`.mapWith(Number),
        })
        .from(connection)
        .where(
          and(
            eq(connection.tenantId, value('tenantId')),
            gt(connection.groupKey, value('after')),
            living.any(connection),
          ),
        )
        .groupBy(connection.tenantId, connection.groupKey)
        .orderBy(asc(connection.tenantId), asc(connection.groupKey))
        .limit(value('limit')),
    ),
  );

/** One row of the index, however many connections a tenant has. */
const tenantAfter = ({ db, tables: { connection } }: Schema): Reader<ReadParams<'tenantAfter'>, TenantId | null> => {
  const { tenantId } = connection;
  const later = gt(tenantId, value('after'));
  const statement = selecting(db.select({ tenantId }).from(connection).where(later).orderBy(asc(tenantId)).limit(1));
  return {
    statements: () => [statement],
    values: (params) => params,
    result: ([rows]) => (rows as readonly { readonly tenantId: TenantId }[])[0]?.tenantId ?? null,
  };
};

/** In an order of time, where several rows may have one. */
const behind = (time: Column, id: Column): SQL => sql`(${time}, ${id}) > (${value('at')}, ${value('after')})`;

const forcedPullsScan = ({ db, tables: { pull } }: Schema) =>
  all<ReadParams<'forcedPullsScan'>, Pull>(
    selecting(
      db
        .select()
        .from(pull)
        .where(and(eq(pull.tenantId, value('tenantId')), pulls.forced(pull), behind(pull.at, pull.id)))
        .orderBy(asc(pull.at), asc(pull.id))
        .limit(value('limit')),
    ),
  );

const budgetCountersScan = ({ db, tables: { budgetCounter: counter } }: Schema) =>
  all<ReadParams<'budgetCountersScan'>, BudgetCounter>(
    selecting(
      db
        .select()
        .from(counter)
        .where(and(eq(counter.tenantId, value('tenantId')), behind(counter.periodEnd, counter.id)))
        .orderBy(asc(counter.periodEnd), asc(counter.id))
        .limit(value('limit')),
    ),
  );

type Scans =
  | 'tenantAfter'
  | 'groupShapes'
  | 'openTasksScan'
  | 'ledgerScan'
  | 'connectionsScan'
  | 'decisionsScan'
  | 'budgetCountersScan'
  | 'forcedPullsScan';

/** A tenant's rows upwards by their ids. */
const afterId = (table: { readonly id: Column; readonly tenantId: Column }) =>
  and(eq(table.tenantId, value('tenantId')), gt(table.id, value('after')));

/** By connection, then id: where the next page begins. */
const ledgerScan = ({ db, tables: { ledgerEntry: entry } }: Schema) => {
  const tenants = eq(entry.tenantId, value('tenantId'));
  const behindRow = sql`(${entry.connectionId}, ${entry.id}) > (${value('connectionId')}, ${value('after')})`;
  return all<ReadParams<'ledgerScan'>, LedgerEntry>(
    selecting(
      db
        .select(recordColumns(entry))
        .from(entry)
        .where(and(tenants, behindRow))
        .orderBy(asc(entry.connectionId), asc(entry.id))
        .limit(value('limit')),
    ),
  );
};

/** What an audit walks through, upwards by key. */
export const scanReaders = (schema: Schema): Readers<Scans> => {
  const { db, tables } = schema;
  const { task, connection, decision } = tables;
  return {
    tenantAfter: tenantAfter(schema),
    groupShapes: groupShapes(schema),
    openTasksScan: all(
      selecting(
        db
          .select()
          .from(task)
          .where(and(eq(task.tenantId, value('tenantId')), gt(task.id, value('after')), tasks.open(task)))
          .orderBy(asc(task.id))
          .limit(value('limit')),
      ),
    ),
    ledgerScan: ledgerScan(schema),
    connectionsScan: all(
      selecting(
        db.select().from(connection).where(afterId(connection)).orderBy(asc(connection.id)).limit(value('limit')),
      ),
    ),
    decisionsScan: all(
      selecting(
        db
          .select(recordColumns(decision))
          .from(decision)
          .where(afterId(decision))
          .orderBy(asc(decision.id))
          .limit(value('limit')),
      ),
    ),
    budgetCountersScan: budgetCountersScan(schema),
    forcedPullsScan: forcedPullsScan(schema),
  };
};
