/** How an area is filled: plain, or hatched so that it is told apart without colour. */
export interface Fill {
  readonly color: string;
  readonly hatched?: boolean;
}

export interface LegendEntry {
  readonly name: string;
  readonly fill: Fill;
}

/** A picture in one size: plain data, which may be drawn in another thread. */
export interface Drawing {
  readonly option: Readonly<Record<string, unknown>>;
  readonly width: number;
  readonly height: number;
}

/** A chart in words, and in a size for each width of the window. */
export interface Chart {
  readonly title: string;
  /** What it shows, for whoever cannot see it. */
  readonly description: string;
  readonly legend: readonly LegendEntry[];
  readonly wide: Drawing;
  readonly narrow: Drawing;
}

/** Each drawing as an SVG; null: it could not be drawn. */
export type Draw = (drawings: readonly Drawing[]) => Promise<readonly (string | null)[]>;

export const WIDE = 880;
export const NARROW = 340;

export const INK = '#1b2430';
export const SOFT = '#5a6676';
export const LINE = '#dfe4ea';
export const PAPER = '#ffffff';

/** Neighbours differ in lightness: they are told apart in print, too. */
const SERIES = ['#17375e', '#e3a32b', '#1f7a73', '#f0cbc4', '#9a80bd', '#e4edc0', '#7a4b22'] as const;
/** Of those that a chart does not show one by one. */
export const REST: Fill = { color: '#9aa3ad' };

export const MOST_SERIES = SERIES.length;
export const REST_NAME = 'other providers';

/** A provider has one fill in all charts of a report: the first of them the plainest. */
export type FillOf = (provider: string) => Fill;

export const fillsOf = (providers: readonly string[]): FillOf => {
  const names = [...new Set(providers)];
  return (provider) => {
    const color = SERIES[names.indexOf(provider) % SERIES.length];
    return color === undefined ? REST : { color };
  };
};

const HATCH = {
  symbol: 'rect',
  color: SOFT,
  dashArrayX: [1, 0],
  dashArrayY: [2, 4],
  rotation: -Math.PI / 4,
} as const;

const styleOf = ({ color, hatched = false }: Fill) =>
  hatched
    ? { color, borderColor: SOFT, borderWidth: 1, decal: HATCH }
    : { color, borderColor: PAPER, borderWidth: 1 };

/** One layer of stacked bars; nothing is not drawn: its border would be. */
export const layer = ({ name, fill }: LegendEntry, data: readonly number[], more: object = {}) => ({
  ...{ name, type: 'bar', stack: 'all', silent: true, emphasis: { disabled: true } },
  itemStyle: styleOf(fill),
  data: data.map((value) => (value === 0 ? '-' : value)),
  ...more,
});

/** What all charts have in common. */
export const BASE = {
  animation: false,
  aria: { enabled: false },
  textStyle: { fontFamily: 'inherit', fontSize: 12, color: INK },
} as const;

export const LABEL = { color: SOFT, fontSize: 12 } as const;
