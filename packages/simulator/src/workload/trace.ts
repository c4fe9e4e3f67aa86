import { DAY } from '@freshet/domain';
import { randomOf } from '../random.js';
import type { Random } from '../random.js';
import { arrivals, paceOf } from './arrivals.js';
import type { Signals, Spread, Workload } from './workload.js';

/** What tells of a change: when it comes, and when the change was. In the order in which they come. */
export interface SignalTrace {
  readonly at: Float64Array;
  readonly changedAt: Float64Array;
}

/** One connection's life. Times are whole milliseconds after the start, in order. */
export interface TracedConnection {
  readonly index: number;
  readonly changesPerDay: number;
  readonly readsPerDay: number;
  readonly priceMicros: number;
  /** The first background pull; the others follow at the workload's period. */
  readonly phaseMs: number;
  readonly changes: Float64Array;
  readonly reads: Float64Array;
  readonly signals: SignalTrace;
}

/** Everything that happens in a workload, whatever a policy does. */
export interface Trace {
  readonly workload: Workload;
  readonly spanMs: number;
  readonly connections: readonly TracedConnection[];
  readonly reads: number;
}

/** Each kind of luck has a stream of its own: a workload with other signals has the same changes and reads. */
const STREAMS = { traits: 1, changes: 2, reads: 3, signals: 4 } as const;

const drawn = ({ median, sigma, min, max }: Spread, random: Random): number =>
  Math.min(max, Math.max(min, median * Math.exp(sigma * random.normal())));

const NO_SIGNALS: SignalTrace = { at: new Float64Array(), changedAt: new Float64Array() };

const signalsOf = (signals: Signals, changes: Float64Array, random: Random): SignalTrace => {
  if (signals.kind === 'none') return NO_SIGNALS;
  if (signals.kind === 'exact') return { at: changes, changedAt: changes };
  const heard = [...changes]
    // Both are drawn for each change, so that another loss leaves the delays as they are.
    .map((changedAt) => ({
      changedAt,
      isLost: random.even() < signals.loss,
      at: changedAt + Math.round(drawn(signals.delayMs, random)),
    }))
    .filter(({ isLost }) => !isLost)
    .toSorted((a, b) => a.at - b.at);
  return {
    at: Float64Array.from(heard, ({ at }) => at),
    changedAt: Float64Array.from(heard, ({ changedAt }) => changedAt),
  };
};

const traceConnection = (workload: Workload, index: number): TracedConnection => {
  const { seed, start, days, hourWeights, priceMicros, backgroundEveryMs } = workload;
  const streamOf = (stream: keyof typeof STREAMS): Random => randomOf(seed, index, STREAMS[stream]);
  const traits = streamOf('traits');
  const changesPerDay = drawn(workload.changesPerDay, traits);
  const readsPerDay = drawn(workload.readsPerDay, traits);
  const price = priceMicros[Math.floor(traits.even() * priceMicros.length)] as number;
  const phaseMs = 1 + Math.floor(traits.even() * (backgroundEveryMs - 1));
  const changes = arrivals(streamOf('changes'), changesPerDay, days * DAY, paceOf(hourWeights, start));
  const reads = arrivals(streamOf('reads'), readsPerDay, days * DAY, paceOf(null, start));
  return {
    index,
    changesPerDay,
    readsPerDay,
    priceMicros: price,
    phaseMs,
    changes,
    reads,
    signals: signalsOf(workload.signals, changes, streamOf('signals')),
  };
};

/** All that follows from the workload's description and its seed. */
export const traceOf = (workload: Workload): Trace => {
  const connections = Array.from({ length: workload.connections }, (_, index) => traceConnection(workload, index));
  return {
    workload,
    spanMs: workload.days * DAY,
    connections,
    reads: connections.reduce((sum, { reads }) => sum + reads.length, 0),
  };
};
