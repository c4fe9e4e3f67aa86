import type { Instant, Product } from '@freshet/domain';
import { DAY } from '@freshet/domain';
import type { RefreshCall } from '@freshet/ports';

/** A job that MX can be asked for. Undefined: MX's default, which is to bring it. */
export type MxJob =
  | {
      readonly kind: 'aggregate';
      readonly includeHoldings: boolean | undefined;
      readonly includeTransactions: boolean | undefined;
    }
  | { readonly kind: 'check_balance' }
  | { readonly kind: 'extend_history' };

/** "Standard account aggregation provides only 90 days": docs.mx.com/products/connectivity/extended-transaction-history */
export const ORDINARY_REACH_MS = 90 * DAY;

const HOLDINGS: readonly Product[] = ['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'];
const TRANSACTIONS: readonly Product[] = ['TRANSACTIONS', 'INVESTMENT_TRANSACTIONS'];
/** Brought by `identify` alone, which is none of the three jobs. */
const ELSEWHERE: readonly Product[] = ['OWNERS'];

const includes = (products: readonly Product[], some: readonly Product[]): boolean =>
  products.some((product) => some.includes(product));

/** The job for what is asked, or null where none of MX's refreshing jobs brings any of it. One call starts one job. */
export const jobFor = ({ products, allProducts, from }: RefreshCall, now: Instant): MxJob | null => {
  if (products.every((product) => ELSEWHERE.includes(product))) return null;
  const hasTransactions = includes(products, TRANSACTIONS);
  if (from !== null && from < now - ORDINARY_REACH_MS && hasTransactions) return { kind: 'extend_history' };
  if (products.every((product) => product === 'BALANCES')) return { kind: 'check_balance' };
  return {
    kind: 'aggregate',
    includeHoldings: allProducts ? undefined : includes(products, HOLDINGS),
    includeTransactions: allProducts ? undefined : hasTransactions,
  };
};
