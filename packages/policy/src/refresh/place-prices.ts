import { DAY } from '@freshet/domain';
import type { DurationMs, ForcingFacts, ReasonData } from '@freshet/domain';
import { ownPlacePrice, turnedAway } from '../freshness/place-price.js';
import type { LimitVerdict } from '../limits/evaluate.js';
import { isShared, placesOf } from '../limits/shared-places.js';
import type { Window } from '../policy.js';
import type { Considered } from './gate.js';

/** What the places that a forced refresh takes have to bring, in fresh reads, and what the dearest of them is. */
export interface PlacePrices {
  readonly price: number;
  readonly data: ReasonData;
}

const NONE: PlacePrices = { price: 0, data: {} };

interface Priced {
  readonly verdict: LimitVerdict;
  readonly price: number;
  /** The chance that a later refresh is turned away for it; null: no other connection wants it. */
  readonly missed: number | null;
}

/** Places that many connections share: whom this one keeps out, and what that one would have brought. */
const sharedPrice = ({ facts: { demand, now } }: Considered, verdict: LimitVerdict): Priced | null => {
  const known = demand?.[verdict.limit.name];
  if (known === undefined) return null;
  const missed = turnedAway(placesOf(verdict, now), known, now);
  return { verdict, price: missed * known.worth, missed };
};

const LONGEST: Readonly<Record<'day' | 'month', DurationMs>> = { day: DAY, month: 31 * DAY };

/** Never longer than this until a place comes back. */
const atMostMs = ({ per }: Window): DurationMs => (per.shape === 'calendar' ? LONGEST[per.unit] : per.ms);

/** Places of one connection's own: its own later reads are kept out. A pause is no price: it is as long for any of them. */
const ownPrice = (considered: Considered, verdict: LimitVerdict, forcing: ForcingFacts): Priced | null => {
  const { limit, state } = verdict;
  if (limit.kind === 'cooldown' || limit.count < 2) return null;
  const { readsPerDay, changesPerDay, successChance } = forcing;
  // Mostly it is read so seldom that its places last.
  if (readsPerDay * atMostMs(limit) <= state.remaining * DAY) return null;
  const { facts, policy, nextBackgroundAt } = considered;
  const { lengthMs, resetsAt } = placesOf(verdict, facts.now);
  const backAt = state.resetAt ?? resetsAt ?? facts.now + lengthMs;
  const isFree = nextBackgroundAt !== null && !limit.counts.origins.includes('background');
  const freePerDay = isFree ? DAY / policy.background.everyMs : 0;
  const use = { changesPerDay, readsPerDay, successChance, freePerDay };
  return { verdict, price: ownPlacePrice(use, state.remaining, backAt - facts.now), missed: null };
};

/**
 * What the places have to bring beyond `moneyPrice`. Shared ones add up, each being kept from others; a price that makes
 * the connection's own places last is one for the whole refresh, so that what money and shared places ask counts towards
 * it.
 */
export const placePrices = (considered: Considered, forcing: ForcingFacts, moneyPrice: number): PlacePrices => {
  let shared = 0;
  let whole = 0;
  let dearest: Priced | null = null;
  for (const verdict of considered.limits()) {
    if (!verdict.takes) continue;
    const isOthers = isShared(verdict.limit);
    const priced = isOthers ? sharedPrice(considered, verdict) : ownPrice(considered, verdict, forcing);
    if (priced === null || priced.price === 0) continue;
    if (isOthers) shared += priced.price;
    else whole = Math.max(whole, priced.price);
    if (dearest === null || priced.price > dearest.price) dearest = priced;
  }
  const price = Math.max(shared, whole - moneyPrice);
  if (dearest === null || price <= 0) return NONE;
  const { verdict, missed } = dearest;
  const data = {
    placePrice: price,
    placeUnder: verdict.state.name,
    placeFreeAt: verdict.state.resetAt,
    placeMissed: missed,
  };
  return { price, data };
};
