import { idOf, insert, put } from '@freshet/domain';
import type { BudgetCounter, Charge, Effect, LedgerEntry, Money, Pull } from '@freshet/domain';
import type { TurnInputs } from '../turn-inputs.js';
import type { RefreshPolicy } from '../policy.js';
import { countsIn } from './budget.js';

/** How a pull ended, as far as money is concerned. */
export type MoneyFate = 'brought-data' | 'failed-at-provider' | 'never-happened' | 'nobody-knows';

/**
 * What that fate does to the money held for it. An attempt that failed is billed where attempts are; of one that the
 * provider never said that it took (its reply was lost, or a caller's read was refused) nobody knows whether it was one.
 */
export const chargeFor = (fate: MoneyFate, { state }: Pick<Pull, 'state'>, policy: RefreshPolicy): Charge => {
  if (fate === 'brought-data') return 'charged';
  if (fate === 'never-happened') return 'released';
  if (fate === 'nobody-knows') return 'uncertain';
  if (policy.price?.billedOn !== 'attempt') return 'released';
  return state === 'accepted' ? 'charged' : 'uncertain';
};

const moved = (counter: BudgetCounter, charge: Charge, micros: number): BudgetCounter => ({
  ...counter,
  reservedMicros: counter.reservedMicros - micros,
  chargedMicros: counter.chargedMicros + (charge === 'charged' ? micros : 0),
  uncertainMicros: counter.uncertainMicros + (charge === 'uncertain' ? micros : 0),
});

const settles = (held: LedgerEntry, kind: Charge, inputs: TurnInputs): LedgerEntry => ({
  ...held,
  id: idOf('ledger', inputs.newId()),
  kind,
  cause: inputs.cause,
  at: inputs.now,
});

/**
 * One entry for each that was held for the pull, and every counter that counts it, also one that was made after it was
 * held. Nothing where it is settled already: money is never settled twice.
 */
export const settleMoney = (
  entries: readonly LedgerEntry[],
  counters: readonly BudgetCounter[],
  charge: Exclude<Charge, 'reserved'>,
  inputs: TurnInputs,
): readonly Effect[] => {
  const held = entries.filter((entry) => entry.kind === 'reserved');
  if (held.length === 0 || held.length < entries.length) return [];
  const after = new Map(counters.map((counter) => [counter.id, counter]));
  for (const entry of held) {
    for (const [id, counter] of after) {
      if (countsIn(counter, entry)) after.set(id, moved(counter, charge, entry.micros));
    }
  }
  return [
    ...held.map((entry) => insert('ledgerEntry', settles(entry, charge, inputs))),
    ...[...after.values()]
      .filter((counter) => !counters.includes(counter))
      .map((counter) => put('budgetCounter', counter)),
  ];
};

/** Money of a pull that nothing was held for, because nobody here decided it: it is owed once its data is there. */
export const chargeAtOnce = (
  pull: Pull,
  { micros, currency }: Money,
  counters: readonly BudgetCounter[],
  inputs: TurnInputs,
): readonly Effect[] => {
  const { tenantId, connectionId, connector, provider, id: pullId } = pull;
  const about = { tenantId, connectionId, connector, provider, taskId: null, pullId, cause: inputs.cause };
  const entry = { ...about, micros, currency, at: inputs.now };
  const counted = counters.filter((counter) => countsIn(counter, entry));
  return [
    insert('ledgerEntry', { ...entry, id: idOf('ledger', inputs.newId()), kind: 'reserved' }),
    insert('ledgerEntry', { ...entry, id: idOf('ledger', inputs.newId()), kind: 'charged' }),
    ...counted.map((counter) => put('budgetCounter', { ...counter, chargedMicros: counter.chargedMicros + micros })),
  ];
};
