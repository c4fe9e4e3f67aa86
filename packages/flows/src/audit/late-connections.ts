import { DAY, formatInstant, HOUR, permissionsOf } from '@freshet/domain';
import type { Connection, ConnectionId, DurationMs, Instant, Severity, StatusChange } from '@freshet/domain';
import { isEngineManaged, type RefreshPolicy } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import { defineSummary, MOST_IDS, type AuditPlace, type Found } from './check.js';
import { connectionOf } from './figures/connections.js';
import type { AuditRules } from './rules.js';

/** A connection, and the rules by which its data is expected. */
export interface Expected {
  readonly connection: Connection;
  readonly policy: Pick<RefreshPolicy, 'background'>;
  /** Ours to pull, and meant to grow old: its customer has been away for long. */
  readonly mayAge?: boolean;
  /** Before this nobody could pull it, or nothing is known of what came by itself; null: from its beginning on. */
  readonly awaitedSince?: Instant | null;
}

/** An ACTIVE connection without data for so long contradicts itself, unless its provider is slower than that. */
export const SILENT_MS: DurationMs = 7 * DAY;

/** Late by less than a day is an outage of a bank; by more than a week, nobody looks after it. */
export const WARN_FROM_MS: DurationMs = DAY;
export const CRITICAL_FROM_MS: DurationMs = 7 * DAY;

/** So many of one kind and provider are findings of their own; more have one cause, which is the provider's or ours. */
export const MOST_SINGLE = 20;

/** Data that came so soon after a forced call is taken for that call's. */
const FORCED_BRINGS_WITHIN_MS: DurationMs = HOUR;

export type Lateness = 'silent' | 'starving' | 'late';

export interface Late {
  readonly kind: Lateness;
  /** When something should have come. */
  readonly due: Instant;
}

/** Nothing is expected of one that waits for its customer, steps back behind its twin, or has ended. */
const isAwaited = ({ active, status, statusReason }: Connection): boolean =>
  active && permissionsOf({ status, reason: statusReason }).refresh !== 'no';

/** The newest data that no forced call of ours brought, as far as that can be told. */
const newestFree = ({ lastBackgroundAt, lastSuccessAt, lastForcedAt, connectedAt }: Connection): Instant => {
  const told = lastBackgroundAt ?? connectedAt;
  if (lastSuccessAt === null) return told;
  const isForced =
    lastForcedAt !== null && lastSuccessAt >= lastForcedAt && lastSuccessAt <= lastForcedAt + FORCED_BRINGS_WITHIN_MS;
  return isForced ? told : Math.max(told, lastSuccessAt);
};

/** The provider's own refresh: not expected while a forced one pushes it away, nor before its turn after that. */
const freeDue = (
  connection: Connection,
  { everyMs, staleAfterMs, suppressedByForcedMs }: RefreshPolicy['background'],
) => {
  const due = newestFree(connection) + staleAfterMs;
  const { lastForcedAt } = connection;
  if (lastForcedAt === null || suppressedByForcedMs === 0) return due;
  return Math.max(due, lastForcedAt + suppressedByForcedMs + everyMs);
};

const dataOf = ({ connection, policy: { background }, mayAge = false }: Expected, now: Instant): Late | undefined => {
  if (!isAwaited(connection) || mayAge) return undefined;
  const { lastSuccessAt, connectedAt, status } = connection;
  const stale = (lastSuccessAt ?? connectedAt) + background.staleAfterMs;
  if (lastSuccessAt === null || background.owner === 'engine') {
    return stale <= now ? { kind: 'starving', due: stale } : undefined;
  }
  if (status === 'ACTIVE' && lastSuccessAt + Math.max(SILENT_MS, background.staleAfterMs) <= now) {
    return { kind: 'silent', due: stale };
  }
  const due = freeDue(connection, background);
  return due <= now ? { kind: 'late', due } : undefined;
};

/**
 * `starving`: it never had any data, or nobody but us pulls it and nobody did. `silent`: ACTIVE, and yet without data, free
 * or forced, for a week. `late`: the provider's own refresh was missed, whatever was paid for meanwhile. The one that says most.
 */
export const latenessOf = (row: Expected, now: Instant): Late | undefined => {
  const late = dataOf(row, now);
  if (late === undefined) return undefined;
  const due = Math.max(late.due, (row.awaitedSince ?? -Infinity) + row.policy.background.staleAfterMs);
  return due <= now ? { ...late, due } : undefined;
};

/** Nobody pulls one in such a status; one that comes in has none yet. */
const letsNobodyIn = ({ fromStatus: status, fromReason: reason }: StatusChange): boolean =>
  status !== null && permissionsOf({ status, reason }).refresh !== 'yes';

const CHANGES = 20;

/** Since its repair, or another way back. Where nothing but our forced calls brought data: since it is known here. */
function* awaitedSince(connection: Connection): Loader<Instant | null> {
  const { tenantId, id: connectionId, lastSuccessAt } = connection;
  const changes = yield* read('historyPage', { tenantId, connectionId, before: null, limit: CHANGES });
  const cameBack = changes.find(letsNobodyIn);
  if (cameBack !== undefined) return cameBack.at;
  const cameIn = changes.find(({ fromStatus }) => fromStatus === null);
  return cameIn !== undefined && lastSuccessAt !== null && newestFree(connection) < lastSuccessAt ? cameIn.at : null;
}

