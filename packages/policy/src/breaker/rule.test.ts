import { describe, expect, test } from '@jest/globals';
import { MINUTE, SECOND } from '@freshet/domain';
import type { BreakerEnd } from '@freshet/domain';
import fc from 'fast-check';
import { noon, taskId } from '../../test/given.js';
import type { BreakerRule } from '../policy.js';
import { afterEnd, afterProbe, pauseOf, trips, withEnd } from './rule.js';

const rule: BreakerRule = {
  failures: 3,
  of: 5,
  withinMs: 5 * MINUTE,
  pauseMs: 30 * SECOND,
  maxPauseMs: 15 * MINUTE,
  probeMs: 5 * MINUTE,
};

const end = (task: string, over: Partial<BreakerEnd> = {}): BreakerEnd => ({
  taskId: taskId(task),
  at: noon,
  failed: true,
  perhaps: null,
  ...over,
});

/** Ends of different tasks: `x` failed, `o` did not. */
const ends = (word: string): readonly BreakerEnd[] =>
  [...word].map((letter, index) => end(`t${index}`, { failed: letter === 'x' }));

describe('what opens a breaker', () => {
  test.each([
    ['xx', false],
    ['xxx', true],
    ['xoxox', true],
    ['xooxo', false],
    ['ooxxo', false],
    ['', false],
  ])('%s: %s', (word, opens) => {
    expect(trips(ends(word), 'institution', rule)).toBe(opens);
    expect(trips(ends(word), 'provider', rule)).toBe(opens);
  });

  test('a provider’s does not open for what may be the fault of one institution', () => {
    const at = (...banks: readonly (string | null)[]) => banks.map((perhaps, index) => end(`t${index}`, { perhaps }));
    expect(trips(at('a', 'a', 'a', 'a'), 'provider', rule)).toBe(false);
    expect(trips(at('a', 'a', 'b'), 'provider', rule)).toBe(true);
    expect(trips(at('a', 'a', null), 'provider', rule)).toBe(true);
    expect(trips(at('a', 'a', 'a'), 'institution', rule)).toBe(true);
  });

  test('each task counts once, by its last end', () => {
    let kept: readonly BreakerEnd[] = [];
    for (let turn = 0; turn < 10; turn += 1) kept = withEnd(kept, end('same', { at: noon + turn }), rule);
    expect(kept).toEqual([end('same', { at: noon + 9 })]);
    expect(withEnd(kept, end('same', { at: noon + 10, failed: false }), rule)).toEqual([]);
  });

  test('what is longer ago than the time does not count', () => {
    const before = [end('a', { at: noon - 5 * MINUTE }), end('b', { at: noon - 5 * MINUTE + 1 })];
    expect(withEnd(before, end('c'), rule).map(({ taskId: id }) => id)).toEqual([taskId('b'), taskId('c')]);
  });
});

const someEnd = fc.record({
  task: fc.integer({ min: 0, max: 8 }).map((number) => `t${number}`),
  failed: fc.boolean(),
  afterMs: fc.integer({ min: 0, max: 2 * MINUTE }),
  bank: fc.constantFrom(null, 'a', 'b'),
});
const someRule = fc
  .record({
    failures: fc.integer({ min: 1, max: 6 }),
    more: fc.integer({ min: 0, max: 6 }),
    pauseMs: fc.integer({ min: 1, max: 10 * MINUTE }),
    longer: fc.integer({ min: 0, max: 60 * MINUTE }),
  })
  .map(({ failures, more, pauseMs, longer }) => ({
    ...rule,
    failures,
    of: failures + more,
    pauseMs,
    maxPauseMs: pauseMs + longer,
  }));

describe('over whatever ends', () => {
  test('it opens only at a failure, after enough failures of different tasks within the time', () => {
    fc.assert(
      fc.property(
        fc.array(someEnd, { maxLength: 40 }),
        someRule,
        fc.constantFrom('provider', 'institution'),
        (all, given, scope) => {
          let kept: readonly BreakerEnd[] = [];
          let now = noon;
          const seen: BreakerEnd[] = [];
          for (const { task, failed, afterMs, bank } of all) {
            now += afterMs;
            const next = end(task, { at: now, failed, perhaps: bank });
            seen.push(next);
            const after = afterEnd(kept, next, scope, given, 0.5);
            expect(after.ends.length).toBeLessThanOrEqual(given.of);
            if (after.until !== null) {
              const recent = seen.filter(({ at, failed: did }) => did && now - at < given.withinMs);
              expect(failed).toBe(true);
              expect(new Set(recent.map(({ taskId: id }) => id)).size).toBeGreaterThanOrEqual(given.failures);
              expect(after).toMatchObject({ ends: [], opened: 1 });
              return;
            }
            if (after.ends.length > 0) expect(after.ends.some(({ failed: did }) => did)).toBe(true);
            kept = after.ends;
          }
        },
      ),
    );
  });

  test('successes alone open nothing, and leave nothing to keep', () => {
    fc.assert(
      fc.property(fc.array(someEnd), someRule, (all, given) => {
        for (const { task } of all) {
          const after = afterEnd([], end(task, { failed: false }), 'provider', given, 0);
          expect(after).toEqual({ ends: [], opened: 0, until: null });
        }
      }),
    );
  });

  test('so many failures in a row always open it', () => {
    fc.assert(
      fc.property(fc.array(someEnd, { maxLength: 20 }), someRule, (before, given) => {
        let kept = before.reduce<readonly BreakerEnd[]>(
          (sum, { task, failed }) => withEnd(sum, end(task, { failed }), given),
          [],
        );
        for (let turn = 1; turn <= given.failures; turn += 1) {
          const after = afterEnd(kept, end(`new${turn}`), 'provider', given, 0);
          if (after.until !== null) return;
          kept = after.ends;
        }
        throw new Error('it stayed closed');
      }),
    );
  });

  test('each failure of the task that tries it shuts it longer, up to the bound; a success closes it', () => {
    fc.assert(
      fc.property(
        someRule,
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, opened, jitter) => {
          const pause = pauseOf(given, opened, jitter);
          expect(pause).toBeLessThanOrEqual(given.maxPauseMs);
          expect(pause).toBeGreaterThanOrEqual(Math.floor(given.pauseMs / 2));
          expect(pauseOf(given, opened + 1, jitter)).toBeGreaterThanOrEqual(pause);
          const failed = afterProbe(opened, end('probe'), given, jitter);
          expect(failed).toEqual({ ends: [], opened: opened + 1, until: noon + pauseOf(given, opened + 1, jitter) });
          expect(afterProbe(opened, end('probe', { failed: false }), given, jitter)).toEqual({
            ends: [],
            opened: 0,
            until: null,
          });
        },
      ),
    );
  });
});
