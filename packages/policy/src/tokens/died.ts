import { isOpen, remove } from '@freshet/domain';
import type { Effect, TokenRenewal } from '@freshet/domain';
import { draftOf, draftsEffects, happen } from '../group/draft.js';
import { decideOutcome, type OutcomeFacts } from '../outcome/decide-outcome.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';

const DEAD = {
  kind: 'customer-needed',
  event: 'failed_token_expired',
  message: 'the refresh token is dead: the customer has to give access anew',
} as const;

/**
 * Nothing is left to read with: the connection says so, and the permit ends. Where no token was lent for it, nothing was
 * read, and its money and its place are free again.
 */
export const died = (
  outcome: OutcomeFacts,
  renewal: TokenRenewal,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): readonly Effect[] => {
  const { task, group } = outcome;
  const forget = remove('tokenRenewal', renewal.id);
  if (isOpen(task.state)) {
    const phase = renewal.lentFor === task.id ? 'look' : 'call';
    // A token service that answered, or never did, says nothing of the reads that a breaker guards.
    const unguarded = { ...outcome, closures: [], breakers: [] };
    return [forget, ...decideOutcome(unguarded, DEAD, phase, policy, inputs).effects];
  }
  const own = group.filter(({ id, status }) => id === task.connectionId && status !== 'DELETED').map(draftOf);
  return [
    forget,
    ...draftsEffects(
      own.map((draft) => happen(draft, DEAD.event, inputs)),
      inputs,
    ),
  ];
};
