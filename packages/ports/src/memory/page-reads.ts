import { isTerminal } from '@freshet/domain';
import type { Connection } from '@freshet/domain';
import type { Page } from '../pages.js';
import type { ChainPlace } from '../audit-reads.js';
import type { ReadName, ReadParams, ReadResult } from '../reads.js';
import { countWhile, keyOf } from './table.js';
import { isLiving, type Kept } from './tables.js';

interface Identified {
  readonly id: string;
}

/** The newest first, from just below `before`. */
const page = <Row extends Identified>(
  rows: readonly Row[],
  { before, limit }: Pick<Page, 'before' | 'limit'>,
  fits: (row: Row) => boolean,
): readonly Row[] => {
  const found: Row[] = [];
  const end = before === null ? rows.length : countWhile(rows, (row) => row.id < before);
  for (let index = end - 1; index >= 0 && found.length < limit; index -= 1) {
    const row = rows[index] as Row;
    if (fits(row)) found.push(row);
  }
  return found;
};

/** From just above the id `after`, upwards. */
const upwards = <Row extends Identified>(rows: readonly Row[], after: string, limit: number): readonly Row[] => {
  const start = countWhile(rows, (row) => row.id <= after);
  return rows.slice(start, start + limit);
};

/** The same in an order of time, where several rows may have one. */
const upwardsInTime = <Row extends Identified>(
  rows: readonly Row[],
  timeOf: (row: Row) => number,
  { at, after, limit }: { readonly at: number; readonly after: string; readonly limit: number },
): readonly Row[] => {
  const start = countWhile(rows, (row) => timeOf(row) < at || (timeOf(row) === at && row.id <= after));
  return rows.slice(start, start + limit);
};

/** By connection, then by id: from just behind that row. */
export const byConnection = <Row extends Identified & { readonly connectionId: string }>(
  rows: readonly Row[],
  { connectionId, after, limit }: ChainPlace,
): readonly Row[] => {
  const start = countWhile(
    rows,
    (row) => row.connectionId < connectionId || (row.connectionId === connectionId && row.id <= after),
  );
  return rows.slice(start, start + limit);
};

const fits = <Value>(wanted: Value | undefined, found: Value): boolean => wanted === undefined || wanted === found;

const isDuplicate = (kept: Kept, connection: Connection, wanted: 'active' | 'inactive' | undefined): boolean => {
  if (wanted === undefined) return true;
  if (!isLiving(connection) || connection.active !== (wanted === 'active')) return false;
  return kept.connection.ofGroup.of(keyOf(connection.tenantId, connection.groupKey)).filter(isLiving).length > 1;
};

/** Data is expected of it: its connect is complete, and it has not ended. */
const isAwaited = (status: string): boolean => status !== 'IN_PROGRESS' && !isTerminal(status);

const connectionsPage = (kept: Kept, asked: ReadParams<'connectionsPage'>): readonly Connection[] => {
  const isStale = ({ active, status, staleAt }: Connection): boolean =>
    asked.staleAt === undefined || (active && isAwaited(status) && staleAt !== null && staleAt <= asked.staleAt);
  return page(
    kept.connection.ofTenant.of(asked.tenantId),
    asked,
    (row) =>
      fits(asked.customerId, row.customerId) &&
      fits(asked.provider, row.provider) &&
      fits(asked.status, row.status) &&
      isStale(row) &&
      isDuplicate(kept, row, asked.duplicate),
  );
};

const groupShapes = (kept: Kept, { tenantId, after, limit }: ReadParams<'groupShapes'>): ReadResult<'groupShapes'> => {
  const rows = kept.connection.livingByGroup.of(tenantId);
  const shapes: { tenantId: typeof tenantId; groupKey: string; living: number; active: number }[] = [];
  for (let index = countWhile(rows, (row) => row.groupKey <= after); index < rows.length; index += 1) {
    const { groupKey, active } = rows[index] as Connection;
    const last = shapes.at(-1);
    if (last?.groupKey === groupKey) {
      last.living += 1;
      last.active += Number(active);
    } else if (shapes.length === limit) break;
    else shapes.push({ tenantId, groupKey, living: 1, active: Number(active) });
  }
  return shapes;
};

const invoiceUnits = (
  kept: Kept,
  { tenantId, invoiceId, after, limit }: ReadParams<'invoiceUnitsScan'>,
): ReadResult<'invoiceUnitsScan'> => {
  const units = kept.other.linesByUnit.of(keyOf(tenantId, invoiceId)).map(({ unit }) => unit);
  return [...new Set(units)]
    .filter((unit) => unit > after)
    .slice(0, limit)
    .map((unit) => ({ unit }));
};

