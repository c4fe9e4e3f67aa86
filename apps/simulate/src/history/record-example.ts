import { DAY, DEFAULT_TENANT } from '@freshet/domain';
import { exportHistory } from '@freshet/flows';
import { buildPolicyBook } from '@freshet/policy';
import { createMemoryStore } from '@freshet/ports/memory';
import { runPolicy, traceOf } from '@freshet/simulator';
import type { Arguments } from '../arguments.js';
import { contentHash, withPolicyFaults } from '../policy-file.js';
import { readYaml } from '../read-yaml.js';
import type { Say } from '../say.js';
import { readWorkload } from '../workload/read-workload.js';
import { writeHistory } from './history-file.js';

/** Whose connections a recorded workload's are: a provider of the catalogue, so that any policy file fits the history. */
const PLACE = { connector: 'meld', provider: 'MX' } as const;

/** A history that nobody lived: the policy runs through the workload, and what it stored is exported. */
export const recordExample = async (given: Arguments, file: string, say: Say): Promise<void> => {
  const read = readWorkload(given.workload);
  const workload = given.seed === null ? read : { ...read, seed: given.seed };
  const policyFile = given.policy === null ? null : readYaml(given.policy);
  const book = withPolicyFaults(() =>
    buildPolicyBook({ policyFile, fileName: given.policy ?? 'policy file', hash: contentHash }),
  );
  const store = createMemoryStore();
  await runPolicy(traceOf(workload), { name: 'recorded', book, store, place: PLACE });
  const stretch = { tenantId: DEFAULT_TENANT, from: workload.start, until: workload.start + workload.days * DAY };
  const lines = await writeHistory(file, exportHistory({ store }, stretch));
  say(`Written: ${file}, ${lines} lines`);
};
