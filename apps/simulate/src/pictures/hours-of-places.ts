import { HOUR } from '@freshet/domain';
import { referenceWorkload, runPolicy, simulatedBook, traceOf } from '@freshet/simulator';
import type { WatchedRead, Workload } from '@freshet/simulator';
import { contentHash } from '../policy-file.js';

/** More customers than a provider lets in: three forced refreshes an hour over the whole account, and money for all of them. */
const workload: Workload = {
  ...referenceWorkload,
  name: 'hours-of-places',
  days: 8,
  connections: 150,
  priceMicros: [100_000],
  cap: { count: 3, perMs: HOUR },
};
const PER_CONNECTION_MONTH = 5;

export const liveHoursOfPlaces = async (): Promise<readonly WatchedRead[]> => {
  const reads: WatchedRead[] = [];
  const trace = traceOf(workload);
  const budget = { perConnectionMonth: PER_CONNECTION_MONTH };
  const book = simulatedBook(workload, { policyFile: null, hash: contentHash, ...budget });
  await runPolicy(trace, { name: 'places', book, watch: (read) => reads.push(read) });
  return reads;
};
