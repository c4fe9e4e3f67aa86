/** What a connection can be granted, in Meld's terms (`reference/meld.md` 6). */
export const products = [
  'BALANCES',
  'IDENTIFIERS',
  'OWNERS',
  'TRANSACTIONS',
  'INVESTMENT_HOLDINGS',
  'INVESTMENT_TRANSACTIONS',
] as const;

export type Product = (typeof products)[number];

export const isProduct = (text: string): text is Product => (products as readonly string[]).includes(text);
