import { readFileSync } from 'node:fs';
import { parseDocument, type YAMLParseError } from 'yaml';
import { SettingsError } from './settings-error.js';

/** A parser's own words quote the file: where secrets may stand in it, only the place is told. */
const placeOf = ({ code, linePos }: YAMLParseError): string =>
  linePos === undefined ? code : `${code} at line ${linePos[0].line}, column ${linePos[0].col}`;

/** The content of a file that a setting names. */
export const readYaml = (setting: string, file: string, { holdsSecrets = false } = {}): unknown => {
  const refuse = (what: string): never => {
    throw new SettingsError(`${setting} ${file} ${what}`);
  };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault) return refuse(`is not YAML: ${holdsSecrets ? placeOf(fault) : fault.message}`);
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    return refuse('has aliases that lead nowhere, or too many');
  }
};
