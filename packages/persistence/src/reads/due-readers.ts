import type { Instant } from '@freshet/domain';
import {
  madeColumns,
  retainedNames,
  type DueTask,
  type OldRow,
  type ReadParams,
  type ReadResult,
  type RetainedName,
  type TaskLane,
} from '@freshet/ports';
import { and, asc, eq, getTableColumns, gt, isNull, lt, lte, or, sql } from 'drizzle-orm';
import { audits, living, present, tasks } from '../schema/conditions.js';
import { selecting, type Statement } from '../statement.js';
import { all, first, value, type Reader, type Readers, type Schema } from './reader.js';

const dueTaskColumns = ({ tenantId, id, connector, provider, dueAt }: Schema['tables']['task']) => ({
  ...{ tenantId, id, connector, provider },
  // Of what is due, the time is there.
  dueAt: sql<Instant>`${dueAt}`.mapWith(Number),
});

const isDue = (task: Schema['tables']['task']) =>
  and(
    tasks.open(task),
    lte(task.dueAt, value('now')),
    or(isNull(task.leaseUntil), lte(task.leaseUntil, value('realNow'))),
  );

const isInLane = (task: Schema['tables']['task']) =>
  and(
    eq(task.connector, value('connector')),
    eq(task.provider, value('provider')),
    eq(task.tenantId, value('tenantId')),
  );

const dueTasks = ({ db, tables: { task } }: Schema) =>
  all<ReadParams<'dueTasks'>, DueTask>(
    selecting(
      db
        .select(dueTaskColumns(task))
        .from(task)
        .where(isDue(task))
        .orderBy(asc(task.dueAt), asc(task.id))
        .limit(value('limit')),
    ),
  );

const dueTasksOfLane = ({ db, tables: { task } }: Schema) =>
  all<ReadParams<'dueTasksOfLane'>, DueTask>(
    selecting(
      db
        .select(dueTaskColumns(task))
        .from(task)
        .where(and(isInLane(task), isDue(task)))
        .orderBy(asc(task.dueAt), asc(task.id))
        .limit(value('limit')),
    ),
  );

/** One step over the index, however many tasks a lane has. */
const laneAfter = ({ db, tables: { task } }: Schema) => {
  const { connector, provider, tenantId } = task;
  const isLater = sql`(${connector}, ${provider}, ${tenantId}) > (${value('connector')}, ${value('provider')}, ${value('tenantId')})`;
  return first<ReadParams<'laneAfter'>, TaskLane>(
    selecting(
      db
        .select({ connector, provider, tenantId })
        .from(task)
        .where(and(tasks.open(task), isLater))
        .orderBy(asc(connector), asc(provider), asc(tenantId))
        .limit(1),
    ),
  );
};

/** The first of the two indexes' first rows; read as one, so that nothing falls between. */
const nextDueAt = ({ db, tables: { task, webhook } }: Schema): Reader<Record<string, never>, Instant | null> => {
  const firstTask = db
    .select({ dueAt: task.dueAt })
    .from(task)
    .where(and(tasks.open(task), present(task.dueAt)))
    .orderBy(asc(task.dueAt))
    .limit(1)
    .as('first_task');
  const firstWebhook = db
    .select({ dueAt: webhook.dueAt })
    .from(webhook)
    .where(present(webhook.dueAt))
    .orderBy(asc(webhook.dueAt))
    .limit(1)
    .as('first_webhook');
  const due = db
    .select({ dueAt: firstTask.dueAt })
    .from(firstTask)
    .unionAll(db.select({ dueAt: firstWebhook.dueAt }).from(firstWebhook))
    .as('due');
  const statement = selecting(db.select({ dueAt: sql<Instant | null>`min(${due.dueAt})`.mapWith(Number) }).from(due));
  return {
    statements: () => [statement],
    values: (params) => params,
    result: ([rows]) => (rows as readonly { readonly dueAt: Instant | null }[])[0]?.dueAt ?? null,
  };
};

const oldJobRuns = ({ db, tables: { jobRun } }: Schema) =>
  all<ReadParams<'oldJobRuns'>, Pick<typeof jobRun.$inferSelect, 'id'>>(
    selecting(
      db
        .select({ id: jobRun.id })
        .from(jobRun)
        .where(lt(jobRun.startedAt, value('before')))
        .orderBy(asc(jobRun.startedAt))
        .limit(value('limit')),
    ),
  );

