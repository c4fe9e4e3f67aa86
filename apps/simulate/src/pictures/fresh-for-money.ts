import { experiment, experimentPlot, referenceWorkload, runPolicy, simulatedBook, traceOf } from '@freshet/simulator';
import type { Workload } from '@freshet/simulator';
import { contentHash } from '../policy-file.js';

const SPENDS = [0.5, 1.1, 2.2];

const workload: Workload = { ...referenceWorkload, name: 'small', seed: 3, connections: 25 };

/** The usual comparison, small enough to be made while somebody waits. */
export const printFreshForMoney = async (): Promise<string> => {
  const trace = traceOf(workload);
  const found = await experiment(trace, SPENDS, (perConnectionMonth) => {
    const book = simulatedBook(workload, { policyFile: null, perConnectionMonth, hash: contentHash });
    return runPolicy(trace, { name: 'auto', book });
  });
  return experimentPlot(found);
};
