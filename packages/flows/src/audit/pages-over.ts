import type { Store } from '@freshet/ports';
import type { AuditPages, Check } from './check.js';
import { auditChecks } from './checks.js';

/** Reads and judges in this thread, over that store; it writes nothing, so one that was opened to be read will do. */
export const pagesOver =
  (store: Store, checks: readonly Check[] = auditChecks): AuditPages =>
  async (name, place) => {
    const check = checks.find((each) => each.name === name);
    if (check === undefined) throw new Error(`there is no check ${name}`);
    const { page } = await store.turn(
      () => check.page(place),
      (seen) => ({ page: seen, effects: [] }),
    );
    return { examined: page.examined, last: page.last, found: page.judge() };
  };
