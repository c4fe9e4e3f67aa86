import type { Found } from '../check.js';
import type { Sum } from './sums.js';

const providerOf = ({ evidence }: Found): string => (typeof evidence.provider === 'string' ? evidence.provider : '');

/** The money of what a check found, by the provider that its evidence names. */
export const stakesOf = (check: string, found: readonly Found[]): readonly Sum[] =>
  found.flatMap((each): readonly Sum[] => {
    if (each.money === null) return [];
    const path = ['stakes', check, providerOf(each), each.money.currency];
    return [
      [[...path, 'micros'], each.money.micros],
      [[...path, 'count'], 1],
    ];
  });
