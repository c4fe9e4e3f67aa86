import { BASE, LABEL, layer, LINE, NARROW, WIDE, type Chart, type Drawing, type LegendEntry } from './chart.js';

/** One bar: how many of each kind there are. */
export interface SharesRow {
  readonly name: string;
  readonly counts: readonly number[];
}

export interface Shares {
  readonly title: string;
  readonly description: string;
  /** The kinds, in the order of `counts`. */
  readonly kinds: readonly LegendEntry[];
  readonly rows: readonly SharesRow[];
}

const BAR = 30;

const percent = (count: number, all: number): number => (all === 0 ? 0 : Math.round((count / all) * 10_000) / 100);

const drawing = (rows: readonly SharesRow[], kinds: readonly (readonly [LegendEntry, number])[], width: number): Drawing => ({
  width,
  height: rows.length * BAR + 38,
  option: {
    ...BASE,
    grid: { left: 4, right: 14, top: 4, bottom: 8 },
    xAxis: {
      ...{ type: 'value', min: 0, max: 100, interval: 25 },
      axisLabel: { ...LABEL, formatter: '{value} %' },
      splitLine: { lineStyle: { color: LINE } },
    },
    yAxis: {
      ...{ type: 'category', inverse: true },
      data: rows.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { ...LABEL, width: width === WIDE ? 160 : 84, overflow: 'truncate' },
    },
    series: kinds.map(([entry, index]) =>
      layer(
        entry,
        rows.map(({ counts }) => percent(counts[index] ?? 0, counts.reduce((sum, count) => sum + count, 0))),
        { barWidth: 18 },
      ),
    ),
  },
});

/** What each row is made of, in shares: rows of any size are seen beside each other. */
export const sharesChart = ({ title, description, kinds, rows }: Shares): Chart => {
  const present = kinds
    .map((entry, index) => [entry, index] as const)
    .filter(([, index]) => rows.some(({ counts }) => (counts[index] ?? 0) > 0));
  return {
    title,
    description,
    legend: present.map(([entry]) => entry),
    wide: drawing(rows, present, WIDE),
    narrow: drawing(rows, present, NARROW),
  };
};
