import type { PolicyArchive } from '@freshet/domain';
import { CatalogueError, rebuildPolicyBook, type PolicyBook } from '@freshet/policy';

/** What an audit judges by. */
export interface AuditRules {
  /** The rules in force. */
  readonly policies: PolicyBook;
  /** Those of an archive, made once while it is in use; null: it cannot be read, or holds another version. */
  readonly archived: (archive: PolicyArchive) => PolicyBook | null;
}

/** A book takes megabytes; decisions lie in the order of their time, so few versions are in use at once. */
const BOOKS_KEPT = 8;

const rebuilt = ({ id, body }: PolicyArchive): PolicyBook | null => {
  try {
    const book = rebuildPolicyBook(body);
    return book.version === id ? book : null;
  } catch (error) {
    if (error instanceof CatalogueError) return null;
    throw error;
  }
};

export const rulesOf = (policies: PolicyBook): AuditRules => {
  const books = new Map<string, { readonly body: string; readonly book: PolicyBook | null }>();
  return {
    policies,
    archived: (archive) => {
      const known = books.get(archive.id);
      // By its body: an archive that was written over is not the one that was read before.
      const kept = known?.body === archive.body ? known : { body: archive.body, book: rebuilt(archive) };
      books.delete(archive.id);
      books.set(archive.id, kept);
      const oldest = books.size > BOOKS_KEPT ? books.keys().next().value : undefined;
      if (oldest !== undefined) books.delete(oldest);
      return kept.book;
    },
  };
};
