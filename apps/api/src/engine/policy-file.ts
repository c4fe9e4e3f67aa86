import { createHash } from 'node:crypto';
import { buildPolicyBook, CatalogueError } from '@freshet/policy';
import type { PolicyBook } from '@freshet/policy';
import { readYaml } from './read-yaml.js';
import { SettingsError } from './settings-error.js';

export const contentHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The catalogue with the overrides and budgets of the policy file, if there is one. A wrong one stops the start. */
export const loadPolicyBook = (file: string | null): PolicyBook => {
  try {
    return buildPolicyBook({
      hash: contentHash,
      ...(file === null ? {} : { policyFile: readYaml('POLICY_FILE', file), fileName: file }),
    });
  } catch (error) {
    if (error instanceof CatalogueError) throw new SettingsError(`The policy cannot be used:\n${error.message}`);
    throw error;
  }
};
