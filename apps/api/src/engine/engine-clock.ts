import { put } from '@freshet/domain';
import type { DurationMs } from '@freshet/domain';
import type { Clock, Store } from '@freshet/ports';
import { read } from '@freshet/ports';

const OFFSET = 'clock-offset-ms';

/** The one clock of the process. Only the sandbox moves it, and only forward. */
export interface EngineClock extends Clock {
  readonly offsetMs: () => DurationMs;
  /** Kept in the store: a restart goes on at the moved time. */
  readonly moveTo: (offsetMs: DurationMs) => Promise<void>;
}

export const createClock = async (store: Store): Promise<EngineClock> => {
  let offset = Number((await store.read('setting', { id: OFFSET }))?.value ?? 0);
  const realNow = (): number => Date.now();
  return {
    realNow,
    now: () => realNow() + offset,
    offsetMs: () => offset,
    moveTo: async (offsetMs) => {
      if (offsetMs <= offset) return;
      await store.turn(
        () => read('setting', { id: OFFSET }),
        () => ({ effects: [put('setting', { id: OFFSET, value: String(offsetMs) })] }),
      );
      offset = offsetMs;
    },
  };
};
