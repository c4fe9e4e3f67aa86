import { DAY, HOUR } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';
import { bar, FAINT, INK, round, scaleOf, sheet, straight, words, type Scale } from './drawing.js';

export interface RequestInDay {
  readonly at: Instant;
  /** When it would pass; null: it passed. */
  readonly passesAt: Instant | null;
}

/** One day under a rolling window and a cooldown. */
export interface DayOfLimits {
  readonly title: string;
  readonly subtitle: string;
  /** Its midnight, in UTC. */
  readonly start: Instant;
  readonly places: number;
  readonly windowMs: DurationMs;
  readonly cooldownMs: DurationMs;
  readonly requests: readonly RequestInDay[];
}

export interface Taken {
  readonly place: number;
  readonly from: Instant;
  readonly until: Instant;
}

/** Which place each request that passed takes: the first that is free. */
export const placesTaken = ({ requests, places, windowMs }: DayOfLimits): readonly Taken[] => {
  const freeFrom = new Array<number>(places).fill(Number.NEGATIVE_INFINITY);
  return requests
    .filter(({ passesAt }) => passesAt === null)
    .map(({ at }) => {
      const place = freeFrom.findIndex((free) => free <= at);
      if (place < 0) throw new Error(`more than ${places} places were taken at ${at}`);
      freeFrom[place] = at + windowMs;
      return { place, from: at, until: at + windowMs };
    });
};

const WIDTH = 1_110;
const FRAME = { left: 186, right: 1_070, top: 118 };
const LANE = 40;
const PASSED = '#009e73';
const REFUSED = '#d55e00';
const PLACE = '#56b4e9';
const PAUSE = '#e69f00';

const clock = (ms: DurationMs): string => {
  const minutes = Math.round(ms / 60_000);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
};

const request = (day: DayOfLimits, { at, passesAt }: RequestInDay, x: Scale, y: number): readonly string[] => {
  const here = x(at - day.start);
  if (passesAt === null) {
    return [
      `<circle cx="${round(here)}" cy="${round(y)}" r="8" fill="${PASSED}"/>`,
      words(clock(at - day.start), here, y - 16, { anchor: 'middle', size: 13 }),
    ];
  }
  const there = x(passesAt - day.start);
  const low = y + 34;
  return [
    straight(here, low, there - 6, low, REFUSED, 'stroke-width="2"'),
    `<path d="M${round(there)} ${round(low)}l-8 -5v10z" fill="${REFUSED}"/>`,
    straight(there, low - 12, there, low + 12, REFUSED, 'stroke-width="2"'),
    `<circle cx="${round(here)}" cy="${round(low)}" r="7" fill="#ffffff" stroke="${REFUSED}" stroke-width="3"/>`,
    words(clock(at - day.start), here + 14, low + 26, { anchor: 'end', size: 13 }),
    words(clock(passesAt - day.start), there + 4, low + 26, { anchor: 'start', size: 13, fill: REFUSED }),
  ];
};

/** A lane for the requests, one for the cooldown, and one for each place of the window. */
export const limitsPlot = (day: DayOfLimits): string => {
  const x = scaleOf(0, DAY, FRAME.left, FRAME.right);
  const lanes = FRAME.top + 96;
  const bottom = lanes + (day.places + 1) * LANE + 8;
  const held = (from: Instant, until: Instant, lane: number, fill: string): string => {
    const [left, right] = [x(from - day.start), x(Math.min(until - day.start, DAY))];
    // A little short, so that one bar can be told from the next.
    return bar(left, lanes + lane * LANE + 8, right - left - 2, LANE - 16, fill);
  };
  const taken = placesTaken(day);
  const name = (text: string, y: number): string => words(text, FRAME.left - 16, y, { anchor: 'end' });
  return sheet({ title: day.title, subtitle: day.subtitle, width: WIDTH, height: bottom + 96, left: 40 }, [
    ...Array.from({ length: 13 }, (_, nth) => nth * 2).flatMap((hour) => [
      straight(x(hour * HOUR), FRAME.top - 14, x(hour * HOUR), bottom),
      words(clock(hour * HOUR), x(hour * HOUR), bottom + 24, { anchor: 'middle', fill: FAINT, size: 13 }),
    ]),
    name('passes', FRAME.top + 15),
    name('refused, until', FRAME.top + 49),
    name('cooldown', lanes + LANE / 2 + 5),
    ...Array.from({ length: day.places }, (_, place) => name(`place ${place + 1}`, lanes + (place + 1.5) * LANE + 5)),
    ...taken.flatMap(({ place, from, until }) => [
      held(from, from + day.cooldownMs, 0, PAUSE),
      held(from, until, place + 1, PLACE),
    ]),
    ...day.requests.flatMap((one) => request(day, one, x, FRAME.top + 10)),
    straight(FRAME.left, lanes, FRAME.right, lanes, INK),
    words('time of day, UTC', (FRAME.left + FRAME.right) / 2, bottom + 50, { anchor: 'middle' }),
    words(
      'A bar begins with a request that passed. Where it ends, its place (or the pause) is given back.',
      (FRAME.left + FRAME.right) / 2,
      bottom + 78,
      { anchor: 'middle', fill: FAINT, size: 13 },
    ),
  ]);
};
