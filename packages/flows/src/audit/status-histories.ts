import { events, formatInstant, standingOf, transitions } from '@freshet/domain';
import type { Connection, ConnectionEvent, StatusAndReason, StatusChange } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import { HISTORIES_PRUNED } from '../pruned-marks.js';
import { defineCheck, MOST_IDS, type AuditPlace, type Found } from './check.js';

/** A connection with its newest status changes, the oldest of them first. */
export interface ToldHistory {
  readonly connection: Connection;
  readonly changes: readonly StatusChange[];
  /** Whether older ones were left unread, or pruned. */
  readonly isCut: boolean;
}

/** A connection that changed more often is replayed from there on: what bounds a page. */
export const MOST_CHANGES = 500;
const CONNECTIONS_AT_ONCE = 200;

function* histories({ tenantId, after, limit }: AuditPlace): Loader<readonly ToldHistory[]> {
  const asked = { tenantId, after, limit, mostChanges: MOST_CHANGES };
  const connections = yield* read('historiesScan', asked);
  const pruned = Number((yield* read('setting', { id: HISTORIES_PRUNED }))?.value ?? -Infinity);
  return connections.map(({ connection, changes }) => ({
    connection,
    changes: changes.toReversed(),
    isCut: changes.length === MOST_CHANGES || connection.createdAt < pruned,
  }));
}

const spelled = ({ status, reason }: StatusAndReason): string => (reason === null ? status : `${status} (${reason})`);
const same = (a: StatusAndReason, b: StatusAndReason): boolean => a.status === b.status && a.reason === b.reason;
const toOf = ({ toStatus, toReason }: StatusChange): StatusAndReason => ({ status: toStatus, reason: toReason });
const fromOf = ({ fromStatus, fromReason }: StatusChange): StatusAndReason | null =>
  fromStatus === null ? null : { status: fromStatus, reason: fromReason };

const isEvent = (event: string): event is ConnectionEvent => (events as readonly string[]).includes(event);

/** Why that step cannot have been made by the transition table; undefined: it can. An import brings any status. */
const illegal = (change: StatusChange): string | undefined => {
  const [from, to, { event }] = [fromOf(change), toOf(change), change];
  if (from === null) return event === 'imported' ? undefined : `${event} made a status out of nothing`;
  const step = `${event} led from ${spelled(from)} to ${spelled(to)}`;
  if (event === 'imported') return from.status === 'DELETED' ? step : undefined;
  if (!isEvent(event)) return `${step}, and there is no such event`;
  const target = transitions[standingOf(from)][event];
  if (target === 'never') return `${step}, and cannot happen there`;
  if (target === 'same') return `${step}, and moves nothing there`;
  if (target === 'given') return same(from, to) ? `${step}: no change at all` : undefined;
  return same(target, to) ? undefined : `${step} instead of ${spelled(target)}`;
};

interface Fault {
  readonly severity: Found['severity'];
  readonly told: string;
  readonly change: StatusChange | null;
}

const faultsOfSteps = ({ changes, isCut }: ToldHistory): readonly Fault[] =>
  changes.flatMap((change, index): readonly Fault[] => {
    const before = changes[index - 1];
    const [from, step] = [fromOf(change), illegal(change)];
    const faults: Fault[] = [];
    const fault = (told: string): void => void faults.push({ severity: 'warning', told, change });
    if (before === undefined && from !== null && !isCut) fault(`its history begins at ${spelled(from)}`);
    if (before !== undefined && (from === null || !same(toOf(before), from)))
      fault(
        `it was ${spelled(toOf(before))}, and the next change begins at ${from === null ? 'nothing' : spelled(from)}`,
      );
    if (step !== undefined) fault(step);
    return faults;
  });

/** The present status decides what may be refreshed and billed: one that nothing led to is worse than an old step. */
const faultsOfPresent = ({ connection, changes }: ToldHistory): readonly Fault[] => {
  const present = { status: connection.status, reason: connection.statusReason };
  const last = changes.at(-1);
  if (last === undefined)
    return [{ severity: 'critical', told: `it is ${spelled(present)}, and has no history`, change: null }];
  if (same(toOf(last), present)) return [];
  return [
    {
      severity: 'critical',
      told: `it is ${spelled(present)}, but its history ends at ${spelled(toOf(last))}`,
      change: last,
    },
  ];
};

const shown = ({ told, change }: Fault) => ({
  told,
  changeId: change?.id ?? null,
  cause: change?.cause ?? null,
  at: change === null ? null : formatInstant(change.at),
});

/** One finding a connection, whatever is wrong with its history. */
export const judgeHistory = (history: ToldHistory): readonly Found[] => {
  const faults = [...faultsOfPresent(history), ...faultsOfSteps(history)];
  const [worst] = faults;
  if (worst === undefined) return [];
  const { connection, changes } = history;
  const more = faults.length === 1 ? '' : `; and ${faults.length - 1} more`;
  const found: Found = {
    key: connection.id,
    severity: worst.severity,
    connectionId: connection.id,
    summary: `a connection's history does not lead to where it is: ${worst.told}${more}`,
    action:
      worst.severity === 'critical'
        ? 'Read its status at the provider, and import it with that: what may be refreshed follows from it. Then find out who changed the database.'
        : 'Find out who changed the database: each change is written in the turn that makes it. The present status is explained.',
    money: null,
    evidence: {
      externalId: connection.externalId,
      provider: connection.provider,
      status: connection.status,
      statusReason: connection.statusReason,
      changeCount: changes.length,
      faultCount: faults.length,
      faults: faults.slice(0, MOST_IDS).map(shown),
    },
  };
  return [found];
};

export const statusHistories = defineCheck<ToldHistory>({
  name: 'status-histories',
  question: 'Did every connection come to its status by steps that are possible, one after the other?',
  rows: histories,
  mostRows: CONNECTIONS_AT_ONCE,
  keyOf: ({ connection }) => connection.id,
  judge: judgeHistory,
});
