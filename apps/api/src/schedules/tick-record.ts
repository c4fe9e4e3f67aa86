import { MINUTE, type Instant } from '@freshet/domain';
import { recordJobRun, type Engine, type JobEnd } from '@freshet/flows';

/** A job that ticks all the time has one record for a minute in which it did something: its work has rows of its own. */
const RECORDED_EVERY_MS = MINUTE;

/** What the ticks of jobs have done since their last record. */
export interface TickRecord {
  /** A failure is recorded at once. */
  readonly add: (name: string, startedAt: Instant, end: JobEnd) => Promise<void>;
  /** What is left to record, before the end. */
  readonly flush: () => Promise<void>;
}

export const createTickRecord = (engine: Engine): TickRecord => {
  const unrecorded = new Map<string, { readonly startedAt: Instant; readonly did: number }>();

  const record = async (name: string): Promise<void> => {
    const sum = unrecorded.get(name);
    if (sum === undefined) return;
    unrecorded.delete(name);
    await recordJobRun(engine, name, sum.startedAt, { did: sum.did });
  };

  return {
    add: async (name, startedAt, end) => {
      const sum = unrecorded.get(name) ?? { startedAt, did: 0 };
      if ('error' in end) await recordJobRun(engine, name, startedAt, end);
      else if (end.did > 0) unrecorded.set(name, { ...sum, did: sum.did + end.did });
      if (engine.clock.now() - sum.startedAt >= RECORDED_EVERY_MS) await record(name);
    },
    flush: async () => {
      for (const name of unrecorded.keys()) await record(name);
    },
  };
};
