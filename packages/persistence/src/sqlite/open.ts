import Database from 'better-sqlite3';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isSqliteError } from './failures.js';
import { assertMigrated, migrateSqlite } from './migrate.js';
import { holdFile, type Hold } from './owner.js';

export interface OpenFile {
  readonly client: Database.Database;
  /** Null where it was opened to be read only. */
  readonly hold: Hold | null;
}

/** Marks a database file as ours: `Frsh`. */
const APPLICATION_ID = 0x46727368;
/** How long a statement waits for another connection's lock before it fails. */
const BUSY_TIMEOUT_MS = 5_000;
const CACHE_KIB = 64 * 1024;
/** A log that grew under a long reader is cut back to this once it is written home. */
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;
/** Pages in the log before it is written home: fewer, larger writes than SQLite's default of 1000. */
const CHECKPOINT_PAGES = 4_000;
const SYNCHRONOUS_FULL = 2;

/** Opens the file, with every setting that the store's promises rest on set and read back. */
export const openFile = (file: string, readonly: boolean): OpenFile => {
  const path = resolve(file);
  return readonly ? { client: openToRead(path), hold: null } : openToWrite(path);
};

const openToWrite = (file: string): OpenFile => {
  makeFolder(file);
  const hold = holdFile(file);
  let client: Database.Database | undefined;
  try {
    client = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    assertOurs(client, file);
    assertPragma(client, 'journal_mode', 'wal');
    configure(client);
    client.pragma(`application_id = ${APPLICATION_ID}`);
    migrateSqlite(client, file);
    return { client, hold };
  } catch (error) {
    client?.close();
    hold.release();
    throw explained(error, file);
  }
};

const openToRead = (file: string): Database.Database => {
  if (!existsSync(file)) throw new Error(`${file} does not exist: start the service once, which creates it.`);
  if (!statSync(file).isFile()) throw new Error(`${file} is not a file.`);
  let client: Database.Database | undefined;
  try {
    client = new Database(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
    assertWritten(client, file);
    assertMigrated(client, file);
    configure(client);
    return client;
  } catch (error) {
    client?.close();
    throw explained(error, file);
  }
};

const configure = (client: Database.Database): void => {
  // better-sqlite3 sets NORMAL whenever a file in WAL mode is opened: a commit would not survive a power failure.
  assertPragma(client, 'synchronous', SYNCHRONOUS_FULL, 'FULL');
  // macOS syncs to the drive's cache only, unless it is told otherwise; elsewhere this does nothing.
  assertPragma(client, 'fullfsync', 1);
  assertPragma(client, 'foreign_keys', 1);
  assertPragma(client, 'busy_timeout', BUSY_TIMEOUT_MS);
  client.pragma(`cache_size = -${CACHE_KIB}`);
  client.pragma('temp_store = memory');
  client.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  client.pragma(`journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
};

/** Sets it and reads it back: some settings are silently refused. */
const assertPragma = (client: Database.Database, name: string, wanted: string | number, spelled = wanted): void => {
  client.pragma(`${name} = ${spelled}`);
  const found = client.pragma(name, { simple: true });
  if (found !== wanted) {
    throw new Error(`${client.name}: SQLite would not set ${name} to ${spelled} (it is ${String(found)}).`);
  }
};

/** Another program's database is left alone. */
const assertOurs = (client: Database.Database, file: string): void => {
  const id = client.pragma('application_id', { simple: true });
  const tables = client.prepare('select count(*) from sqlite_master').pluck().get();
  if (id !== APPLICATION_ID && tables !== 0) {
    throw new Error(`${file} is the database of another program: name a file that does not exist yet.`);
  }
};

/** An empty file may become ours; to be read, it has to be. */
const assertWritten = (client: Database.Database, file: string): void => {
  if (client.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new Error(`${file} is not a database of this service.`);
  }
};

const makeFolder = (file: string): void => {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(`the folder ${folder} for the database cannot be made (${String(error)}).`, { cause: error });
  }
};

const advice: readonly (readonly [code: string, advice: string])[] = [
  ['SQLITE_NOTADB', 'is not a SQLite database, or is damaged: name another file, or restore a backup.'],
  ['SQLITE_CORRUPT', 'is damaged: restore a backup.'],
  ['SQLITE_BUSY', 'is locked by another program: close what has it open.'],
  [
    'SQLITE_CANTOPEN',
    'cannot be opened: check that it is a file, and that this user may read and write it and its folder.',
  ],
  ['SQLITE_READONLY', 'cannot be written: give this user the right to write it and its folder.'],
  ['SQLITE_FULL', 'cannot be written: the disk is full.'],
];

const explained = (error: unknown, file: string): unknown => {
  if (!isSqliteError(error)) return error;
  const known = advice.find(([code]) => error.code.startsWith(code));
  return known ? new Error(`${file} ${known[1]}`, { cause: error }) : error;
};
