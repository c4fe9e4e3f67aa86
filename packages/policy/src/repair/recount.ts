import { put, update } from '@freshet/domain';
import type { BudgetCounter, Connection, Effect } from '@freshet/domain';
import { staleAt } from '../background/next-background.js';
import { newestData } from '../group/group-freshness.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';

type Amounts = Pick<BudgetCounter, 'reservedMicros' | 'chargedMicros' | 'uncertainMicros'>;

/** The counter with what the ledger says; nothing where it says the same. */
export const decideRecounted = (
  counter: BudgetCounter,
  { reservedMicros, chargedMicros, uncertainMicros }: Amounts,
): { readonly effects: readonly Effect[] } => {
  const isSame =
    counter.reservedMicros === reservedMicros &&
    counter.chargedMicros === chargedMicros &&
    counter.uncertainMicros === uncertainMicros;
  if (isSame) return { effects: [] };
  return { effects: [put('budgetCounter', { ...counter, reservedMicros, chargedMicros, uncertainMicros })] };
};

/** From when on its data counts as stale, reckoned anew from the newest of its group. */
export const decideStaleAt = (
  connection: Connection,
  group: readonly Connection[],
  policy: RefreshPolicy,
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  if (!connection.active) return { effects: [] };
  const at = staleAt(policy, newestData(group), connection.connectedAt);
  if (connection.staleAt === at) return { effects: [] };
  return { effects: [update('connection', connection.id, { staleAt: at, updatedAt: inputs.now })] };
};
