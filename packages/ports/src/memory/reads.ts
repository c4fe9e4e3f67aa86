import type { Closure, Connection, Instant, Records, Task } from '@freshet/domain';
import { madeColumns, type RetainedName } from '../due-reads.js';
import type { ReadName, ReadParams, ReadResult } from '../reads.js';
import { nextLane } from './lanes.js';
import { heldTotals, ledgerTotals, spend, unaskedMoney } from './money-reads.js';
import { ownPullReads } from './own-pull-reads.js';
import { chainReads } from './chain-reads.js';
import { listReads } from './page-reads.js';
import { sieveReads } from './sieve-reads.js';
import { ALL, countWhile, keyOf, type Index, type Table } from './table.js';
import { isLiving, type Kept } from './tables.js';
import { watchReads } from './watch-reads.js';
import { countedPulls, latestPull, pullsBetween, usage } from './usage-reads.js';

export type MemoryReads = { readonly [Name in ReadName]: (params: ReadParams<Name>) => ReadResult<Name> };

interface OfTenant {
  readonly id: string;
  readonly tenantId: string;
}

/** Another tenant's row is not there. */
const inTenant =
  <Row extends OfTenant>(table: Table<Row>) =>
  ({ tenantId, id }: { readonly tenantId: string; readonly id: string }): Row | null => {
    const row = table.get(id);
    return row?.tenantId === tenantId ? row : null;
  };

const group = ({ tables, connection }: Kept, asked: ReadParams<'group'>): readonly Connection[] => {
  const found = inTenant(tables.connection)(asked);
  if (found === null) return [];
  return connection.ofGroup
    .of(keyOf(found.tenantId, found.groupKey))
    .filter((row) => isLiving(row) || row.id === asked.id);
};

const isAbout = (closure: Closure, asked: ReadParams<'closures'>): boolean => {
  const keys = {
    provider: '',
    institution: asked.institutionId,
    group: asked.groupKey,
    connection: asked.connectionId,
  };
  return (
    closure.provider === asked.provider &&
    (closure.connector === asked.connector || closure.connector === '*') &&
    closure.scopeKey === keys[closure.scope]
  );
};

/** The first `limit` rows of an index over everything that are such, reduced to what names them. */
const waiting = <Row extends OfTenant>(
  index: Index<Row>,
  limit: number,
  isWaiting: (row: Row) => boolean,
): readonly { readonly tenantId: Row['tenantId']; readonly id: Row['id'] }[] => {
  const rows = index.of(ALL);
  return rows
    .slice(0, countWhile(rows, isWaiting))
    .slice(0, limit)
    .map(({ tenantId, id }) => ({ tenantId, id }));
};

type Now = Pick<ReadParams<'dueTasks'>, 'now' | 'realNow' | 'limit'>;

/** Of tasks in the order in which they fall due. */
const dueOf = (tasks: readonly Task[], { now, realNow, limit }: Now): ReadResult<'dueTasks'> =>
  tasks
    .slice(
      0,
      countWhile(tasks, (row) => (row.dueAt as Instant) <= now),
    )
    .filter(({ leaseUntil }) => leaseUntil === null || leaseUntil <= realNow)
    .slice(0, limit)
    .map(({ tenantId, id, connector, provider, dueAt }) => ({
      ...{ tenantId, id, connector, provider },
      dueAt: dueAt as Instant,
    }));

const nextDueAt = ({ task, other }: Kept): Instant | null => {
  const first = [task.due.of(ALL)[0]?.dueAt ?? null, other.dueWebhooks.of(ALL)[0]?.dueAt ?? null];
  const due = first.filter((at) => at !== null);
  return due.length === 0 ? null : Math.min(...due);
};

const isIn =
  (at: Instant) =>
  ({ periodStart, periodEnd }: { readonly periodStart: Instant; readonly periodEnd: Instant }): boolean =>
    periodStart <= at && at < periodEnd;

