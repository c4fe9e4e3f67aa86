import { DAY, isOpen, type Connection, type Instant, type LedgerEntry, type Task } from '@freshet/domain';
import type { ConnectionScan, MoneyOfDay, RefreshCount, Scan, Sifted } from '../audit-reads.js';
import type { ReadName, ReadParams, ReadResult } from '../reads.js';
import { byConnection } from './page-reads.js';
import { countWhile, keyOf } from './table.js';
import type { Kept } from './tables.js';

/** The next rows by id, and of them those that are such. */
const sifted = <Row extends { readonly id: string }>(
  rows: readonly Row[],
  { after, limit }: Scan,
  isSuch: (row: Row) => boolean,
): Sifted<Row> => {
  const start = countWhile(rows, ({ id }) => id <= after);
  const looked = rows.slice(start, start + limit);
  return { examined: looked.length, last: looked.at(-1)?.id ?? null, rows: looked.filter(isSuch) };
};

const sum = (entries: readonly LedgerEntry[]): number => entries.reduce((total, { micros }) => total + micros, 0);

/** One pull in one currency, whose money was held at its price and, once it is known, settled as the task says. */
const agrees = ({ cost, charge, pullId, state }: Task, entries: readonly LedgerEntry[]): boolean => {
  if (entries.length === 0) return cost === null && (charge !== 'reserved' || isOpen(state));
  const held = entries.filter(({ kind }) => kind === 'reserved');
  const settled = entries.filter(({ kind }) => kind !== 'reserved');
  return (
    entries.every((entry) => entry.pullId === pullId && entry.currency === cost?.currency) &&
    sum(held) === cost?.micros &&
    (charge === 'reserved'
      ? isOpen(state) && settled.length === 0
      : settled.every(({ kind }) => kind === charge) && settled.length === held.length && sum(settled) === sum(held))
  );
};

const astray = (kept: Kept, asked: ConnectionScan): Sifted<LedgerEntry> => {
  const looked = byConnection(kept.other.ledgerByConnection.of(asked.tenantId), asked);
  const last = looked.at(-1);
  return {
    examined: looked.length,
    last: last === undefined ? null : `${last.connectionId} ${last.id}`,
    rows: looked.filter((entry) => !hasReason(kept, entry)),
  };
};

const hasReason = ({ tables }: Kept, { tenantId, taskId, pullId }: LedgerEntry): boolean => {
  if (taskId !== null) return tables.task.get(taskId)?.tenantId === tenantId;
  const pull = tables.pull.get(pullId);
  return pull?.tenantId === tenantId && pull.origin !== 'forced';
};

const hasFreePull = ({ pull }: Kept, tenantId: string, groupKey: string, from: Instant, until: Instant): boolean =>
  pull.inScope.group
    .of(keyOf(tenantId, keyOf('group', groupKey)))
    .some(
      ({ at, origin, state, taskId }) =>
        at > from && at <= until && origin === 'background' && state === 'succeeded' && taskId === null,
    );

type Wasteful = ReadParams<'wastefulConnections'>;

const isWasted = (kept: Kept, task: Task, { groupKey }: Connection, { since, soonMs }: Wasteful): boolean => {
  const { tenantId, charge, queuedAt, endedAt, newData } = task;
  if (charge !== 'charged' || queuedAt < since) return false;
  const pull = kept.tables.pull.get(task.pullId);
  if (pull?.origin === 'background') return false;
  if (newData === false) return true;
  const at = pull?.at ?? endedAt ?? queuedAt;
  return [task.groupKey, groupKey].some((key) => hasFreePull(kept, tenantId, key, pull?.sentAt ?? at, at + soonMs));
};

const isComplete = ({ status }: Connection): boolean => !['IN_PROGRESS', 'EXPIRED', 'DELETED'].includes(status);

const placeOf = ({ customerId, provider, institutionId }: Connection): string =>
  keyOf(customerId, provider, institutionId);

/** Of a few connections, those that were charged for what was wasted. */
const wasteful = (kept: Kept, asked: Wasteful, { rows, ...looked }: Sifted<Connection>): Sifted<Connection> => {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const found = new Set<string>();
  for (const task of kept.task.ofTenant.of(asked.tenantId)) {
    const connection = byId.get(task.connectionId);
    if (connection !== undefined && isWasted(kept, task, connection, asked)) found.add(connection.id);
  }
  return { ...looked, rows: rows.filter(({ id }) => found.has(id)) };
};

