import { buildPolicyBook } from '@freshet/policy';
import { historyTable, replayHistory } from '@freshet/simulator';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arguments } from '../arguments.js';
import { contentHash, withPolicyFaults } from '../policy-file.js';
import { readYaml } from '../read-yaml.js';
import type { Say } from '../say.js';
import { readHistory } from './history-file.js';

/** What a recorded history would have cost under the policy file. */
export const simulateHistory = async (given: Arguments, historyFile: string, say: Say): Promise<void> => {
  const policyFile = given.policy === null ? null : readYaml(given.policy);
  const book = withPolicyFaults(() =>
    buildPolicyBook({ policyFile, fileName: given.policy ?? 'policy file', hash: contentHash }),
  );
  const found = await replayHistory(await readHistory(historyFile), { book });
  say(historyTable(found));
  for (const [message, count] of Object.entries(found.warnings)) say(`warning, ${count} times: ${message}`);
  if (given.out === null) return;
  mkdirSync(given.out, { recursive: true });
  const file = join(given.out, 'history.json');
  writeFileSync(file, `${JSON.stringify({ ...found, policyVersion: book.version }, null, 2)}\n`);
  say(`\nWritten: ${file}`);
};
