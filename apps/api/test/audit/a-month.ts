import { DAY, HOUR, idOf, insert, MINUTE, put, update, uuidv7 } from '@freshet/domain';
import type { Connection, Effect, Instant, LedgerEntry, Pull, Task } from '@freshet/domain';
import { requestAudit, runAudit, type Engine } from '@freshet/flows';
import {
  auditingEngine,
  connectionRow,
  entryRow,
  historyRow,
  NOW,
  plant,
  pullRow,
  taskRow,
  TENANT,
} from '@freshet/flows/contract';
import { buildPolicyBook } from '@freshet/policy';
import type { Ids, Store } from '@freshet/ports';

/*
 * A month of a middling team, made up row by row: what its report is looked at with. It is the same every time. It has
 * what such a month has (banks that fail, refreshes that bring nothing, customers who link twice) and some faults.
 */

interface Aggregator {
  readonly provider: string;
  readonly connector: string;
  readonly connections: number;
  readonly micros: number;
  readonly currency: string;
  /** Of its connections, forced on a working day. */
  readonly forced: number;
  readonly brings: number;
  readonly fails: number;
  /** Hours between its own refreshes. */
  readonly everyHours: number;
  readonly consentDays: number | null;
}

const AGGREGATORS: readonly Aggregator[] = [
  {
    provider: 'MX',
    connector: 'meld',
    connections: 160,
    micros: 100_000,
    currency: 'USD',
    forced: 0.16,
    brings: 0.93,
    fails: 0.04,
    everyHours: 20,
    consentDays: null,
  },
  {
    provider: 'PLAID',
    connector: 'plaid',
    connections: 120,
    micros: 120_000,
    currency: 'USD',
    forced: 0.12,
    brings: 0.88,
    fails: 0.07,
    everyHours: 8,
    consentDays: 365,
  },
  {
    provider: 'FINICITY',
    connector: 'meld',
    connections: 60,
    micros: 80_000,
    currency: 'USD',
    forced: 0.1,
    brings: 0.95,
    fails: 0.1,
    everyHours: 22,
    consentDays: 365,
  },
  {
    provider: 'BUD',
    connector: 'bud',
    connections: 80,
    micros: 40_000,
    currency: 'GBP',
    forced: 0.2,
    brings: 0.94,
    fails: 0.05,
    everyHours: 14,
    consentDays: 90,
  },
  {
    provider: 'AKOYA',
    connector: 'meld',
    connections: 30,
    micros: 60_000,
    currency: 'USD',
    forced: 0.08,
    brings: 0.96,
    fails: 0.02,
    everyHours: 24,
    consentDays: 365,
  },
];

export const monthPolicies = buildPolicyBook({
  hash: () => 'a month',
  policyFile: {
    version: 1,
    budgets: [
      { name: 'all of it', period: 'month', timeZone: 'UTC', amount: '90.00', currency: 'USD' },
      {
        name: 'plaid',
        provider: 'PLAID',
        period: 'month',
        timeZone: 'UTC',
        amount: '22.00',
        currency: 'USD',
        enforcement: 'soft',
      },
      { name: 'uk', provider: 'BUD', period: 'month', timeZone: 'UTC', amount: '20.00', currency: 'GBP' },
    ],
  },
});

/** mulberry32: small, and the same everywhere. */
const chance = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Ids that tell their time, as the engine's do. */
const idsAt =
  (next: () => number) =>
  (at: Instant): string =>
    uuidv7(
      at,
      Uint8Array.from({ length: 10 }, () => Math.floor(next() * 256)),
    );

interface Makings {
  readonly next: () => number;
  readonly idAt: (at: Instant) => string;
}

/** Young data at a provider that refreshes often; a few that nobody has heard of for long. */
const ageOf = ({ everyHours }: Aggregator, { next }: Makings): number => {
  const luck = next();
  if (luck > 0.985) return (8 + next() * 25) * DAY;
  if (luck > 0.93) return (1 + next() * 3) * DAY;
  return next() * everyHours * HOUR + 10 * MINUTE;
};

