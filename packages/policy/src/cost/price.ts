import { money } from '@freshet/domain';
import type { Money, Product, PullOrigin } from '@freshet/domain';
import type { Price } from '../policy.js';

const requestMicros = (price: Price, products: readonly Product[]): number => {
  const set = price.productSets.find((candidate) => products.every((product) => candidate.products.includes(product)));
  return set?.micros ?? price.perRequestMicros;
};

/** What one forced refresh of these products costs; null where no price is known. */
export const priceOf = (price: Price | null, products: readonly Product[], historicalLoaded: boolean): Money | null => {
  if (price === null) return null;
  const historical = !historicalLoaded && products.includes('TRANSACTIONS') ? price.historicalMicros : 0;
  return money(requestMicros(price, products) + historical, price.currency);
};

/** A pull that nobody asked for as a refresh, when some of its data came. */
export interface OtherPull {
  readonly origin: PullOrigin;
  readonly products: readonly Product[];
  /** The first that came of it: what is told of it later costs no second time. */
  readonly isFirst: boolean;
  /** Whether the history came with this. */
  readonly loadsHistory: boolean;
}

/** Whether any such pull can cost something: mostly none does, and then no budget has to be looked at. */
export const othersMayCost = (price: Price | null, historicalLoaded: boolean): boolean =>
  price !== null && ((price.alsoBilled ?? []).length > 0 || (!historicalLoaded && price.historicalMicros > 0));

/** What such a pull costs; null where it is free, or no price is known. A provider's own pull brings no paid history. */
export const otherCost = (price: Price | null, pull: OtherPull): Money | null => {
  if (price === null) return null;
  const isBilled = pull.isFirst && (price.alsoBilled ?? []).some((origin) => origin === pull.origin);
  const history = pull.loadsHistory && pull.origin !== 'background' ? price.historicalMicros : 0;
  const micros = (isBilled ? requestMicros(price, pull.products) : 0) + history;
  return micros === 0 ? null : money(micros, price.currency);
};
