/**
 * How often to force each of n items, in columns: row i of every column is item i. Rates are per day; money is in any one
 * unit (micros, dollars). Weights say what being always fresh is worth per day: reads per day times value per read.
 */
export interface AllocationProblem {
  /** Meaningful changes per day. */
  readonly changes: Float64Array;
  readonly weights: Float64Array;
  /** Money for one forced refresh. */
  readonly prices: Float64Array;
  /** Free refreshes per day that come anyway. */
  readonly background: Float64Array;
  /** Forced at least so often; null: nobody has to be. Demands that do not fit leave the money overspent. */
  readonly minRates: Float64Array | null;
  /** Forced at most so often: one over the minimum gap; Infinity: no gap. */
  readonly maxRates: Float64Array;
  /** Which row of `caps` holds it; -1: none. */
  readonly providers: Int32Array;
  /** Forced refreshes per day at one provider, all items together. */
  readonly caps: Float64Array;
  /** Money per day; Infinity: money does not bind. */
  readonly budget: number;
}

export interface Allocation {
  /** Forced refreshes per day. */
  readonly rates: Float64Array;
  /** L: what the last unit of money brings; 0 where money is left. */
  readonly moneyPrice: number;
  /** What one more forced refresh per day at the provider would bring beside its money; 0 where there is room. */
  readonly capPrices: Float64Array;
  readonly spent: number;
}

/** The rate at which one more refresh of the item brings just its shadow price; background refreshes included. */
export type RateAt = (item: number, shadowPrice: number) => number;
