import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';

const outOfReach = ({ request, policy, facts }: Considered): GateAnswer | undefined => {
  const { from, to } = request;
  if (from === null && to === null) return undefined;
  const earliest = policy.range === null ? null : facts.now - policy.range.maxBackMs;
  const inReach =
    earliest !== null &&
    (from === null || from >= earliest) &&
    (to === null || (to >= earliest && to <= facts.now)) &&
    (from ?? earliest) < (to ?? facts.now);
  if (inReach) return undefined;
  return {
    reasons: [because('products', 'RANGE_OUT_OF_REACH', { from, to, earliest, latest: facts.now })],
    ends: { verdict: 'refuse', refusal: 'range-out-of-reach' },
  };
};

/** Gate 2: every product asked for is granted, and a time range is one that the provider can serve. */
export const productsGate = (considered: Considered): GateAnswer => {
  const { facts, products } = considered;
  const missing = products.filter((product) => !facts.asked.products.includes(product));
  if (missing.length === 0) return outOfReach(considered) ?? passed('products', 'PRODUCTS_GRANTED', { products });
  return {
    reasons: [because('products', 'PRODUCT_NOT_GRANTED', { products: missing, granted: facts.asked.products })],
    ends: { verdict: 'refuse', refusal: 'product-not-granted' },
  };
};
