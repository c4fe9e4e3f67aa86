import type { Connection, Task } from '@freshet/domain';
import type { Draft } from '../group/draft.js';
import { draftOf, happen, set } from '../group/draft.js';
import { byRefresh } from '../group/elect.js';
import { credentialsLeft } from '../group/severed.js';
import type { TurnInputs } from '../turn-inputs.js';

/** The most recently refreshed of the rest takes the place of the one that left, with the status that it had. */
export const inheritFrom = (gone: Connection, rest: readonly Connection[], inputs: TurnInputs): readonly Draft[] => {
  const heir = [...rest].sort(byRefresh)[0];
  if (heir === undefined) return [];
  const given = { status: gone.status, reason: gone.statusReason };
  return rest.map((member) =>
    member.id === heir.id ? set(happen(draftOf(member), 'promoted', inputs, given), { active: true }) : draftOf(member),
  );
};

/** The active one's place goes to the most recently refreshed of the rest, with the status that it last had. */
export const withoutConnection = (
  connection: Connection,
  group: readonly Connection[],
  openTask: Task | null,
  inputs: TurnInputs,
): readonly Draft[] => {
  const rest = group.filter((member) => member.id !== connection.id);
  const gone = set(happen(draftOf(connection), 'deleted', inputs), {
    active: false,
    credentials: credentialsLeft(connection, openTask),
  });
  return [gone, ...(connection.active ? inheritFrom(connection, rest, inputs) : [])];
};