const statusOf = ({ next }: Makings): Pick<Connection, 'status' | 'statusReason'> => {
  const luck = next();
  if (luck > 0.97) return { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' };
  if (luck > 0.95) return { status: 'DEGRADED', statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' };
  return { status: 'ACTIVE', statusReason: null };
};

const connectionOf = (aggregator: Aggregator, index: number, makings: Makings): Connection => {
  const { provider, connector, consentDays } = aggregator;
  const { next, idAt } = makings;
  const createdAt = NOW - (40 + next() * 300) * DAY;
  const uuid = idAt(createdAt);
  const lastSuccessAt = NOW - Math.floor(ageOf(aggregator, makings));
  return connectionRow(uuid, {
    ...{
      provider,
      connector,
      createdAt,
      connectedAt: createdAt,
      updatedAt: lastSuccessAt,
      lastSuccessAt,
      lastBackgroundAt: lastSuccessAt,
    },
    ...statusOf(makings),
    externalId: `${connector}-${provider.toLowerCase()}-${String(index).padStart(4, '0')}`,
    customerId: `customer-${Math.floor(next() * 4000)}`,
    institutionId: `bank-${Math.floor(next() * 24)}`,
    staleAt: lastSuccessAt + 2 * aggregator.everyHours * HOUR,
    consentExpiresAt: consentDays === null ? null : NOW + Math.floor((next() * consentDays - 1) * DAY),
  });
};

const outcomeOf = ({ brings, fails }: Aggregator, { next }: Makings): Partial<Task> => {
  const luck = next();
  if (luck < fails)
    return {
      state: 'failed',
      charge: 'released',
      newData: null,
      error: { kind: 'institution-unavailable', message: 'the bank is down' },
    };
  if (luck < fails + 0.012)
    return {
      state: 'failed',
      charge: 'uncertain',
      newData: null,
      error: { kind: 'unknown', message: 'nobody could tell' },
    };
  if (luck < fails + 0.03) return { state: 'cancelled', charge: 'released', newData: null };
  if (luck < fails + 0.05) return { state: 'partial', charge: 'charged', newData: true };
  return { state: 'succeeded', charge: 'charged', newData: next() < brings };
};

const refreshOf = (
  aggregator: Aggregator,
  connection: Connection,
  at: Instant,
  makings: Makings,
): readonly Effect[] => {
  const { provider, connector, micros, currency } = aggregator;
  const { idAt } = makings;
  const uuid = idAt(at);
  const endedAt = at + 40_000;
  const task = taskRow(uuid, {
    ...{ connectionId: connection.id, groupKey: connection.groupKey, provider, connector },
    ...{ cost: { micros, currency }, attended: makings.next() < 0.6, queuedAt: at, startedAt: at + 1000, endedAt },
    ...outcomeOf(aggregator, makings),
  });
  const pull: Pull = pullRow(uuid, {
    ...{
      connectionId: connection.id,
      groupKey: connection.groupKey,
      provider,
      connector,
      taskId: task.id,
      origin: 'forced',
    },
    ...{ customerId: connection.customerId, institutionId: connection.institutionId, attended: task.attended },
    ...{ at, sentAt: at, endedAt, newData: task.newData },
    state:
      task.charge === 'released'
        ? 'refused'
        : task.state === 'partial'
          ? 'partial'
          : task.state === 'succeeded'
            ? 'succeeded'
            : 'unknown',
  });
  const held: LedgerEntry = entryRow(uuid, task, { at });
  const settled: LedgerEntry = { ...held, id: idOf('ledger', idAt(endedAt)), kind: task.charge, at: endedAt };
  return [insert('task', task), insert('pull', pull), insert('ledgerEntry', held), insert('ledgerEntry', settled)];
};

/** More on Mondays, little at weekends; one provider had a bad week. */
const isForced = ({ provider, forced }: Aggregator, day: Instant, { next }: Makings): boolean => {
  const weekday = new Date(day).getUTCDay();
  const weight = weekday === 0 || weekday === 6 ? 0.35 : weekday === 1 ? 1.4 : 1;
  const rush = provider === 'PLAID' && day > NOW - 9 * DAY ? 2.1 : 1;
  return next() < forced * weight * rush;
};

/** The day before the last night: its refreshes come after the audit of the night before. */
const LAST_DAY = Math.floor(NOW / DAY) * DAY - DAY;

const refreshesOf = (
  aggregator: Aggregator,
  connection: Connection,
  [from, until]: readonly [Instant, Instant],
  makings: Makings,
): readonly Effect[] => {
  const rows: Effect[] = [];
  for (let day = from; day < until; day += DAY) {
    if (isForced(aggregator, day, makings)) {
      rows.push(...refreshOf(aggregator, connection, day + 8 * HOUR + Math.floor(makings.next() * 10 * HOUR), makings));
    }
  }
  return rows;
};

/** The rows of the month: connections with the beginning of their history, and every refresh with its money. */
const month = (makings: Makings): { readonly rows: readonly Effect[]; readonly connections: readonly Connection[] } => {
  const connections: Connection[] = [];
  const rows: Effect[] = [];
  for (const aggregator of AGGREGATORS) {
    for (let index = 0; index < aggregator.connections; index += 1) {
      const connection = connectionOf(aggregator, index, makings);
      connections.push(connection);
      rows.push(
        insert('connection', connection),
        insert('statusChange', historyRow(makings.idAt(connection.createdAt), connection)),
        ...refreshesOf(aggregator, connection, [LAST_DAY - 29 * DAY, LAST_DAY], makings),
      );
    }
  }
  return { rows, connections };
};

const lastDay = (connections: readonly Connection[], makings: Makings): readonly Effect[] =>
  AGGREGATORS.flatMap((aggregator) =>
    connections
      .filter(({ provider }) => provider === aggregator.provider)
      .flatMap((connection) => refreshesOf(aggregator, connection, [LAST_DAY, LAST_DAY + DAY], makings)),
  );

/** What was wrong the night before, and is still. */
const faultsBefore = ([first, second, third]: readonly Connection[], { idAt }: Makings): readonly Effect[] => {
  const lost = taskRow(idAt(NOW - 3 * DAY), {
    state: 'failed',
    charge: 'reserved',
    queuedAt: NOW - 3 * DAY,
    connectionId: first!.id,
  });
  return [
    update('connection', first!.id, { status: 'DEGRADED', statusReason: 'INSTITUTION_ACTION_REQUIRED' }),
    update('connection', second!.id, { active: false, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' }),
    insert('task', lost),
    insert('ledgerEntry', entryRow(idAt(NOW - 3 * DAY), lost)),
    update('connection', third!.id, {
      lastSuccessAt: NOW - 40 * DAY,
      lastBackgroundAt: NOW - 40 * DAY,
      staleAt: NOW - 38 * DAY,
    }),
  ];
};

/** What happened since then: one thing was mended, others are new. */
const faultsSince = (connections: readonly Connection[], { idAt }: Makings): readonly Effect[] => {
  const [, second, third] = connections;
  const [twin, other] = connections.filter(({ provider }) => provider === 'PLAID').slice(40);
  const stuck = taskRow(idAt(NOW - 6 * HOUR), {
    ...{ connectionId: third!.id, groupKey: third!.groupKey, state: 'running', charge: 'reserved', newData: null },
    ...{
      queuedAt: NOW - 6 * HOUR,
      startedAt: NOW - 6 * HOUR,
      endedAt: null,
      dueAt: NOW - 5 * HOUR,
      giveUpAt: NOW - 5 * HOUR,
    },
  });
  const ghost = taskRow(idAt(NOW - 8 * HOUR), {
    queuedAt: NOW - 8 * HOUR,
    connectionId: twin!.id,
    provider: 'PLAID',
    connector: 'plaid',
  });
  return [
    update('connection', second!.id, { active: true, status: 'ACTIVE', statusReason: null }),
    insert('task', stuck),
    insert('ledgerEntry', entryRow(idAt(NOW - 6 * HOUR), stuck)),
    insert('ledgerEntry', entryRow(idAt(NOW - 8 * HOUR), ghost, { kind: 'charged' })),
    update('connection', other!.id, {
      customerId: twin!.customerId,
      institutionId: twin!.institutionId,
      loginFingerprint: 'same login',
    }),
    update('connection', twin!.id, { loginFingerprint: 'same login' }),
  ];
};

const inBatches = async (store: Store, rows: readonly Effect[]): Promise<void> => {
  for (let from = 0; from < rows.length; from += 2000) await plant(store, ...rows.slice(from, from + 2000));
};

const audited = async (engine: Engine): Promise<void> => {
  const { id } = await requestAudit(engine, TENANT, 'nightly');
  await runAudit(engine, TENANT, id, { pageSize: 500 });
};

/** Fills an empty store with the month, and lets the audit of its last but one night run. */
export const liveAMonth = async (store: Store): Promise<void> => {
  const next = chance(7);
  const makings: Makings = { next, idAt: idsAt(next) };
  const { rows, connections } = month(makings);
  await inBatches(store, rows);
  await plant(store, ...faultsBefore(connections, makings));
  const ids: Ids = { next: () => makings.idAt(NOW - DAY) };
  const clock = { now: () => NOW - DAY, realNow: () => NOW - DAY };
  await audited(auditingEngine(store, { ids, clock, policies: monthPolicies }));
  await inBatches(store, lastDay(connections, makings));
  await plant(
    store,
    ...faultsSince(connections, makings),
    put('policyArchive', { id: monthPolicies.version, body: monthPolicies.archive, createdAt: NOW - 30 * DAY }),
  );
};

/** Whoever audits the last night, with ids that come after those of the one before. */
export const lastNight = (store: Store): Engine => {
  const next = chance(8);
  const idAt = idsAt(next);
  let made = 0;
  return auditingEngine(store, { ids: { next: () => idAt(NOW + (made += 1)) }, policies: monthPolicies });
};

export const auditLastNight = async (store: Store): Promise<void> => audited(lastNight(store));
