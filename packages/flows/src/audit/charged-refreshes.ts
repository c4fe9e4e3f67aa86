import type { Connection, Instant, Task } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';

/** A connection that was forced more often is looked at as far back as these reach: what bounds a page. */
export const MOST_REFRESHES = 1000;
const AT_ONCE = 100;

/** The refreshes of a connection that may have cost something since then, the newest first. */
export function* chargedRefreshes(
  { tenantId, id: connectionId }: Pick<Connection, 'tenantId' | 'id'>,
  since: Instant,
): Loader<readonly Task[]> {
  const charged: Task[] = [];
  let before: string | null = null;
  for (let seen = 0; seen < MOST_REFRESHES; seen += AT_ONCE) {
    const page: readonly Task[] = yield* read('tasksPage', { tenantId, connectionId, before, limit: AT_ONCE });
    charged.push(
      ...page.filter(({ charge, queuedAt }) => (charge === 'charged' || charge === 'uncertain') && queuedAt >= since),
    );
    const last = page.at(-1);
    if (last === undefined || page.length < AT_ONCE || last.queuedAt < since) break;
    before = last.id;
  }
  return charged;
}
