import { readArguments, USAGE } from './arguments.js';
import { exportDatabase } from './export-history.js';
import { recordExample } from './history/record-example.js';
import { simulateHistory } from './history/simulate-history.js';
import { InputError } from './input-error.js';
import type { Say } from './say.js';
import { simulateWorkload } from './simulate.js';

export interface Terminal {
  readonly say: Say;
  /** Beside what was asked for: faults, and what takes a while. */
  readonly complain: Say;
}

type Command = (args: readonly string[], say: Say, note: Say) => Promise<void>;

const simulate: Command = async (args, say, note) => {
  const given = readArguments(args);
  if (given.help) say(USAGE);
  else if (given.history !== null) await simulateHistory(given, given.history, say);
  else if (given.record !== null) await recordExample(given, given.record, say);
  else await simulateWorkload(given, say, note);
};

/** Each command, by the word that the script in package.json puts before the user's arguments. */
const commands: Readonly<Record<string, Command>> = {
  simulate,
  'export-history': exportDatabase,
};

/** One whole command; its exit code. */
export const runCommand = async (
  [name = '', ...args]: readonly string[],
  { say, complain }: Terminal,
): Promise<number> => {
  try {
    const command = commands[name];
    if (command === undefined)
      throw new InputError(`There is no command "${name}": ${Object.keys(commands).join(', ')}`);
    await command(args, say, complain);
    return 0;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    complain(error.message);
    return 1;
  }
};
