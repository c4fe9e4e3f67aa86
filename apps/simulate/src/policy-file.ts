import { createHash } from 'node:crypto';
import { CatalogueError } from '@freshet/policy';
import { InputError } from './input-error.js';

export const contentHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** A faulty policy file is told as the service tells it. */
export const withPolicyFaults = <Made>(make: () => Made): Made => {
  try {
    return make();
  } catch (error) {
    if (error instanceof CatalogueError) throw new InputError(`The policy cannot be used:\n${error.message}`);
    throw error;
  }
};
