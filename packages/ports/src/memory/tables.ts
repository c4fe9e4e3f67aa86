import { isOpen, type Connection, type Pull, type RecordName, type Records, type Task } from '@freshet/domain';
import type { TaskLane } from '../due-reads.js';
import type { UsageScope } from '../usage.js';
import { createChains } from './chains.js';
import { ALL, createIndex, createTable, keyOf, type Index, type KeyOf, type Table } from './table.js';

export const isLiving = ({ status }: Connection): boolean => status !== 'DELETED';

const works: ReadonlySet<string> = new Set(['ACTIVE', 'PARTIALLY_ACTIVE', 'DEGRADED', 'UNDETERMINED']);

/** It has a consent whose end would change something. */
const isConsenting = ({ active, status, consentExpiresAt }: Connection): boolean =>
  consentExpiresAt !== null && active && works.has(status);

const connectionIndexes = () => ({
  consenting: createIndex(
    (row: Connection) => (isConsenting(row) ? ALL : null),
    (row) => row.consentExpiresAt as number,
  ),
  ofTenant: createIndex<Connection>((row) => row.tenantId),
  byTenant: createIndex(
    () => ALL,
    (row: Connection) => row.tenantId,
  ),
  livingByGroup: createIndex(
    (row: Connection) => (isLiving(row) ? row.tenantId : null),
    (row) => row.groupKey,
  ),
  ofGroup: createIndex<Connection>((row) => keyOf(row.tenantId, row.groupKey)),
  ofProviderId: createIndex<Connection>((row) =>
    row.providerConnectionId === null ? null : keyOf(row.tenantId, row.providerConnectionId),
  ),
  connecting: createIndex(
    (row: Connection) => (row.status === 'IN_PROGRESS' ? ALL : null),
    (row) => row.connectedAt,
  ),
});

/** Lanes go by connector, then provider, then tenant. */
export const rankOfLane = ({ connector, provider, tenantId }: TaskLane): string =>
  [connector, provider, tenantId].join('\u0000');

const taskIndexes = () => ({
  ofTenant: createIndex<Task>((row) => row.tenantId),
  openOfTenant: createIndex<Task>((row) => (isOpen(row.state) ? row.tenantId : null)),
  openOfGroup: createIndex<Task>((row) => (isOpen(row.state) ? keyOf(row.tenantId, row.groupKey) : null)),
  ofProviderTask: createIndex<Task>((row) =>
    row.providerTaskId === null ? null : keyOf(row.tenantId, row.connector, row.providerTaskId),
  ),
  due: createIndex(
    (row: Task) => (isOpen(row.state) && row.dueAt !== null ? ALL : null),
    (row) => row.dueAt as number,
  ),
  dueInLane: createIndex(
    (row: Task) => (isOpen(row.state) && row.dueAt !== null ? keyOf(row.connector, row.provider, row.tenantId) : null),
    (row) => row.dueAt as number,
  ),
  lanes: createIndex((row: Task) => (isOpen(row.state) ? ALL : null), rankOfLane),
  leased: createIndex(
    (row: Task) => (isOpen(row.state) && row.leaseUntil !== null ? ALL : null),
    (row) => row.leaseUntil as number,
  ),
});

type Scoped<Kind> = Omit<Extract<UsageScope, { kind: Kind }>, 'kind'>;

/** The key of a pull in one kind of scope; a query's scope has the same fields. */
const scopeKeys: { readonly [Kind in UsageScope['kind']]: (row: Scoped<Kind>) => string } = {
  connection: (row) => keyOf('connection', row.groupKey, row.connectionId),
  group: (row) => keyOf('group', row.groupKey),
  'customer-institution': (row) => keyOf('customer-institution', row.provider, row.customerId, row.institutionId),
  customer: (row) => keyOf('customer', row.provider, row.customerId),
  institution: (row) => keyOf('institution', row.provider, row.institutionId),
  account: (row) => keyOf('account', row.connector, row.provider),
};

export const keyOfScope = (scope: UsageScope): string => (scopeKeys[scope.kind] as (row: UsageScope) => string)(scope);

