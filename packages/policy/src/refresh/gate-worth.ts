import type { BudgetFacts, ForcingFacts, ReasonData } from '@freshet/domain';
import { DAY } from '@freshet/domain';
import { covers, shadowOf } from '../cost/budget.js';
import { forcingValue, isWorth } from '../freshness/forcing-value.js';
import { shadowPriceAt, worthPerMicro } from '../freshness/shadow-price.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';
import { oldestOf } from './gate-recent.js';
import { placePrices } from './place-prices.js';

/**
 * What a forced refresh has to bring to be worth its money, in fresh reads: by the shadow prices of the budgets that pay
 * for it, together; by the catalogue where none does. What is free has to bring anything at all.
 */
const priceInReads = ({ facts, policy, cost }: Considered): { readonly price: number; readonly set: string } => {
  const money = cost();
  if (money?.micros === 0) return { price: 0, set: 'catalogue' };
  const paying = facts.budgets.filter((budget) => covers(budget, money));
  if (money === null || paying.length === 0) return { price: 1 / policy.worth.valueMultiple, set: 'catalogue' };
  const worth = worthPerMicro(policy);
  const perMicro = (budget: BudgetFacts): number =>
    shadowPriceAt(shadowOf(budget, worth, paying.length, facts.now), worth, facts.now);
  const price = money.micros * paying.reduce((sum, budget) => sum + perMicro(budget), 0);
  return { price, set: paying.map((budget) => budget.name).join(', ') };
};

/** Chance that the copy is stale: of what is older than the caller wants, it is certain. */
const staleChanceOf = ({ request }: Considered, forcing: ForcingFacts): number => {
  if (request.maxAgeMs !== null || forcing.missedChanges === null) return 1;
  const untold = -Math.expm1(-forcing.missedChanges * (1 - forcing.toldShare));
  return forcing.toldAt === null ? untold : Math.max(untold, forcing.wordTrue);
};

/** Whether forcing now beats its price, and the refresh that the next read would otherwise ask for. */
const weigh = (
  considered: Considered,
  forcing: ForcingFacts,
): { readonly worth: boolean; readonly data: ReasonData } => {
  const staleChance = staleChanceOf(considered, forcing);
  const { price, set } = priceInReads(considered);
  const places = placePrices(considered, forcing, price);
  const whole = price + places.price;
  const { toldShare, readsPerDay, successChance, slots } = forcing;
  const value = forcingValue(
    { staleChance, toldShare, readsPerDay, successChance, slots, slotDays: forcing.slotMs / DAY },
    whole,
  );
  const data = {
    missedChanges: forcing.missedChanges,
    staleChance,
    changesPerDay: forcing.changesPerDay,
    readsPerDay,
    successChance,
    toldAt: forcing.toldAt,
    olderThanMs: considered.request.maxAgeMs,
    freshReads: value.now,
    price,
    priceSetBy: set,
    aheadIfForced: value.laterIfForced,
    aheadIfNot: value.laterIfNot,
  };
  const worth = value.now > 0 && isWorth(value, whole);
  return { worth, data: places.price === 0 ? data : { ...data, ...places.data } };
};

/** Nothing but a forced refresh brings it, and it is older than the caller wants, or than any data may get. */
const isOverdue = ({ facts, request, policy, products }: Considered): boolean => {
  const asOf = oldestOf(facts, products);
  return request.maxAgeMs !== null || asOf === null || facts.now - asOf > policy.background.staleAfterMs;
};

/**
 * Gate 9, mode `auto` only. A background refresh that is expected within the caller's patience (their maxAge, else the
 * catalogue's) wins, because it is free. Else forcing has to be worth its price, in fresh reads; but where no background
 * refresh comes, nothing is left to grow old for ever.
 */
export const worthGate = (considered: Considered): GateAnswer => {
  const { facts, request, policy, products, nextBackgroundAt } = considered;
  if (request.mode === 'force') return passed('worth', 'WORTH_NOT_WEIGHED');
  const patienceMs = request.maxAgeMs ?? policy.patienceMs;
  const waitMs = nextBackgroundAt === null ? null : nextBackgroundAt - facts.now;
  const timing = { nextBackgroundAt, waitMs, patienceMs };
  if (waitMs !== null && waitMs <= patienceMs)
    return { reasons: [because('worth', 'BACKGROUND_IN_TIME', timing)], ends: { verdict: 'wait' } };
  if (facts.forcing === null) return passed('worth', 'WORTH_UNKNOWN', timing);
  const { worth, data } = weigh(considered, facts.forcing);
  if (worth) return passed('worth', 'WORTH_FORCING', { ...timing, ...data });
  if (nextBackgroundAt === null && isOverdue(considered))
    return passed('worth', 'WORTH_OVERDUE', { ...timing, ...data });
  const reasons = [because('worth', 'WORTH_WAITING', { ...timing, ...data })];
  return nextBackgroundAt !== null
    ? { reasons, ends: { verdict: 'wait' } }
    : { reasons, ends: { verdict: 'reuse', asOf: oldestOf(facts, products) } };
};
