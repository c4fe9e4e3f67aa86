import type { DurationMs } from '@freshet/domain';
import type { TracedConnection } from '../workload/trace.js';

const NEVER = Number.NEGATIVE_INFINITY;

/** How one connection stands in the course of a replay. It is asked in the order of time, and only so. */
export interface Course {
  readonly connection: TracedConnection;
  /** The newest pull, free ones up to `at` included; the copy is fresh at the start. */
  readonly pulledAt: (at: number) => number;
  readonly forcedAt: () => number;
  readonly nextBackground: () => number;
  /** A forced refresh that brought the data of this moment. */
  readonly pulled: (at: number) => void;
  /** A call was made, whatever came of it. */
  readonly called: (at: number) => void;
  readonly calls: () => number;
  readonly isStale: (at: number) => boolean;
  /** Whether a pull at this moment brings something, its own background pull not yet counted. */
  readonly hasNewsFor: (at: number) => boolean;
  readonly isSignalled: (at: number) => boolean;
}

/**
 * At one and the same moment the change comes first, then the pull, the signal and the read: a read sees the change, and
 * a pull brings it.
 */
export const courseOf = (connection: TracedConnection, backgroundEveryMs: DurationMs): Course => {
  const { changes, signals, phaseMs } = connection;
  let [pulledAt, forcedAt, nextBackground, calls] = [0, NEVER, phaseMs, 0];
  let [change, signal, signalled] = [0, 0, NEVER];

  const passTo = (at: number): void => {
    while (nextBackground <= at) {
      if (nextBackground > pulledAt) pulledAt = nextBackground;
      nextBackground += backgroundEveryMs;
    }
    while (change < changes.length && (changes[change] as number) <= pulledAt) change += 1;
  };
  return {
    connection,
    pulledAt: (at) => {
      passTo(at);
      return pulledAt;
    },
    forcedAt: () => forcedAt,
    nextBackground: () => nextBackground,
    pulled: (at) => {
      if (at > pulledAt) pulledAt = at;
      passTo(at);
    },
    called: (at) => {
      forcedAt = at;
      calls += 1;
    },
    calls: () => calls,
    isStale: (at) => {
      passTo(at);
      return change < changes.length && (changes[change] as number) <= at;
    },
    hasNewsFor: (at) => {
      passTo(at - 1);
      return change < changes.length && (changes[change] as number) <= at;
    },
    isSignalled: (at) => {
      passTo(at);
      while (signal < signals.at.length && (signals.at[signal] as number) <= at) {
        signalled = Math.max(signalled, signals.changedAt[signal] as number);
        signal += 1;
      }
      return signalled > pulledAt;
    },
  };
};
