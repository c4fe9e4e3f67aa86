import type { Connection, Freshness, Instant, Product } from '@freshet/domain';

/** The newest data of all twins, per product: they are one provider connection. */
export const groupFreshness = (group: readonly Connection[]): Freshness => {
  const newest: Partial<Record<Product, Instant>> = {};
  for (const { freshness } of group) {
    for (const [product, at] of Object.entries(freshness) as [Product, Instant][]) {
      if ((newest[product] ?? Number.NEGATIVE_INFINITY) < at) newest[product] = at;
    }
  }
  return newest;
};

/** The newest data of all twins, whatever it was of. */
export const newestData = (group: readonly Connection[]): Instant | null =>
  group.reduce<Instant | null>(
    (newest, { lastSuccessAt: at }) => (at !== null && (newest === null || at > newest) ? at : newest),
    null,
  );
