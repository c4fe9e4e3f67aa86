import { isTerminal } from '@freshet/domain';
import type { Connection, ConnectionRates, Effect, Instant, KeptSweep } from '@freshet/domain';
import type { Draft } from '../group/draft.js';
import type { RefreshPolicy } from '../policy.js';
import { isEngineManaged } from './engine-managed.js';
import { openTerms, type OwnPullFacts } from './own-candidate.js';
import { planOwnPull } from './own-pulls.js';

/** What a connection's own pull is planned by: what was learned of it, and the prices in force. */
export const ownPullFacts = (
  connection: Pick<Connection, 'createdAt'>,
  rates: ConnectionRates | null,
  kept: KeptSweep | null,
): OwnPullFacts => ({ rates, lastReadAt: rates?.reads.lastAt ?? connection.createdAt, terms: kept ?? openTerms });

/** What moves the next pull of ours. */
const moving = ['status', 'statusReason', 'active', 'lastSuccessAt'] as const satisfies readonly (keyof Connection)[];

/** Who was pulled, or may be pulled again, gets a time at the prices in force, without a look at the others. */
export const replanned = (
  drafts: readonly Draft[],
  policy: RefreshPolicy,
  known: { readonly rates: ConnectionRates | null; readonly kept: KeptSweep | null },
  now: Instant,
): readonly Effect[] =>
  isEngineManaged(policy)
    ? drafts
        .filter(({ before, after }) => after.active && moving.some((field) => before[field] !== after[field]))
        .filter(({ after }) => !isTerminal(after.status))
        .flatMap(({ after }) => planOwnPull(after, policy, now, ownPullFacts(after, known.rates, known.kept)))
    : [];

/** The rates as they are once these effects are applied. */
export const ratesAfter = (effects: readonly Effect[], before: ConnectionRates | null): ConnectionRates | null => {
  const learned = effects.findLast((effect) => effect.do === 'put' && effect.record === 'connectionRates');
  return learned?.do === 'put' && learned.record === 'connectionRates' ? learned.row : before;
};
