import { oracleOf } from '../oracle/oracle.js';
import { scoreOf, type Score } from '../oracle/score.js';
import { replay } from '../replay/replay.js';
import type { RulerFamily } from '../replay/ruler.js';
import {
  backgroundOnly,
  cooldown,
  fixedAge,
  forceAlways,
  rulerFamilies,
  usualAges,
  usualCooldowns,
} from '../replay/rulers.js';
import { steer } from '../replay/steer.js';
import { microsOf, perConnectionMonth, type Tally } from '../replay/tally.js';
import type { Trace } from '../workload/trace.js';
import type { Workload } from '../workload/workload.js';

/** Money per connection and 30 days against the share of fresh reads. */
export interface Point {
  readonly perConnectionMonth: number;
  readonly freshShare: number;
}

export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
}

/** Everything that holds one amount of money, side by side. */
export interface AtSpend {
  readonly perConnectionMonth: number;
  readonly rulers: readonly Score[];
  readonly policy: Score;
}

/** Rulers and policies over one trace, and what could have been reached at all. */
export interface Experiment {
  readonly workload: Workload;
  readonly reads: number;
  readonly base: number;
  /** Rulers that nobody steers, and the policy as its file has it. */
  readonly asTheyAre: readonly Score[];
  readonly policy: Score;
  readonly atSpend: readonly AtSpend[];
  readonly oracle: Curve;
  readonly curves: readonly Curve[];
}

/** The policy under test, run over the trace; null: without a budget of the experiment's. */
export type RunsPolicy<Ran extends Tally> = (perConnectionMonth: number | null) => Promise<Ran>;

const CURVE_POINTS = 96;

/** What a family reaches over its whole range, the cheapest first. */
const curveOf = (trace: Trace, { name, at, lowest, highest }: RulerFamily): Curve => {
  const step = (highest / lowest) ** (1 / (CURVE_POINTS - 1));
  const points = Array.from({ length: CURVE_POINTS }, (_, index) => replay(trace, at(lowest * step ** index)));
  return {
    name,
    points: points
      .map(({ spentMicros, fresh, reads }) => ({
        perConnectionMonth: perConnectionMonth(trace, spentMicros),
        freshShare: reads === 0 ? 1 : fresh / reads,
      }))
      .toSorted((a, b) => a.perConnectionMonth - b.perConnectionMonth),
  };
};

const oracleCurve = (trace: Trace, freshAt: (micros: number) => number, mostMicros: number): Curve => ({
  name: 'oracle',
  points: Array.from({ length: CURVE_POINTS + 1 }, (_, index) => {
    // Denser where it is steep.
    const micros = mostMicros * (index / CURVE_POINTS) ** 3;
    return { perConnectionMonth: perConnectionMonth(trace, micros), freshShare: freshAt(micros) };
  }),
});

/**
 * The policy as its file has it and under a budget of each of these amounts, every ruler steered to the same amounts, the
 * usual fixed ones, and the oracle.
 */
export const experiment = async (
  trace: Trace,
  spends: readonly number[],
  runsPolicy: RunsPolicy<Tally>,
  more: readonly RulerFamily[] = [],
): Promise<Experiment> => {
  const oracle = oracleOf(trace);
  const scored = (tally: Tally): Score => scoreOf(trace, oracle, tally);
  const families = [...rulerFamilies(trace), ...more];
  const fixed = [backgroundOnly, ...usualAges.map(fixedAge), ...usualCooldowns.map(cooldown), forceAlways];
  const asTheyAre = fixed.map((ruler) => scored(replay(trace, ruler)));
  const policy = scored(await runsPolicy(null));
  const atSpend: AtSpend[] = [];
  for (const spend of spends) {
    const rulers = families.map((family) => scored(steer(trace, family, microsOf(trace, spend)).tally));
    atSpend.push({ perConnectionMonth: spend, rulers, policy: scored(await runsPolicy(spend)) });
  }
  const mostMicros = Math.max(...asTheyAre.map(({ spentMicros }) => spentMicros));
  return {
    workload: trace.workload,
    reads: trace.reads,
    base: oracle.base,
    asTheyAre,
    policy,
    atSpend,
    oracle: oracleCurve(trace, oracle.freshAt, mostMicros),
    curves: families.map((family) => curveOf(trace, family)),
  };
};
