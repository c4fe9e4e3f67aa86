import { formatAmount, formatInstant, isOpen, money, plainAmount } from '@freshet/domain';
import type { Charge, LedgerEntry, Money, Task } from '@freshet/domain';
import { read, type Loader, type Sifted } from '@freshet/ports';
import { defineCheck, MOST_IDS, type AuditPlace, type Found } from './check.js';
import { refreshesOf } from './figures/refreshes.js';

/** A task beside its entries in the ledger. */
export interface TaskWithLedger {
  readonly task: Task;
  readonly entries: readonly LedgerEntry[];
}

function* suspects({ tenantId, after, limit }: AuditPlace): Loader<Sifted<TaskWithLedger>> {
  const { rows, ...looked } = yield* read('tasksAgainstLedger', { tenantId, after, limit });
  const told: TaskWithLedger[] = [];
  for (const task of rows) told.push({ task, entries: yield* read('ledgerOfTask', { tenantId, taskId: task.id }) });
  return { ...looked, rows: told };
}

/** Where the ledger and the task tell different stories, and how much money lies between them. */
interface Difference {
  readonly micros: number;
  readonly told: string;
}

const sum = (entries: readonly LedgerEntry[]): number => entries.reduce((total, { micros }) => total + micros, 0);
const shown = (micros: number, currency: string): string => `${plainAmount(micros)} ${currency}`;

const reservedOf = (entries: readonly LedgerEntry[]): readonly LedgerEntry[] =>
  entries.filter(({ kind }) => kind === 'reserved');
const settledOf = (entries: readonly LedgerEntry[]): readonly LedgerEntry[] =>
  entries.filter(({ kind }) => kind !== 'reserved');

const byPull = (entries: readonly LedgerEntry[]): ReadonlyMap<string, readonly LedgerEntry[]> => {
  const pulls = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const known = pulls.get(entry.pullId);
    if (known) known.push(entry);
    else pulls.set(entry.pullId, [entry]);
  }
  return pulls;
};

const stillReserved = (task: Task, cost: Money | null): readonly Difference[] =>
  isOpen(task.state) || task.charge !== 'reserved'
    ? []
    : [{ micros: cost?.micros ?? 0, told: `the task is ${task.state}, but its money is still reserved` }];

/** What was held for the attempt that counts is the price that the task shows. */
const heldAgainstCost = (own: readonly LedgerEntry[], cost: Money | null, currency: string): readonly Difference[] => {
  const held = sum(reservedOf(own));
  const expected = cost?.micros ?? 0;
  if (held === expected && (cost === null || own.length > 0)) return [];
  return [
    {
      micros: Math.abs(held - expected),
      told:
        own.length === 0
          ? `the task costs ${shown(expected, currency)}, but the ledger never reserved it`
          : `the ledger reserved ${shown(held, currency)}, but the task costs ${shown(expected, currency)}`,
    },
  ];
};

/** Once what became of an attempt is known, each entry that was reserved has one settlement of the same amount. */
const settledAgainstHeld = (
  entries: readonly LedgerEntry[],
  isKnown: boolean,
  currency: string,
): readonly Difference[] => {
  const [reserved, settled] = [reservedOf(entries), settledOf(entries)];
  const [held, done] = [sum(reserved), sum(settled)];
  if (!isKnown) {
    if (settled.length === 0) return [];
    return [{ micros: done, told: `${shown(done, currency)} is settled, but the task is still open and reserved` }];
  }
  if (reserved.length === settled.length && held === done) return [];
  const times = `${reserved.length} reserved and ${settled.length} settled entries`;
  return [
    {
      micros: Math.abs(held - done),
      told: `${shown(held, currency)} was reserved, but ${shown(done, currency)} is settled (${times})`,
    },
  ];
};