const pullIndexes = () => {
  const byTime = (key: KeyOf<Pull>): Index<Pull> => createIndex(key, (row) => row.at);
  const forEachScope = (indexOf: (key: (row: Pull) => string) => Index<Pull>) => ({
    connection: indexOf(scopeKeys.connection),
    group: indexOf(scopeKeys.group),
    'customer-institution': indexOf(scopeKeys['customer-institution']),
    customer: indexOf(scopeKeys.customer),
    institution: indexOf(scopeKeys.institution),
    account: indexOf(scopeKeys.account),
  });
  return {
    inScope: forEachScope((key) => byTime((row) => keyOf(row.tenantId, key(row)))),
    reservedInScope: forEachScope((key) =>
      byTime((row) => (row.state === 'reserved' ? keyOf(row.tenantId, key(row)) : null)),
    ),
    forced: byTime((row) => (row.origin === 'forced' ? row.tenantId : null)),
  };
};

/** What was decided, told and closed. */
const toldIndexes = () => ({
  historyOfConnection: createIndex<Records['statusChange']>((row) => keyOf(row.tenantId, row.connectionId)),
  decisionsOfTenant: createIndex<Records['decision']>((row) => row.tenantId),
  decisionsOfConnection: createIndex<Records['decision']>((row) => keyOf(row.tenantId, row.connectionId)),
  decisionsByConnection: createIndex(
    (row: Records['decision']) => row.tenantId,
    (row) => row.connectionId,
  ),
  closuresOfTenant: createIndex<Records['closure']>((row) => row.tenantId),
});

/** What was spent, and what may be. */
const moneyIndexes = () => ({
  ledgerOfPull: createIndex<Records['ledgerEntry']>((row) => keyOf(row.tenantId, row.pullId)),
  ledgerOfTask: createIndex<Records['ledgerEntry']>((row) => row.taskId),
  ledgerOfTenant: createIndex(
    (row: Records['ledgerEntry']) => row.tenantId,
    (row) => row.at,
  ),
  ledgerByConnection: createIndex(
    (row: Records['ledgerEntry']) => row.tenantId,
    (row) => row.connectionId,
  ),
  countersOfTenant: createIndex<Records['budgetCounter']>((row) => row.tenantId),
  countersByEnd: createIndex(
    (row: Records['budgetCounter']) => row.tenantId,
    (row) => row.periodEnd,
  ),
  alertsOfTenant: createIndex<Records['budgetAlert']>((row) => row.tenantId),
  ledgerOfConnection: createIndex(
    (row: Records['ledgerEntry']) => keyOf(row.tenantId, row.connectionId),
    (row) => row.at,
  ),
});

/** What falls due, and what waits for it. */
const dueIndexes = () => ({
  dueWebhooks: createIndex(
    (row: Records['webhook']) => (row.dueAt === null ? null : ALL),
    (row) => row.dueAt as number,
  ),
  expiring: createIndex(
    () => ALL,
    (row: Records['idempotency']) => row.expiresAt,
  ),
  duePullPlans: createIndex(
    () => ALL,
    (row: Records['pullPlan']) => row.nextPullAt,
  ),
  duePullPlansOfTenant: createIndex(
    (row: Records['pullPlan']) => row.tenantId,
    (row) => row.nextPullAt,
  ),
  pullPlansByTenant: createIndex(
    () => ALL,
    (row: Records['pullPlan']) => row.tenantId,
  ),
  pullPlansOfTenant: createIndex<Records['pullPlan']>((row) => row.tenantId),
  pullPlansByAge: createIndex(
    (row: Records['pullPlan']) => (row.lastPullAt === null ? null : row.tenantId),
    (row) => row.lastPullAt as number,
  ),
  dueStatusLooks: createIndex(
    () => ALL,
    (row: Records['statusLook']) => row.dueAt,
  ),
  dueWatches: createIndex(
    (row: Records['backgroundWatch']) => (row.dueAt === null ? null : ALL),
    (row) => row.dueAt as number,
  ),
  looksOfLane: createIndex(
    (row: Records['backgroundWatch']) =>
      row.lookSince === null ? null : keyOf(row.connector, row.provider, row.tenantId),
    (row) => row.lookSince as number,
  ),
  lookLanes: createIndex((row: Records['backgroundWatch']) => (row.lookSince === null ? null : ALL), rankOfLane),
  watchesOfFeed: createIndex<Records['backgroundWatch']>((row) => keyOf(row.tenantId, row.connector, row.provider)),
  watchesOfInstitution: createIndex<Records['backgroundWatch']>((row) =>
    keyOf(row.tenantId, row.connector, row.provider, row.institutionId),
  ),
  silentOfTenant: createIndex<Records['feed']>((row) => (row.silentSince === null ? null : row.tenantId)),
  silentFeeds: createIndex<Records['feed']>((row) => (row.silentSince === null ? null : ALL)),
  runsOfJob: createIndex<Records['jobRun']>((row) => row.job),
  runsByStart: createIndex(
    () => ALL,
    (row: Records['jobRun']) => row.startedAt,
  ),
});

