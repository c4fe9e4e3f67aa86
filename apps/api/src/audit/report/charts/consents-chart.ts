import type { ConsentFigure } from '@freshet/flows';
import {
  BASE,
  LABEL,
  layer,
  LINE,
  MOST_SERIES,
  NARROW,
  REST,
  REST_NAME,
  WIDE,
  type Chart,
  type Drawing,
  type FillOf,
  type LegendEntry,
} from './chart.js';
import { shortDay } from './spend-chart.js';

export const weekName = (week: string): string => (week === 'ended' ? 'ended' : `from ${shortDay(week)}`);

/** Those that ended come first: they are what is late. */
export const inTime = (consents: readonly ConsentFigure[]): readonly ConsentFigure[] =>
  consents.toSorted((a, b) => Number(b.week === 'ended') - Number(a.week === 'ended') || (a.week < b.week ? -1 : 1));

interface Layer {
  readonly entry: LegendEntry;
  readonly data: readonly number[];
}

const layersOf = (weeks: readonly ConsentFigure[], fillOf: FillOf): readonly Layer[] => {
  const sums = new Map<string, number>();
  for (const { providers } of weeks) {
    for (const [provider, count] of Object.entries(providers)) sums.set(provider, (sums.get(provider) ?? 0) + count);
  }
  const names = [...sums].toSorted((a, b) => b[1] - a[1]).map(([name]) => name);
  const own = names.slice(0, MOST_SERIES).map((name) => ({
    entry: { name, fill: fillOf(name) },
    data: weeks.map(({ providers }) => providers[name] ?? 0),
  }));
  const rest = names.slice(MOST_SERIES);
  const others = {
    entry: { name: REST_NAME, fill: REST },
    data: weeks.map(({ providers }) => rest.reduce((sum, name) => sum + (providers[name] ?? 0), 0)),
  };
  return rest.length === 0 ? own : [...own, others];
};

const drawing = (weeks: readonly ConsentFigure[], layers: readonly Layer[], width: number): Drawing => ({
  width,
  height: 200,
  option: {
    ...BASE,
    grid: { left: 4, right: 4, top: 12, bottom: 8 },
    xAxis: {
      ...{ type: 'category', data: weeks.map(({ week }) => weekName(week)), axisTick: { show: false } },
      axisLine: { lineStyle: { color: LINE } },
      axisLabel: { ...LABEL, interval: 0 },
    },
    yAxis: { type: 'value', minInterval: 1, axisLabel: LABEL, splitLine: { lineStyle: { color: LINE } }, splitNumber: 3 },
    series: layers.map(({ entry, data }) => layer(entry, data, { barMaxWidth: 72 })),
  },
});

/** How many consents end in each week, provider on provider. */
export const consentsChart = (consents: readonly ConsentFigure[], fillOf: FillOf): Chart => {
  const weeks = inTime(consents);
  const layers = layersOf(weeks, fillOf);
  return {
    title: 'Consents by the week in which they end',
    description: 'Stacked bars, one for each week: consents that end in it, by provider. The table below has the numbers.',
    legend: layers.map(({ entry }) => entry),
    wide: drawing(weeks, layers, WIDE),
    narrow: drawing(weeks, layers, NARROW),
  };
};
