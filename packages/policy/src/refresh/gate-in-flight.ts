import type { DecisionReason, Money, OpenTaskFacts, Product } from '@freshet/domain';
import { inForce } from '../closures/in-force.js';
import { holdsBack } from '../cost/allowance.js';
import { priceOf } from '../cost/price.js';
import { judgeLimits } from '../limits/evaluate.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';
import { overrunReason, shortIn, type BudgetShort } from './gate-budget.js';
import { rangeInFlight } from './range-in-flight.js';

interface Widening {
  readonly widens: readonly Product[];
  readonly reasons: readonly DecisionReason[];
}

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
const canWiden = ({ facts, policy }: Considered, all: readonly Product[], short: readonly BudgetShort[]): boolean => {
  if (facts.openTask?.state !== 'queued') return false;
  if (inForce(facts.closures, facts.now).some((closure) => closure.kind === 'limited')) return false;
  const limits = judgeLimits(policy, facts.usage, all, facts.openTask.attended, facts.now);
  return limits.every((limit) => limit.open) && !short.some((one) => holdsBack(one.short));
};

/** Whether the task brings what it lacks, and what is overrun by that. */
const widening = (considered: Considered, task: OpenTaskFacts, missing: readonly Product[]): Widening => {
  if (missing.length === 0) return { widens: missing, reasons: [] };
  const all = [...task.products, ...missing];
  const short = shortIn(considered, wideningCost(considered, all));
  const widens = canWiden(considered, all, short) ? missing : [];
  const code = widens.length > 0 ? 'IN_FLIGHT_WIDENED' : 'IN_FLIGHT_LACKS_PRODUCTS';
  const overrun = widens.length > 0 ? short : [];
  return {
    widens,
    reasons: [
      because('in-flight', code, { products: missing }),
      ...overrun.map((one) => overrunReason('in-flight', one)),
    ],
  };
};

/** Gate 3: a refresh of the group that is under way is joined: it would be paid for twice. */
export const inFlightGate = (considered: Considered): GateAnswer => {
  const { facts, products } = considered;
  const task = facts.openTask;
  if (task === null) return passed('in-flight', 'NONE_IN_FLIGHT');
  const missing = products.filter((product) => !task.products.includes(product));
  const { widens, reasons } = widening(considered, task, missing);
  const found = because('in-flight', 'IN_FLIGHT', { taskId: task.id, state: task.state, products: task.products });
  const range = rangeInFlight(considered, task);
  return {
    reasons: [found, ...reasons, ...range.reasons],
    ends: { verdict: 'join', taskId: task.id, widens, widensRange: range.widens },
  };
};
