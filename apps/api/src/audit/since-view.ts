import { severities } from '@freshet/domain';
import type { AuditRun, Finding, Severity } from '@freshet/domain';
import { countKey } from '@freshet/flows';

type Counts = Readonly<Record<string, number>>;

/** How the findings of today differ from those of the audit before. */
export interface Difference {
  readonly added: number;
  readonly stayed: number;
  /** Null while the audit has not seen everything: what it has not found yet is not gone. */
  readonly gone: number | null;
}

export interface MoneyDifference {
  readonly currency: string;
  readonly thenMicros: number;
  readonly nowMicros: number;
}

const numberOf = (counts: Counts, check: string, severity: Severity): number => counts[countKey(check, severity)] ?? 0;

/** Of these checks and severities together; undefined: there is no audit before, or it asked none of these. */
export const differenceOf = (
  run: AuditRun,
  checks: readonly string[],
  of: readonly Severity[] = severities,
): Difference | undefined => {
  const { since } = run;
  const compared = checks.filter((check) => since?.checks.includes(check));
  if (since === null || compared.length === 0) return undefined;
  const sum = (counts: Counts): number =>
    compared.reduce((total, check) => of.reduce((so, severity) => so + numberOf(counts, check, severity), total), 0);
  const stayed = sum(since.stayed);
  return {
    stayed,
    added: sum(run.counts) - stayed,
    gone: run.state === 'done' ? Math.max(0, sum(since.counts) - sum(since.stayedThen)) : null,
  };
};

const sumsByCurrency = (amounts: Counts, checks: readonly string[]): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const [key, micros] of Object.entries(amounts)) {
    const slash = key.lastIndexOf('/');
    if (!checks.includes(key.slice(0, slash))) continue;
    const currency = key.slice(slash + 1);
    sums.set(currency, (sums.get(currency) ?? 0) + micros);
  }
  return sums;
};

/** The money at stake then and now, of the checks that both asked. */
export const moneySince = (run: AuditRun): readonly MoneyDifference[] => {
  if (run.since === null) return [];
  const [then, now] = [run.since.amounts, run.amounts].map((amounts) =>
    sumsByCurrency(amounts, run.since?.checks ?? []),
  );
  return [...new Set([...(then?.keys() ?? []), ...(now?.keys() ?? [])])].toSorted().map((currency) => ({
    currency,
    thenMicros: then?.get(currency) ?? 0,
    nowMicros: now?.get(currency) ?? 0,
  }));
};

/** Whether the audit before did not find it; null: there was none, or it did not ask that. */
export const isNew = (run: AuditRun, { check, at, firstSeenAt }: Pick<Finding, 'check' | 'at' | 'firstSeenAt'>) =>
  run.since?.checks.includes(check) === true ? firstSeenAt === at : null;
