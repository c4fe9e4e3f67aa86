import type { Product } from '@freshet/domain';

/** Bud's `resources` for our products; those that are missing Bud does not have. */
const resources: Readonly<Partial<Record<Product, string>>> = {
  BALANCES: 'balances',
  TRANSACTIONS: 'transactions',
  IDENTIFIERS: 'accounts',
  OWNERS: 'parties',
};

export type BudResources =
  | { readonly kind: 'resources'; readonly names: readonly string[] }
  | { readonly kind: 'unsupported'; readonly products: readonly Product[] };

export const resourcesFor = (products: readonly Product[]): BudResources => {
  const unsupported = products.filter((product) => resources[product] === undefined);
  if (unsupported.length > 0) return { kind: 'unsupported', products: unsupported };
  return { kind: 'resources', names: products.flatMap((product) => resources[product] ?? []) };
};

/** What a Bud refresh without `resources` brings of ours. Its webhooks do not say what it was asked for. */
export const PRODUCTS_OF_A_REFRESH = ['BALANCES', 'IDENTIFIERS', 'TRANSACTIONS'] as const satisfies readonly Product[];