/** Looked for among all: a store in memory is never large. */
const oldestRows = ({ tables }: Kept, { record, after, limit }: ReadParams<'oldestRows'>): ReadResult<'oldestRows'> => {
  const rows = [...(tables[record].all() as Iterable<Records[RetainedName]>)].filter(({ id }) => id > after);
  return rows
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, limit)
    .map((row) => ({
      ...{ id: row.id, tenantId: row.tenantId, connectionId: 'connectionId' in row ? row.connectionId : null },
      madeAt: (row as unknown as Readonly<Record<string, Instant>>)[madeColumns[record]] as Instant,
    }));
};

const byKeyReads = (kept: Kept) => {
  const { tables, connection, task, other } = kept;
  return {
    connection: inTenant(tables.connection),
    tenantAfter: ({ after }) => {
      const rows = connection.byTenant.of(ALL);
      return rows[countWhile(rows, (row) => row.tenantId <= after)]?.tenantId ?? null;
    },
    group: (asked) => group(kept, asked),
    groupByKey: ({ tenantId, groupKey }) => connection.ofGroup.of(keyOf(tenantId, groupKey)).filter(isLiving),
    connectionByExternalId: ({ tenantId, connector, externalId }) =>
      tables.connection.holding('connections_identity', keyOf(tenantId, connector, externalId)),
    connectionsByProviderId: ({ tenantId, connector, providerConnectionId, limit }) =>
      connection.ofProviderId
        .of(keyOf(tenantId, providerConnectionId))
        .filter((row) => row.connector === connector)
        .slice(0, limit),
    task: inTenant(tables.task),
    openTask: ({ tenantId, groupKey }) => task.openOfGroup.of(keyOf(tenantId, groupKey))[0] ?? null,
    taskByProviderTask: ({ tenantId, connector, providerTaskId }) =>
      task.ofProviderTask.of(keyOf(tenantId, connector, providerTaskId)).at(-1) ?? null,
    pull: inTenant(tables.pull),
    decision: inTenant(tables.decision),
    requestCount: ({ tenantId, connectionId, since, take }) =>
      other.decisionsOfConnection
        .of(keyOf(tenantId, connectionId))
        .slice(-take)
        .filter((row) => row.decidedAt > since).length,
    connectionRates: ({ id }) => tables.connectionRates.get(id),
    limitDemand: ({ id }) => tables.limitDemand.get(id),
    postingProfile: ({ id }) => tables.postingProfile.get(id),
    closures: (asked) => other.closuresOfTenant.of(asked.tenantId).filter((closure) => isAbout(closure, asked)),
    closuresOfTenant: ({ tenantId, scope }) =>
      other.closuresOfTenant.of(tenantId).filter((closure) => closure.scope === scope),
    breaker: ({ id }) => tables.breaker.get(id),
    budgetCounters: ({ tenantId, at }) => other.countersOfTenant.of(tenantId).filter(isIn(at)),
    budgetAlerts: ({ tenantId, at }) => other.alertsOfTenant.of(tenantId).filter(isIn(at)),
    ledgerOfTask: ({ tenantId, taskId }) =>
      other.ledgerOfTask.of(taskId).filter((entry) => entry.tenantId === tenantId),
    oldestMoney: ({ tenantId }) => other.ledgerOfTenant.of(tenantId)[0]?.at ?? null,
    ledgerOfPull: ({ tenantId, pullId }) => [...other.ledgerOfPull.of(keyOf(tenantId, pullId))],
    pullPlan: inTenant(tables.pullPlan),
    keptSweep: ({ tenantId }) => tables.keptSweep.get(tenantId),
    tokenRenewal: inTenant(tables.tokenRenewal),
    backgroundWatch: inTenant(tables.backgroundWatch),
    feed: ({ id }) => tables.feed.get(id),
    statusLook: inTenant(tables.statusLook),
    idempotency: ({ id }) => tables.idempotency.get(id),
    webhook: inTenant(tables.webhook),
    webhookByKey: ({ tenantId, connector, eventKey }) =>
      tables.webhook.holding('webhooks_event', keyOf(tenantId, connector, eventKey)),
    policyArchive: ({ id }) => tables.policyArchive.get(id),
    apiKeyByHash: ({ hash }) => tables.apiKey.holding('api_keys_hash', hash),
    setting: ({ id }) => tables.setting.get(id),
  } satisfies Partial<MemoryReads>;
};

