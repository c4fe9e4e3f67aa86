import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  backgroundOnly,
  forceAlways,
  freshShare,
  microsOf,
  oracleOf,
  referenceWorkload,
  replay,
  rulerFamilies,
  scoreOf,
  steer,
  timetable,
  traceOf,
  usualAges,
  usualCooldowns,
  cooldown,
  fixedAge,
} from '../src/index.js';
import { cappedRescues } from '../src/oracle/capped.js';
import { concavePurchases, mostForMoney } from '../src/oracle/envelope.js';
import { mostRescued } from '../src/oracle/spaced.js';
import { stalenessOf } from '../src/oracle/stale-windows.js';
import { freshReads, smallWorkload, spacedChoices, SPAN, tinyConnection, tinyTrace } from './tiny.js';

const everyMoment = Array.from({ length: SPAN - 1 }, (_, index) => index + 1);
const PERIOD = 5;

const staleness = (connection: Parameters<typeof freshReads>[0]) => {
  const traced = tinyTrace(SPAN, [connection], { backgroundEveryMs: PERIOD }).connections[0];
  if (traced === undefined) throw new Error('no connection');
  return stalenessOf(traced, PERIOD, SPAN);
};

describe('stale windows', () => {
  test('from a change to the next change or free refresh, where somebody reads', () => {
    const { freshReads: fresh, windows } = staleness({ changes: [3, 6, 11], reads: [1, 4, 5, 8, 10, 12], phaseMs: 5 });
    // 3 to 5, 6 to 10 (free), and from 11 on; the reads at 1, 5 and 10 are fresh.
    expect(fresh).toBe(3);
    expect(windows.map(({ start, end, reads }) => [start, end, [...reads]])).toEqual([
      [3, 5, [4]],
      [6, 10, [8]],
      [11, SPAN, [12]],
    ]);
  });

  test('every read is in one of them or fresh', () => {
    fc.assert(
      fc.property(tinyConnection, (connection) => {
        const { freshReads: fresh, windows } = staleness(connection);
        expect(fresh).toBe(freshReads(connection, PERIOD, []));
        expect(fresh + windows.reduce((sum, { reads }) => sum + reads.length, 0)).toBe(connection.reads.length);
      }),
    );
  });
});

describe('the best plan of one connection, against all plans', () => {
  test.each([0, 1, 2, 3, 5])('with a gap of %i', (gapMs) => {
    fc.assert(
      fc.property(tinyConnection, (connection) => {
        const { freshReads: fresh, windows } = staleness(connection);
        const most = mostRescued(windows, gapMs);
        // A gap of nothing still makes one call at a moment.
        const choices = spacedChoices(everyMoment, Math.max(1, gapMs));
        const best: number[] = [];
        for (const calls of choices) {
          const reached = freshReads(connection, PERIOD, calls) - fresh;
          best[calls.length] = Math.max(best[calls.length] ?? 0, reached);
        }
        const allUseful = Math.max(...best);
        best.forEach((reached, calls) => {
          const upTo = Math.max(...most.slice(0, calls + 1));
          expect({ calls, reached: Math.max(...best.slice(0, calls + 1)) }).toEqual({ calls, reached: upTo });
          expect(reached).toBeLessThanOrEqual(allUseful);
        });
      }),
      { numRuns: 40 },
    );
  });

  test('a call before the read can be worth more than one at it', () => {
    const { windows } = staleness({ changes: [1, 8], reads: [3, 9], phaseMs: 13 });
    // Calls at 1 and 8 are 7 apart; at the reads they would be 6.
    expect(mostRescued(windows, 7)).toEqual([0, 1, 2]);
    expect(mostRescued(windows, 8)).toEqual([0, 1, 2]);
    expect(mostRescued(windows, 9)).toEqual([0, 1]);
  });
});

describe('the most for money', () => {
  test('the hull joins what single plans leave out, and buys the best first', () => {
    expect(concavePurchases([0, 1, 4, 5, 5], 10)).toEqual([
      { reads: 4, micros: 20 },
      { reads: 1, micros: 10 },
    ]);
    const most = mostForMoney([
      { reads: 1, micros: 10 },
      { reads: 4, micros: 20 },
    ]);
    expect([0, 10, 20, 25, 30, 40].map(most)).toEqual([0, 2, 4, 4.5, 5, 5]);
  });
});

