import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import fc from 'fast-check';
import {
  backgroundOnly,
  cooldown,
  fixedAge,
  forceAlways,
  failsAt,
  microsOf,
  perConnectionMonth,
  referenceWorkload,
  replay,
  rulerFamilies,
  steer,
  timetable,
  traceOf,
  type Moment,
  type Ruler,
} from '../src/index.js';
import { timetableOf } from '../src/replay/timetable.js';
import { accountWindow } from '../src/replay/windows.js';
import { smallWorkload, SPAN, tinyTrace } from './tiny.js';

const at = (name: string, forces: (moment: Moment) => boolean, mindsLimits = true): Ruler => ({
  kind: 'at-read',
  name,
  mindsLimits,
  forces,
});
const workloadOf = (connections: number, days: number) => ({ ...referenceWorkload, connections, days });

describe('which reads are fresh', () => {
  const one = (changes: readonly number[], reads: readonly number[], phaseMs = SPAN) =>
    tinyTrace(SPAN, [{ changes, reads, phaseMs }]);

  test.each([
    ['nothing changed since the start', [], [3], SPAN, 1],
    ['a change just before the read', [3], [4], SPAN, 0],
    ['a change at the very moment of the read', [3], [3], SPAN, 0],
    ['a change just after it', [4], [3], SPAN, 1],
    ['a free refresh between them', [3], [5], 4, 1],
    ['a free refresh at the moment of the change brings it', [4], [5], 4, 1],
    ['a free refresh at the moment of the read', [3], [4], 4, 1],
    ['a change after the free refresh', [5], [6], 4, 0],
  ])('%s', (_, changes, reads, phaseMs, fresh) => {
    expect(replay(one(changes, reads, phaseMs), backgroundOnly).fresh).toBe(fresh);
  });

  test('a forced refresh serves its own read fresh, and the reads until the next change', () => {
    const trace = one([2, 8], [3, 5, 9]);
    const once = at('the first', (moment) => moment.at === 3);
    expect(replay(trace, once)).toMatchObject({ fresh: 2, forced: 1, spentMicros: 100_000 });
    expect(replay(trace, forceAlways)).toMatchObject({ fresh: 3, forced: 3, spentMicros: 300_000 });
  });

  test('what a ruler is told of a read', () => {
    const seen: Partial<Moment>[] = [];
    const note = at('note', ({ connection: _, ...moment }) => {
      seen.push(moment);
      return moment.at === 6;
    });
    const signals = [
      { at: 9, changedAt: 5 },
      { at: 10, changedAt: 8 },
    ];
    replay(tinyTrace(SPAN, [{ changes: [5, 8], reads: [3, 6, 9, 11], phaseMs: 2, signals }]), note);
    expect(seen).toEqual([
      { at: 3, ageMs: 1, sinceForcedMs: Infinity, untilBackgroundMs: 13, isStale: false, isSignalled: false },
      { at: 6, ageMs: 4, sinceForcedMs: Infinity, untilBackgroundMs: 10, isStale: true, isSignalled: false },
      // The signal of a change that the forced refresh has brought tells nothing any more.
      { at: 9, ageMs: 3, sinceForcedMs: 3, untilBackgroundMs: 7, isStale: true, isSignalled: false },
      { at: 11, ageMs: 5, sinceForcedMs: 5, untilBackgroundMs: 5, isStale: true, isSignalled: true },
    ]);
  });
});

describe('failures, gaps and caps', () => {
  test('a forced refresh that fails brings nothing, and is paid for where attempts are', () => {
    const connections = [{ changes: [1], reads: [2, 3, 4, 5, 6, 7, 8] }];
    const failing = tinyTrace(SPAN, connections, { forcedFailure: 1 });
    expect(replay(failing, forceAlways)).toMatchObject({ fresh: 0, forced: 7, failed: 7, spentMicros: 700_000 });
    const onSuccess = tinyTrace(SPAN, connections, { forcedFailure: 1, billedOn: 'success' });
    expect(replay(onSuccess, forceAlways)).toMatchObject({ fresh: 0, failed: 7, spentMicros: 0 });
  });

  test('which call fails is a fact of the trace, and about as many do as were asked for', () => {
    const workload = { ...referenceWorkload, forcedFailure: 0.2 };
    const failed = Array.from({ length: 5_000 }, (_, nth) => failsAt(workload, nth % 50, nth)).filter(Boolean);
    expect(failed.length / 5_000).toBeCloseTo(0.2, 1.3);
    expect(failsAt(workload, 3, 4)).toBe(failsAt(workload, 3, 4));
  });

  test('a gap counts from call to call: one short of it is closed, at it is open', () => {
    const reads = [2, 5, 6];
    const trace = tinyTrace(SPAN, [{ changes: [1, 4], reads }], { minGapMs: 4 });
    expect(replay(trace, forceAlways)).toMatchObject({ fresh: 2, forced: 2, violations: 1 });
    // The same, but it knows that the window is closed.
    expect(replay(trace, cooldown(0))).toMatchObject({ fresh: 2, forced: 2, violations: 0 });
  });

  test('a cap rolls over the whole account', () => {
    const window = accountWindow({ count: 2, perMs: 10 });
    const answers = [1, 3, 4, 10, 11, 12, 13].map((moment) => {
      const isOpen = window.isOpen(moment);
      if (isOpen) window.enter(moment);
      return isOpen;
    });
    expect(answers).toEqual([true, true, false, false, true, false, true]);
  });

  test('under a cap the connections are served in the order of time, timetables too', () => {
    const connections = [
      { changes: [1], reads: [4] },
      { changes: [1], reads: [3, 5] },
    ];
    const trace = tinyTrace(SPAN, connections, { cap: { count: 1, perMs: SPAN } });
    // Only the call at 3 gets through: both reads of the second connection are fresh, none of the first.
    expect(replay(trace, forceAlways)).toMatchObject({ fresh: 2, forced: 1, violations: 2 });
    const planned = timetable('both', [86_400_000 / SPAN, 86_400_000 / SPAN]);
    expect(replay(trace, planned)).toMatchObject({ forced: 1, violations: 0 });
  });

  test('a cap that nobody reaches changes nothing, for any ruler', () => {
    fc.assert(
      fc.property(smallWorkload, (drawn) => {
        const workload = { ...drawn, cap: null };
        const [free, capped] = [traceOf(workload), traceOf({ ...workload, cap: { count: 100_000, perMs: HOUR } })];
        const rulers = [forceAlways, fixedAge(HOUR), timetable('two a day', twoADay(workload.connections))];
        for (const ruler of rulers) expect(replay(capped, ruler)).toEqual(replay(free, ruler));
      }),
      { numRuns: 25 },
    );
  });
});

