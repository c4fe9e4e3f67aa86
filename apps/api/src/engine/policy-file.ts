import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buildPolicyBook, CatalogueError } from '@freshet/policy';
import type { PolicyBook } from '@freshet/policy';
import { parseDocument } from 'yaml';
import { SettingsError } from './settings.js';

export const contentHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

const readYaml = (file: string): unknown => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError(
      `POLICY_FILE ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    );
  }
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault) throw new SettingsError(`POLICY_FILE ${file} is not YAML: ${fault.message}`);
  return document.toJS({ maxAliasCount: 100 }) as unknown;
};

/** The catalogue with the overrides and budgets of the policy file, if there is one. A wrong one stops the start. */
export const loadPolicyBook = (file: string | null): PolicyBook => {
  try {
    return buildPolicyBook({
      hash: contentHash,
      ...(file === null ? {} : { policyFile: readYaml(file), fileName: file }),
    });
  } catch (error) {
    if (error instanceof CatalogueError) throw new SettingsError(`The policy cannot be used:\n${error.message}`);
    throw error;
  }
};
