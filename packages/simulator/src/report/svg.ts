import { axes, roundTicks, round, scaleOf, sheet, words, type Frame, type Scale } from './drawing.js';

/** A line of a picture, or single points where nothing lies between them. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly colour: string;
  readonly look: 'line' | 'bold' | 'dashed' | 'points' | 'rings';
}

export interface Picture {
  readonly title: string;
  readonly subtitle: string;
  readonly x: { readonly label: string; readonly max: number; readonly format: (value: number) => string };
  readonly y: {
    readonly label: string;
    readonly min: number;
    readonly max: number;
    readonly format: (value: number) => string;
  };
  readonly series: readonly Series[];
}

const WIDTH = 1_110;
const HEIGHT = 660;
const FRAME: Frame = { left: 92, top: 92, right: 840, bottom: 580 };

const DOT = 7;

const dots = {
  points: (x: number, y: number, colour: string): string =>
    `<circle cx="${round(x)}" cy="${round(y)}" r="${DOT}" fill="${colour}" stroke="#ffffff" stroke-width="2"/>`,
  rings: (x: number, y: number, colour: string): string =>
    `<circle cx="${round(x)}" cy="${round(y)}" r="${DOT - 1}" fill="#ffffff" stroke="${colour}" stroke-width="3"/>`,
};

const strokes: Readonly<Record<Exclude<Series['look'], keyof typeof dots>, string>> = {
  line: 'stroke-width="2.2"',
  bold: 'stroke-width="3.6"',
  dashed: 'stroke-width="2.2" stroke-dasharray="7 5"',
};

const drawn = ({ points, colour, look }: Series, x: Scale, y: Scale): string => {
  const placed = points.map(([atX, atY]) => [x(atX), y(atY)] as const);
  if (look === 'points' || look === 'rings') return placed.map(([atX, atY]) => dots[look](atX, atY, colour)).join('');
  const path = placed.map(([atX, atY]) => `${round(atX)},${round(atY)}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-linejoin="round" ${strokes[look]}/>`;
};

const ROW = 27;

const legend = (series: readonly Series[]): readonly string[] =>
  series.flatMap((one, index) => {
    const [x, y] = [FRAME.right + 24, FRAME.top + 14 + index * ROW];
    const sample = {
      ...one,
      points:
        one.look in dots
          ? [[x + 17, y]]
          : [
              [x, y],
              [x + 34, y],
            ],
    } as Series;
    return [
      drawn(
        sample,
        (value) => value,
        (value) => value,
      ),
      words(one.name, x + 44, y + 5),
    ];
  });

/** The picture as a whole SVG file: light ground, axes with round numbers, a legend beside it. */
export const drawPicture = ({ title, subtitle, x: across, y: up, series }: Picture): string => {
  const { left, right, top, bottom } = FRAME;
  const x = scaleOf(0, across.max, left, right);
  const y = scaleOf(up.min, up.max, bottom, top);
  return sheet({ title, subtitle, width: WIDTH, height: HEIGHT, left }, [
    `<clipPath id="frame"><rect x="${left - DOT}" y="${top - DOT}" width="${right - left + 2 * DOT}" height="${bottom - top + 2 * DOT}"/></clipPath>`,
    ...axes(
      FRAME,
      { ...across, ticks: roundTicks(0, across.max, 8), scale: x },
      { ...up, ticks: roundTicks(up.min, up.max, 7), scale: y },
    ),
    '<g clip-path="url(#frame)">',
    ...series.map((one) => drawn(one, x, y)),
    '</g>',
    ...legend(series),
  ]);
};