describe('the bound under a cap', () => {
  const micros = 100_000;
  const priced = (connections: readonly Parameters<typeof freshReads>[0][]) =>
    connections.flatMap((connection) => staleness(connection).windows.map((window) => ({ window, micros })));

  // Any two moments of each of two connections: with a cap a call may have to come later than it would like.
  const choices = spacedChoices(everyMoment, 1).filter((calls) => calls.length <= 2);

  test('no choice of calls within the rolling window goes over it', () => {
    const perMs = fc.constantFrom(2, 4, 7);
    const property = fc.property(
      tinyConnection,
      tinyConnection,
      perMs,
      fc.constantFrom(1, 2),
      (one, two, ms, count) => {
        const bound = cappedRescues(priced([one, two]), { count, perMs: ms });
        const isWithin = (calls: readonly number[]): boolean =>
          calls.every((at) => calls.filter((other) => other > at - ms && other <= at).length <= count);
        const rescued = ([connection, calls]: readonly [typeof one, readonly number[]]): number =>
          freshReads(connection, PERIOD, calls) - freshReads(connection, PERIOD, []);
        const ofOne = choices.map((calls) => ({ calls, reads: rescued([one, calls]) }));
        const ofTwo = choices.map((calls) => ({ calls, reads: rescued([two, calls]) }));
        const best = [0, 0, 0, 0, 0];
        for (const first of ofOne) {
          for (const second of ofTwo) {
            const calls = first.calls.length + second.calls.length;
            const reads = first.reads + second.reads;
            if (reads > (best[calls] ?? 0) && isWithin([...first.calls, ...second.calls])) best[calls] = reads;
          }
        }
        best.forEach((reads, calls) => expect(bound(calls * micros)).toBeGreaterThanOrEqual(reads - 1e-9));
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  test('a tight cap costs what it has to, a wide one next to nothing', () => {
    const crowd = Array.from({ length: 6 }, () => ({ changes: [3], reads: [4], phaseMs: 5 }));
    const six = priced(crowd);
    expect(cappedRescues(six, { count: 2, perMs: SPAN })(6 * micros)).toBeCloseTo(2, 1);
    expect(cappedRescues(six, { count: 6, perMs: SPAN })(6 * micros)).toBeCloseTo(6, 6);
    expect(cappedRescues(six, { count: 6, perMs: SPAN })(3 * micros)).toBeCloseTo(3, 6);
    expect(cappedRescues([], { count: 1, perMs: 1 })(micros)).toBe(0);
  });
});

describe('the oracle', () => {
  test('nobody beats it at equal spend, whatever the workload', () => {
    fc.assert(
      fc.property(smallWorkload, fc.double({ min: 0.2, max: 8, noNaN: true }), (workload, perMonth) => {
        const trace = traceOf(workload);
        const oracle = oracleOf(trace);
        const target = microsOf(trace, perMonth);
        const tallies = [
          ...[backgroundOnly, forceAlways, ...usualAges.map(fixedAge), ...usualCooldowns.map(cooldown)],
          timetable(
            'four a day',
            trace.connections.map(() => 4),
          ),
        ].map((ruler) => replay(trace, ruler));
        for (const tally of [...tallies, ...rulerFamilies(trace).map((family) => steer(trace, family, target).tally)]) {
          expect({ name: tally.name, over: freshShare(tally) > oracle.freshAt(tally.spentMicros) + 1e-9 }).toEqual({
            name: tally.name,
            over: false,
          });
        }
      }),
      { numRuns: 30 },
    );
  });

  const trace = traceOf({ ...referenceWorkload, connections: 100 });
  const oracle = oracleOf(trace);

  test('without money it is background only, with enough it reaches every read', () => {
    expect(oracle.freshAt(0)).toBe(oracle.base);
    expect(oracle.base).toBe(freshShare(replay(trace, backgroundOnly)));
    expect(oracle.freshAt(oracle.enoughMicros)).toBeCloseTo(1, 12);
    expect(oracle.freshAt(oracle.enoughMicros - 1)).toBeLessThan(1);
  });

  test('forcing at each first read after a change costs exactly that', () => {
    const bound = rulerFamilies(trace).find(({ name }) => name === 'signal bound');
    if (bound === undefined) throw new Error('no signal bound');
    expect(replay(trace, bound.at(0.000_001)).spentMicros).toBe(oracle.enoughMicros);
  });

  test('the score is the share of what could be won, and what each extra fresh read cost', () => {
    const always = scoreOf(trace, oracle, replay(trace, forceAlways));
    expect(always).toMatchObject({ freshShare: 1, oracleShare: 1, score: 1 });
    const extra = trace.reads - replay(trace, backgroundOnly).fresh;
    expect(always.perExtraFreshRead).toBeCloseTo(always.spentMicros / 1_000_000 / extra, 9);
    expect(scoreOf(trace, oracle, replay(trace, backgroundOnly))).toMatchObject({
      score: null,
      perExtraFreshRead: null,
    });
  });
});
