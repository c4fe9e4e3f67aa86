import type { DurationMs } from '@freshet/domain';
import type { StaleWindow } from './stale-windows.js';

/** The last call made, and the reads that the calls so far rescue. */
interface Plan {
  readonly lastAt: number;
  readonly rescued: number;
}

const readsFrom = ({ reads }: StaleWindow, at: number): number => {
  let first = 0;
  while (first < reads.length && (reads[first] as number) < at) first += 1;
  return reads.length - first;
};

/**
 * Keeps the plans that another does not beat in both ways. All that may call at the window's very start are as free as
 * one another, so of those the best is enough.
 */
const undominated = (plans: readonly Plan[], nextStart: number, gapMs: DurationMs): readonly Plan[] => {
  const kept: Plan[] = [];
  const freedom = ({ lastAt }: Plan): number => Math.max(lastAt + gapMs, nextStart);
  for (const plan of plans.toSorted((a, b) => freedom(a) - freedom(b) || b.rescued - a.rescued)) {
    if (plan.rescued > (kept.at(-1)?.rescued ?? -1)) kept.push(plan);
  }
  return kept;
};

/**
 * The most reads that 0, 1, 2, ... forced refreshes of one connection rescue when there has to be a gap between any two.
 * A call is as early as it may be: at the change, or the gap after the call before; later it rescues no more.
 */
export const mostRescued = (windows: readonly StaleWindow[], gapMs: DurationMs): readonly number[] => {
  let byCalls: (readonly Plan[])[] = [[{ lastAt: Number.NEGATIVE_INFINITY, rescued: 0 }]];
  windows.forEach((window, index) => {
    const nextStart = windows[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    const calling = byCalls.map((plans) =>
      plans.flatMap(({ lastAt, rescued }): Plan[] => {
        const at = Math.max(window.start, lastAt + gapMs);
        const more = at < window.end ? readsFrom(window, at) : 0;
        return more === 0 ? [] : [{ lastAt: at, rescued: rescued + more }];
      }),
    );
    byCalls = Array.from({ length: byCalls.length + 1 }, (_, calls) =>
      undominated([...(byCalls[calls] ?? []), ...(calling[calls - 1] ?? [])], nextStart, gapMs),
    );
    if (byCalls.at(-1)?.length === 0) byCalls.pop();
  });
  return byCalls.map((plans) => Math.max(...plans.map(({ rescued }) => rescued)));
};
