/** A line of a picture, or single points where nothing lies between them. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly colour: string;
  readonly look: 'line' | 'bold' | 'dashed' | 'points';
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
const FRAME = { left: 92, top: 92, right: 840, bottom: 580 };
const FONT = "font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif\"";
const INK = '#1f2933';
const FAINT = '#52606d';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const round = (value: number): string => String(Math.round(value * 10) / 10);

interface Words {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 'normal' | 'bold';
  readonly fill?: string;
  readonly turned?: boolean;
}

const words = (
  text: string,
  x: number,
  y: number,
  { size = 15, anchor = 'start', weight = 'normal', fill = INK, turned = false }: Words = {},
): string => {
  const turn = turned ? ` transform="rotate(-90 ${round(x)} ${round(y)})"` : '';
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}"${turn}>${escaped(text)}</text>`;
};

/** About so many round numbers over a range. */
export const roundTicks = (min: number, max: number, about: number): readonly number[] => {
  const rough = (max - min) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((multiple) => multiple * power >= rough) ?? 10);
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, index) => (first + index) * step);
};

type Scale = (value: number) => number;

const scaleOf =
  (from: number, to: number, start: number, end: number): Scale =>
  (value) =>
    start + ((value - from) / (to - from)) * (end - start);

const strokes: Readonly<Record<Exclude<Series['look'], 'points'>, string>> = {
  line: 'stroke-width="2.2"',
  bold: 'stroke-width="3.6"',
  dashed: 'stroke-width="2.2" stroke-dasharray="7 5"',
};

const DOT = 7;

const dot = (x: number, y: number, colour: string): string =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="${DOT}" fill="${colour}" stroke="#ffffff" stroke-width="2"/>`;

const drawn = ({ points, colour, look }: Series, x: Scale, y: Scale): string => {
  const placed = points.map(([atX, atY]) => [x(atX), y(atY)] as const);
  if (look === 'points') return placed.map(([atX, atY]) => dot(atX, atY, colour)).join('');
  const path = placed.map(([atX, atY]) => `${round(atX)},${round(atY)}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-linejoin="round" ${strokes[look]}/>`;
};

const axes = ({ x: across, y: up }: Picture, x: Scale, y: Scale): readonly string[] => {
  const { left, right, bottom, top } = FRAME;
  const line = (x1: number, y1: number, x2: number, y2: number): string =>
    `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#e4e7eb"/>`;
  return [
    ...roundTicks(up.min, up.max, 7).flatMap((value) => [
      line(left, y(value), right, y(value)),
      words(up.format(value), left - 12, y(value) + 5, { anchor: 'end', fill: FAINT }),
    ]),
    ...roundTicks(0, across.max, 8).flatMap((value) => [
      line(x(value), top, x(value), bottom),
      words(across.format(value), x(value), bottom + 24, { anchor: 'middle', fill: FAINT }),
    ]),
    words(across.label, (left + right) / 2, bottom + 54, { anchor: 'middle' }),
    words(up.label, 28, (top + bottom) / 2, { anchor: 'middle', turned: true }),
  ];
};

const ROW = 27;

const legend = (series: readonly Series[]): readonly string[] =>
  series.flatMap((one, index) => {
    const [x, y] = [FRAME.right + 24, FRAME.top + 14 + index * ROW];
    const sample = {
      ...one,
      points:
        one.look === 'points'
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
export const drawPicture = (picture: Picture): string => {
  const { left, right, top, bottom } = FRAME;
  const x = scaleOf(0, picture.x.max, left, right);
  const y = scaleOf(picture.y.min, picture.y.max, bottom, top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ${FONT}>`,
    `<title>${escaped(picture.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<clipPath id="frame"><rect x="${left - DOT}" y="${top - DOT}" width="${right - left + 2 * DOT}" height="${bottom - top + 2 * DOT}"/></clipPath>`,
    words(picture.title, left, 40, { size: 22, weight: 'bold' }),
    words(picture.subtitle, left, 66, { fill: FAINT }),
    ...axes(picture, x, y),
    '<g clip-path="url(#frame)">',
    ...picture.series.map((one) => drawn(one, x, y)),
    '</g>',
    ...legend(picture.series),
    '</svg>',
    '',
  ].join('\n');
};
