import type { AuditFigures, AuditId, AuditRun, AuditSince, Finding, TenantId } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import type { Check, Found, PageFigures } from './check.js';
import { addSums, isEmpty } from './figures/sums.js';
import { countKey } from './tally.js';

/** The night before; where there was none, whatever audit was last. */
export function* loadBefore(tenantId: TenantId, id: AuditId): Loader<AuditRun | null> {
  const nightly = yield* read('doneAuditBefore', { tenantId, id, trigger: 'nightly' });
  return nightly ?? (yield* read('doneAuditBefore', { tenantId, id, trigger: 'request' }));
}

const ofChecks = (
  sums: Readonly<Record<string, number>>,
  checks: readonly string[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(sums).filter(([key]) => checks.includes(key.slice(0, key.lastIndexOf('/')))));

/** A check that one of the two did not ask tells nothing of what has come or gone. */
export const sinceOf = (before: AuditRun | null, asked: readonly Check[]): AuditSince | null => {
  if (before === null) return null;
  const checks = asked.map(({ name }) => name).filter((name) => name in before.examined);
  return {
    auditId: before.id,
    requestedAt: before.requestedAt,
    checks,
    counts: ofChecks(before.counts, checks),
    amounts: ofChecks(before.amounts, checks),
    stayed: {},
    stayedThen: {},
  };
};

/** What the audit before found of the same things, by their keys. */
export function* loadKnown(
  run: AuditRun | null,
  check: string,
  found: readonly Found[],
): Loader<ReadonlyMap<string, Finding>> {
  const known = new Map<string, Finding>();
  if (run?.since?.checks.includes(check) !== true) return known;
  const { tenantId, since } = run;
  for (const { key } of found) {
    const earlier = yield* read('findingByKey', { tenantId, auditId: since.auditId, check, key });
    if (earlier !== null) known.set(key, earlier);
  }
  return known;
}

const plusOne = (counts: Readonly<Record<string, number>>, key: string): Readonly<Record<string, number>> => ({
  ...counts,
  [key]: (counts[key] ?? 0) + 1,
});

/** With one page more. */
export const stayedWith = (
  since: AuditSince | null,
  check: string,
  found: readonly Found[],
  known: ReadonlyMap<string, Finding>,
): AuditSince | null =>
  since === null
    ? null
    : found.reduce<AuditSince>((sum, { key, severity }) => {
        const then = known.get(key);
        if (then === undefined) return sum;
        return {
          ...sum,
          stayed: plusOne(sum.stayed, countKey(check, severity)),
          stayedThen: plusOne(sum.stayedThen, countKey(check, then.severity)),
        };
      }, since);

/** What two pages add, one after the other. */
export const figuresTogether = (one: PageFigures, other: PageFigures): PageFigures => ({
  sums: addSums(one.sums, other.sums),
  budgets: other.budgets ?? one.budgets,
});

/** The figures with some pages more; undefined: they add nothing. */
export const figuresWith = (figures: AuditFigures, { sums, budgets }: PageFigures): AuditFigures | undefined =>
  isEmpty(sums) && budgets === null
    ? undefined
    : { ...figures, sums: addSums(figures.sums, sums), budgets: budgets ?? figures.budgets };
