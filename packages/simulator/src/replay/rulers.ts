import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { DurationMs } from '@freshet/domain';
import { allocateEvenSpacing } from '@freshet/policy';
import type { Signals } from '../workload/workload.js';
import type { Trace, TracedConnection } from '../workload/trace.js';
import type { Moment, Ruler, RulerFamily } from './ruler.js';
import { chanceOfChange, lookAhead, readsRescued } from './worth.js';

const atRead = (name: string, forces: (moment: Moment) => boolean, mindsLimits = true): Ruler => ({
  kind: 'at-read',
  name,
  mindsLimits,
  forces,
});

export const backgroundOnly: Ruler = atRead('background only', () => false);

/** It knows of no limit either, so it shows what ignoring them is worth. */
export const forceAlways: Ruler = atRead('force always', () => true, false);

const whole = (ms: DurationMs): string => formatDuration(Math.round(ms / SECOND) * SECOND);

/** Forces at each read, but not within so long of the last forced one. */
export const cooldown = (forMs: DurationMs): Ruler =>
  atRead(`cooldown ${whole(forMs)}`, ({ sinceForcedMs }) => sinceForcedMs >= forMs);

/** Forces at a read where the data is older than this, by whomever it was brought. */
export const fixedAge = (ageMs: DurationMs): Ruler =>
  atRead(`older than ${whole(ageMs)}`, (moment) => moment.ageMs > ageMs);

export const usualCooldowns: readonly DurationMs[] = [15 * MINUTE, HOUR, 3 * HOUR];
export const usualAges: readonly DurationMs[] = [HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, 18 * HOUR];

/** Forced refreshes a day for each connection of the trace, in its order. Uniform, proportional, and the blind bound. */
export const timetable = (name: string, perDay: readonly number[]): Ruler => ({
  kind: 'timetable',
  name,
  mindsLimits: true,
  perDay,
});

/** The price of a forced refresh in fresh reads, where one unit of money has to buy so many. */
const costOf = ({ priceMicros }: TracedConnection, readsPerUnit: number): number =>
  (readsPerUnit * priceMicros) / 1_000_000;

/** The greedy index: the fresh reads that forcing now is expected to buy, against their price. */
const greedyIndex = (readsPerUnit: number): Ruler =>
  atRead('greedy index', ({ connection, ageMs, untilBackgroundMs }) => {
    const value = chanceOfChange(connection, ageMs) * readsRescued(connection, untilBackgroundMs);
    return value >= costOf(connection, readsPerUnit);
  });

/** The same knowledge, but weighed against the reads that are still to come. */
const lookingAhead = ({ workload, connections }: Trace, readsPerUnit: number): Ruler => {
  const tables = connections.map((connection) =>
    lookAhead(connection, costOf(connection, readsPerUnit), workload.backgroundEveryMs),
  );
  return atRead('looking ahead', ({ connection, ageMs, untilBackgroundMs }) =>
    (tables[connection.index] as (typeof tables)[number])(ageMs, untilBackgroundMs),
  );
};

/** Told at once of each change: it forces at the first read after one, where that buys enough. */
const signalBound = (readsPerUnit: number): Ruler =>
  atRead(
    'signal bound',
    ({ connection, isStale, untilBackgroundMs }) =>
      isStale && readsRescued(connection, untilBackgroundMs) >= costOf(connection, readsPerUnit),
  );

/** The share of changes that nobody tells of. */
const untold = (signals: Signals): number =>
  signals.kind === 'none' ? 1 : signals.kind === 'exact' ? 0 : signals.loss;

/** The greedy index with the signals that came: certain after one, else as likely as an untold change. */
const heardSignals = ({ workload }: Trace, readsPerUnit: number): Ruler => {
  const share = untold(workload.signals);
  return atRead('heard signals', ({ connection, isSignalled, ageMs, untilBackgroundMs }) => {
    const chance = isSignalled ? 1 : chanceOfChange(connection, ageMs * share);
    return chance * readsRescued(connection, untilBackgroundMs) >= costOf(connection, readsPerUnit);
  });
};

const LEAST_PRICE = 0.01;
const HIGHEST_PRICE = 10_000;

const priced = (name: string, at: (readsPerUnit: number) => Ruler): RulerFamily => ({
  name,
  at,
  lowest: LEAST_PRICE,
  highest: HIGHEST_PRICE,
  higherSpends: 'less',
});

const rated = (name: string, perDay: (multiple: number) => readonly number[]): RulerFamily => ({
  name,
  at: (multiple) => timetable(name, perDay(multiple)),
  lowest: 0.000_1,
  highest: 50,
  higherSpends: 'more',
});

const timed = (name: string, at: (ms: DurationMs) => Ruler): RulerFamily => ({
  name,
  at,
  lowest: SECOND,
  highest: 1_000 * HOUR,
  higherSpends: 'less',
});

/** The freshest timetable for so much money a day, by the rates alone: no timetable can be better, and none sees a read. */
const blindTimetable = ({ connections, workload }: Trace, perDay: number): Ruler => {
  const column = (of: (connection: TracedConnection) => number): Float64Array => Float64Array.from(connections, of);
  const { rates } = allocateEvenSpacing({
    changes: column(({ changesPerDay }) => changesPerDay),
    weights: column(({ readsPerDay }) => readsPerDay),
    prices: column(({ priceMicros }) => priceMicros / 1_000_000),
    background: column(() => DAY / workload.backgroundEveryMs),
    minRates: null,
    maxRates: column(() => (workload.minGapMs > 0 ? DAY / workload.minGapMs : Infinity)),
    providers: new Int32Array(connections.length).fill(-1),
    caps: new Float64Array(),
    budget: perDay,
  });
  return timetable('blind bound', [...rates]);
};

const blindBound = (trace: Trace): RulerFamily => ({
  name: 'blind bound',
  at: (perDay) => blindTimetable(trace, perDay),
  lowest: 0.01,
  highest: 100 * trace.connections.length,
  higherSpends: 'more',
});

/** Every ruler that can be steered to an amount of money; `heard signals` only where signals come. */
export const rulerFamilies = (trace: Trace): readonly RulerFamily[] => {
  const { connections, workload } = trace;
  return [
    timed('cooldown', cooldown),
    timed('older than', fixedAge),
    rated('uniform timetable', (multiple) => connections.map(() => multiple)),
    rated('proportional timetable', (multiple) => connections.map(({ changesPerDay }) => multiple * changesPerDay)),
    blindBound(trace),
    priced('greedy index', greedyIndex),
    priced('looking ahead', (price) => lookingAhead(trace, price)),
    ...(workload.signals.kind === 'none' ? [] : [priced('heard signals', (price) => heardSignals(trace, price))]),
    priced('signal bound', signalBound),
  ];
};