type Lists = Exclude<Extract<ReadName, `${string}Page` | `${string}Scan` | 'groupShapes'>, 'historiesScan'>;

type Answers<Name extends ReadName> = { readonly [Each in Name]: (params: ReadParams<Each>) => ReadResult<Each> };

type AuditLists =
  | 'auditsPage'
  | 'findingsPage'
  | 'goneFindingsPage'
  | 'repairsPage'
  | 'invoicesPage'
  | 'chargesScan'
  | 'invoicesScan'
  | 'invoiceUnitsScan'
  | 'invoiceLinesScan';

/** Of audits, and of the invoices that they compare with. */
const auditLists = (kept: Kept): Answers<AuditLists> => ({
  auditsPage: (asked) => page(kept.other.auditsOfTenant.of(asked.tenantId), asked, () => true),
  findingsPage: (asked) =>
    page(
      kept.other.findingsOfAudit.of(keyOf(asked.tenantId, asked.auditId)),
      asked,
      ({ check, severity }) => fits(asked.check, check) && fits(asked.severity, severity),
    ),
  goneFindingsPage: (asked) =>
    page(
      kept.other.findingsOfAudit.of(keyOf(asked.tenantId, asked.auditId)),
      asked,
      ({ tenantId, check, key }) =>
        kept.other.findingsByKey.of(keyOf(tenantId, asked.laterId, check, key)).length === 0,
    ),
  repairsPage: (asked) => page(kept.other.repairsOfAudit.of(keyOf(asked.tenantId, asked.auditId)), asked, () => true),
  invoicesPage: (asked) => page(kept.other.invoicesOfTenant.of(asked.tenantId), asked, () => true),
  chargesScan: ({ tenantId, until, ...asked }) =>
    upwardsInTime(
      kept.other.ledgerOfTenant
        .of(tenantId)
        .filter(({ kind, at }) => (kind === 'charged' || kind === 'uncertain') && at < until),
      ({ at }) => at,
      asked,
    ),
  invoicesScan: ({ tenantId, after, limit }) => upwards(kept.other.invoicesOfTenant.of(tenantId), after, limit),
  invoiceUnitsScan: (asked) => invoiceUnits(kept, asked),
  invoiceLinesScan: ({ tenantId, invoiceId, after, limit }) =>
    upwards(kept.other.linesOfInvoice.of(keyOf(tenantId, invoiceId)), after, limit),
});

/** Lists and scans, by name. */
export const listReads = (kept: Kept): Answers<Lists> => ({
  ...auditLists(kept),
  connectionsPage: (asked) => connectionsPage(kept, asked),
  decisionsPage: (asked) =>
    page(
      kept.other.decisionsOfTenant.of(asked.tenantId),
      asked,
      ({ connectionId, verdict, decidedAt }) =>
        fits(asked.connectionId, connectionId) &&
        fits(asked.verdict, verdict) &&
        decidedAt >= (asked.from ?? -Infinity) &&
        decidedAt < (asked.to ?? Infinity),
    ),
  tasksPage: (asked) =>
    page(
      kept.task.ofTenant.of(asked.tenantId),
      asked,
      ({ connectionId, state, executor }) =>
        fits(asked.connectionId, connectionId) && fits(asked.state, state) && fits(asked.executor, executor),
    ),
  historyPage: (asked) =>
    page(kept.other.historyOfConnection.of(keyOf(asked.tenantId, asked.connectionId)), asked, () => true),
  jobRunsPage: (asked) => page(kept.other.runsOfJob.of(asked.job), asked, () => true),
  groupShapes: (asked) => groupShapes(kept, asked),
  openTasksScan: ({ tenantId, after, limit }) => upwards(kept.task.openOfTenant.of(tenantId), after, limit),
  ledgerScan: (place) => byConnection(kept.other.ledgerByConnection.of(place.tenantId), place),
  pullPlansScan: ({ tenantId, after, limit }) => upwards(kept.other.pullPlansOfTenant.of(tenantId), after, limit),
  connectionsScan: ({ tenantId, after, limit }) => upwards(kept.connection.ofTenant.of(tenantId), after, limit),
  decisionsScan: ({ tenantId, after, limit }) => upwards(kept.other.decisionsOfTenant.of(tenantId), after, limit),
  budgetCountersScan: (asked) =>
    upwardsInTime(kept.other.countersByEnd.of(asked.tenantId), ({ periodEnd }) => periodEnd, asked),
  forcedPullsScan: (asked) => upwardsInTime(kept.pull.forced.of(asked.tenantId), ({ at }) => at, asked),
});
