import {
  experiment,
  experimentPlot,
  experimentTable,
  runPolicy,
  simulatedBook,
  traceOf,
  type LiveTally,
} from '@freshet/simulator';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Arguments } from './arguments.js';
import { contentHash, withPolicyFaults } from './policy-file.js';
import { readYaml } from './read-yaml.js';
import type { Say } from './say.js';
import { readWorkload } from './workload/read-workload.js';

const policyName = (file: string | null): string => (file === null ? 'the catalogue' : basename(file));

/** The experiment of a workload: a table, and where a folder is named, its JSON and its picture. */
export const simulateWorkload = async (given: Arguments, say: Say, note: Say): Promise<void> => {
  const read = readWorkload(given.workload);
  const workload = given.seed === null ? read : { ...read, seed: given.seed };
  const policyFile = given.policy === null ? null : readYaml(given.policy);
  const fileName = given.policy ?? 'policy file';
  const bookFor = (perConnectionMonth: number | null) =>
    withPolicyFaults(() => simulatedBook(workload, { policyFile, fileName, perConnectionMonth, hash: contentHash }));
  // Before the long part: a faulty file is told at once.
  bookFor(null);
  const trace = traceOf(workload);
  const runs: LiveTally[] = [];
  const found = await experiment(trace, given.spends, async (perConnectionMonth) => {
    const name = policyName(given.policy);
    const held = perConnectionMonth === null ? '' : ` under ${perConnectionMonth} per connection-month`;
    note(`Running ${name}${held} ...`);
    const tally = await runPolicy(trace, { name, book: bookFor(perConnectionMonth), rates: given.rates });
    runs.push(tally);
    return tally;
  });
  say(experimentTable(found));
  for (const [message, count] of Object.entries(runs[0]?.warnings ?? {})) say(`warning, ${count} times: ${message}`);
  if (given.out === null) return;
  mkdirSync(given.out, { recursive: true });
  const report = {
    ...found,
    runs: runs.map(({ verdicts, policyVersion, warnings }) => ({ verdicts, policyVersion, warnings })),
  };
  writeFileSync(join(given.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(given.out, 'plot.svg'), experimentPlot(found));
  say(`\nWritten: ${join(given.out, 'report.json')}, ${join(given.out, 'plot.svg')}`);
};
