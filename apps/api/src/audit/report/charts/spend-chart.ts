import { DAY, formatInstant } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import type { SpendFigure } from '@freshet/flows';
import {
  BASE,
  LABEL,
  layer,
  LINE,
  MOST_SERIES,
  NARROW,
  PAPER,
  REST,
  REST_NAME,
  WIDE,
  type Chart,
  type Drawing,
  type FillOf,
  type LegendEntry,
} from './chart.js';

export interface Days {
  readonly from: Instant;
  readonly until: Instant;
}

/** `2026-05-20`, one after the other. */
export const daysOf = ({ from, until }: Days): readonly string[] =>
  Array.from({ length: Math.floor(until / DAY) - Math.floor(from / DAY) + 1 }, (_, index) =>
    formatInstant(from + index * DAY).slice(0, 10),
  );

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `20 May`, of a day or an instant. */
export const shortDay = (day: string): string => `${Number(day.slice(8, 10))} ${MONTHS[Number(day.slice(5, 7)) - 1] ?? ''}`;

type Column = 'chargedMicros' | 'uncertainMicros' | 'reservedMicros';

/** In whole units of the currency: what an axis is numbered by. */
const onDays = (figures: readonly SpendFigure[], column: Column, days: readonly string[]): readonly number[] => {
  const sums = new Map(days.map((day) => [day, 0]));
  for (const each of figures.flatMap((figure) => figure.days)) {
    const sum = sums.get(each.day);
    if (sum !== undefined) sums.set(each.day, sum + each[column]);
  }
  return [...sums.values()].map((micros) => micros / 1_000_000);
};

interface Layer {
  readonly entry: LegendEntry;
  readonly data: readonly number[];
}

/** The providers that cost most each for itself, then what is uncertain and what is held, of all of them. */
const layersOf = (figures: readonly SpendFigure[], days: readonly string[], fillOf: FillOf): readonly Layer[] => {
  const byCost = figures.toSorted((a, b) => b.chargedMicros - a.chargedMicros);
  const [own, rest] = [byCost.slice(0, MOST_SERIES), byCost.slice(MOST_SERIES)];
  const charged = own.map((figure) => ({
    entry: { name: figure.provider, fill: fillOf(figure.provider) },
    data: onDays([figure], 'chargedMicros', days),
  }));
  const others = { entry: { name: REST_NAME, fill: REST }, data: onDays(rest, 'chargedMicros', days) };
  const uncertain = {
    entry: { name: 'uncertain', fill: { color: PAPER, hatched: true } },
    data: onDays(figures, 'uncertainMicros', days),
  };
  const reserved = {
    entry: { name: 'reserved', fill: { color: LINE, hatched: true } },
    data: onDays(figures, 'reservedMicros', days),
  };
  return [...charged, others, uncertain, reserved].filter(({ data }) => data.some((amount) => amount > 0));
};

const drawing = (layers: readonly Layer[], days: readonly string[], width: number, everyDays: number): Drawing => ({
  width,
  height: width === WIDE ? 260 : 220,
  option: {
    ...BASE,
    grid: { left: 4, right: 12, top: 12, bottom: 8 },
    xAxis: {
      type: 'category',
      data: days.map(shortDay),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: LINE } },
      axisLabel: { ...LABEL, interval: everyDays - 1 },
    },
    yAxis: { type: 'value', axisLabel: LABEL, splitLine: { lineStyle: { color: LINE } }, splitNumber: 4 },
    series: layers.map(({ entry, data }) => layer(entry, data, { barCategoryGap: '22%' })),
  },
});

/** What each day cost in one currency, provider on provider. */
export const spendChart = (figures: readonly SpendFigure[], currency: string, range: Days, fillOf: FillOf): Chart => {
  const days = daysOf(range);
  const layers = layersOf(figures, days, fillOf);
  return {
    title: `${currency} by day and provider`,
    description: `Stacked bars, one for each day from ${days[0] ?? ''} to ${days.at(-1) ?? ''} (UTC): what was charged at ${layers
      .map(({ entry }) => entry.name)
      .join(', ')}. The table below has the totals.`,
    legend: layers.map(({ entry }) => entry),
    wide: drawing(layers, days, WIDE, 5),
    narrow: drawing(layers, days, NARROW, 10),
  };
};
