import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import fc from 'fast-check';
import { referenceWorkload, traceOf, type Workload } from '../src/index.js';
import { chanceOf, randomOf } from '../src/random.js';
import { smallWorkload } from './tiny.js';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

const small: Workload = { ...referenceWorkload, connections: 60, days: 28 };

describe('chance', () => {
  test('a stream is named by its numbers: the same name gives the same stream, a neighbour another', () => {
    const drawn = (...name: number[]): number[] => {
      const { even } = randomOf(...name);
      return times(5, even);
    };
    expect(drawn(1, 2)).toEqual(drawn(1, 2));
    expect(drawn(1, 2)).not.toEqual(drawn(1, 3));
    expect(drawn(1, 2)).not.toEqual(drawn(2, 1));
  });

  test('even, normal and exponential have the moments of their distributions', () => {
    const random = randomOf(7);
    const [even, normal, exponential] = [random.even, random.normal, random.exponential].map((draw) =>
      times(40_000, draw),
    ) as [number[], number[], number[]];
    expect(mean(even)).toBeCloseTo(0.5, 1.7);
    expect(Math.min(...even)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...even)).toBeLessThan(1);
    expect(mean(normal)).toBeCloseTo(0, 1.5);
    expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1.3);
    expect(mean(exponential)).toBeCloseTo(1, 1.3);
    expect(exponential.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
  });

  test('single chances are even too, over any one of the numbers', () => {
    expect(mean(times(20_000, (index) => chanceOf(1, index, 3)))).toBeCloseTo(0.5, 1.7);
    expect(mean(times(20_000, (index) => chanceOf(index, 1, 3)))).toBeCloseTo(0.5, 1.7);
  });
});

describe('traces', () => {
  test('the reference workload has the reads and the rates that it describes', () => {
    const trace = traceOf(referenceWorkload);
    expect(trace.connections).toHaveLength(800);
    expect(trace.reads).toBeGreaterThan(44_000);
    expect(trace.reads).toBeLessThan(56_000);
    const changes = trace.connections.map((one) => one.changes.length / (one.changesPerDay * 60));
    expect(mean(changes)).toBeCloseTo(1, 1.3);
  });

  test('rates, prices and phases are spread as described', () => {
    const { connections } = traceOf({ ...referenceWorkload, connections: 8_000, days: 1 });
    const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[4_000] as number;
    expect(medianOf(connections.map(({ changesPerDay }) => changesPerDay))).toBeCloseTo(1.2, 1);
    expect(medianOf(connections.map(({ readsPerDay }) => readsPerDay))).toBeCloseTo(0.6, 1);
    expect(medianOf(connections.map(({ phaseMs }) => phaseMs / DAY))).toBeCloseTo(0.5, 1.3);
    expect(mean(connections.map(({ priceMicros }) => Number(priceMicros === 300_000)))).toBeCloseTo(1 / 3, 1.3);
    expect(Math.max(...connections.map(({ changesPerDay }) => changesPerDay))).toBe(20);
    expect(Math.min(...connections.map(({ changesPerDay }) => changesPerDay))).toBe(0.05);
  });

  test('the same description gives the same trace, another seed another', () => {
    expect(traceOf(small)).toEqual(traceOf(small));
    expect(traceOf({ ...small, seed: 2 }).reads).not.toBe(traceOf(small).reads);
  });

  test('everything lies within the span, in order, in whole milliseconds, and the phase within one period', () => {
    fc.assert(
      fc.property(smallWorkload, (workload) => {
        const trace = traceOf(workload);
        for (const { changes, reads, signals, phaseMs } of trace.connections) {
          for (const series of [changes, reads]) {
            expect(series.every((at) => Number.isInteger(at) && at > 0 && at < trace.spanMs)).toBe(true);
          }
          for (const series of [changes, reads, signals.at]) expect(series).toEqual(series.toSorted());
          expect(phaseMs).toBeGreaterThan(0);
          expect(phaseMs).toBeLessThan(workload.backgroundEveryMs);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('other signals leave the changes and the reads as they are', () => {
    const plain = traceOf(small);
    const told = traceOf({ ...small, signals: { kind: 'exact' } });
    expect(told.connections.map(({ changes, reads }) => ({ changes, reads }))).toEqual(
      plain.connections.map(({ changes, reads }) => ({ changes, reads })),
    );
    expect(told.connections.every(({ changes, signals }) => signals.at.length === changes.length)).toBe(true);
    expect(plain.connections.every(({ signals }) => signals.at.length === 0)).toBe(true);
  });

  test('a webhook comes later than its change, in the order of coming, and so many are lost', () => {
    const delayMs = { median: 10 * MINUTE, sigma: 1, min: MINUTE, max: HOUR };
    const trace = traceOf({ ...small, signals: { kind: 'webhooks', loss: 0.25, delayMs } });
    let [changes, heard] = [0, 0];
    for (const one of trace.connections) {
      changes += one.changes.length;
      heard += one.signals.at.length;
      one.signals.at.forEach((at, index) => {
        const late = at - (one.signals.changedAt[index] as number);
        expect(late).toBeGreaterThanOrEqual(MINUTE);
        expect(late).toBeLessThanOrEqual(HOUR);
      });
    }
    expect(heard / changes).toBeCloseTo(0.75, 1.3);
  });

  test('posting hours move the changes into those hours and leave their number as it is', () => {
    const hourWeights = times(168, (hour) => (hour === 30 ? 1 : 0));
    // Hour 30 of the week is Tuesday, 06:00.
    const trace = traceOf({ ...small, hourWeights });
    let changes = 0;
    for (const one of trace.connections) {
      changes += one.changes.length;
      for (const at of one.changes) {
        // The last millisecond of an hour may round up into the next one.
        const before = new Date(small.start + at - 1);
        expect([before.getUTCDay(), before.getUTCHours()]).toEqual([2, 6]);
      }
    }
    const even = traceOf(small).connections.reduce((sum, one) => sum + one.changes.length, 0);
    expect(changes / even).toBeCloseTo(1, 0.8);
    expect(
      trace.connections.every(({ reads }, index) => reads.length === traceOf(small).connections[index]?.reads.length),
    ).toBe(true);
  });

  test('a period of background pulls other than a day keeps its phase within it', () => {
    const trace = traceOf({ ...small, backgroundEveryMs: DAY / 4 });
    expect(trace.connections.every(({ phaseMs }) => phaseMs > 0 && phaseMs < DAY / 4)).toBe(true);
  });
});
