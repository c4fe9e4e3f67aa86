import type { EngineLog } from '@freshet/flows';
import type { Nudge } from '../engine/engine.token.js';
import type { DueWork } from './due-work.js';

/**
 * Starts what is due now instead of at the next tick. However many ask, it runs once at a time, and once more after the
 * last who asked while it ran.
 */
export const createNudge = (work: Pick<DueWork, 'processWebhooks' | 'dispatchTasks'>, log: EngineLog): Nudge => {
  let running = false;
  let again = false;

  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      try {
        await work.processWebhooks();
        await work.dispatchTasks();
      } catch (error) {
        log.warn('a nudge failed: the next tick makes up for it', { error: String(error) });
      }
    } while (again);
    running = false;
  };

  return () => {
    if (running) again = true;
    else setImmediate(() => void run());
    running = true;
  };
};
