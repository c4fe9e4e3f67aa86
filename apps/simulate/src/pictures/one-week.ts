import { DAY, HOUR } from '@freshet/domain';
import type { DecisionRecord } from '@freshet/domain';
import {
  referenceWorkload,
  runPolicy,
  simulatedBook,
  traceOf,
  weekPlot,
  type Trace,
  type WatchedRead,
  type Workload,
} from '@freshet/simulator';
import { contentHash } from '../policy-file.js';
import { changedTrace, FIRST_MONDAY, weekly } from './habits.js';

const DAYS = 42;
/** The last one: by then the policy has learned from the others. */
const WEEK = FIRST_MONDAY + DAYS * DAY - 7 * DAY;
const FREE_AT = 5 * HOUR;

/** When this customer looks, by day from Monday. */
const HABIT = [[10, 18], [8], [10, 18], [12.5, 21], [9, 17, 18.5], [11], [20]] as const;

const workload: Workload = {
  ...referenceWorkload,
  name: 'one-week',
  seed: 18,
  start: FIRST_MONDAY,
  days: DAYS,
  connections: 1,
  changesPerDay: { median: 1.5, sigma: 0, min: 1.5, max: 1.5 },
  priceMicros: [100_000],
  minGapMs: 3 * HOUR,
};

export interface OneWeek {
  readonly trace: Trace;
  readonly start: number;
  /** Those of the week. */
  readonly reads: readonly WatchedRead[];
}

/** One customer with a habit, and the real policy in mode auto without a budget. */
export const liveOneWeek = async (): Promise<OneWeek> => {
  const reads: WatchedRead[] = [];
  const trace = changedTrace(traceOf(workload), (one) => ({ ...one, phaseMs: FREE_AT, reads: weekly(HABIT, DAYS) }));
  const book = simulatedBook(workload, { policyFile: null, hash: contentHash });
  await runPolicy(trace, { name: 'auto', book, watch: (read) => reads.push(read) });
  return { trace, start: WEEK, reads: reads.filter(({ record }) => record.decidedAt >= WEEK) };
};

/** What was decided on that day of the week (0 is Monday), at that hour. */
export const decidedAt = ({ start, reads }: OneWeek, day: number, hour: number): DecisionRecord => {
  const at = start + day * DAY + hour * HOUR;
  const found = reads.find(({ record }) => record.decidedAt === at);
  if (found === undefined) throw new Error(`nobody read at hour ${hour} of day ${day}`);
  return found.record;
};

export const printOneWeek = async (): Promise<string> => {
  const { trace, start, reads } = await liveOneWeek();
  const changes = [...(trace.connections[0]?.changes ?? [])].map((at) => FIRST_MONDAY + at);
  const background = Array.from({ length: DAYS }, (_, day) => FIRST_MONDAY + day * DAY + FREE_AT);
  return weekPlot({
    title: 'One connection, one week, mode auto',
    subtitle:
      'A free refresh every morning at 05:00; a forced one costs 0.10 USD and needs 3 hours after the last one.',
    start,
    changes,
    background,
    reads: reads.map(({ wasStale, record }) => ({ at: record.decidedAt, verdict: record.verdict, wasStale })),
  });
};
