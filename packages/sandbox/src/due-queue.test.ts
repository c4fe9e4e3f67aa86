import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { DueQueue } from './due-queue.js';

const drain = (queue: DueQueue): string[] => {
  const ids: string[] = [];
  for (let due = queue.pop(); due !== undefined; due = queue.pop()) ids.push(due.id);
  return ids;
};

describe('DueQueue', () => {
  test('gives the earliest first, and of one instant the one that was planned first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const queue = new DueQueue();
        const planned = times.map((at, place) => ({ id: String(place), at, kind: 'x', about: 'y' }));
        for (const due of planned) queue.push(due);
        // Sorting is stable: equal times keep the order in which they were planned.
        expect(drain(queue)).toEqual([...planned].sort((a, b) => a.at - b.at).map(({ id }) => id));
      }),
    );
  });

  test('keeps its order when plans are made while others fall due', () => {
    const queue = new DueQueue();
    const plan = (id: string, at: number) => queue.push({ id, at, kind: 'x', about: 'y' });
    plan('c', 3);
    plan('a', 1);
    expect(queue.pop()?.id).toBe('a');
    plan('b', 2);
    plan('d', 3);
    expect(queue.peek()?.id).toBe('b');
    expect(drain(queue)).toEqual(['b', 'c', 'd']);
  });
});
