import { idOf, insert, nextStatus, update } from '@freshet/domain';
import type { Connection, ConnectionEvent, Effect, StatusAndReason, StatusChange } from '@freshet/domain';
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
  ];
};

/**
 * Those of several drafts, the ones that come into an active place last: two active members of one group must not stand
 * even for a moment.
 */
export const draftsEffects = (drafts: readonly Draft[], inputs: TurnInputs): readonly Effect[] => {
  const gains = ({ before, after }: Draft): boolean =>
    after.active && (!before.active || before.groupKey !== after.groupKey);
  const inOrder = [...drafts.filter((draft) => !gains(draft)), ...drafts.filter(gains)];
  return inOrder.flatMap((draft) => draftEffects(draft, inputs));
};
