import { addMoney } from '@freshet/domain';
import type { AuditRun, Money, Severity } from '@freshet/domain';
import type { Check, Found } from './check.js';

type Totals = Pick<AuditRun, 'examined' | 'counts' | 'money' | 'amounts' | 'digests'>;

/** Names every check from the start: one that found nothing has been asked all the same. */
export const emptyTally = (checks: readonly Check[]): Totals => ({
  examined: Object.fromEntries(checks.map(({ name }) => [name, 0])),
  counts: {},
  money: [],
  amounts: {},
  digests: {},
});

/** How `counts` names a check's findings of one severity. */
export const countKey = (check: string, severity: Severity): string => `${check}/${severity}`;

/** How `amounts` names its money of one currency. */
export const amountKey = (check: string, currency: string): string => `${check}/${currency}`;

const plus = (totals: readonly Money[], found: Money): readonly Money[] =>
  totals.some(({ currency }) => currency === found.currency)
    ? totals.map((total) => (total.currency === found.currency ? addMoney(total, found) : total))
    : [...totals, found];

/** The run's totals with one page more. */
export const tally = (before: Totals, check: string, examined: number, found: readonly Found[]): Totals => {
  const counts: Record<string, number> = { ...before.counts };
  const amounts: Record<string, number> = { ...before.amounts };
  for (const { severity, money } of found) {
    counts[countKey(check, severity)] = (counts[countKey(check, severity)] ?? 0) + 1;
    if (money === null) continue;
    const key = amountKey(check, money.currency);
    amounts[key] = (amounts[key] ?? 0) + money.micros;
  }
  return {
    examined: { ...before.examined, [check]: (before.examined[check] ?? 0) + examined },
    counts,
    money: found.reduce((totals, { money }) => (money === null ? totals : plus(totals, money)), before.money),
    amounts,
    digests: before.digests,
  };
};