/** Audits, and what they compare with. */
const auditIndexes = () => ({
  auditsOfTenant: createIndex<Records['audit']>((row) => row.tenantId),
  queuedAudits: createIndex<Records['audit']>((row) => (row.state === 'queued' ? ALL : null)),
  doneAudits: createIndex<Records['audit']>((row) => (row.state === 'done' ? keyOf(row.tenantId, row.trigger) : null)),
  repairsOfAudit: createIndex<Records['repair']>((row) => keyOf(row.tenantId, row.auditId)),
  invoicesOfTenant: createIndex<Records['invoice']>((row) => row.tenantId),
  linesOfInvoice: createIndex<Records['invoiceLine']>((row) => keyOf(row.tenantId, row.invoiceId)),
  linesByUnit: createIndex(
    (row: Records['invoiceLine']) => keyOf(row.tenantId, row.invoiceId),
    (row) => row.unit,
  ),
  linesOfUnit: createIndex(
    (row: Records['invoiceLine']) => keyOf(row.tenantId, row.invoiceId, row.unit),
    (row) => row.at,
  ),
  findingsOfAudit: createIndex<Records['finding']>((row) => keyOf(row.tenantId, row.auditId)),
  findingsByKey: createIndex<Records['finding']>((row) => keyOf(row.tenantId, row.auditId, row.check, row.key)),
});

const otherIndexes = () => ({ ...toldIndexes(), ...moneyIndexes(), ...dueIndexes(), ...auditIndexes() });

const uniqueKeys = {
  connection: {
    connections_identity: (row: Connection) => keyOf(row.tenantId, row.connector, row.externalId),
    connections_one_active: (row: Connection) =>
      row.active && isLiving(row) ? keyOf(row.tenantId, row.groupKey) : null,
  },
  task: { tasks_one_open: (row: Task) => (isOpen(row.state) ? keyOf(row.tenantId, row.groupKey) : null) },
  webhook: { webhooks_event: (row: Records['webhook']) => keyOf(row.tenantId, row.connector, row.eventKey) },
  invoice: { invoices_file: (row: Records['invoice']) => keyOf(row.tenantId, row.hash) },
  jobRun: {
    job_runs_due: (row: Records['jobRun']) => (row.dueAt === null ? null : keyOf(row.job, String(row.dueAt))),
  },
  apiKey: { api_keys_hash: (row: Records['apiKey']) => row.hash },
};

/** A table for each record. */
export type MemoryTables = { readonly [Name in RecordName]: Table<Records[Name]> };

interface Indexes {
  readonly connection: ReturnType<typeof connectionIndexes>;
  readonly task: ReturnType<typeof taskIndexes>;
  readonly pull: ReturnType<typeof pullIndexes>;
  readonly other: ReturnType<typeof otherIndexes>;
}

