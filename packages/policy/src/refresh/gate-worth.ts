import type { BudgetFacts, ForcingFacts, ReasonData } from '@freshet/domain';
import { DAY } from '@freshet/domain';
import { covers } from '../cost/budget.js';
import { forcingValue, isWorth } from '../freshness/forcing-value.js';
import { shadowPriceAt, shadowPriceFrom } from '../freshness/shadow-price.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';
import { oldestOf } from './gate-recent.js';

/**
 * What a forced refresh has to bring to be worth its money, in fresh reads: by the shadow prices of the budgets that pay
 * for it, together; by the catalogue where none does.
 */
const priceInReads = ({ facts, policy, cost }: Considered): { readonly price: number; readonly set: string } => {
  const money = cost();
  const paying = facts.budgets.filter((budget) => covers(budget, money));
  if (money === null || money.micros === 0 || paying.length === 0)
    return { price: 1 / policy.worth.valueMultiple, set: 'catalogue' };
  const perMicro = (budget: BudgetFacts): number =>
    shadowPriceAt(budget.shadow ?? shadowPriceFrom(policy, money.micros, facts.now), facts.now);
  const price = money.micros * paying.reduce((sum, budget) => sum + perMicro(budget), 0);
  return { price, set: paying.map((budget) => budget.name).join(', ') };
};

/** Chance that the copy is stale: of what is older than the caller wants, it is certain. */
const staleChanceOf = ({ request }: Considered, forcing: ForcingFacts): number => {
  if (request.maxAgeMs !== null || forcing.toldAt !== null || forcing.missedChanges === null) return 1;
  return -Math.expm1(-forcing.missedChanges * (1 - forcing.toldShare));
};

/** Whether forcing now beats its price, and the refresh that the next read would otherwise ask for. */
const weigh = (
  considered: Considered,
  forcing: ForcingFacts,
): { readonly worth: boolean; readonly data: ReasonData } => {
  const staleChance = staleChanceOf(considered, forcing);
  const { price, set } = priceInReads(considered);
  const { toldShare, readsPerDay, successChance, slots } = forcing;
  const value = forcingValue(
    { staleChance, toldShare, readsPerDay, successChance, slots, slotDays: forcing.slotMs / DAY },
    price,
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
  // Data that never came is no copy at all: nothing can be read until it does.
  return { worth: forcing.missedChanges === null || isWorth(value, price), data };
};

/**
 * Gate 9, mode `auto` only. A background refresh that is expected within the caller's patience (their maxAge, else the
 * catalogue's) wins, because it is free. Else forcing has to be worth its price, in fresh reads.
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
  const reasons = [because('worth', 'WORTH_WAITING', { ...timing, ...data })];
  return nextBackgroundAt !== null
    ? { reasons, ends: { verdict: 'wait' } }
    : { reasons, ends: { verdict: 'reuse', asOf: oldestOf(facts, products) } };
};