/** By the key: no index by time is needed where ids are made upwards in it. */
const oldestRows = ({ db, tables }: Schema): Reader<ReadParams<'oldestRows'>, readonly OldRow[]> => {
  const statementOf = (record: RetainedName): Statement<OldRow> => {
    const table = tables[record] as Schema['tables']['decision'];
    const columns = getTableColumns(tables[record]) as unknown as Record<string, typeof table.decidedAt>;
    const fields = {
      id: table.id,
      tenantId: table.tenantId,
      connectionId: 'connectionId' in columns ? table.connectionId : sql<null>`null`,
      madeAt: columns[madeColumns[record]] as typeof table.decidedAt,
    };
    const query = db
      .select(fields)
      .from(table)
      .where(gt(table.id, value('after')));
    return selecting(query.orderBy(asc(table.id)).limit(value('limit')));
  };
  const statements = Object.fromEntries(retainedNames.map((record) => [record, [statementOf(record)]]));
  return {
    statements: ({ record }) => statements[record] as readonly Statement[],
    values: (params) => ({ ...params }),
    result: ([rows]) => rows as readonly OldRow[],
  };
};

const endingConsents = ({ db, tables: { connection } }: Schema) =>
  all(
    selecting(
      db
        .select({ tenantId: connection.tenantId, id: connection.id, endsAt: connection.consentExpiresAt })
        .from(connection)
        .where(
          and(
            living.consenting(connection),
            lte(connection.consentExpiresAt, value('until')),
            sql`(${connection.consentExpiresAt}, ${connection.id}) > (${value('afterAt')}, ${value('afterId')})`,
          ),
        )
        .orderBy(asc(connection.consentExpiresAt), asc(connection.id))
        .limit(value('limit')),
    ),
  ) as Reader<ReadParams<'endingConsents'>, ReadResult<'endingConsents'>>;

type Due =
  | 'oldJobRuns'
  | 'dueTasks'
  | 'dueTasksOfLane'
  | 'laneAfter'
  | 'nextDueAt'
  | 'deadLeases'
  | 'dueWebhooks'
  | 'abandonedConnects'
  | 'endingConsents'
  | 'queuedAudits'
  | 'oldestRows'
  | 'expiredIdempotency';

const dueTaskReaders = (schema: Schema): Readers<'dueTasks' | 'dueTasksOfLane' | 'laneAfter' | 'oldestRows'> => ({
  oldestRows: oldestRows(schema),
  dueTasks: dueTasks(schema),
  dueTasksOfLane: dueTasksOfLane(schema),
  laneAfter: laneAfter(schema),
});

/** What waits for a worker, of all tenants. */
export const dueReaders = (schema: Schema): Readers<Due> => {
  const { db, tables } = schema;
  const { connection, webhook, task, audit, idempotency } = tables;
  return {
    ...dueTaskReaders(schema),
    nextDueAt: nextDueAt(schema),
    deadLeases: all(
      selecting(
        db
          .select({ tenantId: task.tenantId, id: task.id })
          .from(task)
          .where(and(tasks.open(task), lte(task.leaseUntil, value('realNow'))))
          .orderBy(asc(task.leaseUntil))
          .limit(value('limit')),
      ),
    ),
    dueWebhooks: all(
      selecting(
        db
          .select({ tenantId: webhook.tenantId, id: webhook.id })
          .from(webhook)
          .where(and(present(webhook.dueAt), lte(webhook.dueAt, value('now'))))
          .orderBy(asc(webhook.dueAt), asc(webhook.id))
          .limit(value('limit')),
      ),
    ),
    abandonedConnects: all(
      selecting(
        db
          .select({ tenantId: connection.tenantId, id: connection.id })
          .from(connection)
          .where(and(living.connecting(connection), lt(connection.connectedAt, value('connectedBefore'))))
          .orderBy(asc(connection.connectedAt))
          .limit(value('limit')),
      ),
    ),
    endingConsents: endingConsents(schema),
    queuedAudits: all(
      selecting(
        db
          .select({ tenantId: audit.tenantId, id: audit.id })
          .from(audit)
          .where(audits.queued(audit))
          .orderBy(asc(audit.id))
          .limit(value('limit')),
      ),
    ),
    oldJobRuns: oldJobRuns(schema),
    expiredIdempotency: all(
      selecting(
        db
          .select({ id: idempotency.id })
          .from(idempotency)
          .where(lte(idempotency.expiresAt, value('now')))
          .orderBy(asc(idempotency.expiresAt))
          .limit(value('limit')),
      ),
    ),
  };
};
