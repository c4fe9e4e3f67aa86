import type { Instant, Product, RefreshFacts } from '@freshet/domain';
import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';

/** The age of the oldest of these products; null where one never arrived. */
export const oldestOf = (facts: RefreshFacts, products: readonly Product[]): Instant | null => {
  let oldest: Instant | null = Number.POSITIVE_INFINITY;
  for (const product of products) {
    const at = facts.freshness[product];
    if (at === undefined) return null;
    oldest = Math.min(oldest, at);
  }
  return Number.isFinite(oldest) ? oldest : null;
};

/** Gate 4: the provider would hand back its last pull instead of pulling again. */
export const recentGate = ({ facts, policy, products }: Considered): GateAnswer => {
  const { recent } = facts;
  const rule = policy.coalesces;
  if (recent === null || rule === null || recent.at <= facts.now - rule.withinMs)
    return passed('recent', 'NONE_RECENT');
  const until = recent.at + rule.withinMs;
  return {
    reasons: [because('recent', 'RECENT_COUNTS', { at: recent.at, until, taskId: recent.taskId })],
    ends: {
      verdict: 'reuse',
      taskId: recent.taskId,
      asOf: oldestOf(facts, products) ?? recent.at,
    },
  };
};
