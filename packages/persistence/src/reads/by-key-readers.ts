import type { Breaker } from '@freshet/domain';
import type { ReadParams } from '@freshet/ports';
import { and, asc, desc, eq, inArray, or, sql, type Column, type SQL } from 'drizzle-orm';
import { living, tasks as taskIs } from '../schema/conditions.js';
import { selecting } from '../statement.js';
import { all, first, sortedById, value, type Readers, type Schema } from './reader.js';

const inTenant = (table: { readonly tenantId: Column; readonly id: Column }): SQL | undefined =>
  and(eq(table.id, value('id')), eq(table.tenantId, value('tenantId')));

type ByConnection = 'connection' | 'group' | 'groupByKey' | 'connectionByExternalId';

/** A connection and what is the same provider connection. */
export const connectionReaders = ({ db, tables: { connection } }: Schema): Readers<ByConnection> => {
  const groupOfId = db.select({ groupKey: connection.groupKey }).from(connection).where(inTenant(connection));
  return {
    connection: first(selecting(db.select().from(connection).where(inTenant(connection)))),
    group: all(
      selecting(
        db
          .select()
          .from(connection)
          .where(
            and(
              eq(connection.tenantId, value('tenantId')),
              eq(connection.groupKey, groupOfId),
              or(living.any(connection), eq(connection.id, value('id'))),
            ),
          )
          .orderBy(asc(connection.id)),
      ),
    ),
    groupByKey: all(
      selecting(
        db
          .select()
          .from(connection)
          .where(
            and(
              eq(connection.tenantId, value('tenantId')),
              eq(connection.groupKey, value('groupKey')),
              living.any(connection),
            ),
          )
          .orderBy(asc(connection.id)),
      ),
    ),
    connectionByExternalId: first(
      selecting(
        db
          .select()
          .from(connection)
          .where(
            and(
              eq(connection.tenantId, value('tenantId')),
              eq(connection.connector, value('connector')),
              eq(connection.externalId, value('externalId')),
            ),
          ),
      ),
    ),
  };
};

const closures = ({ db, tables: { closure } }: Schema) =>
  sortedById(
    selecting(
      db
        .select()
        .from(closure)
        .where(
          and(
            eq(closure.tenantId, value('tenantId')),
            eq(closure.provider, value('provider')),
            inArray(closure.scopeKey, ['', value('institutionId'), value('groupKey'), value('connectionId')]),
            or(eq(closure.connector, value('connector')), sql`${closure.connector} = '*'`),
            // The keys of two scopes may be equal.
            or(
              sql`${closure.scope} = 'provider' and ${closure.scopeKey} = ''`,
              sql`${closure.scope} = 'institution' and ${closure.scopeKey} = ${value('institutionId')}`,
              sql`${closure.scope} = 'group' and ${closure.scopeKey} = ${value('groupKey')}`,
              sql`${closure.scope} = 'connection' and ${closure.scopeKey} = ${value('connectionId')}`,
            ),
          ),
        ),
    ),
  );

const breakerById = ({ db, tables: { breaker } }: Schema) =>
  first<ReadParams<'breaker'>, Breaker>(
    selecting(
      db
        .select()
        .from(breaker)
        .where(eq(breaker.id, value('id'))),
    ),
  );

type ByTask =
  'breaker' | 'task' | 'openTask' | 'taskByProviderTask' | 'pull' | 'decision' | 'closures' | 'closuresOfTenant';

/** A task, the pull that it makes, and what is closed to it. */
export const taskReaders = (schema: Schema): Readers<ByTask> => {
  const { db, tables } = schema;
  const { task, pull, closure, decision } = tables;
  return {
    task: first(selecting(db.select().from(task).where(inTenant(task)))),
    openTask: first(
      selecting(
        db
          .select()
          .from(task)
          .where(and(eq(task.tenantId, value('tenantId')), eq(task.groupKey, value('groupKey')), taskIs.open(task))),
      ),
    ),
    taskByProviderTask: first(
      selecting(
        db
          .select()
          .from(task)
          .where(
            and(
              eq(task.tenantId, value('tenantId')),
              eq(task.connector, value('connector')),
              eq(task.providerTaskId, value('providerTaskId')),
            ),
          )
          .orderBy(desc(task.id))
          .limit(1),
      ),
    ),
    pull: first(selecting(db.select().from(pull).where(inTenant(pull)))),
    decision: first(selecting(db.select().from(decision).where(inTenant(decision)))),
    closures: closures(schema),
    breaker: breakerById(schema),
    closuresOfTenant: all(
      selecting(
        db
          .select()
          .from(closure)
          .where(and(eq(closure.tenantId, value('tenantId')), eq(closure.scope, value('scope'))))
          .orderBy(asc(closure.id)),
      ),
    ),
  };
};

type ByOneKey = 'idempotency' | 'webhook' | 'webhookByKey' | 'audit' | 'policyArchive' | 'apiKeyByHash' | 'setting';

/** What is kept beside: each by its one key. */
export const operationReaders = ({ db, tables }: Schema): Readers<ByOneKey> => {
  const { idempotency, webhook, audit, policyArchive, apiKey, setting } = tables;
  return {
    idempotency: first(
      selecting(
        db
          .select()
          .from(idempotency)
          .where(eq(idempotency.id, value('id'))),
      ),
    ),
    webhook: first(selecting(db.select().from(webhook).where(inTenant(webhook)))),
    webhookByKey: first(
      selecting(
        db
          .select()
          .from(webhook)
          .where(
            and(
              eq(webhook.tenantId, value('tenantId')),
              eq(webhook.connector, value('connector')),
              eq(webhook.eventKey, value('eventKey')),
            ),
          ),
      ),
    ),
    audit: first(selecting(db.select().from(audit).where(inTenant(audit)))),
    policyArchive: first(
      selecting(
        db
          .select()
          .from(policyArchive)
          .where(eq(policyArchive.id, value('id'))),
      ),
    ),
    apiKeyByHash: first(
      selecting(
        db
          .select()
          .from(apiKey)
          .where(eq(apiKey.hash, value('hash'))),
      ),
    ),
    setting: first(
      selecting(
        db
          .select()
          .from(setting)
          .where(eq(setting.id, value('id'))),
      ),
    ),
  };
};
