import { DAY } from '@freshet/domain';
import type { DurationMs, Instant, PlaceDemand } from '@freshet/domain';

/** Where one limit's places stand. */
export interface Places {
  readonly count: number;
  readonly left: number;
  /** How long a place is gone; of a window that begins anew, how long it is. */
  readonly lengthMs: DurationMs;
  /** When all of them are given back at once; null: each so long after it was taken. */
  readonly resetsAt: Instant | null;
}

/** What is remembered of demand: a long window's is still that of these days. */
const REMEMBERED: DurationMs = 3 * DAY;
/** What a place brings is the mean of about so many. */
const WORTHS = 24;
/** Habits change: so much of the demand may be otherwise than it was. */
const UNSURE = 0.1;
/** Below so small a chance nobody is turned away. */
const NEGLIGIBLE = 0.005;
/** Of limits with fewer places, the chance is always worked out. */
const FEW_PLACES = 16;

const memoryMs = ({ lengthMs }: Places): DurationMs => Math.min(lengthMs, REMEMBERED);

const perWindowAt = (demand: PlaceDemand, places: Places, now: Instant): number =>
  demand.perWindow * Math.exp(-Math.max(0, now - demand.at) / memoryMs(places));

/**
 * Places that come back one by one: Erlang's loss formula, B(count) / B(taken). By it a place that is taken now is missed
 * later (Ott and Krishnan's shadow price of a line that is one of several).
 */
const missedLater = (count: number, taken: number, demand: number): number => {
  let blocked = 1;
  let blockedAtTaken = 1;
  for (let size = 1; size <= count; size += 1) {
    blocked = (demand * blocked) / (size + demand * blocked);
    if (size === taken) blockedAtTaken = blocked;
  }
  return blockedAtTaken === 0 ? 0 : blocked / blockedAtTaken;
};

/** Places that all come back at once: the chance that those left are wanted before then (Littlewood's rule). */
const missedBefore = (left: number, wanted: number): number => {
  const spread = Math.sqrt(wanted + (UNSURE * wanted) ** 2);
  // The logistic curve that lies closest to the normal one.
  return spread === 0 ? 0 : 1 / (1 + Math.exp((-1.702 * (wanted - left + 0.5)) / spread));
};

/** The chance that a refresh is turned away later because this one took a place. */
export const turnedAway = (places: Places, demand: PlaceDemand, now: Instant): number => {
  const { count, left, lengthMs, resetsAt } = places;
  const perWindow = perWindowAt(demand, places, now);
  const taken = count - left;
  if (resetsAt === null && count >= FEW_PLACES && perWindow < count / 2 && taken < count / 2) return 0;
  const chance =
    resetsAt === null
      ? missedLater(count, taken, perWindow)
      : missedBefore(left, (perWindow * (resetsAt - now)) / lengthMs);
  return chance < NEGLIGIBLE ? 0 : chance;
};

/** What a place has to bring, in fresh reads. */
export const placePrice = (places: Places, demand: PlaceDemand, now: Instant): number =>
  turnedAway(places, demand, now) * demand.worth;

/**
 * The demand after one more took a place: `brought` is what that had to show for it (null: it was not weighed), `opensAt`
 * when the limit lets the next one in. While it lets nobody in, nobody can tell how many would come, so that time does
 * not count.
 */
export const afterTaking = (
  demand: PlaceDemand | null,
  places: Places,
  brought: number | null,
  opensAt: Instant,
  now: Instant,
): PlaceDemand => {
  const worth = demand?.worth ?? 1;
  return {
    perWindow: (demand === null ? 0 : perWindowAt(demand, places, now)) + places.lengthMs / memoryMs(places),
    worth: brought === null ? worth : Math.max(0, worth + (brought - worth) / WORTHS),
    at: Math.max(now, opensAt),
  };
};

/** Who asks has a place; where all else is unknown, it is still not none. */
const LEAST_LEFT = 0.1;

/** What one connection does with the places that it has for itself. */
export interface OwnUse {
  readonly changesPerDay: number;
  readonly readsPerDay: number;
  readonly successChance: number;
  /** Free refreshes a day that take none of the places. */
  readonly freePerDay: number;
}

/**
 * What a refresh of one connection has to bring where its own places would not last otherwise: the price at which just as
 * many are forced as places come back, each at a read of data that is as old as this makes it. No state: it follows from
 * how often the data changes and is read, and from the places left. 0 where they last anyway.
 */
export const ownPlacePrice = (use: OwnUse, left: number, forMs: DurationMs): number => {
  const { changesPerDay, readsPerDay, successChance, freePerDay } = use;
  const perDay = Math.max(left, LEAST_LEFT) / Math.max(forMs / DAY, 1e-6) + freePerDay;
  if (readsPerDay <= perDay) return 0;
  const ageDays = 1 / perDay - 1 / readsPerDay;
  const readsAhead = readsPerDay * ageDays;
  const stale = -Math.expm1(-changesPerDay * ageDays);
  const served = 1 + readsAhead + readsPerDay / Math.max(changesPerDay, 1e-6);
  return Math.max(0, successChance * (stale * served - readsAhead));
};
