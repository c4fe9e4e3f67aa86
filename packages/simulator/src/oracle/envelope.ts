/** So many fresh reads for so much money, and any part of it in proportion. */
export interface Purchase {
  readonly reads: number;
  readonly micros: number;
}

/**
 * The upper concave hull of reads by number of calls, as purchases one after another, each worth less per call than the
 * one before. A mixture of plans is a little more than any single plan reaches, so it is still a bound.
 */
export const concavePurchases = (readsByCalls: readonly number[], priceMicros: number): readonly Purchase[] => {
  const corners: number[] = [];
  const slope = (from: number, to: number): number =>
    ((readsByCalls[to] as number) - (readsByCalls[from] as number)) / (to - from);
  readsByCalls.forEach((_, calls) => {
    while (corners.length > 1) {
      const [before, last] = corners.slice(-2) as [number, number];
      if (slope(before, last) > slope(last, calls)) break;
      corners.pop();
    }
    corners.push(calls);
  });
  return corners
    .slice(1)
    .map((calls, index) => ({ from: corners[index] as number, to: calls }))
    .map(({ from, to }) => ({
      reads: (readsByCalls[to] as number) - (readsByCalls[from] as number),
      micros: (to - from) * priceMicros,
    }))
    .filter(({ reads }) => reads > 0);
};

/** The most reads for an amount: the best purchases first, the last one in part. Prices are above zero. */
export const mostForMoney = (purchases: readonly Purchase[]): ((micros: number) => number) => {
  const best = purchases.toSorted((a, b) => b.reads / b.micros - a.reads / a.micros);
  const reads = new Float64Array(best.length + 1);
  const micros = new Float64Array(best.length + 1);
  best.forEach((purchase, index) => {
    reads[index + 1] = (reads[index] as number) + purchase.reads;
    micros[index + 1] = (micros[index] as number) + purchase.micros;
  });
  return (budget) => {
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((micros[middle] as number) <= budget) low = middle;
      else high = middle - 1;
    }
    const next = best[low];
    const part = next === undefined ? 0 : ((budget - (micros[low] as number)) / next.micros) * next.reads;
    return (reads[low] as number) + Math.max(0, part);
  };
};
