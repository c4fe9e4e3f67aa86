import type { Product } from '@freshet/domain';

/** The calls that force Plaid. Each is billed for itself, and has limits of its own. */
export const forcedCalls = ['transactions', 'investments', 'balance'] as const;
export type ForcedCall = (typeof forcedCalls)[number];

export const productsOf: Readonly<Record<ForcedCall, readonly Product[]>> = {
  transactions: ['TRANSACTIONS'],
  investments: ['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'],
  balance: ['BALANCES'],
};

/** Null: Plaid refreshes it at no call that Freshet makes (`/auth/get` reads, `/identity/refresh` is another product). */
export const callByProduct: Readonly<Record<Product, ForcedCall | null>> = {
  BALANCES: 'balance',
  IDENTIFIERS: null,
  OWNERS: null,
  TRANSACTIONS: 'transactions',
  INVESTMENT_HOLDINGS: 'investments',
  INVESTMENT_TRANSACTIONS: 'investments',
};

/** The calls that bring these products, each once. */
export const callsFor = (products: readonly Product[]): readonly ForcedCall[] =>
  forcedCalls.filter((name) => products.some((product) => callByProduct[product] === name));

export const unforceable = (products: readonly Product[]): readonly Product[] =>
  products.filter((product) => callByProduct[product] === null);

/** Of those asked for, the ones that these calls bring. */
export const broughtBy = (calls: readonly ForcedCall[], asked: readonly Product[]): readonly Product[] =>
  asked.filter((product) => calls.some((name) => name === callByProduct[product]));

/** What a task's calls came to, as far as a later look has to know it: the calls that Plaid took, with their requests' ids. */
export const writeJob = (taken: readonly { readonly call: ForcedCall; readonly requestId: string }[]): string =>
  taken.map(({ call, requestId }) => `${call}:${requestId}`).join(',');

/** Null where nobody knows what Plaid took: the reply was lost. */
export const readJob = (job: string | null): readonly ForcedCall[] | null => {
  const names = (job ?? '').split(',').map((part) => part.split(':')[0]);
  const calls = forcedCalls.filter((call) => names.includes(call));
  return calls.length === 0 ? null : calls;
};
