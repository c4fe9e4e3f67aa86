import type { Connection, Effect } from '@freshet/domain';
import { draftOf, draftsEffects } from '../group/draft.js';
import { elect, isInactiveDuplicate, promote, settleActive } from '../group/elect.js';
import type { TurnInputs } from '../turn-inputs.js';

/**
 * A group with exactly one active member again, by the rule that elects it: of several that are active one of them, of none
 * any. An inactive duplicate that is elected is promoted; one with a status of its own keeps it. Nothing where all is well.
 */
export const decideGroupSettled = (
  members: readonly Connection[],
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  const living = members.filter(({ status }) => status !== 'DELETED');
  const active = living.filter((member) => member.active);
  const chosen = elect(active.length > 0 ? active : living);
  if (chosen === undefined) return { effects: [] };
  const drafts = living.map(draftOf);
  const settled =
    !chosen.active && isInactiveDuplicate(chosen)
      ? promote(drafts, chosen.id, inputs)
      : settleActive(drafts, chosen.id, inputs);
  return { effects: draftsEffects(settled, inputs) };
};
