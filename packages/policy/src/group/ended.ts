import { isTerminal } from '@freshet/domain';
import type { TurnInputs } from '../turn-inputs.js';
import { happen, set, type Draft } from './draft.js';
import { byRefresh } from './elect.js';

const hasEnded = ({ after }: Draft): boolean =>
  isTerminal(after.status) && after.status !== 'DELETED' && after.groupKey !== after.id;

/** The most recently refreshed takes the place, with the status that the one before it had until it ended. */
const heirTo = (ended: Draft, rest: readonly Draft[], inputs: TurnInputs): readonly Draft[] => {
  const [heir] = rest.map(({ after }) => after).sort(byRefresh);
  const last = ended.changes.at(-1);
  const given = { status: last?.fromStatus ?? ended.before.status, reason: last?.fromReason ?? null };
  return rest.map((draft) =>
    draft.after.id === heir?.id ? set(happen(draft, 'promoted', inputs, given), { active: true }) : draft,
  );
};

/**
 * Without those that have ended, as a provider may say of one that was linked: they stand alone from then on, and where the
 * active one of a group ends, another one of it takes its place. Nobody would ever leave it to them.
 */
export const withoutEnded = (drafts: readonly Draft[], inputs: TurnInputs): readonly Draft[] => {
  const ended = drafts.filter(hasEnded);
  if (ended.length === 0) return drafts;
  const rest = drafts.filter((draft) => !ended.includes(draft));
  const active = ended.find(({ after }) => after.active);
  const alone = ended.map((draft) => set(draft, { groupKey: draft.after.id, active: true }));
  return [...alone, ...(active === undefined ? rest : heirTo(active, rest, inputs))];
};
