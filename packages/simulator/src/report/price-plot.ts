import { DAY } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import { axes, FAINT, roundTicks, round, scaleOf, sheet, straight, words, type Frame, type Scale } from './drawing.js';

export interface PriceAt {
  readonly at: Instant;
  /** Fresh reads that one refresh has to bring. */
  readonly price: number;
}

export interface SpentAt {
  readonly at: Instant;
  readonly micros: number;
}

/** One budget over its period: what its money had to bring, and how much of it was gone. */
export interface MonthOfMoney {
  readonly title: string;
  readonly subtitle: string;
  readonly start: Instant;
  readonly end: Instant;
  readonly currency: string;
  readonly amountMicros: number;
  /** Close enough together to show how it falls. */
  readonly prices: readonly PriceAt[];
  /** All that was spent by then, from each spending to the next. */
  readonly spent: readonly SpentAt[];
  /** Days, counted from the first, on which nobody reads. */
  readonly idleDays: readonly number[];
}

const WIDTH = 1_110;
const HEIGHT = 760;
const ABOVE: Frame = { left: 92, right: 1_060, top: 112, bottom: 380 };
const BELOW: Frame = { left: 92, right: 1_060, top: 450, bottom: 690 };
const PRICE = '#d55e00';
const SPENT = '#0072b2';
const EVEN = '#52606d';
const IDLE = '#eef1f4';

const path = (points: readonly (readonly [number, number])[], stroke: string, more: string): string =>
  `<polyline points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}" fill="none" stroke="${stroke}" stroke-linejoin="round" ${more}/>`;

/** Level until the next spending, then straight up. */
export const stairs = (spent: readonly SpentAt[], end: Instant): readonly SpentAt[] => [
  ...spent.flatMap((one, nth) => {
    const before = spent[nth - 1];
    return before === undefined ? [one] : [{ at: one.at, micros: before.micros }, one];
  }),
  { at: end, micros: spent.at(-1)?.micros ?? 0 },
];

const idle = (month: MonthOfMoney, x: Scale, { top, bottom }: Frame): readonly string[] =>
  month.idleDays.map((day) => {
    const [from, until] = [x(day), x(day + 1)];
    return `<rect x="${round(from)}" y="${top}" width="${round(until - from)}" height="${bottom - top}" fill="${IDLE}"/>`;
  });

/** The price above, the money below, day by day. */
export const pricePlot = (month: MonthOfMoney): string => {
  const days = (month.end - month.start) / DAY;
  const dayOf = (at: Instant): number => (at - month.start) / DAY;
  const x = scaleOf(0, days, ABOVE.left, ABOVE.right);
  const highest = Math.max(...month.prices.map(({ price }) => price)) * 1.08;
  const price = scaleOf(0, highest, ABOVE.bottom, ABOVE.top);
  const money = scaleOf(0, month.amountMicros * 1.04, BELOW.bottom, BELOW.top);
  const across = {
    ticks: Array.from({ length: Math.ceil(days / 2) }, (_, nth) => nth * 2),
    format: (day: number) => String(day + 1),
    scale: x,
  };
  return sheet({ title: month.title, subtitle: month.subtitle, width: WIDTH, height: HEIGHT, left: ABOVE.left }, [
    ...idle(month, x, ABOVE),
    ...idle(month, x, BELOW),
    ...axes(
      ABOVE,
      { ...across, label: '' },
      {
        ticks: roundTicks(0, highest, 5),
        format: (value) => value.toFixed(1),
        label: 'fresh reads wanted',
        scale: price,
      },
    ),
    ...axes(
      BELOW,
      { ...across, label: 'day of the month (grey: nobody reads)' },
      {
        ticks: roundTicks(0, month.amountMicros / 1_000_000, 5).map((units) => units * 1_000_000),
        format: (micros) => String(micros / 1_000_000),
        label: `${month.currency} spent`,
        scale: money,
      },
    ),
    path(
      month.prices.map((one) => [x(dayOf(one.at)), price(one.price)] as const),
      PRICE,
      'stroke-width="2.2"',
    ),
    words('the shadow price: what one refresh has to bring', ABOVE.left, ABOVE.top - 14, { fill: PRICE }),
    straight(x(0), money(0), x(days), money(month.amountMicros), EVEN, 'stroke-width="2.2" stroke-dasharray="7 5"'),
    path(
      stairs(month.spent, month.end).map((one) => [x(dayOf(one.at)), money(one.micros)] as const),
      SPENT,
      'stroke-width="3"',
    ),
    words('spent', BELOW.left, BELOW.top - 14, { fill: SPENT }),
    words('dashed: spent evenly', BELOW.left + 64, BELOW.top - 14, { fill: FAINT }),
  ]);
};
