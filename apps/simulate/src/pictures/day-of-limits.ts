import { HOUR } from '@freshet/domain';
import { limitsPlot, referenceWorkload, runPolicy, simulatedBook, traceOf } from '@freshet/simulator';
import type { WatchedRead, Workload } from '@freshet/simulator';
import { contentHash } from '../policy-file.js';
import { changedTrace, FIRST_MONDAY, weekly } from './habits.js';

const PLACES = 3;
const WINDOW = 6 * HOUR;
const COOLDOWN = HOUR;

/** Some of them come too early; the one at 13:00 is refused until 14:00, and the next comes exactly then. */
const ASKED = [[8, 8.5, 9.75, 11.25, 13, 14, 16.5, 17, 18.25]] as const;

const workload: Workload = {
  ...referenceWorkload,
  name: 'day-of-limits',
  start: FIRST_MONDAY,
  days: 1,
  connections: 1,
  priceMicros: [100_000],
  cap: { count: PLACES, perMs: WINDOW },
  minGapMs: COOLDOWN,
};

/** One day of requests in mode force: nothing but the limits is asked. */
export const liveDayOfLimits = async (): Promise<readonly WatchedRead[]> => {
  const reads: WatchedRead[] = [];
  const trace = changedTrace(traceOf(workload), (one) => ({ ...one, reads: weekly(ASKED, 1) }));
  const book = simulatedBook(workload, { policyFile: null, hash: contentHash });
  await runPolicy(trace, { name: 'force', book, mode: 'force', watch: (read) => reads.push(read) });
  return reads;
};

export const printDayOfLimits = async (): Promise<string> => {
  const reads = await liveDayOfLimits();
  return limitsPlot({
    title: 'A window and a cooldown over one day',
    subtitle: 'At most 3 forced refreshes in any 6 hours, and an hour of pause after each.',
    start: FIRST_MONDAY,
    places: PLACES,
    windowMs: WINDOW,
    cooldownMs: COOLDOWN,
    requests: reads.map(({ record }) => ({ at: record.decidedAt, passesAt: record.decision.retryAt })),
  });
};
