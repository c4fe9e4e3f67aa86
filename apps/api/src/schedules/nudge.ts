import type { EngineLog } from '@freshet/flows';
import type { Nudge } from '../engine/engine.token.js';
import type { JobRunner } from './job-runner.js';
import { jobNamed } from './jobs.js';

/**
 * Starts what is due now instead of at the next tick. However many ask, it runs once at a time, and once more after the
 * last who asked while it ran.
 */
export const createNudge = (runner: Pick<JobRunner, 'soon'>, log: EngineLog): Nudge => {
  let running = false;
  let again = false;

  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      try {
        await runner.soon(jobNamed('process-webhooks'));
        await runner.soon(jobNamed('dispatch-tasks'));
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
