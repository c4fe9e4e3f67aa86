import type { ConnectionsPage, DecisionsPage, FindingsPage, Page, ReadParams, TasksPage } from '@freshet/ports';
import { and, desc, eq, gte, lt, lte, sql, type Column, type SQL } from 'drizzle-orm';
import { living } from '../schema/conditions.js';
import { selecting, variants } from '../statement.js';
import { allOf, recordColumns, value, type Readers, type Schema } from './reader.js';

/** Pages that ask by the same filters share a statement. */
const filtersOf = (page: object): string =>
  Object.entries(page)
    .map(([name, asked]) => (asked === undefined || asked === null ? '' : name === 'duplicate' ? String(asked) : name))
    .join(' ');

/** `column = value`, where it is asked for. */
const asked = <Asked extends object>(page: Asked, name: keyof Asked & string, column: Column): SQL | undefined =>
  page[name] === undefined ? undefined : eq(column, value(name));

const onPage = (table: { readonly tenantId: Column; readonly id: Column }, page: Page): SQL | undefined =>
  and(eq(table.tenantId, value('tenantId')), page.before === null ? undefined : lt(table.id, value('before')));

/** Living, and not the only living one of its group. */
const hasTwin = ({ tables: { connection } }: Schema): SQL =>
  sql`${living.any(connection)} and exists (select 1 from ${connection} as twin where twin.tenant_id = ${connection.tenantId} and twin.group_key = ${connection.groupKey} and twin.id <> ${connection.id} and twin.status <> 'DELETED')`;

const connectionsStatement = (schema: Schema, page: ConnectionsPage) => {
  const { connection } = schema.tables;
  return selecting(
    schema.db
      .select()
      .from(connection)
      .where(
        and(
          onPage(connection, page),
          asked(page, 'customerId', connection.customerId),
          asked(page, 'provider', connection.provider),
          asked(page, 'status', connection.status),
          page.staleAt === undefined
            ? undefined
            : and(lte(connection.staleAt, value('staleAt')), living.awaited(connection), sql`${connection.active}`),
          page.duplicate === undefined ? undefined : hasTwin(schema),
          page.duplicate === 'active' ? sql`${connection.active}` : undefined,
          page.duplicate === 'inactive' ? sql`not ${connection.active}` : undefined,
        ),
      )
      .orderBy(desc(connection.id))
      .limit(value('limit')),
  );
};

const decisionsStatement = ({ db, tables: { decision } }: Schema, page: DecisionsPage) =>
  selecting(
    db
      .select(recordColumns(decision))
      .from(decision)
      .where(
        and(
          onPage(decision, page),
          asked(page, 'connectionId', decision.connectionId),
          asked(page, 'verdict', decision.verdict),
          page.from === undefined ? undefined : gte(decision.decidedAt, value('from')),
          page.to === undefined ? undefined : lt(decision.decidedAt, value('to')),
        ),
      )
      .orderBy(desc(decision.id))
      .limit(value('limit')),
  );

const tasksStatement = ({ db, tables: { task } }: Schema, page: TasksPage) =>
  selecting(
    db
      .select()
      .from(task)
      .where(
        and(
          onPage(task, page),
          asked(page, 'connectionId', task.connectionId),
          asked(page, 'state', task.state),
          asked(page, 'executor', task.executor),
        ),
      )
      .orderBy(desc(task.id))
      .limit(value('limit')),
  );

const findingsStatement = ({ db, tables: { finding } }: Schema, page: FindingsPage) =>
  selecting(
    db
      .select()
      .from(finding)
      .where(
        and(
          onPage(finding, page),
          eq(finding.auditId, value('auditId')),
          asked(page, 'check', finding.check),
          asked(page, 'severity', finding.severity),
        ),
      )
      .orderBy(desc(finding.id))
      .limit(value('limit')),
  );

/** Not the tenant's index for the later one: its own key finds it in one step. */
const goneFindingsStatement = ({ db, tables: { finding } }: Schema, page: Page) =>
  selecting(
    db
      .select()
      .from(finding)
      .where(
        and(
          onPage(finding, page),
          eq(finding.auditId, value('auditId')),
          sql`not exists (select 1 from ${finding} as later where later.audit_id = ${value('laterId')} and later."check" = ${finding.check} and later.key = ${finding.key} and later.tenant_id || '' = ${finding.tenantId})`,
        ),
      )
      .orderBy(desc(finding.id))
      .limit(value('limit')),
  );

const historyStatement = ({ db, tables: { statusChange } }: Schema, page: ReadParams<'historyPage'>) =>
  selecting(
    db
      .select()
      .from(statusChange)
      .where(and(onPage(statusChange, page), eq(statusChange.connectionId, value('connectionId'))))
      .orderBy(desc(statusChange.id))
      .limit(value('limit')),
  );

const auditsStatement = ({ db, tables: { audit } }: Schema, page: Page) =>
  selecting(db.select().from(audit).where(onPage(audit, page)).orderBy(desc(audit.id)).limit(value('limit')));

const jobRunsStatement = ({ db, tables: { jobRun } }: Schema, { before }: ReadParams<'jobRunsPage'>) =>
  selecting(
    db
      .select()
      .from(jobRun)
      .where(and(eq(jobRun.job, value('job')), before === null ? undefined : lt(jobRun.id, value('before'))))
      .orderBy(desc(jobRun.id))
      .limit(value('limit')),
  );

type Pages =
  | 'jobRunsPage'
  | 'connectionsPage'
  | 'decisionsPage'
  | 'tasksPage'
  | 'findingsPage'
  | 'goneFindingsPage'
  | 'historyPage'
  | 'auditsPage';

/** Lists, the newest first, by what is asked of them. */
export const pageReaders = (schema: Schema): Readers<Pages> => ({
  connectionsPage: allOf({
    statement: variants(filtersOf, (page: ConnectionsPage) => connectionsStatement(schema, page)),
  }),
  decisionsPage: allOf({ statement: variants(filtersOf, (page: DecisionsPage) => decisionsStatement(schema, page)) }),
  tasksPage: allOf({ statement: variants(filtersOf, (page: TasksPage) => tasksStatement(schema, page)) }),
  findingsPage: allOf({ statement: variants(filtersOf, (page: FindingsPage) => findingsStatement(schema, page)) }),
  goneFindingsPage: allOf({
    statement: variants(filtersOf, (page: ReadParams<'goneFindingsPage'>) => goneFindingsStatement(schema, page)),
  }),
  historyPage: allOf({
    statement: variants(filtersOf, (page: ReadParams<'historyPage'>) => historyStatement(schema, page)),
  }),
  jobRunsPage: allOf({
    statement: variants(filtersOf, (page: ReadParams<'jobRunsPage'>) => jobRunsStatement(schema, page)),
  }),
  auditsPage: allOf({ statement: variants(filtersOf, (page: Page) => auditsStatement(schema, page)) }),
});
