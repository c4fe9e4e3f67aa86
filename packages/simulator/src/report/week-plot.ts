import { DAY, HOUR } from '@freshet/domain';
import type { Instant, Verdict } from '@freshet/domain';
import { bar, FAINT, round, scaleOf, sheet, straight, words } from './drawing.js';

export interface ReadInWeek {
  readonly at: Instant;
  readonly verdict: Verdict;
  /** The copy that lay there had missed a change. */
  readonly wasStale: boolean;
}

/** One connection's week. Changes and pulls may begin earlier: what was missed before it is missed in it. */
export interface WeekOfOne {
  readonly title: string;
  readonly subtitle: string;
  /** Its first midnight, in UTC. */
  readonly start: Instant;
  readonly changes: readonly Instant[];
  readonly background: readonly Instant[];
  readonly reads: readonly ReadInWeek[];
}

export interface Stretch {
  readonly from: Instant;
  readonly until: Instant;
}

/** When the copy was old: from the first change after a pull to the next pull. */
export const staleStretches = (
  changes: readonly Instant[],
  pulls: readonly Instant[],
  end: Instant,
): readonly Stretch[] => {
  const ordered = pulls.toSorted((a, b) => a - b);
  return ordered.flatMap((pulledAt, nth) => {
    const until = ordered[nth + 1] ?? end;
    const missed = changes.filter((at) => at > pulledAt && at < until);
    return missed.length === 0 ? [] : [{ from: Math.min(...missed), until }];
  });
};

/** How a read was served: the customer's side of a verdict. */
export const servedAs = ({ verdict, wasStale }: ReadInWeek): Served => {
  if (verdict === 'force' || verdict === 'join') return wasStale ? 'rescued' : 'forced';
  return wasStale ? 'old' : 'fresh';
};
type Served = 'rescued' | 'forced' | 'fresh' | 'old';

const WIDTH = 1_136;
const ROW = 74;
const FRAME = { left: 128, right: 840, top: 100 };
const BAND = 18;
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const COLOURS = { fresh: '#009e73', forced: '#0072b2', old: '#d55e00', change: '#1f2933', free: '#52606d' };
const FRESH_BAND = '#cdeee1';
const OLD_BAND = '#f7cfb8';

const diamond = (x: number, y: number): string =>
  `<path d="M${round(x)} ${round(y - 6)}l6 6l-6 6l-6 -6z" fill="${COLOURS.change}"/>`;

const triangle = (x: number, y: number): string =>
  `<path d="M${round(x - 7)} ${round(y - 12)}h14l-7 12z" fill="${COLOURS.free}"/>`;

/** Told apart by shape too, not by colour alone. */
const marks: Readonly<Record<Served, (x: number, y: number) => string>> = {
  fresh: (x, y) => `<circle cx="${round(x)}" cy="${round(y)}" r="7.5" fill="${COLOURS.fresh}"/>`,
  rescued: (x, y) => bar(x - 8, y - 8, 16, 16, COLOURS.forced),
  forced: (x, y) =>
    `<rect x="${round(x - 6.5)}" y="${round(y - 6.5)}" width="13" height="13" fill="#ffffff" stroke="${COLOURS.forced}" stroke-width="3"/>`,
  old: (x, y) =>
    `<circle cx="${round(x)}" cy="${round(y)}" r="6.5" fill="#ffffff" stroke="${COLOURS.old}" stroke-width="3"/>`,
};

const LEGEND: readonly (readonly [string, (x: number, y: number) => string])[] = [
  ['something new at the bank', diamond],
  ['free background refresh', (x, y) => triangle(x, y + 6)],
  ['the copy is up to date', (x, y) => bar(x - 16, y - 8, 32, 16, FRESH_BAND)],
  ['the copy is old', (x, y) => bar(x - 16, y - 8, 32, 16, OLD_BAND)],
  ['read: the copy was fresh', marks.fresh],
  ['read: forced, brought news', marks.rescued],
  ['read: forced, nothing was new', marks.forced],
  ['read: saw an old copy', marks.old],
];

/** A stretch cut at midnights: a bar in each day that it touches. */
const bandOf = (week: WeekOfOne, { from, until }: Stretch, x: (at: number) => number): readonly string[] =>
  DAYS.flatMap((_, day) => {
    const midnight = week.start + day * DAY;
    const [begin, end] = [Math.max(from, midnight), Math.min(until, midnight + DAY)];
    if (end <= begin) return [];
    const [left, right] = [x(begin - midnight), x(end - midnight)];
    return [bar(left, FRAME.top + day * ROW + 22, right - left, BAND, OLD_BAND)];
  });

/** Seven days, one below the other; in each what happened at the bank, at the provider and at the customer's. */
export const weekPlot = (week: WeekOfOne): string => {
  const x = scaleOf(0, DAY, FRAME.left, FRAME.right);
  const end = week.start + DAYS.length * DAY;
  const bottom = FRAME.top + DAYS.length * ROW;
  const forced = week.reads.filter((read) => read.verdict === 'force').map(({ at }) => at);
  const placed = (times: readonly Instant[], draw: (x: number, y: number) => string, down: number): readonly string[] =>
    times
      .filter((at) => at >= week.start && at < end)
      .map((at) => {
        const day = Math.floor((at - week.start) / DAY);
        return draw(x(at - week.start - day * DAY), FRAME.top + day * ROW + down);
      });
  return sheet(
    { title: week.title, subtitle: week.subtitle, width: WIDTH, height: bottom + 70, left: FRAME.left - 36 },
    [
      ...DAYS.flatMap((name, day) => [
        words(name, FRAME.left - 14, FRAME.top + day * ROW + 36, { anchor: 'end' }),
        bar(FRAME.left, FRAME.top + day * ROW + 22, FRAME.right - FRAME.left, BAND, FRESH_BAND),
      ]),
      ...staleStretches(week.changes, [...week.background, ...forced], end).flatMap((one) => bandOf(week, one, x)),
      ...[0, 3, 6, 9, 12, 15, 18, 21, 24].flatMap((hour) => [
        straight(x(hour * HOUR), FRAME.top + 8, x(hour * HOUR), bottom),
        words(`${String(hour).padStart(2, '0')}:00`, x(hour * HOUR), bottom + 24, { anchor: 'middle', fill: FAINT }),
      ]),
      ...placed(week.background, triangle, 20),
      ...placed(week.changes, diamond, 22 + BAND / 2),
      ...week.reads.flatMap((read) => placed([read.at], marks[servedAs(read)], 54)),
      words('time of day, UTC', (FRAME.left + FRAME.right) / 2, bottom + 52, { anchor: 'middle' }),
      ...LEGEND.flatMap(([name, draw], nth) => [
        draw(FRAME.right + 42, FRAME.top + 30 + nth * 30),
        words(name, FRAME.right + 66, FRAME.top + 35 + nth * 30, { size: 13 }),
      ]),
    ],
  );
};
