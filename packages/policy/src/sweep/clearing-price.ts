const PRECISION = 1e-14;
const HIGHEST = 1e280;
const LOWEST = 1e-280;
/** Halvings of the bracket before those are put aside whom neither end of it moves any more. */
const HALVINGS = 4;

/** What each member takes of a limit at the price that is set: it falls in steps as the price rises. */
export interface Takers {
  readonly members: Int32Array;
  readonly setPrice: (price: number) => void;
  readonly takes: (member: number) => number;
}

/** Members whose share is not yet settled, and what the settled ones take together. */
class Open {
  private readonly takers: Takers;
  private readonly rows: Int32Array;
  private readonly atLow: Float64Array;
  private settled = 0;
  size: number;

  constructor(takers: Takers) {
    this.takers = takers;
    this.rows = takers.members.slice();
    this.atLow = new Float64Array(this.rows.length);
    this.size = this.rows.length;
  }

  totalAt(price: number): number {
    const { rows, takers, size } = this;
    takers.setPrice(price);
    let sum = this.settled;
    for (let place = 0; place < size; place += 1) sum += takers.takes(rows[place] as number);
    return sum;
  }

  /** Puts those aside who take the same at both ends: they do so anywhere between. */
  narrow(low: number, high: number): void {
    const { rows, takers, atLow } = this;
    takers.setPrice(low);
    for (let place = 0; place < this.size; place += 1) atLow[place] = takers.takes(rows[place] as number);
    takers.setPrice(high);
    let kept = 0;
    for (let place = 0; place < this.size; place += 1) {
      const row = rows[place] as number;
      const takes = takers.takes(row);
      if (takes === atLow[place]) this.settled += takes;
      else {
        rows[kept] = row;
        kept += 1;
      }
    }
    this.size = kept;
  }
}

/** So far below a price that was expected, there may be none at all. */
const FAR = 2;
const SAMPLE = 64;
const isKnown = (price: number): boolean => price > LOWEST && price < HIGHEST;

/** Near the price: the one that clears every 64th member under its share of the limit. */
const sampledPrice = (takers: Takers, limit: number): number => {
  const members = takers.members.filter((_member, place) => place % SAMPLE === 0);
  const share = takers.members.length === 0 ? 0 : members.length / takers.members.length;
  return members.length < SAMPLE ? 0 : clearingPrice({ ...takers, members }, limit * share, 0);
};

/**
 * The lowest price at which all takers together fit a limit, 0 where they do for nothing. Like `lowestPrice`, for amounts
 * that fall in steps: the bracket is halved, and each time fewer members are left to look at.
 */
export const clearingPrice = (takers: Takers, limit: number, guess: number): number => {
  const open = new Open(takers);
  const near = isKnown(guess) ? guess : sampledPrice(takers, limit);
  if (!isKnown(near) && open.totalAt(0) <= limit) return 0;
  let factor = isKnown(guess) ? 1.001 : isKnown(near) ? 1.02 : 4;
  let high = isKnown(near) ? near : 1;
  let low: number;
  if (open.totalAt(high) > limit) {
    do {
      if (high > HIGHEST) return Number.POSITIVE_INFINITY;
      [low, high] = [high, high * factor];
      factor *= factor;
    } while (open.totalAt(high) > limit);
  } else {
    for (low = high / factor; open.totalAt(low) <= limit; factor *= factor) {
      if (factor > FAR && open.totalAt(0) <= limit) return 0;
      if (low < LOWEST) return high;
      [high, low] = [low, low / factor];
    }
  }
  while (high > low * (1 + PRECISION)) {
    for (let halving = 0; halving < HALVINGS; halving += 1) {
      const middle = Math.sqrt(low) * Math.sqrt(high);
      if (middle <= low || middle >= high) return high;
      if (open.totalAt(middle) > limit) low = middle;
      else high = middle;
    }
    open.narrow(low, high);
  }
  return high;
};