const beside = (kept: Kept, { tenantId }: Scan, { rows, ...looked }: Sifted<Connection>): Sifted<Connection> => {
  const counts = new Map<string, number>();
  for (const each of kept.connection.ofTenant.of(tenantId).filter(isComplete))
    counts.set(placeOf(each), (counts.get(placeOf(each)) ?? 0) + 1);
  return { ...looked, rows: rows.filter((row) => isComplete(row) && (counts.get(placeOf(row)) ?? 0) > 1) };
};

/** What is together in one place of a report. */
const grouped = <Row extends object>(
  rows: readonly Row[],
  keyOfRow: (row: Row) => string,
  plus: (sum: Row, row: Row) => Row,
) => {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const known = sums.get(keyOfRow(row));
    sums.set(keyOfRow(row), known === undefined ? row : plus(known, row));
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
};

const refreshCounts = (kept: Kept, asked: ReadParams<'refreshCounts'>): readonly RefreshCount[] => {
  const { rows } = sifted(kept.task.ofTenant.of(asked.tenantId), asked, ({ queuedAt }) => queuedAt >= asked.since);
  return grouped<RefreshCount>(
    rows.map(({ provider, state, newData }) => ({ provider, state, newData, count: 1 })),
    ({ provider, state, newData }) => [provider, state, newData === null ? '' : Number(newData)].join('\u0000'),
    (sum, { count }) => ({ ...sum, count: sum.count + count }),
  );
};

const moneyOfDays = (kept: Kept, asked: ReadParams<'moneyOfDays'>): readonly MoneyOfDay[] => {
  const rows = byConnection(kept.other.ledgerByConnection.of(asked.tenantId), asked).filter(
    ({ at, micros }) => at >= asked.since && micros !== 0,
  );
  const isHeld = ({ tenantId, pullId, taskId }: LedgerEntry): boolean =>
    taskId !== null && kept.other.ledgerOfPull.of(keyOf(tenantId, pullId)).every(({ kind }) => kind === 'reserved');
  return grouped<MoneyOfDay>(
    rows.flatMap((entry) => {
      const { provider, currency, kind, at, micros } = entry;
      if (kind === 'released' || (kind === 'reserved' && !isHeld(entry))) return [];
      return [{ provider, currency, kind, day: at - (at % DAY), micros }];
    }),
    ({ provider, currency, kind, day }) => [provider, currency, kind, String(day).padStart(16, '0')].join('\u0000'),
    (sum, { micros }) => ({ ...sum, micros: sum.micros + micros }),
  );
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

/** Scans that leave out what is well. */
export const sieveReads = (
  kept: Kept,
): { readonly [Name in Sieves & ReadName]: (params: ReadParams<Name>) => ReadResult<Name> } => {
  const connections = (asked: Scan, isSuch: (row: Connection) => boolean): Sifted<Connection> =>
    sifted(kept.connection.ofTenant.of(asked.tenantId), asked, isSuch);
  return {
    tasksAgainstLedger: (asked) =>
      sifted(
        kept.task.ofTenant.of(asked.tenantId),
        asked,
        (task) => !agrees(task, kept.other.ledgerOfTask.of(task.id)),
      ),
    refreshCounts: (asked) => refreshCounts(kept, asked),
    moneyOfDays: (asked) => moneyOfDays(kept, asked),
    entriesAstray: (asked) => astray(kept, asked),
    wastefulConnections: (asked) =>
      wasteful(
        kept,
        asked,
        connections(asked, () => true),
      ),
    twinConnections: (asked) =>
      beside(
        kept,
        asked,
        connections(asked, () => true),
      ),
    consentsEndingBy: (asked) =>
      connections(asked, ({ active, consentExpiresAt: endsAt }) => active && endsAt !== null && endsAt <= asked.until),
    historiesScan: (asked) =>
      connections(asked, () => true).rows.map((connection) => ({
        connection,
        changes: kept.other.historyOfConnection
          .of(keyOf(asked.tenantId, connection.id))
          .slice(-asked.mostChanges)
          .toReversed(),
      })),
  };
};
