import { DAY } from '@freshet/domain';
import type { Connection, LedgerEntry, Records, StatusChange } from '@freshet/domain';
import type { ConnectionWithHistory, MoneyOfDay, ReadParams, RefreshCount, Scan, Sifted } from '@freshet/ports';
import { and, asc, desc, eq, gt, gte, inArray, lte, ne, sql, type SQL } from 'drizzle-orm';
import { living, tasks } from '../schema/conditions.js';
import type { Tables } from '../schema/index.js';
import { selecting, type Statement } from '../statement.js';
import { all, recordColumns, value, type Reader, type Readers, type Schema } from './reader.js';

type Sifting = 'connection' | 'task';

interface Looked {
  readonly examined: number;
  readonly last: string | null;
}

const siftedOf = <Row>([looked, rows]: readonly (readonly unknown[])[]): Sifted<Row> => ({
  ...((looked as readonly Looked[])[0] as Looked),
  rows: rows as readonly Row[],
});

/** The tenant's next rows by id. */
const nextOf = ({ db, tables }: Schema, name: Sifting) => {
  const table: Pick<Tables[Sifting], 'id' | 'tenantId'> = tables[name];
  return db
    .select({ id: table.id })
    .from(tables[name] as Tables['task'])
    .where(and(eq(table.tenantId, value('tenantId')), gt(table.id, value('after'))))
    .orderBy(asc(table.id))
    .limit(value('limit'));
};

/** The rows of a page, up to its last one. */
const inPageOf = (schema: Schema, name: Sifting): SQL => {
  const table: Pick<Tables[Sifting], 'id' | 'tenantId'> = schema.tables[name];
  const next = nextOf(schema, name).as('next');
  const end = schema.db.select({ last: sql<string | null>`max(${next.id})` }).from(next);
  return and(eq(table.tenantId, value('tenantId')), gt(table.id, value('after')), sql`${table.id} <= (${end})`) as SQL;
};

/** Two statements a page: how far it reaches, by the index alone; and of its rows, those that are such. */
const sieve = <Name extends Sifting, Params extends Scan>(
  schema: Schema,
  name: Name,
  isSuch: SQL,
): Reader<Params, Sifted<Records[Name]>> => {
  const { db, tables } = schema;
  const table: Pick<Tables[Sifting], 'id' | 'tenantId'> = tables[name];
  const next = nextOf(schema, name).as('next');
  const examined = sql<number>`count(*)`.mapWith(Number);
  const last = sql<string | null>`max(${next.id})`;
  const rows = db
    .select()
    .from(tables[name] as Tables['task'])
    .where(and(inPageOf(schema, name), isSuch))
    .orderBy(asc(table.id));
  const statements: readonly Statement[] = [selecting(db.select({ examined, last }).from(next)), selecting(rows)];
  return {
    statements: () => statements,
    values: (params) => ({ ...(params as Scan) }),
    result: siftedOf<Records[Name]>,
  };
};

/**
 * Whether a task's entries are surely as they should be: of one pull in one currency, held at its price and, once it is known,
 * settled as the task says. Several attempts are looked at one by one.
 */
const againstLedger = ({ tables: { task, ledgerEntry: entry } }: Schema): SQL => {
  const cost = (part: 'micros' | 'currency'): SQL => sql`${task.cost} ->> ${sql.raw(`'${part}'`)}`;
  const isReserved = sql`e.kind = 'reserved'`;
  const ownOnly = sql`min(case when e.pull_id = ${task.pullId} and e.currency = ${cost('currency')} then 1 else 0 end) = 1`;
  const heldAtPrice = sql`sum(case when ${isReserved} then e.micros else 0 end) = cast(${cost('micros')} as bigint)`;
  const noneSettled = sql`min(case when ${isReserved} then 1 else 0 end) = 1`;
  const settledAsTold = sql`min(case when ${isReserved} or e.kind = ${task.charge} then 1 else 0 end) = 1`;
  const settledWhole = sql`sum(case when ${isReserved} then e.micros else -e.micros end) = 0 and sum(case when ${isReserved} then 1 else -1 end) = 0`;
  const isHeld = sql`${task.charge} = 'reserved'`;
  const isWell = sql`case
    when count(*) = 0 then ${task.cost} is null and (not ${isHeld} or ${tasks.open(task)})
    when ${isHeld} then ${tasks.open(task)} and ${noneSettled} and ${ownOnly} and ${heldAtPrice}
    else ${ownOnly} and ${heldAtPrice} and ${settledAsTold} and ${settledWhole} end`;
  return sql`not coalesce((select ${isWell} from ${entry} as e where e.task_id = ${task.id}), false)`;
};

