import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HOUR } from '@freshet/domain';
import { createMemoryStore } from '@freshet/ports/memory';
import type { Store } from '@freshet/ports';
import { createClock } from '../../src/engine/engine-clock.js';
import { createClockWalk } from '../../src/sandbox/walk-clock.js';

let store: Store;
beforeEach(() => {
  store = createMemoryStore();
});
afterEach(() => store.close());

describe("the engine's clock", () => {
  test('goes on at the moved time after a restart, and only forward', async () => {
    const clock = await createClock(store);
    await clock.moveTo(3 * HOUR);
    await clock.moveTo(HOUR);
    expect(clock.offsetMs()).toBe(3 * HOUR);
    expect((await createClock(store)).offsetMs()).toBe(3 * HOUR);
  });

  test('moves the time of what is due, not of leases', async () => {
    const clock = await createClock(store);
    const before = clock.now();
    await clock.moveTo(HOUR);
    expect(clock.now() - before).toBeGreaterThanOrEqual(HOUR);
    expect(clock.realNow() - before).toBeLessThan(HOUR);
  });
});

describe('a walk', () => {
  test('takes steps of five minutes at most, the emulator in step, and runs what is due at each', async () => {
    const clock = await createClock(store);
    const steps: (readonly [string, number])[] = [];
    const walk = createClockWalk(
      clock,
      { moveTo: async (offset) => void steps.push(['emulator', offset]) },
      async () => void steps.push(['due', clock.offsetMs()]),
    );
    await walk.advance(12 * 60_000);
    const minutes = steps.map(([who, offset]) => `${who} ${offset / 60_000}`);
    expect(minutes).toEqual([5, 10, 12].flatMap((at) => [`emulator ${at}`, `due ${at}`]));
  });

  test('waits for the one before it, also where that failed', async () => {
    const clock = await createClock(store);
    let failures = 1;
    const moveTo = async (): Promise<void> => {
      if (failures-- > 0) throw new Error('the emulator is away');
    };
    const walk = createClockWalk(clock, { moveTo }, async () => undefined);
    const [first, second] = await Promise.allSettled([walk.advance(60_000), walk.advance(60_000)]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
    // A step that failed did not move the service.
    expect(clock.offsetMs()).toBe(60_000);
  });
});
