import { money } from '@freshet/domain';
import type { Money, Product } from '@freshet/domain';
import type { Price } from '../policy.js';

/** What one forced refresh of these products costs; null where no price is known. */
export const priceOf = (price: Price | null, products: readonly Product[], historicalLoaded: boolean): Money | null => {
  if (price === null) return null;
  const set = price.productSets.find((candidate) => products.every((product) => candidate.products.includes(product)));
  const historical = !historicalLoaded && products.includes('TRANSACTIONS') ? price.historicalMicros : 0;
  return money((set?.micros ?? price.perRequestMicros) + historical, price.currency);
};
