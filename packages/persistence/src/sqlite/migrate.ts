import type Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { fileURLToPath } from 'node:url';

/** As far from `dist/sqlite` as from `src/sqlite`. */
const FOLDER = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));
const APPLIED = '__drizzle_migrations';

const newestKnown = (): number =>
  Math.max(...readMigrationFiles({ migrationsFolder: FOLDER }).map(({ folderMillis }) => folderMillis));

const notNewer = (applied: number, newest: number, file: string): void => {
  if (applied > newest) {
    throw new Error(`${file} was written by a newer version of this service: run that version, or restore a backup.`);
  }
};

/** Whoever only reads cannot bring the tables up to this version. */
export const assertMigrated = (client: Database.Database, file: string): void => {
  const [applied, newest] = [lastApplied(client), newestKnown()];
  notNewer(applied, newest, file);
  if (applied < newest) {
    throw new Error(
      `${file} was written by an older version of this service: start this one on it once, which brings it up to date.`,
    );
  }
};

/** Brings the tables up to this version; does nothing where they are. */
export const migrateSqlite = (client: Database.Database, file: string): void => {
  const [applied, newest] = [lastApplied(client), newestKnown()];
  notNewer(applied, newest, file);
  if (applied < newest) migrate(drizzle({ client }), { migrationsFolder: FOLDER });
};

const lastApplied = (client: Database.Database): number => {
  const isThere = client.prepare('select count(*) from sqlite_master where name = ?').pluck().get(APPLIED);
  if (isThere === 0) return -Infinity;
  return Number(client.prepare(`select max(created_at) from ${APPLIED}`).pluck().get() ?? -Infinity);
};
