import type { TenantId } from '@freshet/domain';
import { CatalogueError, rebuildPolicyBook, type PolicyBook } from '@freshet/policy';
import type { Store } from '@freshet/ports';
import { loadPolicyBook } from '../engine/policy-file.js';
import { Misuse } from './misuse.js';

/** What an audit judges by, and how that is told. */
export interface Judging {
  readonly policies: PolicyBook;
  readonly told: string;
}

const fromFile = (file: string): Judging => {
  try {
    return { policies: loadPolicyBook(file), told: `the policy of ${file}` };
  } catch (error) {
    throw new Misuse((error as Error).message.replaceAll('POLICY_FILE', '--policy'));
  }
};

const archived = async (database: Store, tenantId: TenantId): Promise<PolicyBook | null> => {
  const [newest] = await database.read('decisionsPage', { tenantId, before: null, limit: 1 });
  const archive = newest === undefined ? null : await database.read('policyArchive', { id: newest.policyVersion });
  if (archive === null) return null;
  try {
    return rebuildPolicyBook(archive.body);
  } catch (error) {
    if (error instanceof CatalogueError) return null;
    throw error;
  }
};

/** The policy that was named; else the one that the newest decision was made by; else the catalogue alone. */
export const judgingBy = async (database: Store, tenantId: TenantId, file: string | null): Promise<Judging> => {
  if (file !== null) return fromFile(file);
  const policies = await archived(database, tenantId);
  return policies === null
    ? { policies: loadPolicyBook(null), told: 'the catalogue alone' }
    : { policies, told: `the policy of the newest decision (${policies.version})` };
};
