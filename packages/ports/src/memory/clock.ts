import type { Instant } from '@freshet/domain';
import type { Clock } from '../clock.js';

export interface FixedClock extends Clock {
  /** Both times, from now on. */
  set(at: Instant): void;
  advance(byMs: number): void;
  /** The machine's time alone: leases run out while the engine's time stands still. */
  advanceReal(byMs: number): void;
}

/** Time that passes when it is told to. */
export const fixedClock = (start: Instant): FixedClock => {
  let [now, realNow] = [start, start];
  return {
    now: () => now,
    realNow: () => realNow,
    set: (at) => {
      now = at;
      realNow = at;
    },
    advance: (byMs) => {
      now += byMs;
      realNow += byMs;
    },
    advanceReal: (byMs) => {
      realNow += byMs;
    },
  };
};