/** Audits, what they found, and the invoices that they compare with. */
const auditReads = ({ tables, other }: Kept) =>
  ({
    audit: inTenant(tables.audit),
    auditFigures: inTenant(tables.auditFigures),
    doneAuditBefore: ({ tenantId, id, trigger }) =>
      other.doneAudits.of(keyOf(tenantId, trigger)).findLast((run) => run.id < id) ?? null,
    findingByKey: ({ tenantId, auditId, check, key }) =>
      other.findingsByKey.of(keyOf(tenantId, auditId, check, key))[0] ?? null,
    finding: inTenant(tables.finding),
    invoice: inTenant(tables.invoice),
    invoiceByHash: ({ tenantId, hash }) => tables.invoice.holding('invoices_file', keyOf(tenantId, hash)),
    invoiceLines: ({ tenantId, invoiceId, unit, limit }) =>
      other.linesOfUnit.of(keyOf(tenantId, invoiceId, unit)).slice(0, limit),
    ledgerOfConnection: ({ tenantId, connectionId, from, until, limit }) =>
      other.ledgerOfConnection
        .of(keyOf(tenantId, connectionId))
        .filter(({ at }) => from <= at && at < until)
        .slice(0, limit),
  }) satisfies Partial<MemoryReads>;

const dueReads = (kept: Kept) => {
  const { connection, task, other } = kept;
  return {
    dueTasks: (asked) => dueOf(task.due.of(ALL), asked),
    dueTasksOfLane: (asked) => dueOf(task.dueInLane.of(keyOf(asked.connector, asked.provider, asked.tenantId)), asked),
    laneAfter: (asked) => nextLane(task.lanes, asked),
    nextDueAt: () => nextDueAt(kept),
    deadLeases: ({ realNow, limit }) => waiting(task.leased, limit, (row) => (row.leaseUntil as Instant) <= realNow),
    ...watchReads(kept),
    ...ownPullReads(kept),
    dueStatusLooks: ({ now, limit }) => waiting(other.dueStatusLooks, limit, (row) => row.dueAt <= now),
    dueWebhooks: ({ now, limit }) => waiting(other.dueWebhooks, limit, (row) => (row.dueAt as Instant) <= now),
    abandonedConnects: ({ connectedBefore, limit }) =>
      waiting(connection.connecting, limit, (row) => row.connectedAt < connectedBefore),
    endingConsents: ({ until, afterAt, afterId, limit }) =>
      connection.consenting
        .of(ALL)
        .map(({ tenantId, id, consentExpiresAt }) => ({ tenantId, id, endsAt: consentExpiresAt as Instant }))
        .filter(({ id, endsAt }) => endsAt <= until && (endsAt > afterAt || (endsAt === afterAt && id > afterId)))
        .slice(0, limit),
    queuedAudits: ({ limit }) => waiting(other.queuedAudits, limit, () => true),
    oldJobRuns: ({ before, limit }) => {
      const runs = other.runsByStart.of(ALL);
      const old = countWhile(runs, (row) => row.startedAt < before);
      return runs.slice(0, Math.min(old, limit)).map(({ id }) => ({ id }));
    },
    oldestRows: (asked) => oldestRows(kept, asked),
    expiredIdempotency: ({ now, limit }) =>
      waiting(other.expiring, limit, (row) => row.expiresAt <= now).map(({ id }) => ({ id })),
  } satisfies Partial<MemoryReads>;
};

/** Every read, answered from the tables in memory. */
export const createReads = (kept: Kept): MemoryReads => ({
  ...byKeyReads(kept),
  ...auditReads(kept),
  ...dueReads(kept),
  ...listReads(kept),
  ...chainReads(kept),
  ...sieveReads(kept),
  usage: (query) => usage(kept, query),
  latestPull: (query) => latestPull(kept, query),
  countedPulls: (query) => countedPulls(kept, query),
  pullsBetween: (asked) => pullsBetween(kept, asked),
  ledgerTotals: (asked) => ledgerTotals(kept, asked),
  heldTotals: (asked) => heldTotals(kept, asked),
  unaskedMoney: (asked) => unaskedMoney(kept, asked),
  spend: (asked) => spend(kept, asked),
});
