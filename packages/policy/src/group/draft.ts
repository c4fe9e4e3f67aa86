import { idOf, insert, nextStatus, update } from '@freshet/domain';
import type { Connection, ConnectionEvent, Effect, StatusAndReason, StatusChange } from '@freshet/domain';
import { beginWatching } from '../background/watch.js';
import type { TurnInputs } from '../turn-inputs.js';

/** A connection on its way through a decision: as it was loaded, as it will be, and the status changes between. */
export interface Draft {
  readonly before: Connection;
  readonly after: Connection;
  readonly changes: readonly StatusChange[];
}

export const draftOf = (connection: Connection): Draft => ({ before: connection, after: connection, changes: [] });

export const set = (draft: Draft, values: Partial<Omit<Connection, 'id'>>): Draft => ({
  ...draft,
  after: { ...draft.after, ...values },
});

const move = (draft: Draft, event: ConnectionEvent, next: StatusAndReason, inputs: TurnInputs): Draft => {
  const { after } = draft;
  const change: StatusChange = {
    id: idOf('history', inputs.newId()),
    tenantId: after.tenantId,
    connectionId: after.id,
    event,
    fromStatus: after.status,
    fromReason: after.statusReason,
    toStatus: next.status,
    toReason: next.reason,
    cause: inputs.cause,
    at: inputs.now,
  };
  return {
    ...draft,
    after: { ...after, status: next.status, statusReason: next.reason },
    changes: [...draft.changes, change],
  };
};

/** The event, as the transition table has it: the draft itself where it moves nothing. */
export const happen = (draft: Draft, event: ConnectionEvent, inputs: TurnInputs, given?: StatusAndReason): Draft => {
  const current = { status: draft.after.status, reason: draft.after.statusReason };
  const next = nextStatus(current, event, given);
  return next === undefined ? draft : move(draft, event, next, inputs);
};

/** Lists and maps that say the same are the same, whoever built them. */
const differs = (a: unknown, b: unknown): boolean =>
  a !== b && (typeof a !== 'object' || typeof b !== 'object' || JSON.stringify(a) !== JSON.stringify(b));

/** One update with the columns that differ, and a row for each status change. */
export const draftEffects = (draft: Draft, inputs: TurnInputs): readonly Effect[] => {
  const { before, after } = draft;
  const changed = (Object.keys(after) as (keyof Connection)[]).filter((key) => differs(after[key], before[key]));
  if (changed.length === 0) return [];
  const values = Object.fromEntries(changed.map((key) => [key, after[key]])) as Partial<Omit<Connection, 'id'>>;
  return [
    update('connection', before.id, { ...values, updatedAt: inputs.now }),
    ...draft.changes.map((change) => insert('statusChange', change)),
    ...beginWatching(before, after, inputs.now),
  ];
};

const isActive = (connection: Connection): boolean => connection.active;

/**
 * Those of several drafts, in an order in which two active members of one group do not stand even for a moment: first
 * those that lose their place or have none, then those that bring theirs into another group, then those that gain one.
 */
export const draftsEffects = (drafts: readonly Draft[], inputs: TurnInputs): readonly Effect[] => {
  const gain = drafts.filter(({ before, after }) => isActive(after) && !isActive(before));
  const move = drafts.filter(
    ({ before, after }) => isActive(after) && isActive(before) && before.groupKey !== after.groupKey,
  );
  const rest = drafts.filter((draft) => !gain.includes(draft) && !move.includes(draft));
  // Several may move into each other's places: all of them leave before the first arrives.
  const leave = move.length > 1 ? move : [];
  const arrive = leave.map((draft) => ({ ...draft, before: { ...draft.before, active: false } }));
  return [
    ...rest.flatMap((draft) => draftEffects(draft, inputs)),
    ...leave.map(({ before }) => update('connection', before.id, { active: false })),
    ...(leave.length > 0 ? arrive : move).flatMap((draft) => draftEffects(draft, inputs)),
    ...gain.flatMap((draft) => draftEffects(draft, inputs)),
  ];
};
