import type { PullCap } from '../workload/workload.js';
import type { StaleWindow } from './stale-windows.js';

/** A stale window with the price of a call that rescues it. */
export interface PricedWindow {
  readonly window: StaleWindow;
  readonly micros: number;
}

/** Ways to rescue each window, side by side: in which stretch of the clock, and how many reads are then left to rescue. */
interface Options {
  /** Where each window's options begin; one more at the end. */
  readonly from: Uint32Array;
  readonly stretch: Uint32Array;
  readonly reads: Uint32Array;
  readonly micros: Float64Array;
  readonly stretches: number;
}

const optionsOf = (priced: readonly PricedWindow[], perMs: number): Options => {
  const [from, stretch, reads]: [number[], number[], number[]] = [[], [], []];
  let stretches = 0;
  for (const { window } of priced) {
    from.push(stretch.length);
    let passed = 0;
    const last = Math.floor((window.reads.at(-1) as number) / perMs);
    for (let of = Math.floor(window.start / perMs); of <= last; of += 1) {
      // Within the stretch the earliest moment rescues the most.
      while ((window.reads[passed] as number) < of * perMs) passed += 1;
      stretch.push(of);
      reads.push(window.reads.length - passed);
    }
    stretches = Math.max(stretches, last + 1);
  }
  return {
    from: Uint32Array.from([...from, stretch.length]),
    stretch: Uint32Array.from(stretch),
    reads: Uint32Array.from(reads),
    micros: Float64Array.from(priced, ({ micros }) => micros),
    stretches,
  };
};

/**
 * What the windows are worth beyond a price of money and a price of each stretch's places, taken by whom they are worth
 * most to; `taken` counts the places.
 */
const surplus = (options: Options, readsPerMicro: number, placePrice: Float64Array, taken: Uint32Array): number => {
  const { from, stretch, reads, micros } = options;
  let sum = 0;
  taken.fill(0);
  for (let window = 0; window < micros.length; window += 1) {
    let [best, where] = [0, -1];
    const cost = readsPerMicro * (micros[window] as number);
    for (let option = from[window] as number; option < (from[window + 1] as number); option += 1) {
      const of = stretch[option] as number;
      const left = (reads[option] as number) - cost - (placePrice[of] as number);
      if (left > best) [best, where] = [left, of];
    }
    sum += best;
    if (where >= 0) taken[where] = (taken[where] as number) + 1;
  }
  return sum;
};

const ROUNDS = 40;

/** Raises the price of places that too many want, lowers it where some are left: the least bound that this finds. */
const leastSurplus = (options: Options, readsPerMicro: number, count: number, placePrice: Float64Array): number => {
  const taken = new Uint32Array(options.stretches);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const places = count * placePrice.reduce((sum, price) => sum + price, 0);
    least = Math.min(least, places + surplus(options, readsPerMicro, placePrice, taken));
    let moved = false;
    for (let of = 0; of < placePrice.length; of += 1) {
      const before = placePrice[of] as number;
      const wanted = (taken[of] as number) - count;
      const after = Math.max(0, before + wanted / (count * Math.sqrt(round + 1)));
      if (after !== before) moved = true;
      placePrice[of] = after;
    }
    if (!moved) break;
  }
  return least;
};

const PRICES = 40;

/** From the least to the highest worth of money in any window, and nothing at all. */
const moneyPrices = (priced: readonly PricedWindow[]): readonly number[] => {
  const worths = priced.map(({ window, micros }) => window.reads.length / micros);
  const highest = worths.reduce((most, worth) => Math.max(most, worth), 0);
  const lowest = worths.reduce((least, worth) => Math.min(least, worth), highest);
  const step = (highest / lowest) ** (1 / (PRICES - 2));
  return [highest, ...Array.from({ length: PRICES - 2 }, (_, index) => highest / step ** (index + 1)), 0];
};

/**
 * A bound on the reads that any calls rescue under a cap over the whole account. The rolling window is eased to fixed
 * stretches of its length, each of which it allows `count` calls too; whole calls are eased to parts of calls; and of
 * that linear program any prices of money and places give a bound from above (weak duality), the best of which is kept.
 */
export const cappedRescues = (priced: readonly PricedWindow[], cap: PullCap): ((micros: number) => number) => {
  if (priced.length === 0) return () => 0;
  const options = optionsOf(priced, cap.perMs);
  const placePrice = new Float64Array(options.stretches);
  const bounds = moneyPrices(priced).map((readsPerMicro) => ({
    readsPerMicro,
    reads: leastSurplus(options, readsPerMicro, cap.count, placePrice),
  }));
  return (micros) => Math.min(...bounds.map(({ readsPerMicro, reads }) => readsPerMicro * micros + reads));
};