type Operations =
  | 'pullPlan'
  | 'backgroundWatch'
  | 'feed'
  | 'keptSweep'
  | 'tokenRenewal'
  | 'statusLook'
  | 'webhook'
  | 'idempotency'
  | 'audit'
  | 'finding'
  | 'auditFigures'
  | 'repair'
  | 'invoice'
  | 'invoiceLine'
  | 'jobRun'
  | 'policyArchive'
  | 'apiKey'
  | 'setting';

/** Of connections, their refreshes and their money. */
const refreshTables = ({ connection, task, pull, other }: Indexes): Omit<MemoryTables, Operations> => ({
  connection: createTable('connection', Object.values(connection), uniqueKeys.connection),
  statusChange: createTable('statusChange', [other.historyOfConnection], {}),
  task: createTable('task', Object.values(task), uniqueKeys.task),
  pull: createTable('pull', [...Object.values(pull.inScope), ...Object.values(pull.reservedInScope), pull.forced], {}),
  decision: createTable(
    'decision',
    [other.decisionsOfTenant, other.decisionsOfConnection, other.decisionsByConnection],
    {},
  ),
  ledgerEntry: createTable(
    'ledgerEntry',
    [other.ledgerOfPull, other.ledgerOfTask, other.ledgerOfTenant, other.ledgerByConnection, other.ledgerOfConnection],
    {},
  ),
  budgetCounter: createTable('budgetCounter', [other.countersOfTenant, other.countersByEnd], {}),
  budgetAlert: createTable('budgetAlert', [other.alertsOfTenant], {}),
  connectionRates: createTable('connectionRates', [], {}),
  limitDemand: createTable('limitDemand', [], {}),
  postingProfile: createTable('postingProfile', [], {}),
  closure: createTable('closure', [other.closuresOfTenant], {}),
  breaker: createTable('breaker', [], {}),
});

/** Of what runs beside them. */
const operationTables = ({ other }: Indexes): Pick<MemoryTables, Operations> => ({
  pullPlan: createTable(
    'pullPlan',
    [
      other.duePullPlans,
      other.duePullPlansOfTenant,
      other.pullPlansByTenant,
      other.pullPlansOfTenant,
      other.pullPlansByAge,
    ],
    {},
  ),
  backgroundWatch: createTable(
    'backgroundWatch',
    [other.dueWatches, other.looksOfLane, other.lookLanes, other.watchesOfFeed, other.watchesOfInstitution],
    {},
  ),
  feed: createTable('feed', [other.silentOfTenant, other.silentFeeds], {}),
  keptSweep: createTable('keptSweep', [], {}),
  tokenRenewal: createTable('tokenRenewal', [], {}),
  statusLook: createTable('statusLook', [other.dueStatusLooks], {}),
  webhook: createTable('webhook', [other.dueWebhooks], uniqueKeys.webhook),
  idempotency: createTable('idempotency', [other.expiring], {}),
  audit: createTable('audit', [other.auditsOfTenant, other.queuedAudits, other.doneAudits], {}),
  finding: createTable('finding', [other.findingsOfAudit, other.findingsByKey], {}),
  auditFigures: createTable('auditFigures', [], {}),
  repair: createTable('repair', [other.repairsOfAudit], {}),
  invoice: createTable('invoice', [other.invoicesOfTenant], uniqueKeys.invoice),
  invoiceLine: createTable('invoiceLine', [other.linesOfInvoice, other.linesByUnit, other.linesOfUnit], {}),
  jobRun: createTable('jobRun', [other.runsOfJob, other.runsByStart], uniqueKeys.jobRun),
  policyArchive: createTable('policyArchive', [], {}),
  apiKey: createTable('apiKey', [], uniqueKeys.apiKey),
  setting: createTable('setting', [], {}),
});

export const createTables = () => {
  const indexes: Indexes = {
    connection: connectionIndexes(),
    task: taskIndexes(),
    pull: pullIndexes(),
    other: otherIndexes(),
  };
  const tables: MemoryTables = { ...refreshTables(indexes), ...operationTables(indexes) };
  return { tables, ...indexes, chains: createChains() };
};

/** The tables and their indexes: what the reads are answered from. */
export type Kept = ReturnType<typeof createTables>;
