import type { PolicyBook } from '@freshet/policy';
import type { Store } from '@freshet/ports';
import type { AuditPages, Check } from './check.js';
import { auditChecks } from './checks.js';
import { stakesOf } from './figures/at-stake.js';
import { addSums, treeOf } from './figures/sums.js';
import { rulesOf } from './rules.js';

/**
 * Reads and judges in this thread, over that store and by these rules; it writes nothing, so a store that was opened to be
 * read will do.
 */
export const pagesOver = (store: Store, policies: PolicyBook, checks: readonly Check[] = auditChecks): AuditPages => {
  const rules = rulesOf(policies);
  return async (name, place) => {
    const check = checks.find((each) => each.name === name);
    if (check === undefined) throw new Error(`there is no check ${name}`);
    const { page } = await store.turn(
      () => check.page(place, rules),
      (seen) => ({ page: seen, effects: [] }),
    );
    const found = page.judge();
    const { sums, budgets } = page.figures;
    const figures = { sums: addSums(sums, treeOf(stakesOf(name, found))), budgets };
    const { digests } = page;
    const said = digests === undefined ? {} : { digests };
    return { examined: page.examined, last: page.last, found, figures, ...said };
  };
};
