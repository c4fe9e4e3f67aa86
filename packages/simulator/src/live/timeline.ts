import type { Trace } from '../workload/trace.js';

/** In the order in which they come at one and the same moment. */
export const happenings = ['background', 'signal', 'read'] as const;
export type Happening = (typeof happenings)[number];

export interface Happened {
  readonly at: number;
  readonly what: Happening;
  readonly connection: number;
  /** A signal: when the change was that it tells of. */
  readonly changedAt: number;
}

/** Everything that comes to the engine from outside, in the order of time. */
export const timelineOf = ({ workload, spanMs, connections }: Trace): readonly Happened[] => {
  const all: Happened[] = [];
  for (const { index: connection, phaseMs, reads, signals } of connections) {
    const add = (what: Happening, at: number, changedAt = at): void => {
      if (at < spanMs) all.push({ at, what, connection, changedAt });
    };
    for (let at = phaseMs; at < spanMs; at += workload.backgroundEveryMs) add('background', at);
    signals.at.forEach((at, nth) => add('signal', at, signals.changedAt[nth]));
    for (const at of reads) add('read', at);
  }
  return all.sort((a, b) => a.at - b.at || happenings.indexOf(a.what) - happenings.indexOf(b.what));
};
