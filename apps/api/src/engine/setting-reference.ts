import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A value of a file: itself, or where it stands instead. */
export type ReadValue =
  | { readonly kind: 'value'; readonly value: string; readonly literal: boolean }
  | { readonly kind: 'fault'; readonly message: string };

const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

const readSecret = (path: string): ReadValue => {
  try {
    const value = readFileSync(path, 'utf8').trim();
    if (value !== '') return { kind: 'value', value, literal: false };
    return { kind: 'fault', message: `${path} is empty` };
  } catch (error) {
    return { kind: 'fault', message: `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'failed'}` };
  }
};

/** `${NAME}` is a variable of the environment, `file:` a path from the folder of the file; all else is meant as it stands. */
export const readValue = (
  text: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): ReadValue => {
  const name = VARIABLE.exec(text)?.[1];
  if (name !== undefined) {
    const value = env[name]?.trim() ?? '';
    if (value !== '') return { kind: 'value', value, literal: false };
    return { kind: 'fault', message: `names the variable ${name}, which is not set` };
  }
  if (text.startsWith('file:')) return readSecret(resolve(folder, text.slice('file:'.length).trim()));
  if (text.includes('${')) return { kind: 'fault', message: 'a ${NAME} has to be the whole value' };
  return { kind: 'value', value: text, literal: true };
};
