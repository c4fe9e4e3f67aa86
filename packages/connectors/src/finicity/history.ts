import type { RefreshCall } from '@freshet/ports';

/**
 * The first refresh of transactions of a login whose history was never loaded loads it: what the decision priced.
 * Finicity bills it once per customer, and does not go to the bank again for an account whose history it has.
 */
export const wantsHistory = ({ historicalLoaded, products }: RefreshCall): boolean =>
  historicalLoaded === false && products.includes('TRANSACTIONS');
