import type { Money } from '@freshet/domain';
import type { Found } from './check.js';

/** Micros by currency. */
export type Amounts = Readonly<Record<string, number>>;

export const plusCost = (amounts: Amounts, cost: Money | null): Amounts =>
  cost === null || cost.micros === 0
    ? amounts
    : { ...amounts, [cost.currency]: (amounts[cost.currency] ?? 0) + cost.micros };

/** A finding has one money figure: of several currencies, each has its own; without any money there is still one. */
export const inEachCurrency = (amounts: Amounts, found: (money: Money | null) => Found): readonly Found[] => {
  const sums = Object.entries(amounts).filter(([, micros]) => micros > 0);
  return sums.length === 0 ? [found(null)] : sums.map(([currency, micros]) => found({ micros, currency }));
};
