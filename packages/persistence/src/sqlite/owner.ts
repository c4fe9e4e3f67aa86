import Database from 'better-sqlite3';
import { isSqliteError } from './failures.js';

/** Given back by closing it; the operating system takes it back when the process dies, however it dies. */
export interface Hold {
  release(): void;
}

/**
 * One process owns a database file: the service's timers, leases and shared commits assume it. SQLite itself lets many
 * write in turn, so the owner holds an exclusive transaction of an empty database beside the file for as long as it
 * lives. It is a lock of the operating system's, not a file that says so: `kill -9` leaves nothing behind. Connections
 * that only read need no hold and are not hindered.
 */
export const holdFile = (file: string): Hold => {
  const beside = `${file}.owner`;
  let lock: Database.Database | undefined;
  try {
    lock = new Database(beside, { timeout: 0 });
    lock.pragma('journal_mode = memory');
    lock.exec('begin exclusive');
  } catch (error) {
    lock?.close();
    if (isSqliteError(error) && error.code.startsWith('SQLITE_BUSY')) {
      throw new Error(
        `${file} is in use by another process of this service: one at a time owns it. ` +
          'Stop the other one, or give this one a file of its own.',
        { cause: error },
      );
    }
    throw new Error(`${beside} cannot be written (${String(error)}): make its folder writable for this user.`, {
      cause: error,
    });
  }
  const held = lock;
  return { release: () => held.close() };
};
