import fc from 'fast-check';
import { referenceWorkload, type Trace, type TracedConnection, type Workload } from '../src/index.js';

/** A connection whose life is written down; times are whole milliseconds. */
export interface TinyConnection {
  readonly changes: readonly number[];
  readonly reads: readonly number[];
  readonly signals?: readonly { readonly at: number; readonly changedAt: number }[];
  readonly phaseMs?: number;
  readonly priceMicros?: number;
  readonly changesPerDay?: number;
  readonly readsPerDay?: number;
}

/** A trace by hand: `spanMs` long, a free refresh every `backgroundEveryMs`. */
export const tinyTrace = (
  spanMs: number,
  connections: readonly TinyConnection[],
  changes: Partial<Workload> = {},
): Trace => ({
  workload: {
    ...referenceWorkload,
    days: spanMs / 86_400_000,
    connections: connections.length,
    backgroundEveryMs: spanMs,
    ...changes,
  },
  spanMs,
  reads: connections.reduce((sum, { reads }) => sum + reads.length, 0),
  connections: connections.map((connection, index): TracedConnection => ({
    index,
    changesPerDay: connection.changesPerDay ?? 1,
    readsPerDay: connection.readsPerDay ?? 1,
    priceMicros: connection.priceMicros ?? 100_000,
    phaseMs: connection.phaseMs ?? spanMs,
    changes: Float64Array.from(connection.changes),
    reads: Float64Array.from(connection.reads),
    signals: {
      at: Float64Array.from(connection.signals ?? [], ({ at }) => at),
      changedAt: Float64Array.from(connection.signals ?? [], ({ changedAt }) => changedAt),
    },
  })),
});

export const SPAN = 14;

const moments = fc
  .uniqueArray(fc.integer({ min: 1, max: SPAN - 1 }), { maxLength: 7 })
  .map((times) => times.toSorted((a, b) => a - b));

export const tinyConnection = fc.record({
  changes: moments,
  reads: moments,
  phaseMs: fc.integer({ min: 1, max: SPAN - 1 }),
  priceMicros: fc.constantFrom(50_000, 100_000, 300_000),
});

/** Fresh reads of one connection with calls at exactly these moments: said as plainly as it can be. */
export const freshReads = (
  { changes, reads, phaseMs = SPAN }: TinyConnection,
  backgroundEveryMs: number,
  calls: readonly number[],
): number => {
  const free: number[] = [];
  for (let at = phaseMs; at < SPAN; at += backgroundEveryMs) free.push(at);
  return reads.filter((read) => {
    const copy = Math.max(0, ...[...free, ...calls].filter((at) => at <= read));
    return !changes.some((change) => change > copy && change <= read);
  }).length;
};

/** All ways to choose moments with a gap between any two. */
export const spacedChoices = (moments: readonly number[], gapMs: number): readonly (readonly number[])[] =>
  moments.reduce<readonly (readonly number[])[]>(
    (choices, at) => [
      ...choices,
      ...choices.filter((chosen) => (chosen.at(-1) ?? -Infinity) + gapMs <= at).map((chosen) => [...chosen, at]),
    ],
    [[]],
  );

/** Workloads small enough for hundreds of runs, of every kind that the description has. */
export const smallWorkload: fc.Arbitrary<Workload> = fc
  .record({
    seed: fc.nat(1_000_000),
    days: fc.integer({ min: 2, max: 6 }),
    connections: fc.integer({ min: 1, max: 6 }),
    minGapMs: fc.constantFrom(0, 3_600_000, 10_800_000),
    cap: fc.constantFrom(null, { count: 1, perMs: 3_600_000 }, { count: 2, perMs: 7_200_000 }),
    forcedFailure: fc.constantFrom(0, 0.2),
    billedOn: fc.constantFrom('success' as const, 'attempt' as const),
    signals: fc.constantFrom<Workload['signals']>(
      { kind: 'none' },
      { kind: 'exact' },
      { kind: 'webhooks', loss: 0.3, delayMs: { median: 600_000, sigma: 1, min: 0, max: 7_200_000 } },
    ),
    hourWeights: fc.constantFrom(
      null,
      Array.from({ length: 168 }, (_, hour) => (hour % 24 === 3 ? 5 : 0.5)),
    ),
  })
  .map((changes) => ({
    ...referenceWorkload,
    changesPerDay: { median: 4, sigma: 0.9, min: 0.05, max: 20 },
    readsPerDay: { median: 4, sigma: 1, min: 0.03, max: 20 },
    ...changes,
  }));
