import type Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { fileURLToPath } from 'node:url';

/** As far from `dist/sqlite` as from `src/sqlite`. */
const FOLDER = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));
const APPLIED = '__drizzle_migrations';

/** Brings the tables up to this version; does nothing where they are. */
export const migrateSqlite = (client: Database.Database, file: string): void => {
  const known = readMigrationFiles({ migrationsFolder: FOLDER });
  const newest = Math.max(...known.map(({ folderMillis }) => folderMillis));
  const applied = lastApplied(client);
  if (applied > newest) {
    throw new Error(`${file} was written by a newer version of this service: run that version, or restore a backup.`);
  }
  if (applied < newest) migrate(drizzle({ client }), { migrationsFolder: FOLDER });
};

const lastApplied = (client: Database.Database): number => {
  const isThere = client.prepare('select count(*) from sqlite_master where name = ?').pluck().get(APPLIED);
  if (isThere === 0) return -Infinity;
  return Number(client.prepare(`select max(created_at) from ${APPLIED}`).pluck().get() ?? -Infinity);
};
