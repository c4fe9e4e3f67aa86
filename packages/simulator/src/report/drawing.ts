/** What every picture is made of: words, lines, scales, axes and the sheet itself. Coordinates are pixels. */

const FONT = "font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif\"";
export const INK = '#1f2933';
export const FAINT = '#52606d';
export const GRID = '#e4e7eb';

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export const round = (value: number): string => String(Math.round(value * 10) / 10);

interface Words {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 'normal' | 'bold';
  readonly fill?: string;
  readonly turned?: boolean;
}

export const words = (
  text: string,
  x: number,
  y: number,
  { size = 15, anchor = 'start', weight = 'normal', fill = INK, turned = false }: Words = {},
): string => {
  const turn = turned ? ` transform="rotate(-90 ${round(x)} ${round(y)})"` : '';
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}"${turn}>${escaped(text)}</text>`;
};

export const straight = (x1: number, y1: number, x2: number, y2: number, stroke: string = GRID, more = ''): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}"${more === '' ? '' : ` ${more}`}/>`;

export const bar = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"/>`;

/** About so many round numbers over a range. */
export const roundTicks = (min: number, max: number, about: number): readonly number[] => {
  const rough = (max - min) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((multiple) => multiple * power >= rough) ?? 10);
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, index) => (first + index) * step);
};

export type Scale = (value: number) => number;

export const scaleOf =
  (from: number, to: number, start: number, end: number): Scale =>
  (value) =>
    start + ((value - from) / (to - from)) * (end - start);

/** Where the axes stand. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Axis {
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
  readonly label: string;
}

/** A grid with its numbers and labels; one below leaves its numbers to that one. */
export const axes = (
  { left, right, top, bottom }: Frame,
  across: Axis & { readonly scale: Scale },
  up: Axis & { readonly scale: Scale },
): readonly string[] => [
  ...up.ticks.flatMap((value) => [
    straight(left, up.scale(value), right, up.scale(value)),
    words(up.format(value), left - 12, up.scale(value) + 5, { anchor: 'end', fill: FAINT }),
  ]),
  ...across.ticks.flatMap((value) => [
    straight(across.scale(value), top, across.scale(value), bottom),
    words(across.format(value), across.scale(value), bottom + 24, { anchor: 'middle', fill: FAINT }),
  ]),
  words(across.label, (left + right) / 2, bottom + 54, { anchor: 'middle' }),
  words(up.label, 28, (top + bottom) / 2, { anchor: 'middle', turned: true }),
];

export interface Sheet {
  readonly title: string;
  readonly subtitle: string;
  readonly width: number;
  readonly height: number;
  /** Where the title begins. */
  readonly left: number;
}

/** A whole SVG file: light ground, the title, and what is drawn. */
export const sheet = ({ title, subtitle, width, height, left }: Sheet, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${FONT}>`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    words(title, left, 40, { size: 22, weight: 'bold' }),
    words(subtitle, left, 66, { fill: FAINT }),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
