import { MINUTE } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';
import type { EngineClock } from '../engine/engine-clock.js';
import type { Emulator } from './emulator.js';

/** Time is walked, not jumped: what falls due on the way meets a clock that is at most this far off. */
const STEP_MS = 5 * MINUTE;

export interface ClockWalk {
  /** Moves service and emulator on together; answers with the new time once what fell due on the way has run. */
  readonly advance: (by: DurationMs) => Promise<Instant>;
}

export const createClockWalk = (
  clock: EngineClock,
  emulator: Pick<Emulator, 'moveTo'>,
  runDueWork: () => Promise<void>,
): ClockWalk => {
  let walking: Promise<unknown> = Promise.resolve();

  const walk = async (by: DurationMs): Promise<Instant> => {
    const target = clock.offsetMs() + by;
    while (clock.offsetMs() < target) {
      const next = Math.min(clock.offsetMs() + STEP_MS, target);
      // The emulator first: a stamp of its own must not lie before the call that it answers.
      await emulator.moveTo(next);
      await clock.moveTo(next);
      await runDueWork();
    }
    return clock.now();
  };

  // One walk at a time: two at once would move the clock under each other.
  const advance = (by: DurationMs): Promise<Instant> => {
    const mine = walking.then(() => walk(by));
    walking = mine.catch(() => undefined);
    return mine;
  };

  return { advance };
};
