import type { Money, Product } from '@freshet/domain';
import { priceOf } from '../cost/price.js';
import { covers, usedMicros } from '../cost/budget.js';
import { judgeLimits } from '../limits/evaluate.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';
import { inForce } from './gate-open.js';
import { rangeInFlight } from './range-in-flight.js';

/** What the widened task costs more than it holds now; null where prices are not known. */
export const wideningCost = (
  { facts, policy }: Pick<Considered, 'facts' | 'policy'>,
  all: readonly Product[],
): Money | null => {
  const held = facts.openTask?.cost ?? null;
  const whole = priceOf(policy.price, all, facts.active.historicalLoaded);
  if (whole === null || (held !== null && held.currency !== whole.currency)) return null;
  return { ...whole, micros: Math.max(0, whole.micros - (held?.micros ?? 0)) };
};

/** A queued task may bring more if the limits and budgets of the whole still allow it. */
const canWiden = (considered: Considered, all: readonly Product[]): boolean => {
  const { facts, policy } = considered;
  if (facts.openTask?.state !== 'queued') return false;
  if (inForce(facts.closures, facts.now).some((closure) => closure.kind === 'limited')) return false;
  const limits = judgeLimits(policy, facts.usage, all, facts.openTask.attended, facts.now);
  if (!limits.every((limit) => limit.open)) return false;
  const more = wideningCost(considered, all);
  return facts.budgets.every(
    (budget) => !covers(budget, more) || usedMicros(budget) + more.micros <= budget.amountMicros,
  );
};

/** Gate 3: a refresh of the group that is under way is joined: it would be paid for twice. */
export const inFlightGate = (considered: Considered): GateAnswer => {
  const { facts, products } = considered;
  const task = facts.openTask;
  if (task === null) return passed('in-flight', 'NONE_IN_FLIGHT');
  const missing = products.filter((product) => !task.products.includes(product));
  const widens = missing.length > 0 && canWiden(considered, [...task.products, ...missing]) ? missing : [];
  const found = because('in-flight', 'IN_FLIGHT', { taskId: task.id, state: task.state, products: task.products });
  const more =
    missing.length === 0
      ? []
      : [
          because('in-flight', widens.length > 0 ? 'IN_FLIGHT_WIDENED' : 'IN_FLIGHT_LACKS_PRODUCTS', {
            products: missing,
          }),
        ];
  const range = rangeInFlight(considered, task);
  return {
    reasons: [found, ...more, ...range.reasons],
    ends: { verdict: 'join', taskId: task.id, widens, widensRange: range.widens },
  };
};