const settledAs = (entries: readonly LedgerEntry[], kind: Charge, currency: string): readonly Difference[] => {
  const other = settledOf(entries).filter((entry) => entry.kind !== kind);
  if (other.length === 0) return [];
  const kinds = [...new Set(other.map((entry) => entry.kind))].join(' and ');
  return [
    { micros: sum(other), told: `the ledger has ${shown(sum(other), currency)} as ${kinds}, the task as ${kind}` },
  ];
};

const ofPull = (
  task: Task,
  pullId: string,
  entries: readonly LedgerEntry[],
  currency: string,
): readonly Difference[] => {
  // An earlier attempt surely never happened: else there would be no later one.
  const isLast = pullId === task.pullId;
  const isKnown = !isLast || !isOpen(task.state) || task.charge !== 'reserved';
  const kind = isLast ? task.charge : 'released';
  return [
    ...settledAgainstHeld(entries, isKnown, currency),
    ...(isKnown && kind !== 'reserved' ? settledAs(entries, kind, currency) : []),
  ];
};

const currencies = ({ task, entries }: TaskWithLedger): readonly string[] => [
  ...new Set([...(task.cost ? [task.cost.currency] : []), ...entries.map(({ currency }) => currency)]),
];

/** In one currency: in all others the task costs nothing. */
const differencesIn = ({ task, entries }: TaskWithLedger, currency: string): readonly Difference[] => {
  const cost = task.cost?.currency === currency ? task.cost : null;
  const pulls = byPull(entries.filter((entry) => entry.currency === currency));
  return [
    ...(cost === null ? [] : stillReserved(task, cost)),
    ...heldAgainstCost(pulls.get(task.pullId) ?? [], cost, currency),
    ...[...pulls].flatMap(([pullId, ofIt]) => ofPull(task, pullId, ofIt, currency)),
  ];
};

const entryShown = (entry: LedgerEntry) => ({
  id: entry.id,
  pullId: entry.pullId,
  kind: entry.kind,
  amount: formatAmount(entry.micros),
  currency: entry.currency,
  at: formatInstant(entry.at),
});

/** Differences of one task overlap, so the largest of them is what is unaccounted for. */
const unaccounted = (differences: readonly Difference[]): number =>
  Math.max(0, ...differences.map(({ micros }) => micros));

const found = (
  { task, entries }: TaskWithLedger,
  differences: readonly Difference[],
  currency: string | null,
): Found => {
  const micros = unaccounted(differences);
  const endedReserved = !isOpen(task.state) && task.charge === 'reserved';
  return {
    key: `${task.id} ${currency ?? ''}`,
    severity: endedReserved || micros > 0 ? 'critical' : 'warning',
    connectionId: task.connectionId,
    summary: `the ledger and a refresh disagree: ${differences.map(({ told }) => told).join('; ')}`,
    action: "Compare both with the provider's invoice for that day, and correct the budget by the difference.",
    money: micros === 0 || currency === null ? null : money(micros, currency),
    evidence: {
      taskId: task.id,
      provider: task.provider,
      state: task.state,
      charge: task.charge,
      cost: task.cost === null ? null : { amount: formatAmount(task.cost.micros), currency: task.cost.currency },
      pullId: task.pullId,
      entryCount: entries.length,
      entries: entries.slice(0, MOST_IDS).map(entryShown),
    },
  };
};

/** One finding for each currency in which the two disagree. */
export const judgeTaskLedger = (row: TaskWithLedger): readonly Found[] => {
  const inAny = currencies(row);
  const ofMoney = inAny.flatMap((currency) => {
    const differences = differencesIn(row, currency);
    return differences.length === 0 ? [] : [found(row, differences, currency)];
  });
  if (row.task.cost !== null) return ofMoney;
  const free = stillReserved(row.task, null);
  return [...ofMoney, ...(free.length === 0 ? [] : [found(row, free, null)])];
};

export const ledgerAgainstTasks = defineCheck<TaskWithLedger>({
  name: 'ledger-against-tasks',
  question: 'Was the money of every refresh reserved once, settled once, and settled as the refresh says?',
  sift: suspects,
  judge: judgeTaskLedger,
  stretchFigures: refreshesOf,
});
