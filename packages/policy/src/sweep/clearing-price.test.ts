import { expect, test } from '@jest/globals';
import { chance } from '../../test/workloads.js';
import { clearingPrice, type Takers } from './clearing-price.js';

/** Each member takes some of the limit in steps that end at prices of its own. */
const takersOf = (count: number, seed: number): Takers => {
  const random = chance(seed);
  const ends = Array.from({ length: count }, () => Array.from({ length: 4 }, () => Math.exp(8 * random() - 4)));
  const costs = Array.from({ length: count }, () => 1 + Math.floor(random() * 3));
  let price = 0;
  return {
    members: Int32Array.from({ length: count }, (_, row) => row),
    setPrice: (set) => (price = set),
    takes: (row) => (costs[row] as number) * (ends[row] ?? []).filter((end) => end > price).length,
  };
};

const takenAt = ({ members, setPrice, takes }: Takers, price: number): number => {
  setPrice(price);
  return members.reduce((sum, row) => sum + takes(row), 0);
};

test.each([1, 10, 300, 6000])('the lowest price at which %d members fit: a hair less, and they do not', (count) => {
  const takers = takersOf(count, count);
  const all = takenAt(takers, 0);
  for (const limit of [0, 1, Math.floor(all / 10), Math.floor(all / 2), all - 1]) {
    for (const guess of [0, 0.01, 1, 40]) {
      const price = clearingPrice(takers, limit, guess);
      expect(takenAt(takers, price)).toBeLessThanOrEqual(limit);
      expect(takenAt(takers, price * (1 - 1e-12))).toBeGreaterThan(limit);
    }
  }
  for (const guess of [0, 3]) expect(clearingPrice(takers, all, guess)).toBe(0);
});

test('no price is high enough for those who take at any price', () => {
  const takers = { ...takersOf(3, 1), takes: () => 1 };
  expect(clearingPrice(takers, 2, 0)).toBe(Infinity);
  expect(clearingPrice(takers, 3, 0)).toBe(0);
});
