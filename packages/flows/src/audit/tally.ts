import { addMoney } from '@freshet/domain';
import type { AuditRun, Money, Severity } from '@freshet/domain';
import type { Check, JudgedPage } from './check.js';

type Totals = Pick<AuditRun, 'examined' | 'counts' | 'money' | 'figures'>;

/** Names every check from the start: one that found nothing has been asked all the same. */
export const emptyTally = (checks: readonly Check[]): Totals => ({
  examined: Object.fromEntries(checks.map(({ name }) => [name, 0])),
  counts: {},
  money: [],
  figures: {},
});

/** How `counts` names a check's findings of one severity. */
export const countKey = (check: string, severity: Severity): string => `${check}/${severity}`;

const plus = (totals: readonly Money[], found: Money): readonly Money[] =>
  totals.some(({ currency }) => currency === found.currency)
    ? totals.map((total) => (total.currency === found.currency ? addMoney(total, found) : total))
    : [...totals, found];

/** The run's totals with one page more. */
export const tally = (before: Totals, check: string, { examined, found, figures }: JudgedPage): Totals => {
  const counts: Record<string, number> = { ...before.counts };
  for (const { severity } of found) counts[countKey(check, severity)] = (counts[countKey(check, severity)] ?? 0) + 1;
  return {
    examined: { ...before.examined, [check]: (before.examined[check] ?? 0) + examined },
    counts,
    money: found.reduce((totals, { money }) => (money === null ? totals : plus(totals, money)), before.money),
    figures: { ...before.figures, ...figures },
  };
};
