import { formatAmount, formatInstant, money, plainAmount } from '@freshet/domain';
import type { Charge, LedgerEntry } from '@freshet/domain';
import { read, type Loader, type Sifted } from '@freshet/ports';
import { defineCheck, MOST_IDS, type AuditPlace, type Found } from './check.js';
import { spendOf } from './figures/spend.js';

/** An entry of the ledger that no refresh of ours stands behind, with all of its pull's. */
export interface JudgedEntry {
  readonly entry: LedgerEntry;
  readonly orphans: readonly LedgerEntry[];
}

/** Money of a connect or a repair has no task; money of a forced pull has. */
function* entries({ tenantId, after: key, limit }: AuditPlace): Loader<Sifted<JudgedEntry>> {
  const [connectionId = '', after = ''] = key.split(' ');
  const { rows, ...looked } = yield* read('entriesAstray', { tenantId, connectionId, after, limit });
  const judged: JudgedEntry[] = [];
  for (const entry of rows)
    judged.push({ entry, orphans: yield* read('ledgerOfPull', { tenantId, pullId: entry.pullId }) });
  return { ...looked, rows: judged };
}

const sumOf = (orphans: readonly LedgerEntry[], kind: Charge): number =>
  orphans.filter((entry) => entry.kind === kind).reduce((total, { micros }) => total + micros, 0);

/** Charged, lost sight of, or held and never settled. */
const atStake = (orphans: readonly LedgerEntry[]): number => {
  const settled = orphans.filter(({ kind }) => kind !== 'reserved').reduce((total, { micros }) => total + micros, 0);
  const held = Math.max(0, sumOf(orphans, 'reserved') - settled);
  return held + sumOf(orphans, 'charged') + sumOf(orphans, 'uncertain');
};

/** One finding a pull and currency, at its first entry. */
export const judgeEntry = ({ entry, orphans }: JudgedEntry): readonly Found[] => {
  const together = orphans.filter(({ currency }) => currency === entry.currency);
  if (together.length === 0 || together.some(({ id }) => id < entry.id)) return [];
  const micros = atStake(together);
  const found: Found = {
    key: `${entry.pullId} ${entry.currency}`,
    severity: micros > 0 ? 'critical' : 'warning',
    connectionId: entry.connectionId,
    summary: `the ledger moved ${plainAmount(micros)} ${entry.currency} for a refresh that does not exist`,
    action:
      "Look for the provider's invoice line of that time: without one, the amount is not owed and the budget has to get it back.",
    money: micros === 0 ? null : money(micros, entry.currency),
    evidence: {
      taskId: entry.taskId,
      pullId: entry.pullId,
      provider: entry.provider,
      entryCount: together.length,
      entries: together.slice(0, MOST_IDS).map(({ id, kind, micros: each, currency, cause, at }) => ({
        id,
        kind,
        amount: formatAmount(each),
        currency,
        cause,
        at: formatInstant(at),
      })),
    },
  };
  return [found];
};

export const entriesWithoutTask = defineCheck<JudgedEntry>({
  name: 'entries-without-task',
  question: 'Does every movement of money belong to a refresh that exists?',
  sift: entries,
  judge: judgeEntry,
  stretchFigures: spendOf,
});
