import { describe, expect, test } from '@jest/globals';
import { idOf, parseId } from '@freshet/domain';
import { createIds } from '../../src/engine/random-ids.js';

describe('ids', () => {
  test('rise within one millisecond, past the end of its counter, and when the clock goes back', () => {
    let now = 1_790_000_000_000;
    const ids = createIds(() => now);
    const made = Array.from({ length: 10_000 }, (_, index) => {
      if (index === 7_000) now -= 60_000;
      return ids.next();
    });
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((uuid) => parseId('task', idOf('task', uuid)) !== undefined)).toBe(true);
  });

  test('of two processes differ', () => {
    const at = (): number => 1_790_000_000_000;
    const [one, two] = [createIds(at), createIds(at)];
    const both = Array.from({ length: 500 }, () => [one.next(), two.next()]).flat();
    expect(new Set(both).size).toBe(1_000);
  });
});
