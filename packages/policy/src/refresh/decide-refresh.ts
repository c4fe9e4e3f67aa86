import { isTerminal } from '@freshet/domain';
import type { Decision, DecisionReason, Gate, Instant, Money, RefreshFacts, RefreshRequest } from '@freshet/domain';
import { nextBackgroundAt } from '../background/next-background.js';
import { inForce } from '../closures/in-force.js';
import { priceOf } from '../cost/price.js';
import { judgeLimits, latestOf } from '../limits/evaluate.js';
import type { LimitVerdict } from '../limits/evaluate.js';
import type { RefreshPolicy } from '../policy.js';
import { endHeldBack, firstAllowedAt } from './first-allowed.js';
import type { Considered, Ending, GateAnswer } from './gate.js';
import { because } from './gate.js';
import { budgetGate } from './gate-budget.js';
import { freshGate } from './gate-fresh.js';
import { inFlightGate } from './gate-in-flight.js';
import { limitsGate } from './gate-limits.js';
import { openGate } from './gate-open.js';
import { productsGate } from './gate-products.js';
import { recentGate } from './gate-recent.js';
import { statusGate } from './gate-status.js';
import { worthGate } from './gate-worth.js';
import { knowingLate, lateReasons } from './late-background.js';

/** Gate 10: nothing stands against it. */
const forceGate = ({ facts, policy, cost }: Considered): Required<Omit<GateAnswer, 'holds'>> => {
  const price = cost();
  const promotes = facts.asked.id === facts.active.id ? null : facts.active.id;
  return {
    reasons: [
      because('force', 'FORCED', {
        costMicros: price?.micros ?? null,
        currency: price?.currency ?? null,
        promotes,
        executor: policy.forced.executor,
      }),
    ],
    ends: { verdict: 'force', cost: price, promotes },
  };
};

const gatesInOrder: readonly (readonly [Gate, (considered: Considered) => GateAnswer])[] = [
  ['status', statusGate],
  ['products', productsGate],
  ['in-flight', inFlightGate],
  ['recent', recentGate],
  ['fresh', freshGate],
  ['open', openGate],
  ['limits', limitsGate],
  ['budget', budgetGate],
  ['worth', knowingLate(worthGate)],
];

const consider = (facts: RefreshFacts, request: RefreshRequest, policy: RefreshPolicy): Considered => {
  const { asked, active, now } = facts;
  // All of a group is one provider connection, so the active one speaks for it; one that is gone speaks for itself.
  const governing = isTerminal(asked.status) ? asked : active;
  const products = request.products !== null && request.products.length > 0 ? request.products : asked.products;
  let limits: readonly LimitVerdict[] | undefined;
  let cost: Money | null | undefined;
  return {
    facts,
    request,
    policy,
    governing,
    products,
    // What is late may come at any moment, or never: nobody waits for it.
    nextBackgroundAt: facts.late === undefined ? nextBackgroundAt(policy, active, now) : null,
    limits: () => (limits ??= judgeLimits(policy, facts.usage, products, request.attended, now)),
    cost: () => (cost === undefined ? (cost = priceOf(policy.price, products, active.historicalLoaded)) : cost),
  };
};

/**
 * When a forced refresh is next possible: after this one where it is made, else when nothing that is known to end stands
 * against it any more. Null where there is no such time, or nobody can tell it.
 */
const nextForcedAt = (considered: Considered, verdict: Decision['verdict']): Instant | null => {
  const { facts, policy } = considered;
  if (!policy.forced.available || verdict === 'refuse') return null;
  const handedBack = handedBackUntil(considered, verdict);
  if (verdict !== 'force' && verdict !== 'join') return latestOf([firstAllowedAt(considered), handedBack]);
  const limits = considered.limits().map((limit) => limit.afterThisAt);
  const closed = inForce(facts.closures, facts.now).map((closure) => closure.until);
  return latestOf([facts.now, ...limits, ...closed, handedBack]);
};

/** Until when the provider would hand back an earlier pull: this one too, once it is made. */
const handedBackUntil = ({ facts, policy }: Considered, verdict: Decision['verdict']): Instant => {
  const rule = policy.coalesces;
  if (rule === null) return facts.now;
  if (verdict === 'force' || verdict === 'join')
    return rule.origins.includes('forced') ? facts.now + rule.withinMs : facts.now;
  return facts.recent === null ? facts.now : facts.recent.at + rule.withinMs;
};

const finish = (considered: Considered, reasons: readonly DecisionReason[], ending: Ending): Decision => ({
  refusal: null,
  mode: considered.request.mode,
  attended: considered.request.attended,
  products: considered.products,
  cost: null,
  taskId: null,
  asOf: null,
  nextForcedAt: nextForcedAt(considered, ending.verdict),
  nextBackgroundAt: considered.nextBackgroundAt,
  reasons,
  limits: considered.limits().map((limit) => limit.state),
  promotes: null,
  widens: [],
  widensRange: null,
  retryAt: null,
  operation: null,
  operationConnectionId: null,
  limit: null,
  budget: null,
  ...ending,
});

/**
 * Whether to force a live refresh, join the one that runs, reuse what just arrived, wait for the free one, or refuse.
 * Ten gates are asked in order; each leaves one reason or more, and the first that is hit ends it. Pure and total: the
 * same facts, request and policy give the same decision, and nothing that can be expected throws.
 */
export const decideRefresh = (facts: RefreshFacts, request: RefreshRequest, policy: RefreshPolicy): Decision => {
  const considered = consider(facts, request, policy);
  const reasons: DecisionReason[] = [];
  for (const [gate, ask] of gatesInOrder) {
    const answer = ask(considered);
    reasons.push(...answer.reasons);
    if (answer.ends) return finish(considered, reasons, answer.ends);
    if (answer.holds) {
      const held = endHeldBack(considered, gate, answer.holds);
      return finish(considered, [...reasons, ...lateReasons(considered), ...held.reasons], held.ends);
    }
  }
  const forced = forceGate(considered);
  return finish(considered, [...reasons, ...forced.reasons], forced.ends);
};
