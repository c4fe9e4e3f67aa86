import type { Curve, Experiment, Point } from './experiment.js';
import { drawPicture, type Series } from './svg.js';

/** Told apart with any kind of sight (Okabe and Ito), by what a ruler is called. */
const colours: Readonly<Record<string, string>> = {
  'signal bound': '#009e73',
  'heard signals': '#8fbf3f',
  'looking ahead': '#0072b2',
  'greedy index': '#56b4e9',
  'older than': '#e69f00',
  cooldown: '#cc79a7',
  'uniform timetable': '#8d6e63',
  'proportional timetable': '#bcaaa4',
  'blind bound': '#5d4037',
};

const FALLBACK = '#9e9e9e';
const POLICY = '#d55e00';

const placed = (points: readonly Point[]): Series['points'] =>
  points.map((point) => [point.perConnectionMonth, point.freshShare] as const);

/** The order of the legend is that of the picture: the best at the top. */
const byHeight = (curves: readonly Curve[], at: number): readonly Curve[] => {
  const height = ({ points }: Curve): number =>
    points.findLast((point) => point.perConnectionMonth <= at)?.freshShare ?? 0;
  return curves.toSorted((a, b) => height(b) - height(a));
};

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Freshness against money: the oracle, background only, each ruler's curve, and the policy's points. */
export const experimentPlot = ({
  workload,
  base,
  asTheyAre,
  policy,
  atSpend,
  oracle,
  curves,
  reads,
}: Experiment): string => {
  const most = Math.max(...[...asTheyAre, policy].map((score) => score.perConnectionMonth));
  const max = Math.max(0.1, most * 1.04);
  const lines = byHeight(curves, max / 4).map(({ name, points: reached }): Series => ({
    name,
    look: 'line',
    colour: colours[name] ?? FALLBACK,
    points: placed(reached),
  }));
  return drawPicture({
    title: 'Fresh reads for money',
    subtitle: `workload ${workload.name}, seed ${workload.seed}: ${workload.connections} connections, ${workload.days} days, ${reads} reads`,
    x: { label: `${workload.currency} per connection-month`, max, format: (value) => value.toFixed(max < 2 ? 2 : 1) },
    y: { label: 'reads served fresh', min: Math.floor(base * 20 - 0.5) / 20, max: 1, format: percent },
    series: [
      {
        name: 'oracle',
        look: 'bold',
        colour: '#1f2933',
        points: placed([
          ...oracle.points,
          { perConnectionMonth: max, freshShare: oracle.points.at(-1)?.freshShare ?? 1 },
        ]),
      },
      ...lines,
      {
        name: 'background only',
        look: 'dashed',
        colour: '#7b8794',
        points: [
          [0, base],
          [max, base],
        ],
      },
      ...(atSpend.length === 0
        ? []
        : [
            {
              name: 'the policy on a budget',
              look: 'points' as const,
              colour: POLICY,
              points: placed(atSpend.map((one) => one.policy)),
            },
          ]),
      { name: 'the policy', look: 'rings', colour: POLICY, points: placed([policy]) },
    ],
  });
};