function* expected({ tenantId, now, after, limit }: AuditPlace, { policies }: AuditRules): Loader<readonly Expected[]> {
  const connections = yield* read('connectionsScan', { tenantId, after, limit });
  const rows: Expected[] = [];
  for (const connection of connections) {
    const policy = policies.policyFor({ ...connection, connectionId: connection.id });
    const plan = isEngineManaged(policy) ? yield* read('pullPlan', { tenantId, id: connection.id }) : null;
    const row: Expected = { connection, policy, mayAge: plan?.held === 'dormant' };
    const isLate = latenessOf(row, now) !== undefined;
    rows.push(isLate ? { ...row, awaitedSince: yield* awaitedSince(connection) } : row);
  }
  return rows;
}

interface One {
  readonly id: ConnectionId;
  readonly externalId: string;
  readonly due: Instant;
  readonly lastSuccessAt: Instant | null;
}

/** Connections of one provider that wait in one way. */
interface Waiting {
  readonly kind: Lateness;
  readonly provider: string;
  readonly count: number;
  readonly oldestDue: Instant;
  readonly first: readonly One[];
}

type Sum = Readonly<Record<string, Waiting>>;

const add = (sum: Sum, row: Expected, now: Instant): Sum => {
  const late = latenessOf(row, now);
  if (late === undefined) return sum;
  const { kind, due } = late;
  const { id, externalId, provider, lastSuccessAt } = row.connection;
  const key = `${kind} ${provider}`;
  const before: Waiting = sum[key] ?? { kind, provider, count: 0, oldestDue: due, first: [] };
  const after: Waiting = {
    ...before,
    count: before.count + 1,
    oldestDue: Math.min(before.oldestDue, due),
    first: before.count < MOST_IDS ? [...before.first, { id, externalId, due, lastSuccessAt }] : before.first,
  };
  return { ...sum, [key]: after };
};

const severityOf = (lateMs: DurationMs): Severity =>
  lateMs >= CRITICAL_FROM_MS ? 'critical' : lateMs >= WARN_FROM_MS ? 'warning' : 'info';

const words: Readonly<Record<Lateness, { readonly told: string; readonly action: string }>> = {
  silent: {
    told: 'ACTIVE, but without any data for a week or more',
    action: 'Read the status at the provider, and import it with that: the customer may have to log in again.',
  },
  starving: {
    told: 'starving: nobody has pulled any data for it in time',
    action: 'Refresh it, or let a sweep do so: its provider does not do it by itself, or never began.',
  },
  late: {
    told: 'late: the free refresh of its provider did not come',
    action:
      "Check that the provider's webhooks arrive, and whether it has an outage; what is forced meanwhile is paid for.",
  },
};

const since = (lateMs: DurationMs): string =>
  lateMs >= DAY ? `${Math.floor(lateMs / DAY)} d` : `${Math.floor(lateMs / HOUR)} h`;

const shown = ({ id, externalId, due, lastSuccessAt }: One, now: Instant) => ({
  id,
  externalId,
  due: formatInstant(due),
  lateHours: Math.floor((now - due) / HOUR),
  lastSuccessAt: lastSuccessAt === null ? null : formatInstant(lastSuccessAt),
});

const singles = ({ kind, provider, first }: Waiting, now: Instant): readonly Found[] =>
  first.map((one) => ({
    key: `${kind} ${one.id}`,
    severity: severityOf(now - one.due),
    connectionId: one.id,
    summary: `a connection is ${words[kind].told} (overdue for ${since(now - one.due)})`,
    action: words[kind].action,
    money: null,
    evidence: { provider, ...shown(one, now) },
  }));

const together = ({ kind, provider, count, oldestDue, first }: Waiting, now: Instant): Found => ({
  key: `${kind} ${provider}`,
  severity: severityOf(now - oldestDue),
  connectionId: null,
  summary: `${count} connections of ${provider} are ${words[kind].told} (overdue for up to ${since(now - oldestDue)})`,
  action: `So many have one cause. ${words[kind].action}`,
  money: null,
  evidence: { provider, count, oldestDue: formatInstant(oldestDue), first: first.map((one) => shown(one, now)) },
});

export const lateConnections = defineSummary<Expected, Sum>({
  name: 'late-connections',
  question:
    'Does data still come to every connection that should have it: by itself where the provider refreshes, and by us where it does not?',
  rows: expected,
  keyOf: ({ connection }) => connection.id,
  nothing: {},
  add,
  figures: ({ connection }, now) => connectionOf(connection, isAwaited(connection), now),
  summarize: (sum, now) =>
    Object.values(sum).flatMap((waiting) =>
      waiting.count > MOST_SINGLE ? [together(waiting, now)] : singles(waiting, now),
    ),
});
