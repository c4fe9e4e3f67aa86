import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { InputError } from './input-error.js';

export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
};

/** YAML, and so JSON too. */
export const readYaml = (file: string): unknown => {
  const document = parseDocument(readText(file), { prettyErrors: true });
  const fault = document.errors[0];
  if (fault) throw new InputError(`${file} is not YAML: ${fault.message}`);
  return document.toJS({ maxAliasCount: 100 }) as unknown;
};
