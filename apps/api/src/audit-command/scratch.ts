import { idOf, insert } from '@freshet/domain';
import type { AuditRun, Effect, Finding, TenantId } from '@freshet/domain';
import { read, type Store } from '@freshet/ports';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asMisuse } from './misuse.js';
import { openScratch, type SqliteStore } from './stores.js';

const PAGE_SIZE = 500;

/** A store of the audit's own beside its reports: findings lie there, not in memory, and nothing lies in the database. */
export interface Scratch {
  readonly folder: string;
  readonly store: SqliteStore;
  readonly remove: () => Promise<void>;
}

/** In the folder of the reports: there is room, and what is whole is moved out of it in one step. */
export const makeScratch = (out: string): Scratch => {
  const folder = asMisuse(() => {
    mkdirSync(out, { recursive: true });
    return mkdtempSync(join(out, '.audit-'));
  }, '--out must be a folder that can be written: ');
  const gone = (): void => rmSync(folder, { recursive: true, force: true });
  // A person who gives up, or a job that is stopped, leaves nothing behind.
  const stopped = (): void => {
    gone();
    process.exit(2);
  };
  process.once('SIGINT', stopped).once('SIGTERM', stopped);
  const store = openScratch(join(folder, 'scratch.db'));
  return {
    folder,
    store,
    remove: async () => {
      process.off('SIGINT', stopped).off('SIGTERM', stopped);
      await store.close();
      gone();
    },
  };
};

const write = async (store: Store, effects: readonly Effect[]): Promise<void> => {
  await store.turn(
    () => read('setting', { id: 'anything' }),
    () => ({ effects }),
  );
};

/** Behind every id. */
const LAST = idOf('audit', '~');

const newestOf = async (database: Store, tenantId: TenantId): Promise<AuditRun | null> =>
  (await database.read('doneAuditBefore', { tenantId, id: LAST, trigger: 'nightly' })) ??
  (await database.read('doneAuditBefore', { tenantId, id: LAST, trigger: 'request' }));

/** The audit that this one is compared with lies in the database: it is laid beside this one, with its findings. */
export const bringBefore = async (database: Store, { store }: Scratch, tenantId: TenantId): Promise<void> => {
  const run = await newestOf(database, tenantId);
  if (run === null) return;
  await write(store, [insert('audit', run)]);
  for (let before: string | null = null; ;) {
    const asked = { tenantId, auditId: run.id, before, limit: PAGE_SIZE };
    const page: readonly Finding[] = await database.read('findingsPage', asked);
    await write(
      store,
      page.map((finding) => insert('finding', finding)),
    );
    if (page.length < PAGE_SIZE) return;
    before = page.at(-1)?.id ?? null;
  }
};