/** Spelled so that no index of the tenant's is taken for the row's own. */
const sameTenant = (alias: string, tenantId: SQL): SQL => sql`${sql.raw(alias)}.tenant_id || '' = ${tenantId}`;

const astray = ({ tables: { ledgerEntry: entry, task, pull } }: Schema): SQL => {
  const ofTask = sql`exists (select 1 from ${task} as t where t.id = ${entry.taskId} and ${sameTenant('t', sql`${entry.tenantId}`)})`;
  const ofPull = sql`exists (select 1 from ${pull} as p where p.id = ${entry.pullId} and ${sameTenant('p', sql`${entry.tenantId}`)} and p.origin <> 'forced')`;
  return sql`not case when ${entry.taskId} is null then ${ofPull} else ${ofTask} end`;
};

/** A page of entries goes by their connection: its keys, and the condition of its rows. */
const entriesPage = ({ db, tables: { ledgerEntry: entry } }: Schema) => {
  const key = sql`(${entry.connectionId}, ${entry.id})`;
  const behind = and(
    eq(entry.tenantId, value('tenantId')),
    sql`${key} > (${value('connectionId')}, ${value('after')})`,
  );
  const keys = db
    .select({ connectionId: entry.connectionId, id: entry.id })
    .from(entry)
    .where(behind)
    .orderBy(asc(entry.connectionId), asc(entry.id))
    .limit(value('limit'));
  const next = keys.as('next');
  const end = db.select().from(next).orderBy(desc(next.connectionId), desc(next.id)).limit(1);
  return { keys, inPage: and(behind, sql`${key} <= (${end})`) };
};

const entriesAstray = (schema: Schema): Reader<ReadParams<'entriesAstray'>, Sifted<LedgerEntry>> => {
  const { ledgerEntry: entry } = schema.tables;
  const { keys, inPage } = entriesPage(schema);
  const rows = schema.db
    .select(recordColumns(entry))
    .from(entry)
    .where(and(inPage, astray(schema)))
    .orderBy(asc(entry.connectionId), asc(entry.id));
  const statements: readonly Statement[] = [selecting(keys), selecting(rows)];
  return {
    statements: () => statements,
    values: (params) => ({ ...params }),
    result: ([keysFound, found]) => {
      const looked = keysFound as readonly Pick<LedgerEntry, 'connectionId' | 'id'>[];
      const last = looked.at(-1);
      return {
        examined: looked.length,
        last: last === undefined ? null : `${last.connectionId} ${last.id}`,
        rows: found as readonly LedgerEntry[],
      };
    },
  };
};

const wasteful = ({ tables: { connection, task, pull } }: Schema): SQL => {
  const at = sql`coalesce(p.at, t.ended_at, t.queued_at)`;
  const freeIn = (groupKey: SQL): SQL => sql`exists (select 1 from ${pull} as b
    where b.tenant_id = ${connection.tenantId} and b.group_key = ${groupKey}
    and b.at > coalesce(p.sent_at, ${at}) and b.at <= ${at} + ${value('soonMs')}
    and b.origin = 'background' and b.state = 'succeeded' and b.task_id is null)`;
  return sql`exists (select 1 from ${task} as t left join ${pull} as p on p.id = t.pull_id
    where t.tenant_id = ${connection.tenantId} and t.connection_id = ${connection.id}
    and t.charge = 'charged' and t.queued_at >= ${value('since')} and (p.origin is null or p.origin <> 'background')
    and (not t.new_data or ${freeIn(sql`t.group_key`)}
      or (t.group_key <> ${connection.groupKey} and ${freeIn(sql`${connection.groupKey}`)})))`;
};

const besideOthers = ({ tables: { connection } }: Schema): SQL =>
  sql`${living.awaited(connection)} and exists (select 1 from ${connection} as o
    where o.tenant_id = ${connection.tenantId} and o.customer_id = ${connection.customerId} and o.id <> ${connection.id}
    and o.provider = ${connection.provider} and o.institution_id = ${connection.institutionId}
    and o.status not in ('IN_PROGRESS', 'EXPIRED', 'DELETED'))`;

