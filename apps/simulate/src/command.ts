import { readArguments, USAGE } from './arguments.js';
import { InputError } from './input-error.js';
import { simulateWorkload, type Say } from './simulate.js';

export interface Terminal {
  readonly say: Say;
  readonly complain: Say;
}

/** The whole command; its exit code. */
export const runCommand = async (args: readonly string[], { say, complain }: Terminal): Promise<number> => {
  try {
    const given = readArguments(args);
    if (given.help) say(USAGE);
    else await simulateWorkload(given, say);
    return 0;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    complain(error.message);
    return 1;
  }
};
