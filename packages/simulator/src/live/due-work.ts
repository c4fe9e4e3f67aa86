import { DAY } from '@freshet/domain';
import { createDispatcher, learnPostingHours, processDueWebhooks, type Dispatcher } from '@freshet/flows';
import type { VirtualEngine } from './engine.js';

/** Calls under way at a time; more than are ever due at one moment of virtual time. */
const CONCURRENCY = 1_000;

/** What falls due in the engine by itself, run at the virtual moment at which it does. */
export interface DueWork {
  /** Everything that is due now, and what falls due by it. */
  readonly now: () => Promise<void>;
  /** Everything that falls due up to that moment, each at its own. The clock is left at it. */
  readonly until: (at: number) => Promise<void>;
}

export const dueWork = ({ engine, clock }: VirtualEngine): DueWork => {
  const dispatcher: Dispatcher = createDispatcher(engine, CONCURRENCY);
  const nextDueAt = (): Promise<number | null> => engine.store.read('nextDueAt', {});
  const run = async (): Promise<void> => {
    await processDueWebhooks(engine, CONCURRENCY);
    await dispatcher.tick();
    await dispatcher.idle();
  };
  let learnsAt = clock.now() + DAY;
  const upTo = async (at: number): Promise<void> => {
    if (at >= learnsAt) {
      learnsAt += DAY;
      await learnPostingHours(engine);
    }
    for (let due = await nextDueAt(); due !== null && due <= at; due = await nextDueAt()) {
      if (due > clock.now()) clock.set(due);
      await run();
    }
  };
  return {
    now: () => upTo(clock.now()),
    until: async (at) => {
      await upTo(at);
      clock.set(at);
    },
  };
};