const twoADay = (connections: number): readonly number[] => Array.from({ length: connections }, () => 2);

describe('timetables', () => {
  const trace = traceOf(workloadOf(3, 10));
  const first = trace.connections[0];
  if (first === undefined) throw new Error('no connection');

  test('so many a day, evenly between two free refreshes', () => {
    const inSecondStretch = [...timetableOf(trace, first, 3)]
      .filter((time) => time > first.phaseMs && time < first.phaseMs + DAY)
      .map((time) => Math.round((time - first.phaseMs) / HOUR));
    expect(inSecondStretch).toEqual([6, 12, 18]);
  });

  test('a fraction comes in every so many stretches', () => {
    const halved = timetableOf(trace, first, 0.5);
    expect(halved.length).toBeGreaterThanOrEqual(4);
    expect(halved.length).toBeLessThanOrEqual(6);
    expect(timetableOf(trace, first, 0)).toHaveLength(0);
  });

  test('it spends by its rates', () => {
    const { forced } = replay(trace, timetable('two a day', [2, 0, 0]));
    expect(forced).toBe(timetableOf(trace, first, 2).length);
  });
});

describe('steering', () => {
  const trace = traceOf(workloadOf(40, 30));
  const target = microsOf(trace, 0.8);

  test.each(rulerFamilies(trace).map((family) => [family.name, family] as const))(
    '%s spends what it may, and no more',
    (_, family) => {
      const { tally, parameter } = steer(trace, family, target);
      expect(tally.spentMicros).toBeLessThanOrEqual(target);
      expect(tally.spentMicros).toBeGreaterThan(0.9 * target);
      expect(replay(trace, family.at(parameter))).toEqual(tally);
    },
  );

  test('where money is no object it is not spent for its own sake', () => {
    const bound = rulerFamilies(trace).find(({ name }) => name === 'signal bound');
    if (bound === undefined) throw new Error('no signal bound');
    const { tally } = steer(trace, bound, microsOf(trace, 1_000));
    expect(tally.fresh).toBe(tally.reads);
    expect(perConnectionMonth(trace, tally.spentMicros)).toBeLessThan(3);
  });

  test('no timetable is fresher than the blind bound, at equal spend', () => {
    const large = traceOf(workloadOf(150, 60));
    const families = rulerFamilies(large).filter(({ name }) => /timetable|blind/.test(name));
    const fresh = families.map((family) => steer(large, family, microsOf(large, 4)).tally.fresh / large.reads);
    const [uniform, proportional, blind] = fresh as [number, number, number];
    expect(families.map(({ name }) => name)).toEqual(['uniform timetable', 'proportional timetable', 'blind bound']);
    expect(blind).toBeGreaterThan(Math.max(uniform, proportional) + 0.01);
  });

  test('knowing more is worth more, at equal spend', () => {
    const fresh = Object.fromEntries(
      rulerFamilies(traceOf(workloadOf(150, 60))).map((family) => {
        const large = traceOf(workloadOf(150, 60));
        return [family.name, steer(large, family, microsOf(large, 0.8)).tally.fresh];
      }),
    ) as Readonly<Record<string, number>>;
    expect(fresh['greedy index']).toBeGreaterThan(fresh['older than'] as number);
    expect(fresh['looking ahead']).toBeGreaterThanOrEqual(fresh['greedy index'] as number);
    expect(fresh['signal bound']).toBeGreaterThan(fresh['looking ahead'] as number);
    expect(fresh['older than']).toBeGreaterThan(fresh['uniform timetable'] as number);
  });
});
