import { exportHistory } from '@freshet/flows';
import { openSqliteStore, type SqliteStore } from '@freshet/persistence';
import { EXPORT_USAGE, readExportArguments } from './export-arguments.js';
import { writeHistory } from './history/history-file.js';
import { InputError } from './input-error.js';
import type { Say } from './say.js';

const opened = (file: string): SqliteStore => {
  try {
    return openSqliteStore({ file, readonly: true });
  } catch (error) {
    throw new InputError((error as Error).message);
  }
};

/** The history of a database file, which may be in use: it is opened beside its owner, to be read only. */
export const exportDatabase = async (args: readonly string[], say: Say): Promise<void> => {
  const given = readExportArguments(args);
  if (given === null) return say(EXPORT_USAGE);
  const store = opened(given.database);
  try {
    const lines = await writeHistory(given.out, exportHistory({ store }, given));
    say(`Written: ${given.out}, ${lines} lines`);
  } finally {
    await store.close();
  }
};