const refreshCounts = (schema: Schema): Reader<ReadParams<'refreshCounts'>, readonly RefreshCount[]> => {
  const { task } = schema.tables;
  const { provider, state, newData } = task;
  return all(
    selecting(
      schema.db
        .select({ provider, state, newData, count: sql<number>`count(*)`.mapWith(Number) })
        .from(task)
        .where(and(inPageOf(schema, 'task'), gte(task.queuedAt, value('since'))))
        .groupBy(provider, state, newData)
        .orderBy(asc(provider), asc(state), sql`${newData} asc nulls first`),
    ),
  );
};

const DAY_MS = sql.raw(String(DAY));

const moneyOfDays = (schema: Schema): Reader<ReadParams<'moneyOfDays'>, readonly MoneyOfDay[]> => {
  const { ledgerEntry: entry } = schema.tables;
  const { provider, currency } = entry;
  const kind = sql<MoneyOfDay['kind']>`${entry.kind}`;
  const day = sql<number>`${entry.at} - ${entry.at} % ${DAY_MS}`.mapWith(Number);
  const isSettled = sql`exists (select 1 from ${entry} as s where s.pull_id = ${entry.pullId} and s.kind <> 'reserved')`;
  const isTold = sql`case ${entry.kind} when 'released' then false when 'reserved' then ${entry.taskId} is not null and not ${isSettled} else true end`;
  return all(
    selecting(
      schema.db
        .select({ provider, currency, kind, day, micros: sql<number>`sum(${entry.micros})`.mapWith(Number) })
        .from(entry)
        .where(and(entriesPage(schema).inPage, gte(entry.at, value('since')), ne(entry.micros, sql`0`), isTold))
        .groupBy(provider, currency, kind, day)
        .orderBy(asc(provider), asc(currency), kind, day),
    ),
  );
};

const histories = (
  connections: readonly Connection[],
  changes: readonly StatusChange[],
): readonly ConnectionWithHistory[] => {
  const byConnection = new Map<string, StatusChange[]>(connections.map(({ id }) => [id, []]));
  for (const change of changes) byConnection.get(change.connectionId)?.push(change);
  return connections.map((connection) => ({
    connection,
    changes: byConnection.get(connection.id) as readonly StatusChange[],
  }));
};

/** Two statements a page: the connections, and the newest changes of all of them. */
const historiesScan = (schema: Schema): Reader<ReadParams<'historiesScan'>, readonly ConnectionWithHistory[]> => {
  const { db, tables } = schema;
  const { connection, statusChange: change } = tables;
  const page = db
    .select()
    .from(connection)
    .where(and(eq(connection.tenantId, value('tenantId')), gt(connection.id, value('after'))))
    .orderBy(asc(connection.id))
    .limit(value('limit'));
  const newest = sql`coalesce((select o.id from ${change} as o
    where o.tenant_id = ${change.tenantId} and o.connection_id = ${change.connectionId}
    order by o.id desc limit 1 offset ${value('skipped')}), '')`;
  const changes = db
    .select()
    .from(change)
    .where(
      and(
        eq(change.tenantId, value('tenantId')),
        inArray(change.connectionId, nextOf(schema, 'connection')),
        sql`${change.id} >= ${newest}`,
      ),
    )
    .orderBy(desc(change.id));
  const statements: readonly Statement[] = [selecting(page), selecting(changes)];
  return {
    statements: () => statements,
    values: (params) => ({ ...params, skipped: params.mostChanges - 1 }),
    result: ([connections, theirs]) =>
      histories(connections as readonly Connection[], theirs as readonly StatusChange[]),
  };
};

type Sieves =
  | 'refreshCounts'
  | 'moneyOfDays'
  | 'tasksAgainstLedger'
  | 'entriesAstray'
  | 'wastefulConnections'
  | 'twinConnections'
  | 'consentsEndingBy'
  | 'historiesScan';

/** Scans that leave out what is surely well: an audit is handed the rest. */
export const sieveReaders = (schema: Schema): Readers<Sieves> => {
  const { connection } = schema.tables;
  const ending = and(lte(connection.consentExpiresAt, value('until')), sql`${connection.active}`) as SQL;
  return {
    tasksAgainstLedger: sieve(schema, 'task', againstLedger(schema)),
    refreshCounts: refreshCounts(schema),
    moneyOfDays: moneyOfDays(schema),
    entriesAstray: entriesAstray(schema),
    wastefulConnections: sieve(schema, 'connection', wasteful(schema)),
    twinConnections: sieve(schema, 'connection', besideOthers(schema)),
    consentsEndingBy: sieve(schema, 'connection', ending),
    historiesScan: historiesScan(schema),
  };
};
